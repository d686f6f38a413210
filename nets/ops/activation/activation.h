/* nets/ops/activation/activation.h -- elementwise functions: relu, silu (x * sigmoid(x)), sigmoid, leaky relu.
 *
 * An op that ends with an activation has `activation` and `slope` in its own attributes. The slope is that of
 * a leaky relu below zero (f = slope z); the other kinds do not read it, and 0 stands there.
 *
 * All of them take NaN to NaN, and so do their slopes times a gradient that is NaN, as PyTorch's: a net whose
 * weights have become NaN shows it in its loss.
 *
 * Sources: SiLU, Elfwing, Uchibe & Doya 2018; leaky ReLU, Maas, Hannun & Ng 2013 (PyTorch's leaky_relu: at zero
 * and at NaN f' is the slope). */
#ifndef CC_NETS_OPS_ACTIVATION_H
#define CC_NETS_OPS_ACTIVATION_H

#include "nets/engine/op.h"

typedef enum cc_activation {
    CC_ACTIVATION_NONE,
    CC_ACTIVATION_RELU,
    CC_ACTIVATION_SILU,
    CC_ACTIVATION_SIGMOID,
    CC_ACTIVATION_LEAKY_RELU
} cc_activation;

typedef struct cc_activation_attr {
    cc_activation kind;
    double slope; /* CC_ACTIVATION_LEAKY_RELU: below zero */
} cc_activation_attr;

/* f(z) and f'(z) in float64: the reference. f' of relu at NaN is 1 (PyTorch's threshold_backward). */
double cc_activation_value(cc_activation kind, double slope, double z);
double cc_activation_derivative(cc_activation kind, double slope, double z);

/* Whether f has two one-sided derivatives at zero: relu and leaky relu. */
static inline bool cc_activation_has_kink(cc_activation kind) {
    return kind == CC_ACTIVATION_RELU || kind == CC_ACTIVATION_LEAKY_RELU;
}

#endif
