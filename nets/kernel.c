#include "nets/kernel.h"

#include <string.h>

int64_t cc_blocks(const cc_shape *shape, int64_t block) {
    return (shape->dims[1] + block - 1) / block;
}

int64_t cc_blocked_count(const cc_shape *shape, int64_t block) {
    return shape->dims[0] * cc_blocks(shape, block) * block * cc_shape_pixels(shape);
}

void cc_blocked_clear_filling(void *values, const cc_shape *shape, int64_t block, cc_dtype dtype) {
    int64_t filled = shape->dims[1] % block, pixels = cc_shape_pixels(shape),
            blocks = cc_blocks(shape, block);
    size_t bytes = cc_dtype_bytes(dtype);
    if (filled == 0) return;
    for (int64_t n = 0; n < shape->dims[0]; n++) {
        char *last = (char *)values + (size_t)((n * blocks + blocks - 1) * pixels * block) * bytes;
        for (int64_t i = 0; i < pixels; i++)
            memset(last + (size_t)(i * block + filled) * bytes, 0, (size_t)(block - filled) * bytes);
    }
}

const char *cc_dtype_name(cc_dtype dtype) {
    return dtype == CC_BF16 ? "bf16" : "f32";
}

cc_status cc_tuning_find(cc_tuning *out, const char *name) {
    static const char *const names[] = {
        [CC_TUNING_FIXED] = "fixed", [CC_TUNING_TIMED] = "timed", [CC_TUNING_EXACT] = "exact"};
    for (int i = CC_TUNING_FIXED; i <= CC_TUNING_EXACT; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (cc_tuning)i;
            return CC_OK;
        }
    return cc_fail(CC_EUSAGE, "plan", "fixed, timed or exact", "there is no plan \"%.40s\"", name);
}

cc_status cc_dtype_find(cc_dtype *out, const char *name) {
    for (int i = CC_F32; i <= CC_BF16; i++)
        if (strcmp(cc_dtype_name((cc_dtype)i), name) == 0) {
            *out = (cc_dtype)i;
            return CC_OK;
        }
    return cc_fail(CC_EUSAGE, "precision", "f32 or bf16", "there is no precision \"%.40s\"", name);
}
