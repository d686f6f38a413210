/* metrics/resampling.h -- drawing with replacement, and 95 % intervals from the values that a statistic
 * takes in resamples.
 *
 * Sources: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 14; Efron, JASA 82
 * (1987), 171-185 (BCa). Equal to scipy.stats.bootstrap of the same resamples, but that values within
 * rounding of the estimate are equal to it. */
#ifndef CC_METRICS_RESAMPLING_H
#define CC_METRICS_RESAMPLING_H

#include <stddef.h>
#include <stdint.h>
#include "core/rng.h"

/* Draws `count` of `count` with replacement: drawn[count], each from 0. `count` is below 2^32. */
void cc_resampling_draw(uint32_t *drawn, size_t count, cc_rng *rng);

/* BASIC: twice the estimate less the percentiles. BCA: percentiles corrected for bias and acceleration. */
typedef enum cc_resampling { CC_RESAMPLING_PERCENTILE, CC_RESAMPLING_BASIC, CC_RESAMPLING_BCA } cc_resampling;

/* Percentiles are linear between ranks. BCa is NaN where all resamples lie on one side of the estimate.
 *   values        [count] of the statistic, one a resample, count > 0; reordered in place
 *   acceleration  only BCA looks at it */
void cc_resampling_interval(double *low, double *high, cc_resampling kind, double *values, size_t count,
                            double estimate, double acceleration);

/* z0: the normal quantile of the share of values below the estimate, those equal to it counted half. */
double cc_resampling_bias(const double *values, size_t count, double estimate);
/* sum u^3 / (6 (sum u^2)^1.5) of the influences u[count] on the estimate (jackknife: the mean of the
 * estimates without one less the estimate without this one); 0 where there is none. */
double cc_resampling_acceleration(const double *influences, size_t count);

#endif
