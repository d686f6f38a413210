/* metrics/calibration.h -- whether predicted probabilities mean what they say: reliability curve, Brier
 * score, expected calibration error (ECE).
 *
 * Pixels are gathered by their probability in bins of equal width, as sums: those of slices and of patients
 * add up, and a run can store them instead of its probabilities. Bin i of m holds i / m < p <= (i + 1) / m,
 * the first one also p = 0 (as sklearn.calibration.calibration_curve does).
 *
 * With all pixels of a scan nearly every one is background that any net is sure of, which makes Brier score
 * and ECE small whatever happens at lesions: `within` below takes those pixels alone that are in question.
 *
 * Sources: Brier, Mon. Weather Rev. 78 (1950), 1-3; Naeini, Cooper & Hauskrecht, AAAI 2015 (ECE of a
 * probability); Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML 2017,
 * equation 3 (ECE of a confidence). */
#ifndef CC_METRICS_CALIBRATION_H
#define CC_METRICS_CALIBRATION_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

enum { CC_CALIBRATION_BINS_MAX = 100 };

/* Sums over the pixels of a bin. */
typedef struct cc_calibration_bin {
    int64_t pixels, truth; /* all of them; those that are true */
    double probability;    /* of p */
    double squared_error;  /* of (p - 1)^2 where the pixel is true, p^2 elsewhere */
} cc_calibration_bin;

typedef struct cc_calibration {
    int bins;
    cc_calibration_bin bin[CC_CALIBRATION_BINS_MAX];
} cc_calibration;

/* Without any pixel yet. bins: an even number, 2 to CC_CALIBRATION_BINS_MAX, so that none lies across 0.5.
 *   CC_EINVAL another number of bins; *out untouched */
cc_status cc_calibration_init(cc_calibration *out, int bins);

/* Adds `count` pixels: their probabilities in [0, 1]; truth, non-zero is true; within, non-zero is taken, or
 * NULL: all are. In any number of calls.
 *   CC_EINVAL a probability that is taken is out of range or no number; *sum untouched */
cc_status cc_calibration_add(cc_calibration *sum, const float *probability, const uint8_t *truth,
                             const uint8_t *within, size_t count);

/* *sum += other, of as many bins; else CC_EINVAL, *sum untouched. */
cc_status cc_calibration_merge(cc_calibration *sum, const cc_calibration *other);

/* A point of the reliability curve: the mean probability of a bin's pixels, and the share of them that is
 * true; both NaN where it has none. */
void cc_calibration_point(double *predicted, double *observed, const cc_calibration *sum, int bin);

/* All NaN where there are no pixels. */
typedef struct cc_calibration_scores {
    double brier; /* the mean squared error of p */
    double ece;   /* the mean over pixels of |share of truth - mean p| of their bin (Naeini et al.) */
    /* The same of the predicted class, which is true where p > 0.5, and its confidence, p or 1 - p: the
     * mean over pixels of |share predicted rightly - mean confidence| of their bin of confidence, m bins in
     * [0, 1] (Guo et al.). Never above `ece`. A p below 0.5 that is the very edge of a bin goes with the
     * others of its bin. */
    double confidence_ece;
} cc_calibration_scores;
cc_calibration_scores cc_calibration_score(const cc_calibration *sum);

#endif
