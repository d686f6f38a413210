/* nets/ops/activation/activation.h -- elementwise functions: relu, silu (x * sigmoid(x)), sigmoid.
 *
 * All of them take NaN to NaN, and so do their slopes times a gradient that is NaN, as PyTorch's: a net whose
 * weights have become NaN shows it in its loss.
 *
 * Sources: SiLU, Elfwing, Uchibe & Doya 2018. */
#ifndef CC_NETS_OPS_ACTIVATION_H
#define CC_NETS_OPS_ACTIVATION_H

#include "nets/engine/op.h"

typedef enum cc_activation {
    CC_ACTIVATION_NONE,
    CC_ACTIVATION_RELU,
    CC_ACTIVATION_SILU,
    CC_ACTIVATION_SIGMOID
} cc_activation;

typedef struct cc_activation_attr {
    cc_activation kind;
} cc_activation_attr;

/* f(z) and f'(z) in float64: the reference. The slope of relu at NaN is 1 (PyTorch's threshold_backward). */
double cc_activation_value(cc_activation kind, double z);
double cc_activation_slope(cc_activation kind, double z);

#endif
