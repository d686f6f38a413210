/* nets/backends/cpu/vector_math.h -- private to nets/: elementary functions that a compiler can vectorise. */
#ifndef CC_NETS_BACKENDS_CPU_VECTOR_MATH_H
#define CC_NETS_BACKENDS_CPU_VECTOR_MATH_H

#include <stdint.h>
#include <string.h>
#include "nets/ops/activation/activation.h"

#define CC_INLINE static inline __attribute__((always_inline))

/* exp(x) to 2e-7 relative; x is clipped to [-87, 88]. Cephes' expf: x = n ln 2 + r, a polynomial for exp(r),
 * 2^n put into the exponent. Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
 */
CC_INLINE float cc_exp(float x) {
    const float magic = 12582912.0f;
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    float shifted = x * 1.44269504088896341f + magic, n = shifted - magic, power;
    int32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (int32_t)((uint32_t)(bits + 127) << 23);
    memcpy(&power, &bits, sizeof power);
    float r = x - n * 0.693359375f - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return (p * r * r + r + 1.0f) * power;
}

CC_INLINE float cc_sigmoid(float x) {
    return 1.0f / (1.0f + cc_exp(-x));
}

/* NaN stays NaN, as in PyTorch: so the comparisons of relu are with what becomes zero. `slope`: a
 * leaky relu's. */
CC_INLINE float cc_activate(cc_activation kind, float slope, float z) {
    if (kind == CC_ACTIVATION_RELU) return z <= 0 ? 0 : z;
    if (kind == CC_ACTIVATION_SILU) return z * cc_sigmoid(z);
    if (kind == CC_ACTIVATION_SIGMOID) return cc_sigmoid(z);
    if (kind == CC_ACTIVATION_LEAKY_RELU) return z > 0 ? z : z * slope;
    return z;
}

/* g * f'(z) */
CC_INLINE float cc_activate_back(cc_activation kind, float slope, float z, float g) {
    if (kind == CC_ACTIVATION_RELU) return z <= 0 ? 0 : g;
    if (kind == CC_ACTIVATION_LEAKY_RELU) return z > 0 ? g : g * slope;
    if (kind == CC_ACTIVATION_NONE) return g;
    float s = cc_sigmoid(z);
    return kind == CC_ACTIVATION_SILU ? g * s * (1.0f + z * (1.0f - s)) : g * s * (1.0f - s);
}

/* Runs `call` with `kind` a constant in each branch, so that the loop in it is compiled once for each. */
#define CC_FOR_ACTIVATION(kind, call)                                                                        \
    switch (kind) {                                                                                          \
    case CC_ACTIVATION_NONE:                                                                                 \
        call(CC_ACTIVATION_NONE);                                                                            \
        break;                                                                                               \
    case CC_ACTIVATION_RELU:                                                                                 \
        call(CC_ACTIVATION_RELU);                                                                            \
        break;                                                                                               \
    case CC_ACTIVATION_SILU:                                                                                 \
        call(CC_ACTIVATION_SILU);                                                                            \
        break;                                                                                               \
    case CC_ACTIVATION_SIGMOID:                                                                              \
        call(CC_ACTIVATION_SIGMOID);                                                                         \
        break;                                                                                               \
    case CC_ACTIVATION_LEAKY_RELU:                                                                           \
        call(CC_ACTIVATION_LEAKY_RELU);                                                                      \
        break;                                                                                               \
    }

#endif
