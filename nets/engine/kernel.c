/* nets/engine/kernel.c -- blocked activations, and the words for precisions and tunings.
 *
 * A blocked activation is [N][block of channels][pixel][channel of the block]; where the block does not
 * divide the channels, the last block is filled with zeros, which kernels may read: whoever writes it keeps
 * them so. */
#include "nets/engine/kernel.h"

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
        /* last: [pixel][channel of the block], of which the first `filled` are values. */
        for (int64_t i = 0; i < pixels; i++)
            memset(last + (size_t)(i * block + filled) * bytes, 0, (size_t)(block - filled) * bytes);
    }
}

/* In the order of the names in messages. */
static const struct {
    const char *name;
    cc_dtype dtype;
    bool tf32;
} precisions[] = {{"f32", CC_F32, false}, {"tf32", CC_F32, true}, {"bf16", CC_BF16, false}};
enum { PRECISIONS = sizeof precisions / sizeof *precisions };

const char *cc_precision_name(cc_dtype dtype, bool tf32) {
    int i = 0;
    while (i < PRECISIONS - 1 && (precisions[i].dtype != dtype || precisions[i].tf32 != tf32)) i++;
    return precisions[i].name;
}

const char *cc_precision_at(int index) {
    return index < PRECISIONS ? precisions[index].name : NULL;
}

cc_status cc_precision_find(cc_dtype *dtype, bool *tf32, const char *name) {
    for (int i = 0; i < PRECISIONS; i++)
        if (strcmp(precisions[i].name, name) == 0) {
            *dtype = precisions[i].dtype;
            *tf32 = precisions[i].tf32;
            return CC_OK;
        }
    return cc_fail(CC_EUSAGE, "precision", "f32, tf32 or bf16", "there is no precision \"%.40s\"", name);
}

static const char *const tunings[] = {[CC_TUNING_FIXED] = "fixed",
                                      [CC_TUNING_TIMED] = "timed",
                                      [CC_TUNING_EXACT] = "exact",
                                      [CC_TUNING_FAST] = "fast"};
enum { TUNINGS = sizeof tunings / sizeof *tunings };

const char *cc_tuning_name(int index) {
    return index < TUNINGS ? tunings[index] : NULL;
}

cc_status cc_tuning_find(cc_tuning *out, const char *name) {
    for (int i = 0; i < TUNINGS; i++)
        if (strcmp(tunings[i], name) == 0) {
            *out = (cc_tuning)i;
            return CC_OK;
        }
    return cc_fail(CC_EUSAGE, "plan", "fixed, timed, exact or fast", "there is no plan \"%.40s\"", name);
}
