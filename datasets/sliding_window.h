/* datasets/sliding_window.h -- a volume in overlapping windows of a net's size, and the net's answers put
 * together.
 *
 * On each axis a window starts every floor(size * (1 - overlap)) voxels, at least 1, and the last one is
 * moved back to the end. A volume that is smaller than the window is continued with 0, the smaller half
 * before it. Answers of windows that overlap are averaged, each voxel by its weight in its window: `constant`
 * all alike; `gaussian` exp(-(i - middle)^2 / (2 (sigma size)^2)) on each axis, multiplied, and at least the
 * larger one of 1e-3 and the smallest of them, as the borders of a window, where a net sees least, are to
 * count least. Equal to monai.inferers.sliding_window_inference (MONAI 1.6), its floating-point rounding of
 * the step included.
 *
 * Windows are ordered by z, then y, then x, and answers are added in that order: the same bytes with any
 * number of threads, and any number of windows in one batch of the net. A slice is given out as soon as no
 * later window reaches it, so that memory holds a window's depth of slices of all channels, not the volume:
 *
 *     for (i = 0; i < cc_sliding_count(s); i++) {
 *         cc_sliding_cut(window, s, i, image, channels);
 *         ... the net: answer from window (several windows may be cut first, as one batch) ...
 *         cc_sliding_add(s, answer);                       the answer of the window whose turn it is
 *     }
 *
 * Arrays are channels, z, y, x (a plane has one slice and size[2] = 1); dims, sizes and places x, y, z. */
#ifndef CC_DATASETS_SLIDING_WINDOW_H
#define CC_DATASETS_SLIDING_WINDOW_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

/* X(NAME) for each. */
#define CC_SLIDING_WEIGHT_LIST(X) X(constant) X(gaussian)

typedef enum cc_sliding_weight {
#define X(name) CC_SLIDING_WEIGHT_##name,
    CC_SLIDING_WEIGHT_LIST(X)
#undef X
        CC_SLIDING_WEIGHTS
} cc_sliding_weight;

/* Takes a finished slice: values[channels][dims[1]][dims[0]], which it may change and which are the callee's
 * until it returns. Slices come in ascending z, each once. Another status than CC_OK ends the work and is
 * passed on. */
typedef cc_status cc_sliding_take(void *context, int64_t z, float *values);

typedef struct cc_sliding_options {
    int64_t dims[3];   /* of the volume */
    int64_t size[3];   /* of the window */
    double overlap[3]; /* share of the window's size, from 0 to below 1 */
    cc_sliding_weight weight;
    double sigma;    /* of gaussian, share of the window's size, above 0; 0.125 is the usual one */
    size_t channels; /* of the answers, at least 1 */
    cc_sliding_take *take;
    void *context; /* handed to `take` */
} cc_sliding_options;

typedef struct cc_sliding cc_sliding;

/* The caller owns *out. Takes 8 bytes a voxel of (channels + 1) size[2] slices, and one window's weights.
 *   CC_EINVAL  a side below 1 or above 65536, an overlap or a sigma out of range; naming the option
 *   CC_ENOMEM */
cc_status cc_sliding_create(cc_sliding **out, const cc_sliding_options *options);
/* Takes NULL. Slices that were not finished are lost. */
void cc_sliding_destroy(cc_sliding *sliding);

size_t cc_sliding_count(const cc_sliding *sliding);
/* Where window i starts in the volume; below 0 where the volume is smaller than the window. */
void cc_sliding_start(int64_t start[3], const cc_sliding *sliding, size_t i);
/* window[channels][size] of image[channels][dims], with 0 beyond the volume. */
void cc_sliding_cut(float *window, const cc_sliding *sliding, size_t i, const float *image, size_t channels);
/* Adds the answer[channels][size] of the next window, in order, and gives out what it finishes; after the
 * last window all of it is. CC_EINVAL: all windows have had theirs. */
cc_status cc_sliding_add(cc_sliding *sliding, const float *answer);

#endif
