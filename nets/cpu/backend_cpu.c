/* The CPU backend: oneDNN for convolutions, kernels of our own for the rest, OpenMP threads. */
#include <string.h>
#include "core/hot.h"
#include "nets/backend.h"
#include "nets/cpu/onednn.h"
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

enum { CHUNK = 16384 };

static const cc_kernel *kernel_of(const cc_op *op) {
    return op->cpu;
}

CC_HOT static void add_chunk(float *restrict dst, const float *restrict src, size_t count) {
    for (size_t i = 0; i < count; i++) dst[i] += src[i];
}

static void add(float *dst, const float *src, size_t count) {
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i += CHUNK)
        add_chunk(dst + i, src + i, count - i < CHUNK ? count - i : CHUNK);
}

static void to_blocked(float *blocked, const float *plain, const cc_shape *shape, int64_t block) {
    int64_t pixels = cc_shape_pixels(shape), channels = shape->dims[1], blocks = cc_blocks(shape, block);
    if (block == 1) {
        memcpy(blocked, plain, (size_t)(shape->dims[0] * channels * pixels) * sizeof *plain);
        return;
    }
#pragma omp parallel for schedule(static)
    for (int64_t b = 0; b < shape->dims[0] * blocks; b++)
        for (int64_t j = 0; j < block; j++) {
            int64_t channel = b % blocks * block + j;
            const float *from = plain + (b / blocks * channels + channel) * pixels;
            for (int64_t i = 0; i < pixels; i++)
                blocked[(b * pixels + i) * block + j] = channel < channels ? from[i] : 0;
        }
}

static void from_blocked(float *plain, const float *blocked, const cc_shape *shape, int64_t block) {
    int64_t pixels = cc_shape_pixels(shape), channels = shape->dims[1], blocks = cc_blocks(shape, block);
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < shape->dims[0] * channels; p++) {
        int64_t n = p / channels, c = p % channels;
        const float *from = blocked + (n * blocks + c / block) * pixels * block + c % block;
        for (int64_t i = 0; i < pixels; i++) plain[p * pixels + i] = from[i * block];
    }
}

/* Flushes denormals to zero in every thread: they slow a processor a hundredfold and change nothing that
 * matters. */
static void enter(void) {
#if defined(__x86_64__)
#pragma omp parallel
    _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
}

const cc_backend cc_backend_cpu = {
    .name = "cpu",
    .describe = cc_onednn_describe,
    .kernel_of = kernel_of,
    .add = add,
    .to_blocked = to_blocked,
    .from_blocked = from_blocked,
    .enter = enter,
};
