/* nets/ops/squeeze_excite/squeeze_excite.h -- channels scaled by what the whole image says of them.
 *
 *   y[n,c,p] = x[n,c,p] * s[n,c],  s = sigmoid(W2 silu(W1 m + b1) + b2),  m[n,c] = mean over p of x[n,c,p]
 * Parameters: conv_reduce.weight R,C,1,1 (W1) and .bias R; conv_expand.weight C,R,1,1 (W2) and .bias C; names
 * and shapes are those of the 1x1 convolutions of timm. Source: Hu, Shen & Sun, CVPR 2018, with the SiLU of
 * EfficientNet. */
#ifndef CC_NETS_OPS_SQUEEZE_EXCITE_H
#define CC_NETS_OPS_SQUEEZE_EXCITE_H

#include "nets/engine/op.h"

typedef struct cc_squeeze_excite_attr {
    int64_t reduced; /* R */
} cc_squeeze_excite_attr;

enum { CC_SQUEEZE_WEIGHT, CC_SQUEEZE_BIAS, CC_EXCITE_WEIGHT, CC_EXCITE_BIAS };

#endif
