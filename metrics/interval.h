/* metrics/interval.h -- how uncertain a score is that several runs (folds, seeds) give of several
 * patients.
 *
 * A score's value is the mean over folds of the mean over a fold's seeds of each run's score; runs of one
 * fold and seed (rows of a summary) are averaged before. Its 95 % interval is over seeds x patients,
 * stratified by fold: patients and seeds are random and crossed within a fold (metrics/paired.h has the
 * variance), folds are fixed. It is Student's t on the logit scale, which keeps its coverage best of those
 * that tests/metrics/test_coverage.c compares, at a hundredth of the cost of resampling; BCa (Efron, JASA
 * 82 (1987), 171-185) stands beside it.
 *
 * Equal scores of all n patients, 0 and 1 among them, have no variance; there the interval follows from
 * what could have been missed: if a patient's score is another one with a chance of more than 1 - q, q =
 * 0.05^(1/n), n equal ones are seen with a probability below 0.05. The mean then lies between q v and q v
 * + (1 - q) (for v = 1 this is the rule behind "3 / n": Hanley & Lippman-Hand, JAMA 249 (1983),
 * 1743-1745).
 *
 * The same input gives the same bytes. */
#ifndef CC_METRICS_INTERVAL_H
#define CC_METRICS_INTERVAL_H

#include "metrics/test_sets.h"

enum { CC_BOOTSTRAP_RESAMPLES = 20000 };

typedef struct cc_estimate {
    cc_scores value;     /* NaN where no run has the score */
    cc_scores low, high; /* the 95 % interval, where has_interval; else NaN */
    cc_scores bca_low,
        bca_high; /* NaN also where nothing was resampled, or where half the resamples are 0/0 */
    bool has_interval[CC_SCORES]; /* at least two patients have the score */
    size_t patients[CC_SCORES];   /* n: distinct patients that the value is over */
    size_t folds, seeds;          /* distinct */
} cc_estimate;

/* Every score of `run_count` runs under one convention.
 *   resamples  of BCa: CC_BOOTSTRAP_RESAMPLES, or 0 for none
 *   CC_EINVAL a count is negative · CC_ENOMEM; *out untouched */
cc_status cc_estimate_make(cc_estimate *out, const cc_sample *runs, size_t run_count,
                           cc_convention convention, int resamples);

/* The same under every convention, rows read once. Only `shown` is resampled, which takes nearly all of
 * the time: the others have no BCa. *out untouched where it fails. */
cc_status cc_estimate_make_all(cc_estimate out[CC_AVERAGES][CC_EMPTIES], const cc_sample *runs,
                               size_t run_count, cc_convention shown, int resamples);

/* What the interval is called in a caption: "... interval by METHOD". */
const char *cc_interval_method(void);
/* How often intervals that say 95 % hold the mean with about n patients of one run, in percent, as
 * tests/metrics/test_coverage.c found: of scores that are high for everyone (Beta(20,2)); and where one
 * patient in twenty fails altogether, which no method rescues (metrics/README.md). NaN below 2 patients. */
double cc_interval_coverage(size_t patients);
double cc_interval_coverage_with_failures(size_t patients);

#endif
