/* metrics/statistics.h -- ranks, means and tests of paired results; permutation and intervals are in
 * metrics/paired.h, agreement of readers in metrics/agreement.h.
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

/* Ranks of values[count] from 1, equal values sharing the mean of theirs; *ties is the sum of t^3 - t over
 * the groups of t equal values. NaN is not allowed. */
cc_status cc_statistics_ranks(double *ranks, double *ties, const double *values, size_t count);

/* The mean and the standard deviation (n - 1; NaN for one value) of at least 1 value. */
cc_status cc_statistics_mean_sd(double *mean, double *sd, const double *values, size_t count);

/* McNemar's test of two variants on the same cases, of which only_a are right with the first alone and
 * only_b with the second alone: exact two-sided p; chi-square with continuity correction, plain, and their
 * p (1 where no case differs). CC_EINVAL for a negative number or one above CC_MCNEMAR_MAX. Source:
 * McNemar, Psychometrika 12 (1947), 153-157; equal to statsmodels.stats.contingency_tables.mcnemar. */
typedef struct cc_mcnemar {
    double p, corrected, corrected_p, plain, plain_p;
} cc_mcnemar;
enum { CC_MCNEMAR_MAX = 1000000 };
cc_status cc_statistics_mcnemar(cc_mcnemar *out, int64_t only_a, int64_t only_b);

/* Friedman's test that variants differ, values[blocks][variants], a block a patient: chi-square corrected
 * for ties, its p, and each variant's mean rank (1: lowest). At least 1 by 2. Source: Friedman, JASA 32
 * (1937), 675-701; equal to scipy.stats.friedmanchisquare. */
cc_status cc_statistics_friedman(double *statistic, double *p, double *mean_ranks, const double *values,
                                 size_t blocks, size_t variants);
/* Nemenyi's p that two variants differ whose mean ranks are so far apart, and the least difference whose p
 * is below `level`; both for all pairs together. Source: Demsar, J. Mach. Learn. Res. 7 (2006), 1-30,
 * 3.2.2; equal to scikit_posthocs.posthoc_nemenyi_friedman. */
double cc_statistics_nemenyi(double rank_difference, size_t blocks, size_t variants);
double cc_statistics_nemenyi_distance(double level, size_t blocks, size_t variants);

/* Spearman's rank correlation of a[count] and b[count], equal values sharing their mean rank; at least 2
 * pairs; NaN where one of the two is constant. */
cc_status cc_statistics_spearman(double *out, const double *a, const double *b, size_t count);

#endif
