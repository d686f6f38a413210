/* nets/backends/cpu/lane_activations.h -- private to nets/: the activations of
 * nets/backends/cpu/vector_math.h, for 8 and 16 values side by side, whatever the compiler makes of a
 * loop. */
#ifndef CC_NETS_BACKENDS_CPU_LANE_ACTIVATIONS_H
#define CC_NETS_BACKENDS_CPU_LANE_ACTIVATIONS_H

#include "nets/backends/cpu/lanes.h"

/* For N = 8 and 16, in place:
 *   cc_exp_N(x)                      as cc_exp
 *   cc_sigmoid_N(x)                  as cc_sigmoid
 *   cc_activate_N(z, kind, slope)    as cc_activate
 *   cc_activate_back_N(g, z, kind, slope)   g *= f'(z) */
#define CC_DEFINE_LANE_ACTIVATIONS(n)                                                                        \
    /* 0 where the mask's bits are set */                                                                    \
    CC_INLINE void cc_clear_##n(cc_f32x##n *value, const cc_i32x##n *mask) {                                 \
        *value = (cc_f32x##n)((cc_i32x##n) * value & ~*mask);                                                \
    }                                                                                                        \
    /* min(x, most); NaN stays */                                                                            \
    CC_INLINE void cc_at_most_##n(cc_f32x##n *x, float most) {                                               \
        cc_f32x##n limit = (cc_f32x##n){0} + most;                                                           \
        cc_i32x##n beyond = *x > limit;                                                                      \
        *x = (cc_f32x##n)(((cc_i32x##n) * x & ~beyond) | ((cc_i32x##n)limit & beyond));                      \
    }                                                                                                        \
    CC_INLINE void cc_exp_##n(cc_f32x##n *x) {                                                               \
        const float magic = 12582912.0f;                                                                     \
        cc_f32x##n v = *x;                                                                                   \
        cc_at_most_##n(&v, 88.0f);                                                                           \
        v = -v;                                                                                              \
        cc_at_most_##n(&v, 87.0f);                                                                           \
        v = -v;                                                                                              \
        cc_f32x##n shifted = v * 1.44269504088896341f + magic, whole = shifted - magic;                      \
        cc_f32x##n power = (cc_f32x##n)((cc_i32x##n)((cc_u32x##n)shifted + 127u) << 23);                     \
        cc_f32x##n r = v - whole * 0.693359375f - whole * -2.12194440e-4f;                                   \
        cc_f32x##n p = 1.9875691500e-4f * r + 1.3981999507e-3f;                                              \
        p = p * r + 8.3334519073e-3f;                                                                        \
        p = p * r + 4.1665795894e-2f;                                                                        \
        p = p * r + 1.6666665459e-1f;                                                                        \
        p = p * r + 5.0000001201e-1f;                                                                        \
        *x = (p * r * r + r + 1.0f) * power;                                                                 \
    }                                                                                                        \
    CC_INLINE void cc_sigmoid_##n(cc_f32x##n *x) {                                                           \
        cc_f32x##n e = -*x;                                                                                  \
        cc_exp_##n(&e);                                                                                      \
        *x = 1.0f / (1.0f + e);                                                                              \
    }                                                                                                        \
    /* values *= slope where z <= 0 or NaN */                                                                \
    CC_INLINE void cc_leak_##n(cc_f32x##n *values, const cc_f32x##n *z, float slope) {                       \
        cc_f32x##n scaled = *values * slope;                                                                 \
        cc_i32x##n on = *z > 0;                                                                              \
        *values = (cc_f32x##n)(((cc_i32x##n) * values & on) | ((cc_i32x##n)scaled & ~on));                   \
    }                                                                                                        \
    CC_INLINE void cc_activate_##n(cc_f32x##n *z, cc_activation kind, float slope) {                         \
        cc_f32x##n s = *z;                                                                                   \
        cc_i32x##n off = *z <= 0; /* not where it is NaN, which stays */                                     \
        if (kind == CC_ACTIVATION_RELU) cc_clear_##n(z, &off);                                               \
        if (kind == CC_ACTIVATION_LEAKY_RELU) cc_leak_##n(z, &s, slope);                                     \
        if (kind == CC_ACTIVATION_NONE || cc_activation_has_kink(kind)) return;                              \
        cc_sigmoid_##n(&s);                                                                                  \
        if (kind == CC_ACTIVATION_SILU) s *= *z;                                                             \
        *z = s;                                                                                              \
    }                                                                                                        \
    CC_INLINE void cc_activate_back_##n(cc_f32x##n *g, const cc_f32x##n *z, cc_activation kind,              \
                                        float slope) {                                                       \
        cc_f32x##n s = *z;                                                                                   \
        cc_i32x##n off = *z <= 0;                                                                            \
        if (kind == CC_ACTIVATION_RELU) cc_clear_##n(g, &off);                                               \
        if (kind == CC_ACTIVATION_LEAKY_RELU) cc_leak_##n(g, z, slope);                                      \
        if (kind == CC_ACTIVATION_NONE || cc_activation_has_kink(kind)) return;                              \
        cc_sigmoid_##n(&s);                                                                                  \
        *g *= s;                                                                                             \
        s = 1.0f - s;                                                                                        \
        if (kind == CC_ACTIVATION_SILU) s = 1.0f + *z * s;                                                   \
        *g *= s;                                                                                             \
    }
CC_DEFINE_LANE_ACTIVATIONS(8)
CC_DEFINE_LANE_ACTIVATIONS(16)

#endif
