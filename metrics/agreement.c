/* metrics/agreement.c -- Bland-Altman, intraclass correlations, kappa.
 *
 * Each follows the paper named in metrics/agreement.h and gives what pingouin and scikit-learn give, to
 * rounding: parity fixtures hold it to them (experiments/parity). */
#include "metrics/agreement.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include "metrics/distributions.h"
#include "metrics/statistics.h"

/* --- Bland-Altman --- */

/* value -+ reach. */
static void set_interval(double interval[2], double value, double reach) {
    interval[0] = value - reach;
    interval[1] = value + reach;
}

cc_status cc_agreement_bland_altman(cc_bland_altman *out, const double *a, const double *b, size_t count) {
    if (count < 2) return cc_fail(CC_EINVAL, "bland-altman", NULL, "%zu pairs are fewer than 2", count);
    double *differences = malloc(count * sizeof *differences);
    if (!differences) return cc_fail_memory("bland-altman", count * sizeof *differences);
    cc_bland_altman made;
    for (size_t i = 0; i < count; i++) differences[i] = a[i] - b[i]; /* infinities give no number */
    cc_status status = cc_statistics_mean_sd(&made.bias, &made.sd, differences, count);
    free(differences);
    if (status != CC_OK) return status;
    const double n = (double)count, t = cc_student_quantile(0.975, n - 1);
    made.lower = made.bias - 1.96 * made.sd;
    made.upper = made.bias + 1.96 * made.sd;
    set_interval(made.bias_interval, made.bias, t * made.sd / sqrt(n));
    set_interval(made.lower_interval, made.lower, t * made.sd * sqrt(3 / n));
    set_interval(made.upper_interval, made.upper, t * made.sd * sqrt(3 / n));
    *out = made;
    return CC_OK;
}

/* --- intraclass correlation --- */

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

/* McGraw and Wong's mean squares. */
typedef struct squares {
    double between_subjects, between_raters, rest; /* MSR, MSC, MSE */
    double within_subjects;                        /* MSW: raters and rest together */
} squares;

/* means[subjects + raters] is zeroed. */
static squares find_squares(double *means, const double *values, size_t subjects, size_t raters) {
    const double n = (double)subjects, k = (double)raters;
    double *columns = means + subjects, rows_sum = 0, columns_sum = 0, rest = 0;
    const double mean = means_of(means, columns, values, subjects, raters);
    for (size_t i = 0; i < subjects; i++) {
        rows_sum += (means[i] - mean) * (means[i] - mean);
        for (size_t j = 0; j < raters; j++) {
            /* What neither the subject nor the rater explains. */
            const double left = values[i * raters + j] - means[i] - columns[j] + mean;
            rest += left * left;
        }
    }
    for (size_t j = 0; j < raters; j++) columns_sum += (columns[j] - mean) * (columns[j] - mean);
    return (squares){k * rows_sum / (n - 1), n * columns_sum / (k - 1), rest / ((n - 1) * (k - 1)),
                     (n * columns_sum + rest) / (n * (k - 1))};
}

cc_status cc_agreement_icc(cc_icc out[CC_ICC_KINDS], const double *values, size_t subjects, size_t raters) {
    if (subjects < 2 || raters < 2)
        return cc_fail(CC_EINVAL, "icc", NULL, "%zu subjects by %zu raters are fewer than 2 by 2", subjects,
                       raters);
    bool differ = false; /* equal values throughout would be 0/0 */
    for (size_t i = 0; i < subjects * raters; i++) {
        if (!isfinite(values[i]))
            return cc_fail(CC_EINVAL, "icc", NULL, "value %zu is not a finite number", i);
        differ |= values[i] != values[0];
    }
    double *means = calloc(subjects + raters, sizeof *means);
    if (!means) return cc_fail_memory("icc", (subjects + raters) * sizeof *means);
    const squares s = find_squares(means, values, subjects, raters);
    free(means);
    const double n = (double)subjects, k = (double)raters, r = s.between_subjects, c = s.between_raters,
                 e = s.rest, w = s.within_subjects;
    /* Table 4, the formulas as they stand there. */
    const double value[CC_ICC_KINDS] = {
        [CC_ICC_ONE_WAY] = (r - w) / (r + (k - 1) * w),
        [CC_ICC_AGREEMENT] = (r - e) / (r + (k - 1) * e + k / n * (c - e)),
        [CC_ICC_CONSISTENCY] = (r - e) / (r + (k - 1) * e),
        [CC_ICC_ONE_WAY_MEAN] = (r - w) / r,
        [CC_ICC_AGREEMENT_MEAN] = (r - e) / (r + (c - e) / n),
        [CC_ICC_CONSISTENCY_MEAN] = (r - e) / r,
    };
    for (int i = 0; i < CC_ICC_KINDS; i++) {
        const bool one_way = i == CC_ICC_ONE_WAY || i == CC_ICC_ONE_WAY_MEAN;
        out[i] = (cc_icc){.value = differ ? value[i] : NAN,
                          .f = differ ? r / (one_way ? w : e) : NAN,
                          .df1 = n - 1,
                          .df2 = one_way ? n * (k - 1) : (n - 1) * (k - 1)};
        out[i].p = cc_f_tail(out[i].f, out[i].df1, out[i].df2);
    }
    return CC_OK;
}

/* --- kappa --- */

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
    shares = calloc(2 * categories, sizeof *shares);
    if (!shares) return cc_fail_memory("kappa", 2 * categories * sizeof *shares);
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

cc_status cc_agreement_kappa(double *out, const int32_t *a, const int32_t *b, size_t count, int categories,
                             cc_kappa weights) {
    if (count < 1 || categories < 1 || categories > CC_KAPPA_CATEGORIES_MAX)
        return cc_fail(CC_EINVAL, "kappa", NULL, "%zu ratings, %d categories", count, categories);
    for (size_t i = 0; i < count; i++)
        if (a[i] < 0 || a[i] >= categories || b[i] < 0 || b[i] >= categories)
            return cc_fail(CC_EINVAL, "kappa", NULL, "ratings %zu are %d and %d, of %d categories", i, a[i],
                           b[i], categories);
    double ratio = NAN;
    CC_TRY(disagreement_ratio(&ratio, a, b, count, (size_t)categories, weights));
    *out = 1 - ratio;
    return CC_OK;
}
