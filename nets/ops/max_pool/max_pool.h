/* nets/ops/max_pool/max_pool.h -- the largest value of each window; padding never wins. Of equal values the
 * first in reading order gets the gradient; NaN is larger than any other, and of several the last wins
 * (PyTorch's choices). Output extent: (in + 2*padding - kernel) / stride + 1. */
#ifndef CC_NETS_OPS_MAX_POOL_H
#define CC_NETS_OPS_MAX_POOL_H

#include "nets/engine/op.h"

/* D,H,W; D is 1 (padding 0) at rank 4. At most 255 taps a window. */
typedef struct cc_max_pool_attr {
    int64_t kernel[CC_SPATIAL_MAX], stride[CC_SPATIAL_MAX], padding[CC_SPATIAL_MAX];
} cc_max_pool_attr;

/* A square window; a cubic one. */
cc_max_pool_attr cc_max_pool_2d(int64_t kernel, int64_t stride, int64_t padding);
cc_max_pool_attr cc_max_pool_3d(int64_t kernel, int64_t stride, int64_t padding);

/* The tap of window p (D,H,W) that tap number t names, as a pixel index of the input; -1 in the padding. */
int64_t cc_max_pool_tap(const cc_max_pool_attr *attr, const int64_t in[CC_SPATIAL_MAX],
                        const int64_t p[CC_SPATIAL_MAX], int64_t t);

#endif
