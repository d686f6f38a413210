/* nets/ops/channel_pool/channel_pool.h -- the largest value, or the mean, of each pixel's channels: [N,1,...].
 *
 * Of equal values the first channel gets the gradient; NaN is larger than any other, and of several the first
 * wins (PyTorch's x.max(1)). No parameters. */
#ifndef CC_NETS_OPS_CHANNEL_POOL_H
#define CC_NETS_OPS_CHANNEL_POOL_H

#include "nets/engine/op.h"

typedef enum cc_channel_pool { CC_CHANNEL_POOL_MAX, CC_CHANNEL_POOL_MEAN } cc_channel_pool;

typedef struct cc_channel_pool_attr {
    cc_channel_pool kind;
} cc_channel_pool_attr;

#endif
