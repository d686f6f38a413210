/* nets/ops/resize/resize.h -- images (rank 4) resized by bilinear interpolation.
 *
 * Along each axis, from `in` to `out` pixels, output i lies at
 *   align_corners   i (in - 1) / (out - 1), or 0 where out is 1: the outermost pixels' centres meet
 *   otherwise       max(0, (i + 1/2) in / out - 1/2): the images' edges meet
 * and is (1 - t) x[low] + t x[low + 1], low and t being the whole part of that place and the rest; beyond the last
 * pixel stands that pixel. No parameters. Source: PyTorch's interpolate, mode "bilinear", without antialiasing. */
#ifndef CC_NETS_OPS_RESIZE_H
#define CC_NETS_OPS_RESIZE_H

#include "nets/engine/op.h"

typedef struct cc_resize_attr {
    int64_t factor;               /* out = factor in; 0: to `size` */
    int64_t size[CC_SPATIAL_MAX]; /* D,H,W; D is not read. Read where factor is 0 */
    bool align_corners;
} cc_resize_attr;

/* The place of output i: its low pixel, and t = rest / whole. Whole numbers, so that no rounding moves a pixel. */
static inline int64_t cc_resize_place(int64_t *rest, int64_t *whole, int64_t in, int64_t out,
                                      bool align_corners, int64_t i) {
    int64_t above = align_corners ? i * (in - 1) : (2 * i + 1) * in - out;
    *whole = align_corners ? (out > 1 ? out - 1 : 1) : 2 * out;
    if (above < 0) above = 0;
    if (above >= (in - 1) * *whole) above = (in - 1) * *whole; /* the last pixel, t = 0 */
    *rest = above % *whole;
    return above / *whole;
}

/* The first output whose low pixel is `low` or lies beyond it; `out` where there is none. So the outputs that
 * read pixel i are those from the first of i - 1 to that of i + 1, that one left out. */
static inline int64_t cc_resize_first(int64_t in, int64_t out, bool align_corners, int64_t low) {
    if (low <= 0) return 0;
    if (low >= in || (align_corners && out == 1)) return out;
    int64_t above = align_corners ? low * (out - 1) : (2 * low + 1) * out - in,
            by = align_corners ? in - 1 : 2 * in;
    if (above < 0) return 0;
    return above > (out - 1) * by ? out : (above + by - 1) / by;
}

#endif
