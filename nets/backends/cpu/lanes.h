/* nets/backends/cpu/lanes.h -- private to nets/: activations of either precision, as float32 in registers and
 * in the nearest cache.
 *
 * bf16 is the upper half of a float32, so that widening is a shift; narrowing rounds to nearest, ties to
 * even, and keeps NaN. Pass `dtype` as a constant, or let it be one by inlining, and it costs nothing. */
#ifndef CC_NETS_BACKENDS_CPU_LANES_H
#define CC_NETS_BACKENDS_CPU_LANES_H

#include "nets/backends/cpu/vector_math.h"
#include "nets/engine/kernel.h"

/* For 1, 8 and 16 values side by side: cc_f32xN and cc_i32xN;
 *   cc_load_N(out, values, i, dtype)    out = values[i..i + N)
 *   cc_store_N(values, i, in, dtype)    values[i..i + N) = in */
#define CC_DEFINE_LANES(n)                                                                                   \
    typedef float cc_f32x##n __attribute__((vector_size(4 * n), aligned(4), may_alias));                     \
    typedef int32_t cc_i32x##n __attribute__((vector_size(4 * n), aligned(4), may_alias));                   \
    typedef uint32_t cc_u32x##n __attribute__((vector_size(4 * n), aligned(4), may_alias));                  \
    typedef uint16_t cc_u16x##n __attribute__((vector_size(2 * n), aligned(2), may_alias));                  \
    CC_INLINE void cc_load_##n(cc_f32x##n *out, const void *values, int64_t i, cc_dtype dtype) {             \
        if (dtype == CC_F32)                                                                                 \
            *out = *(const cc_f32x##n *)((const float *)values + i);                                         \
        else                                                                                                 \
            *out = (cc_f32x##n)(                                                                             \
                __builtin_convertvector(*(const cc_u16x##n *)((const uint16_t *)values + i), cc_u32x##n)     \
                << 16);                                                                                      \
    }                                                                                                        \
    CC_INLINE void cc_store_##n(void *values, int64_t i, const cc_f32x##n *in, cc_dtype dtype) {             \
        if (dtype == CC_F32) {                                                                               \
            *(cc_f32x##n *)((float *)values + i) = *in;                                                      \
            return;                                                                                          \
        }                                                                                                    \
        cc_u32x##n bits = (cc_u32x##n) * in, upper = bits >> 16, nan = (cc_u32x##n)(*in != *in);             \
        cc_u32x##n rounded = (bits + 0x7fff + (upper & 1)) >> 16;                                            \
        rounded = (rounded & ~nan) | ((upper | 0x40) & nan);                                                 \
        *(cc_u16x##n *)((uint16_t *)values + i) = __builtin_convertvector(rounded, cc_u16x##n);              \
    }
CC_DEFINE_LANES(1)
CC_DEFINE_LANES(8)
CC_DEFINE_LANES(16)

/* Exchange between vectors a and b of n values, in runs of d (Eklundh 1972): of every two runs, LOW takes the
 * first, by turns of a and of b, HIGH the second. All but a and b are constants, literal ones for clang. */
#define CC_LOW_AT(n, d, j)  ((j) & (d) ? (n) + (j) - (d) : (j))
#define CC_HIGH_AT(n, d, j) ((j) & (d) ? (n) + (j) : (j) + (d))
#define CC_EXCHANGE_8(a, b, d, at)                                                                           \
    __builtin_shufflevector(a, b, at(8, d, 0), at(8, d, 1), at(8, d, 2), at(8, d, 3), at(8, d, 4),           \
                            at(8, d, 5), at(8, d, 6), at(8, d, 7))
#define CC_EXCHANGE_16(a, b, d, at)                                                                          \
    __builtin_shufflevector(a, b, at(16, d, 0), at(16, d, 1), at(16, d, 2), at(16, d, 3), at(16, d, 4),      \
                            at(16, d, 5), at(16, d, 6), at(16, d, 7), at(16, d, 8), at(16, d, 9),            \
                            at(16, d, 10), at(16, d, 11), at(16, d, 12), at(16, d, 13), at(16, d, 14),       \
                            at(16, d, 15))

CC_INLINE float cc_load(const void *values, int64_t i, cc_dtype dtype) {
    cc_f32x1 value;
    cc_load_1(&value, values, i, dtype);
    return value[0];
}
CC_INLINE void cc_store(void *values, int64_t i, float value, cc_dtype dtype) {
    cc_f32x1 lane = {value};
    cc_store_1(values, i, &lane, dtype);
}

/* Runs `call` with `dtype` a constant in each branch. */
#define CC_FOR_DTYPE(dtype, call)                                                                            \
    if (dtype == CC_F32)                                                                                     \
        call(CC_F32);                                                                                        \
    else                                                                                                     \
        call(CC_BF16)

/* values + start */
CC_INLINE void *cc_values_at(const void *values, int64_t start, cc_dtype dtype) {
    return (char *)values + start * (int64_t)cc_dtype_bytes(dtype);
}

/* What a kernel of plain float32 loops takes at a time: a few such pieces fit into the nearest cache. */
enum { CC_PIECE = 2048 };

/* values[start..start + count) to read: those themselves in float32, else a copy in `room`. */
const float *cc_values_read(float *room, const void *values, int64_t start, int64_t count, cc_dtype dtype);
/* Where to write them: in place in float32, else `room`, from where cc_values_write then takes them. */
CC_INLINE float *cc_values_room(float *room, void *values, int64_t start, cc_dtype dtype) {
    return dtype == CC_F32 ? (float *)values + start : room;
}
void cc_values_write(void *values, int64_t start, const float *room, int64_t count, cc_dtype dtype);

/* For kernels that are compiled for each block, f_by_1, f_by_8 and f_by_16, with the dtype as their last argument:
 * calls that of g->block with g->dtype, both known when compiled. g comes before the dtype. */
#define CC_CALL_BY_BLOCK(f, g, ...)                                                                          \
    do {                                                                                                     \
        bool single = (g)->dtype == CC_F32;                                                                  \
        if ((g)->block == 16)                                                                                \
            single ? f##_by_16(__VA_ARGS__, g, CC_F32) : f##_by_16(__VA_ARGS__, g, CC_BF16);                 \
        else if ((g)->block == 8)                                                                            \
            single ? f##_by_8(__VA_ARGS__, g, CC_F32) : f##_by_8(__VA_ARGS__, g, CC_BF16);                   \
        else                                                                                                 \
            single ? f##_by_1(__VA_ARGS__, g, CC_F32) : f##_by_1(__VA_ARGS__, g, CC_BF16);                   \
    } while (0)

#endif
