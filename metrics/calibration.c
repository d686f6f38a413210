/* metrics/calibration.c -- sums by bins of probability, and the scores that they give.
 *
 * Squared errors are summed as they are, not put together later from sums of p^2 and p: of millions of pixels
 * next to 0 those would leave little but rounding. */
#include "metrics/calibration.h"

#include <math.h>

cc_status cc_calibration_init(cc_calibration *out, int bins) {
    if (bins < 2 || bins > CC_CALIBRATION_BINS_MAX || bins % 2)
        return cc_fail(CC_EINVAL, "calibration", "use an even number", "%d bins are not 2, 4, 6 ... %d", bins,
                       CC_CALIBRATION_BINS_MAX);
    *out = (cc_calibration){.bins = bins};
    return CC_OK;
}

cc_status cc_calibration_add(cc_calibration *sum, const float *probability, const uint8_t *truth,
                             const uint8_t *within, size_t count) {
    cc_calibration c = *sum;
    for (size_t i = 0; i < count; i++) {
        if (within && !within[i]) continue;
        const double p = probability[i];
        if (!(p >= 0 && p <= 1))
            return cc_fail(CC_EINVAL, "calibration", NULL, "probability %zu is %g", i, p);
        /* Exact: a float32 times at most 100 is a float64. A p on an edge belongs to the bin below it. */
        const double place = p * c.bins;
        int k = (int)place;
        if (k == place && k > 0) k--;
        const double error = truth[i] ? 1 - p : p;
        c.bin[k].pixels++;
        c.bin[k].truth += truth[i] != 0;
        c.bin[k].probability += p;
        c.bin[k].squared_error += error * error;
    }
    *sum = c;
    return CC_OK;
}

cc_status cc_calibration_merge(cc_calibration *sum, const cc_calibration *other) {
    if (sum->bins != other->bins)
        return cc_fail(CC_EINVAL, "calibration", NULL, "%d bins cannot be added to %d", other->bins,
                       sum->bins);
    for (int k = 0; k < sum->bins; k++) {
        sum->bin[k].pixels += other->bin[k].pixels;
        sum->bin[k].truth += other->bin[k].truth;
        sum->bin[k].probability += other->bin[k].probability;
        sum->bin[k].squared_error += other->bin[k].squared_error;
    }
    return CC_OK;
}

void cc_calibration_point(double *predicted, double *observed, const cc_calibration *sum, int bin) {
    const cc_calibration_bin *b = &sum->bin[bin];
    *predicted = b->pixels ? b->probability / (double)b->pixels : NAN;
    *observed = b->pixels ? (double)b->truth / (double)b->pixels : NAN;
}

/* With n pixels in all, a bin's share of the ECE is
 *     pixels / n |truth / pixels - probability / pixels| = |truth - probability| / n.
 * A bin of confidence has the pixels of two bins of p. In the one above 0.5, truth is predicted: `truth` are
 * right, and confidences add up to `probability`. In its mirror image below 0.5, pixels - truth are right,
 * and confidences add up to pixels - probability: right less confidence is probability - truth. */
cc_calibration_scores cc_calibration_score(const cc_calibration *sum) {
    double pixels = 0, squares = 0, gaps = 0, confidence_gaps = 0;
    for (int k = 0; k < sum->bins; k++) {
        const cc_calibration_bin *b = &sum->bin[k], *mirror = &sum->bin[sum->bins - 1 - k];
        const double gap = (double)b->truth - b->probability;
        pixels += (double)b->pixels;
        squares += b->squared_error;
        gaps += fabs(gap);
        if (k >= sum->bins / 2) confidence_gaps += fabs(gap + mirror->probability - (double)mirror->truth);
    }
    if (pixels == 0) return (cc_calibration_scores){NAN, NAN, NAN};
    return (cc_calibration_scores){
        .brier = squares / pixels, .ece = gaps / pixels, .confidence_ece = confidence_gaps / pixels};
}
