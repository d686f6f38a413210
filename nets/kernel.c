#include "nets/kernel.h"

int64_t cc_blocks(const cc_shape *shape, int64_t block) {
    return (shape->dims[1] + block - 1) / block;
}

int64_t cc_blocked_count(const cc_shape *shape, int64_t block) {
    return shape->dims[0] * cc_blocks(shape, block) * block * cc_shape_pixels(shape);
}
