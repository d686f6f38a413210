/* nets/ops/drop_path/drop_path.h -- stochastic depth: a residual block's branch, left out at random.
 *
 *   y = x s_n + residual
 * In training, s_n is 0 with probability `rate` and 1 / (1 - rate) otherwise, for each sample n of the batch;
 * elsewhere 1. s_n is number n of the stream (seed, CC_PURPOSE_DROP_PATH, step, block). Inputs: x, residual
 * of the same shape. No parameters. Source: Huang et al., "Deep networks with stochastic depth", ECCV 2016,
 * with timm's scaling of what is kept. */
#ifndef CC_NETS_OPS_DROP_PATH_H
#define CC_NETS_OPS_DROP_PATH_H

#include "nets/engine/op.h"

typedef struct cc_drop_path_attr {
    double rate; /* in [0, 1) */
    int block;   /* the net's residual block */
} cc_drop_path_attr;

/* s_0 ... s_(n-1) */
void cc_drop_path_scales(float *scales, int64_t n, const cc_drop_path_attr *attr, bool training,
                         const cc_draw *draw);

#endif
