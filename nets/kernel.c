#include "nets/kernel.h"

int64_t cc_blocks(const cc_shape *shape, int64_t block) {
    return (shape->dims[1] + block - 1) / block;
}

int64_t cc_blocked_count(const cc_shape *shape, int64_t block) {
    return shape->dims[0] * cc_blocks(shape, block) * block * cc_shape_pixels(shape);
}

void cc_blocked_clear_filling(float *values, const cc_shape *shape, int64_t block) {
    int64_t filled = shape->dims[1] % block, pixels = cc_shape_pixels(shape),
            blocks = cc_blocks(shape, block);
    if (filled == 0) return;
    for (int64_t n = 0; n < shape->dims[0]; n++) {
        float *last = values + (n * blocks + blocks - 1) * pixels * block;
        for (int64_t i = 0; i < pixels; i++)
            for (int64_t j = filled; j < block; j++) last[i * block + j] = 0;
    }
}
