/* nets/ops/activation/activation.h -- elementwise functions: relu, silu (x * sigmoid(x)), sigmoid.
 *
 * Sources: SiLU, Elfwing, Uchibe & Doya 2018. */
#ifndef CC_NETS_OPS_ACTIVATION_H
#define CC_NETS_OPS_ACTIVATION_H

#include "nets/op.h"

typedef enum cc_activation {
    CC_ACTIVATION_NONE,
    CC_ACTIVATION_RELU,
    CC_ACTIVATION_SILU,
    CC_ACTIVATION_SIGMOID
} cc_activation;

typedef struct cc_activation_attr {
    cc_activation kind;
} cc_activation_attr;

/* f(z) and f'(z) in float64: the reference. */
double cc_activation_value(cc_activation kind, double z);
double cc_activation_slope(cc_activation kind, double z);

#endif
