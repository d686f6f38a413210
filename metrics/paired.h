/* metrics/paired.h -- two variants compared on the same patients: how far apart, how sure, and what so few
 * patients could have shown.
 *
 * Differences are a minus b, of the same patients in every row. NaN and infinities are refused
 * (CC_EINVAL), as is no patient; CC_ENOMEM; outputs are untouched then. The same input gives the same
 * bytes.
 *
 * Sources: Fisher, The Design of Experiments (1935), 21 (permutation of signs); Satterthwaite, Biometrics
 * Bulletin 2 (1946), 110-114; Schuirmann, J. Pharmacokin. Biopharm. 15 (1987), 657-680 (TOST); Westfall &
 * Young, Resampling-Based Multiple Testing (1993) (max-T); Kerby, Compr. Psychol. 3 (2014), 11.IT.3.1
 * (rank-biserial); Nadeau & Bengio, Machine Learning 52 (2003), 239-281. */
#ifndef CC_METRICS_PAIRED_H
#define CC_METRICS_PAIRED_H

#include <stddef.h>
#include "core/status.h"

/* Patterns of signs are all taken up to 2^30 (differences of 0 have none), above that so many are sampled,
 * the observed one among them. */
enum { CC_SIGNS_EXACT_MAX = 30, CC_SIGNS_SAMPLED = 100000 };

typedef struct cc_paired_result {
    size_t patients, seeds;
    double mean; /* over seeds and patients */
    /* The 95 % interval of the mean over seeds x patients: two-way random effects, variance (MSp + max(0,
     * MSs - MSe)) / (n S), Student's t with Satterthwaite's degrees of freedom, no fewer than the smaller
     * of n - 1 and S - 1; of one seed Student's t. NaN below two patients. */
    double low, high;
    /* Two-sided, of all patterns of signs of the patients' means over seeds: the share whose sum lies as
     * far from 0; 1 where all are 0. And the smallest that so many differences other than 0 can reach:
     * 2^(1 - number). */
    double p, p_least;
    double effect;        /* Cohen's dz: mean / SD over the patients' means; NaN: SD 0, or one patient */
    double rank_biserial; /* (positive - negative rank sum) / their sum, differences of 0 left out */
    /* The mean difference that a two-sided t test of so many patients with this standard deviation finds
     * at level 0.05 with power 0.8; NaN below two patients. */
    double detectable;
} cc_paired_result;

/* differences[seeds][patients], at least 1 by 1. */
cc_status cc_paired_compare(cc_paired_result *out, const double *differences, size_t seeds, size_t patients);

/* All patterns of signs of differences[patients]: the share whose sum is as large as the observed one, as
 * small, and as far from 0. Equal to scipy.stats.permutation_test(permutation_type="samples") of the mean. */
typedef struct cc_signs {
    double two_sided, greater, less;
    double least; /* the smallest two_sided that so many differences other than 0 can reach */
} cc_signs;
cc_status cc_paired_signs(cc_signs *out, const double *differences, size_t patients);

/* Equivalence within -margin to +margin: the larger p of two one-sided t tests on the patients' means over
 * seeds. At least two patients; margin > 0. Where the means do not differ at all: 0 inside of the margin,
 * else 1. */
cc_status cc_paired_equivalence(double *p, const double *differences, size_t seeds, size_t patients,
                                double margin);

/* "The highest of several": differences[rivals][patients], all a minus a rival; adjusted[rivals] are
 * two-sided p, each below 0.05 with a chance of at most 0.05 for all rivals together (step-down). One
 * pattern of signs is taken for all rivals, so that what they have in common counts; the statistic is |sum
 * of differences| over the root of the sum of their squares. All patterns up to 2^20, above that
 * CC_SIGNS_SAMPLED. */
cc_status cc_paired_max_t(double *adjusted, const double *differences, size_t rivals, size_t patients);

/* The 95 % interval of a mean over `folds` of one cross-validation, values[folds], at least 2, whose
 * training sets overlap: Student's t with the variance multiplied by 1 / folds + test / train, the sizes
 * of a fold's test and training set (Nadeau & Bengio). */
cc_status cc_paired_corrected_interval(double *low, double *high, const double *values, size_t folds,
                                       double test, double train);

#endif
