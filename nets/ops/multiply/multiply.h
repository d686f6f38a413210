/* nets/ops/multiply/multiply.h -- the product of two activations, the second repeated where it is smaller.
 *
 *   y = x0 x1
 * Inputs: x0, and x1 of the same rank and number of images, whose channels and each of whose spatial extents are
 * those of x0 or 1: [N,C,1,1] scales channels, [N,1,H,W] scales places. The gradient of x1 is summed over what it
 * is repeated for. No attributes, no parameters. y has x0's shape. Source: PyTorch's and NumPy's broadcasting. */
#ifndef CC_NETS_OPS_MULTIPLY_H
#define CC_NETS_OPS_MULTIPLY_H

#include "nets/engine/op.h"

/* The pixel of x1 that pixel `pixel` of x0 is multiplied by; extents are D,H,W. */
static inline int64_t cc_multiply_pixel(const int64_t x0[CC_SPATIAL_MAX], const int64_t x1[CC_SPATIAL_MAX],
                                        int64_t pixel) {
    const int64_t d = pixel / (x0[1] * x0[2]), h = pixel / x0[2] % x0[1], w = pixel % x0[2];
    return ((x1[0] > 1 ? d : 0) * x1[1] + (x1[1] > 1 ? h : 0)) * x1[2] + (x1[2] > 1 ? w : 0);
}

#endif
