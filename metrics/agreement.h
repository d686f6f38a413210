/* metrics/agreement.h -- how well two methods or readers agree: Bland-Altman, intraclass correlation, kappa.
 *
 * All return CC_EINVAL for too few values or one that is not finite, and CC_ENOMEM, with *out untouched. */
#ifndef CC_METRICS_AGREEMENT_H
#define CC_METRICS_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

/* Bias and limits of agreement of a minus b, with 95 % intervals by Student's t: the error of the bias is
 * SD / root of n, that of a limit SD times the root of 3 / n. At least 2 pairs. Source: Bland & Altman,
 * Lancet 327 (1986), 307-310. */
typedef struct cc_bland_altman {
    double bias, sd;         /* of the differences (n - 1) */
    double lower, upper;     /* bias -+ 1.96 SD */
    double bias_interval[2]; /* low, high */
    double lower_interval[2], upper_interval[2];
} cc_bland_altman;
cc_status cc_agreement_bland_altman(cc_bland_altman *out, const double *a, const double *b, size_t count);

/* The intraclass correlations of McGraw & Wong, Psychol. Methods 1 (1996), 30-46, table 4 (in brackets the
 * names of Shrout & Fleiss): of a single rater, or of the mean over raters. */
typedef enum cc_icc_kind {
    CC_ICC_ONE_WAY,          /* ICC(1): raters differ from subject to subject [ICC(1,1)] */
    CC_ICC_AGREEMENT,        /* ICC(A,1): a rater's own level counts as disagreement [ICC(2,1)] */
    CC_ICC_CONSISTENCY,      /* ICC(C,1): it does not [ICC(3,1)] */
    CC_ICC_ONE_WAY_MEAN,     /* ICC(k) [ICC(1,k)] */
    CC_ICC_AGREEMENT_MEAN,   /* ICC(A,k) [ICC(2,k)] */
    CC_ICC_CONSISTENCY_MEAN, /* ICC(C,k) [ICC(3,k)] */
    CC_ICC_KINDS
} cc_icc_kind;

/* NaN where all values are equal. F tests that subjects do not differ; it is infinite, with p 0, where
 * raters agree wholly. */
typedef struct cc_icc {
    double value, f, df1, df2, p;
} cc_icc;

/* All six of values[subjects][raters], at least 2 by 2. Equal to pingouin.intraclass_corr. */
cc_status cc_agreement_icc(cc_icc out[CC_ICC_KINDS], const double *values, size_t subjects, size_t raters);

/* How a disagreement weighs that is d categories apart: 1, d or d^2. */
typedef enum cc_kappa { CC_KAPPA_UNWEIGHTED, CC_KAPPA_LINEAR, CC_KAPPA_QUADRATIC } cc_kappa;
enum { CC_KAPPA_CATEGORIES_MAX = 4096 };

/* Cohen's kappa of two raters' a[count] and b[count], each 0 <= rating < categories; NaN where both always
 * give one and the same. At least 1 pair; a rating out of range is CC_EINVAL. A category that nobody gives
 * still counts as a step between its neighbours. Source: Cohen, Psychol. Bull. 70 (1968), 213-220; equal to
 * sklearn.metrics.cohen_kappa_score(a, b, labels=range(categories), weights=...). */
cc_status cc_agreement_kappa(double *out, const int32_t *a, const int32_t *b, size_t count, int categories,
                             cc_kappa weights);

#endif
