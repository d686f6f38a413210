/* metrics/interval.h -- how uncertain a score is: 95 % percentile bootstrap over patients.
 *
 * A resample draws patients with replacement, each with all its slices; the interval runs from the 2.5th to
 * the 97.5th percentile of the resamples' scores (linear between neighbours). The same input gives the same
 * bytes. Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13. */
#ifndef CC_METRICS_INTERVAL_H
#define CC_METRICS_INTERVAL_H

#include <stdbool.h>
#include "metrics/overlap.h"

enum { CC_BOOTSTRAP_RESAMPLES = 2000 };

/* The test set of one run (one seed or fold). Patients are numbered alike in all runs of one estimate. */
typedef struct cc_sample {
    const cc_count_row *rows;
    size_t count;
} cc_sample;

typedef struct cc_estimate {
    cc_scores value;              /* the mean over runs of each run's score */
    cc_scores low, high;          /* the interval, where has_interval */
    bool has_interval[CC_SCORES]; /* false with fewer than two patients, or where over half the resamples are
                                     0/0 */
} cc_estimate;

/* Estimates every score of `run_count` runs under a convention. A resample draws from all patients of all
 * runs together. Runs that share patients (seeds) stay paired; of runs that share none (folds) the interval
 * is that of a mean over the patients of all, a patient weighing the more the fewer its run has, as in the
 * mean over runs. Resamples in which a score is 0/0 are left out where `empty` says so.
 *   resamples  CC_BOOTSTRAP_RESAMPLES unless a test wants fewer; > 0
 *   CC_EINVAL  a count is negative
 *   CC_ENOMEM */
cc_status cc_estimate_bootstrap(cc_estimate *out, const cc_sample *runs, size_t run_count,
                                cc_convention convention, int resamples);

/* The same interval for the mean of values[count], one a patient (such as differences of two variants).
 * CC_EINVAL for fewer than two values · CC_ENOMEM; *low and *high untouched */
cc_status cc_interval_of_mean(double *low, double *high, const double *values, size_t count, int resamples);

#endif
