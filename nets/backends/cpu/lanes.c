/* nets/backends/cpu/lanes.c -- conversion between bf16 in memory and float32 in the nearest cache, 16 values
 * at a time. */
#include "nets/backends/cpu/lanes.h"

#include "core/hot.h"

enum { LANES = 16 };

/* Rows of 16, then the rest value by value. */
CC_INLINE void copy(void *to, cc_dtype to_dtype, const void *from, cc_dtype from_dtype, int64_t count) {
    int64_t rows = count / LANES * LANES;
    for (int64_t i = 0; i < rows; i += LANES) {
        cc_f32x16 values;
        cc_load_16(&values, from, i, from_dtype);
        cc_store_16(to, i, &values, to_dtype);
    }
    for (int64_t i = rows; i < count; i++) cc_store(to, i, cc_load(from, i, from_dtype), to_dtype);
}

CC_HOT static void widen(float *to, const void *from, int64_t count) {
    copy(to, CC_F32, from, CC_BF16, count);
}

CC_HOT static void narrow(void *to, const float *from, int64_t count) {
    copy(to, CC_BF16, from, CC_F32, count);
}

const float *cc_values_read(float *room, const void *values, int64_t start, int64_t count, cc_dtype dtype) {
    if (dtype == CC_F32) return (const float *)values + start;
    widen(room, cc_values_at(values, start, dtype), count);
    return room;
}

void cc_values_write(void *values, int64_t start, const float *room, int64_t count, cc_dtype dtype) {
    if (dtype != CC_F32) narrow(cc_values_at(values, start, dtype), room, count);
}
