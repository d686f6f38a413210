/* datasets/morphology.h -- binary masks of slices: union, opening, bounding box; how a region of interest is
 * made of what a net marked.
 *
 * Masks are [height*width] (slices: [depth*height*width]); non-zero is foreground, results are 0 and 1. */
#ifndef CC_DATASETS_MORPHOLOGY_H
#define CC_DATASETS_MORPHOLOGY_H

#include <stddef.h>
#include <stdint.h>

/* Pixels y0 <= y < y1, x0 <= x < x1. */
typedef struct cc_box {
    int y0, x0, y1, x1;
} cc_box;

/* out[height*width]: the pixels that are foreground in any slice. */
void cc_mask_union(uint8_t *out, const uint8_t *slices, int depth, int height, int width);

/* Opening by a rectangle of `rows` times `columns` pixels, each at least 1: the pixels that a rectangle
 * covers which lies in the foreground wholly; outside the picture is background. `out` may be `in`. Linear in
 * pixels, whatever the rectangle. Equal to scipy.ndimage.binary_opening(in, ones((rows, columns))). Source:
 * Haralick, Sternberg & Zhuang, IEEE TPAMI 9 (1987), 532-550. */
void cc_mask_open(uint8_t *out, const uint8_t *in, int height, int width, int rows, int columns);

/* The smallest box around the foreground; all 0 where there is none. */
cc_box cc_mask_box(const uint8_t *mask, int height, int width);

#endif
