/* metrics/statistics.c -- tests by ranks and of paired proportions, Holm's adjustment, means and
 * Spearman's correlation.
 *
 * Each follows the paper named in metrics/statistics.h and gives what SciPy or statsmodels give, to
 * rounding: parity fixtures hold it to them (experiments/parity). Samples are patients, tens to hundreds,
 * so that nothing here is made fast. */
#include "metrics/statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include "metrics/distributions.h"

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

/* --- paired proportions --- */

cc_status cc_statistics_mcnemar(cc_mcnemar *out, int64_t only_a, int64_t only_b) {
    if (only_a < 0 || only_b < 0 || only_a > CC_MCNEMAR_MAX || only_b > CC_MCNEMAR_MAX)
        return cc_fail(CC_EINVAL, "mcnemar", NULL, "%lld and %lld pairs", (long long)only_a,
                       (long long)only_b);
    const int64_t n = only_a + only_b, least = only_a < only_b ? only_a : only_b;
    const double difference = fabs((double)(only_a - only_b));
    /* Of n pairs that differ each falls to either side with probability 1/2: twice the binomial tail. */
    double tail = 0;
    for (int64_t k = 0; k <= least; k++)
        tail += exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) -
                    (double)n * log(2));
    *out = (cc_mcnemar){.p = fmin(1, 2 * tail), .corrected_p = 1, .plain_p = 1};
    if (n == 0) return CC_OK;
    out->corrected = (difference - 1) * (difference - 1) / (double)n;
    out->plain = difference * difference / (double)n;
    out->corrected_p = cc_chi_square_tail(out->corrected, 1);
    out->plain_p = cc_chi_square_tail(out->plain, 1);
    return CC_OK;
}

/* --- several variants on the same patients --- */

cc_status cc_statistics_friedman(double *statistic, double *p, double *mean_ranks, const double *values,
                                 size_t blocks, size_t variants) {
    if (variants < 2) return cc_fail(CC_EINVAL, "friedman", NULL, "%zu variants", variants);
    CC_TRY(check_values("friedman", values, blocks * variants, variants));
    double *ranks, tied = 0, squares = 0;
    CC_TRY(get_numbers(&ranks, 2 * variants));
    cc_status status = CC_OK;
    double *sums = ranks + variants;
    for (size_t b = 0; b < blocks; b++) {
        double ties;
        CC_CHECK(cc_statistics_ranks(ranks, &ties, values + b * variants, variants));
        tied += ties;
        for (size_t v = 0; v < variants; v++) sums[v] += ranks[v];
    }
    /* 12 / (n k (k + 1)) sum R^2 - 3 n (k + 1), divided by 1 - (sum of t^3 - t) / (n (k^3 - k)). */
    const double n = (double)blocks, k = (double)variants, untied = 1 - tied / (n * (k * k * k - k));
    for (size_t v = 0; v < variants; v++) {
        squares += sums[v] * sums[v];
        mean_ranks[v] = sums[v] / n;
    }
    /* Where all values of every block are equal, nothing differs. */
    *statistic = untied > 0 ? (12 / (n * k * (k + 1)) * squares - 3 * n * (k + 1)) / untied : 0;
    *p = cc_chi_square_tail(*statistic, k - 1);
done:
    free(ranks);
    return status;
}

double cc_statistics_nemenyi(double rank_difference, size_t blocks, size_t variants) {
    /* The ranks' standard error is that of the studentised range over the root of 2. */
    const double k = (double)variants, error = sqrt(k * (k + 1) / (6 * (double)blocks));
    return cc_studentized_range_tail(fabs(rank_difference) / error * sqrt(2), (int)variants);
}

double cc_statistics_nemenyi_distance(double level, size_t blocks, size_t variants) {
    const double k = (double)variants;
    return cc_studentized_range_quantile(level, (int)variants) / sqrt(2) *
           sqrt(k * (k + 1) / (6 * (double)blocks));
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
