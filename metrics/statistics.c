/* metrics/statistics.c -- Wilcoxon's signed-rank test, Holm's adjustment, kappa, ICC and Spearman's
 * correlation.
 *
 * Each follows the paper named in metrics/statistics.h and gives what SciPy or scikit-learn give, to
 * rounding: parity fixtures hold it to them (experiments/parity/scores.c). Samples are patients, tens to
 * hundreds, so that nothing here is made fast. */
#include "metrics/statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Refuses fewer than `least` values, and NaN and infinities among them. */
static cc_status check_values(const char *where, const double *values, size_t count, size_t least) {
    if (count < least) return cc_fail(CC_EINVAL, where, NULL, "%zu values are fewer than %zu", count, least);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return cc_fail(CC_EINVAL, where, NULL, "value %zu is not a finite number", i);
    return CC_OK;
}

/* Zeroed; the caller frees *out. */
static cc_status get_numbers(double **out, size_t count) {
    *out = calloc(count ? count : 1, sizeof **out);
    return *out ? CC_OK : cc_fail_memory("statistics", count * sizeof **out);
}

/* --- ranks --- */

/* A value that remembers its place. */
typedef struct placed {
    double value;
    size_t place; /* where it stood before sorting */
} placed;

static int by_value(const void *a, const void *b) {
    double x = ((const placed *)a)->value, y = ((const placed *)b)->value;
    return x < y ? -1 : x > y;
}

/* Values in ascending order; the caller frees *out. */
static cc_status sort_values(placed **out, const double *values, size_t count) {
    placed *sorted = calloc(count ? count : 1, sizeof *sorted);
    if (!sorted) return cc_fail_memory("statistics", count * sizeof *sorted);
    for (size_t i = 0; i < count; i++) sorted[i] = (placed){values[i], i};
    qsort(sorted, count, sizeof *sorted, by_value);
    *out = sorted;
    return CC_OK;
}

cc_status cc_statistics_ranks(double *ranks, double *ties, const double *values, size_t count) {
    placed *sorted = NULL;
    CC_TRY(sort_values(&sorted, values, count));
    *ties = 0;
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && sorted[end].value == sorted[i].value;) end++;
        double t = (double)(end - i);
        *ties += t * t * t - t;
        for (size_t k = i; k < end; k++) ranks[sorted[k].place] = (double)(i + 1 + end) / 2;
    }
    free(sorted);
    return CC_OK;
}

/* --- Wilcoxon --- */

/* P(a sum of signed ranks 1 to n is `low` or lower, or as far above the middle). */
static cc_status exact_p(double *out, size_t n, size_t low) {
    double *share, below = 0; /* share[s]: of the sign patterns of the first ranks, those with the sum s */
    const size_t sums = n * (n + 1) / 2;
    CC_TRY(get_numbers(&share, sums + 1));
    /* Each rank in turn is positive or negative with probability 1/2: the distribution of the sum of the
     * ranks so far, shifted by the new rank or not. From the top down, so that share[s - rank] is still the
     * old one. */
    share[0] = 1;
    for (size_t rank = 1; rank <= n; rank++)
        for (size_t s = sums + 1; s-- > 0;) share[s] = (share[s] + (s >= rank ? share[s - rank] : 0)) / 2;
    for (size_t s = 0; s <= low; s++) below += share[s];
    free(share);
    *out = fmin(1, 2 * below);
    return CC_OK;
}

/* By the normal distribution: the sum has the mean n (n + 1) / 4 and, less what ties take, the variance n (n
 * + 1) (2 n + 1) / 24; 0.5 corrects for continuity. erfc of x / sqrt(2) is the two-sided p of x. */
static double normal_p(double n, double low, double ties) {
    double mean = n * (n + 1) / 4, variance = (n * (n + 1) * (2 * n + 1) - ties / 2) / 24;
    return erfc(fmax(0, mean - low - 0.5) / sqrt(2 * variance));
}

/* p of the differences d[count], none of them 0; sizes and ranks have room for as many. */
static cc_status signed_rank_p(double *out, const double *d, double *sizes, double *ranks, size_t count,
                               bool exact) {
    double ties, positive = 0, negative = 0;
    for (size_t i = 0; i < count; i++) sizes[i] = fabs(d[i]);
    CC_TRY(cc_statistics_ranks(ranks, &ties, sizes, count));
    /* The smaller of the sums of positive and of negative ranks is the statistic. */
    for (size_t i = 0; i < count; i++) *(d[i] > 0 ? &positive : &negative) += ranks[i];
    double low = fmin(positive, negative);
    if (exact && ties == 0) return exact_p(out, count, (size_t)low);
    *out = normal_p((double)count, low, ties);
    return CC_OK;
}

cc_status cc_statistics_wilcoxon(double *out, const double *a, const double *b, size_t count,
                                 cc_wilcoxon method) {
    CC_TRY(check_values("wilcoxon", a, count, 1));
    CC_TRY(check_values("wilcoxon", b, count, 1));
    double *differences, p = 1;
    size_t used = 0;
    CC_TRY(get_numbers(&differences, 3 * count));
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i]) differences[used++] = a[i] - b[i];
    /* The exact distribution is that of ranks without zero differences. */
    bool exact = method == CC_WILCOXON_AUTO && used == count && count <= CC_WILCOXON_EXACT_MAX;
    cc_status status = CC_OK;
    if (used > 0)
        status = signed_rank_p(&p, differences, differences + count, differences + 2 * count, used, exact);
    free(differences);
    if (status == CC_OK) *out = p;
    return status;
}

/* --- Holm, mean and deviation --- */

cc_status cc_statistics_holm(double *adjusted, const double *p, size_t count) {
    placed *sorted = NULL;
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        if (!(p[i] >= 0 && p[i] <= 1)) return cc_fail(CC_EINVAL, "holm", NULL, "p %zu is %g", i, p[i]);
    CC_TRY(sort_values(&sorted, p, count));
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, (double)(count - i) * sorted[i].value);
        /* The k-th smallest p times the tests not yet rejected, and no adjusted p below an earlier one. */
        adjusted[sorted[i].place] = fmin(1, largest);
    }
    free(sorted);
    return CC_OK;
}

/* The sum of squared deviations from the mean. */
static double squares_about(const double *values, size_t count, double mean) {
    double squares = 0;
    for (size_t i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
    return squares;
}

cc_status cc_statistics_mean_sd(double *mean, double *sd, const double *values, size_t count) {
    CC_TRY(check_values("mean", values, count, 1));
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    *mean = sum / (double)count;
    *sd = count > 1 ? sqrt(squares_about(values, count, *mean) / (double)(count - 1)) : NAN;
    return CC_OK;
}

/* --- agreement --- */

/* How much it weighs that one rater says category i and the other k. */
static double disagreement(size_t i, size_t k, cc_kappa weights) {
    double distance = fabs((double)i - (double)k);
    if (weights == CC_KAPPA_UNWEIGHTED) return distance > 0;
    return weights == CC_KAPPA_LINEAR ? distance : distance * distance;
}

/* The disagreement that is seen, over the one that the raters' shares of categories give by chance. */
static cc_status disagreement_ratio(double *out, const int32_t *a, const int32_t *b, size_t count,
                                    size_t categories, cc_kappa weights) {
    double *shares, seen = 0, chance = 0;
    CC_TRY(get_numbers(&shares, 2 * categories));
    for (size_t i = 0; i < count; i++) {
        seen += disagreement((size_t)a[i], (size_t)b[i], weights);
        shares[a[i]]++;
        shares[categories + (size_t)b[i]]++;
    }
    for (size_t i = 0; i < categories; i++)
        for (size_t k = 0; k < categories; k++)
            chance += disagreement(i, k, weights) * shares[i] * shares[categories + k] / (double)count;
    free(shares);
    *out = chance > 0 ? seen / chance : NAN;
    return CC_OK;
}

cc_status cc_statistics_kappa(double *out, const int32_t *a, const int32_t *b, size_t count, int categories,
                              cc_kappa weights) {
    if (count < 1 || categories < 1 || categories > CC_KAPPA_CATEGORIES_MAX)
        return cc_fail(CC_EINVAL, "kappa", NULL, "%zu ratings, %d categories", count, categories);
    for (size_t i = 0; i < count; i++)
        if (a[i] < 0 || a[i] >= categories || b[i] < 0 || b[i] >= categories)
            return cc_fail(CC_EINVAL, "kappa", NULL, "ratings %zu are %d and %d, of %d categories", i, a[i],
                           b[i], categories);
    double ratio;
    CC_TRY(disagreement_ratio(&ratio, a, b, count, (size_t)categories, weights));
    *out = 1 - ratio;
    return CC_OK;
}

/* The means of each subject, rows[subjects], and of each rater, columns[raters]; returns the mean of all. */
static double means_of(double *rows, double *columns, const double *values, size_t subjects, size_t raters) {
    double n = (double)subjects, k = (double)raters, mean = 0;
    for (size_t i = 0; i < subjects; i++)
        for (size_t j = 0; j < raters; j++) {
            rows[i] += values[i * raters + j] / k;
            columns[j] += values[i * raters + j] / n;
        }
    for (size_t i = 0; i < subjects; i++) mean += rows[i] / n;
    return mean;
}

/* The intraclass correlation from means of squares; means[subjects + raters] is zeroed. */
static double icc_of(double *means, const double *values, size_t subjects, size_t raters) {
    double n = (double)subjects, k = (double)raters, *columns = means + subjects, rest = 0;
    double mean = means_of(means, columns, values, subjects, raters);
    for (size_t i = 0; i < subjects; i++)
        for (size_t j = 0; j < raters; j++) {
            /* What neither the subject nor the rater explains. */
            double left = values[i * raters + j] - means[i] - columns[j] + mean;
            rest += left * left;
        }
    /* McGraw and Wong's mean squares: between subjects (rows), between raters (columns), and the rest. */
    double msr = k * squares_about(means, subjects, mean) / (n - 1);
    double msc = n * squares_about(columns, raters, mean) / (k - 1), mse = rest / ((n - 1) * (k - 1));
    return (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n);
}

cc_status cc_statistics_icc(double *out, const double *values, size_t subjects, size_t raters) {
    if (subjects < 2 || raters < 2)
        return cc_fail(CC_EINVAL, "icc", NULL, "%zu subjects by %zu raters are fewer than 2 by 2", subjects,
                       raters);
    CC_TRY(check_values("icc", values, subjects * raters, 4));
    /* Equal values throughout would be 0/0. */
    bool differ = false;
    for (size_t i = 1; i < subjects * raters; i++) differ |= values[i] != values[0];
    double *means;
    CC_TRY(get_numbers(&means, subjects + raters));
    *out = differ ? icc_of(means, values, subjects, raters) : NAN;
    free(means);
    return CC_OK;
}

/* --- Spearman --- */

/* Pearson's correlation of two sets of ranks, each with the mean (count + 1) / 2. */
static double correlate(const double *a, const double *b, size_t count) {
    double mean = (double)(count + 1) / 2, ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < count; i++) {
        ab += (a[i] - mean) * (b[i] - mean);
        aa += (a[i] - mean) * (a[i] - mean);
        bb += (b[i] - mean) * (b[i] - mean);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

cc_status cc_statistics_spearman(double *out, const double *a, const double *b, size_t count) {
    CC_TRY(check_values("spearman", a, count, 2));
    CC_TRY(check_values("spearman", b, count, 2));
    double *ranks, ties;
    CC_TRY(get_numbers(&ranks, 2 * count));
    cc_status status = CC_OK;
    CC_CHECK(cc_statistics_ranks(ranks, &ties, a, count));
    CC_CHECK(cc_statistics_ranks(ranks + count, &ties, b, count));
    *out = correlate(ranks, ranks + count, count);
done:
    free(ranks);
    return status;
}
