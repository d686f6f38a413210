/* metrics/statistics.h -- tests and measures of agreement for paired results: which of two variants is
 * better, and how well two readers agree.
 *
 * All return CC_EINVAL for too few values or one that is not finite, and CC_ENOMEM, with *out untouched. */
#ifndef CC_METRICS_STATISTICS_H
#define CC_METRICS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

/* AUTO: exact up to CC_WILCOXON_EXACT_MAX pairs without equal or zero differences, else NORMAL.
 * NORMAL: by the normal distribution, corrected for continuity and ties. */
typedef enum cc_wilcoxon { CC_WILCOXON_AUTO, CC_WILCOXON_NORMAL } cc_wilcoxon;
enum { CC_WILCOXON_EXACT_MAX = 50 };

/* The two-sided p of Wilcoxon's signed-rank test that a[count] and b[count] differ; pairs without a
 * difference are left out, and p is 1 where none is left. At least 1 pair. Source: Wilcoxon, Biometrics
 * Bulletin 1 (1945), 80-83; equal to scipy.stats.wilcoxon(a, b, mode="exact"), or (mode="approx",
 * correction=True). */
cc_status cc_statistics_wilcoxon(double *out, const double *a, const double *b, size_t count,
                                 cc_wilcoxon method);

/* Holm's adjustment of p[count] (each in [0, 1]) for `count` tests: adjusted[count], in the same order; the
 * arrays may be one. Source: Holm, Scand. J. Statist. 6 (1979), 65-70. */
cc_status cc_statistics_holm(double *adjusted, const double *p, size_t count);

/* Ranks of values[count] from 1, equal values sharing the mean of theirs; *ties is the sum of t^3 - t over the groups of
 * t equal values. NaN is not allowed. */
cc_status cc_statistics_ranks(double *ranks, double *ties, const double *values, size_t count);

/* The mean and the standard deviation (n - 1; NaN for one value) of at least 1 value. */
cc_status cc_statistics_mean_sd(double *mean, double *sd, const double *values, size_t count);

/* How a disagreement weighs that is d categories apart: 1, d or d^2. */
typedef enum cc_kappa { CC_KAPPA_UNWEIGHTED, CC_KAPPA_LINEAR, CC_KAPPA_QUADRATIC } cc_kappa;
enum { CC_KAPPA_CATEGORIES_MAX = 4096 };

/* Cohen's kappa of two raters' a[count] and b[count], each 0 <= rating < categories; NaN where both always
 * give one and the same. At least 1 pair; a rating out of range is CC_EINVAL. A category that nobody gives
 * still counts as a step between its neighbours. Source: Cohen, Psychol. Bull. 70 (1968), 213-220; equal to
 * sklearn.metrics.cohen_kappa_score(a, b, labels=range(categories), weights=...). */
cc_status cc_statistics_kappa(double *out, const int32_t *a, const int32_t *b, size_t count, int categories,
                              cc_kappa weights);

/* ICC(A,1) of values[subjects][raters]: two-way random effects, absolute agreement, single rater; at least 2
 * by 2; NaN where all values are equal. Source: McGraw & Wong, Psychol. Methods 1 (1996), 30-46, table 4. */
cc_status cc_statistics_icc(double *out, const double *values, size_t subjects, size_t raters);

/* Spearman's rank correlation of a[count] and b[count], equal values sharing their mean rank; at least 2
 * pairs; NaN where one of the two is constant. */
cc_status cc_statistics_spearman(double *out, const double *a, const double *b, size_t count);

#endif
