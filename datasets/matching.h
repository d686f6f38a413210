/* datasets/matching.h -- histogram matching: the grey values of a slice follow the distribution of a
 * reference.
 *
 * Evens out scanners and kernels before training. Source: Gonzalez & Woods, Digital Image Processing, 4th
 * ed., section 3.3 (histogram specification), as skimage.exposure.match_histograms computes it on int16: a
 * value with the share q of the source's pixels at or below it becomes the reference's value at the share q,
 * linear between the values that the reference holds.
 *
 * Values count as whole HU within int16, as scanners write them: others are rounded and kept within it. */
#ifndef CC_DATASETS_MATCHING_H
#define CC_DATASETS_MATCHING_H

#include <stddef.h>
#include "core/status.h"

/* The cumulative histogram of a reference; any thread may apply it. */
typedef struct cc_matching cc_matching;

/* Of a reference of `count` pixels, any shape. The caller owns *out.
 *   CC_EINVAL  no pixels, or one is NaN
 *   CC_ENOMEM */
cc_status cc_matching_create(cc_matching **out, const float *reference_hu, size_t count);
/* Takes NULL. */
void cc_matching_destroy(cc_matching *matching);

/* Matches `count` pixels: out_hu[count], not rounded. The arrays may be one. Linear in pixels.
 *   CC_EINVAL  no pixels, or one is NaN; out_hu untouched
 *   CC_ENOMEM */
cc_status cc_matching_apply(float *out_hu, const cc_matching *matching, const float *source_hu, size_t count);

#endif
