/* nets/backends/cpu/backend_cpu.c -- the CPU backend: oneDNN for convolutions, kernels of our own for the
 * rest, OpenMP threads. Here: what no op owns, that is, sums of gradients and the conversion between plain
 * and blocked layouts. */
#include <stdio.h>
#include "core/hot.h"
#include "nets/backends/cpu/blas.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/backends/cpu/onednn.h"
#include "nets/backends/host.h"
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

static const cc_kernel *kernel_of(const cc_op *op) {
    return op->cpu;
}

static bool has(cc_dtype dtype) {
    return dtype == CC_F32 || cc_onednn_has_bf16();
}

CC_HOT static void add_piece(float *restrict sum, const float *a, const float *restrict b, int64_t count) {
    for (int64_t i = 0; i < count; i++) sum[i] = a[i] + b[i];
}

/* dst += src, in float32 whatever is stored */
static void add(void *dst, const void *src, size_t count, cc_dtype dtype) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < (int64_t)count; i += CC_PIECE) {
        float dst_room[CC_PIECE], src_room[CC_PIECE];
        int64_t piece = (int64_t)count - i < CC_PIECE ? (int64_t)count - i : CC_PIECE;
        const float *from = cc_values_read(src_room, src, i, piece, dtype);
        const float *before = cc_values_read(dst_room, dst, i, piece, dtype);
        float *to = cc_values_room(dst_room, dst, i, dtype);
        add_piece(to, before, from, piece);
        cc_values_write(dst, i, to, piece, dtype);
    }
}

/* One plane of a block, [pixels][block], from its channels' planes; `dtype` is known when compiled. */
CC_INLINE void block_channels(void *blocked, const float *plain, const cc_shape *shape, int64_t block,
                              int64_t which, cc_dtype dtype) {
    int64_t pixels = cc_shape_pixels(shape), channels = shape->dims[1], blocks = cc_blocks(shape, block);
    for (int64_t j = 0; j < block; j++) {
        int64_t channel = which % blocks * block + j;
        const float *from = plain + (which / blocks * channels + channel) * pixels;
        for (int64_t i = 0; i < pixels; i++)
            cc_store(blocked, (which * pixels + i) * block + j, channel < channels ? from[i] : 0, dtype);
    }
}

static void to_blocked(void *blocked, const float *plain, const cc_shape *shape, int64_t block,
                       cc_dtype dtype) {
#pragma omp parallel for schedule(static)
    for (int64_t b = 0; b < shape->dims[0] * cc_blocks(shape, block); b++)
        if (dtype == CC_F32)
            block_channels(blocked, plain, shape, block, b, CC_F32);
        else
            block_channels(blocked, plain, shape, block, b, CC_BF16);
}

/* The plane of one channel, taken from its lane. */
CC_INLINE void unblock_channel(float *plain, const void *blocked, const cc_shape *shape, int64_t block,
                               int64_t plane, cc_dtype dtype) {
    int64_t pixels = cc_shape_pixels(shape), blocks = cc_blocks(shape, block), n = plane / shape->dims[1],
            c = plane % shape->dims[1], start = (n * blocks + c / block) * pixels * block + c % block;
    for (int64_t i = 0; i < pixels; i++)
        plain[plane * pixels + i] = cc_load(blocked, start + i * block, dtype);
}

/* Each plane of the plain array by one thread, whatever the block. */
static void from_blocked(float *plain, const void *blocked, const cc_shape *shape, int64_t block,
                         cc_dtype dtype) {
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < shape->dims[0] * shape->dims[1]; p++)
        if (dtype == CC_F32)
            unblock_channel(plain, blocked, shape, block, p, CC_F32);
        else
            unblock_channel(plain, blocked, shape, block, p, CC_BF16);
}

/* Flushes denormals to zero in every thread: they slow a processor a hundredfold and change nothing that
 * matters. */
static void enter(void) {
#if defined(__x86_64__)
#pragma omp parallel
    _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
}

/* "oneDNN 2.6.3, AVX2; OpenBLAS 0.3.21, Haswell; own kernels x86-64-v3". Each library honours its own
 * variables (ONEDNN_MAX_CPU_ISA, OPENBLAS_CORETYPE), so that these names are what it uses, not what the
 * processor has. */
static const char *describe(void) {
    static char text[256];
    snprintf(text, sizeof text, "%s; %s; own kernels %s", cc_onednn_describe(), cc_blas_describe(),
             cc_hot_level());
    return text;
}

const cc_backend cc_backend_cpu = {
    .name = "cpu",
    .describe = describe,
    .kernel_of = kernel_of,
    .has = has,
    .add = add,
    .to_blocked = to_blocked,
    .from_blocked = from_blocked,
    .enter = enter,
    .by_threads = true,
    .store = &cc_storage_host,
    .arithmetic = &cc_arithmetic_host,
    .run = cc_host_run,
    .forget = cc_host_forget,
};
