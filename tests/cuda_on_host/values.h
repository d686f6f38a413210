/* tests/cuda_on_host/values.h -- arrays of float32 or bf16, as the stand-ins of libraries read and write
 * them. Private to this folder. */
#ifndef CC_CUDA_ON_HOST_VALUES_H
#define CC_CUDA_ON_HOST_VALUES_H

#include <stdint.h>
#include <string.h>
#include <vector>

/* Values as float32. */
static inline std::vector<float> cc_on_host_read(const void *values, int64_t count, bool half) {
    std::vector<float> out((size_t)count);
    if (!half) {
        memcpy(out.data(), values, (size_t)count * sizeof(float));
        return out;
    }
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)((const uint16_t *)values)[i] << 16;
        memcpy(&out[(size_t)i], &bits, sizeof bits);
    }
    return out;
}

static inline void cc_on_host_set(void *values, int64_t i, double value, bool half) {
    float v = (float)value;
    uint32_t bits;
    if (!half) {
        ((float *)values)[i] = v;
        return;
    }
    memcpy(&bits, &v, sizeof bits);
    ((uint16_t *)values)[i] = (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#endif
