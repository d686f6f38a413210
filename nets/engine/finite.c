/* nets/engine/finite.c -- a chunk at a time in vectors, and value by value in the chunk that has one. */
#include "nets/engine/finite.h"

#include <stdint.h>
#include <string.h>
#include "core/hot.h"

enum { CHUNK = 1 << 12 };

/* NaN and the infinities have all bits of the exponent. */
static inline uint32_t is_not_finite(float value) {
    const uint32_t exponent = 0x7f800000;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & exponent) == exponent;
}

CC_HOT static uint32_t any_in(const float *values, size_t count) {
    uint32_t any = 0;
#pragma omp simd reduction(| : any)
    for (size_t i = 0; i < count; i++) any |= is_not_finite(values[i]);
    return any;
}

size_t cc_find_not_finite(const float *values, size_t count) {
    for (size_t first = 0; first < count; first += CHUNK) {
        size_t left = count - first, chunk = left < CHUNK ? left : CHUNK;
        if (!any_in(values + first, chunk)) continue;
        while (!is_not_finite(values[first])) first++;
        return first;
    }
    return count;
}
