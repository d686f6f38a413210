/* nets/ops/conv/cuda/mma.cuh -- what kernels that multiply on tensor cores are written with; private to the
 * .cu files.
 *
 * A warp multiplies a 16 x 16 matrix A with a 16 x 8 matrix B, both of bf16, and adds the product to D in
 * float32. Lane 4 g + t holds, each word two neighbours along the 16 that are summed over, the lower first:
 *   A  (row g, 2t), (row g + 8, 2t), (row g, 2t + 8), (row g + 8, 2t + 8)
 *   B  (2t, column g), (2t + 8, column g)
 *   D  (row g, column 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1)
 * Source: PTX ISA, mma.m16n8k16. What is summed over may come in any order that A and B share, and rows and
 * columns may stand for any channels: kernels choose them so that a lane's values are neighbours in memory.
 * Every warp of a block must get to the same multiplications. */
#ifndef CC_NETS_OPS_CONV_CUDA_MMA_CUH
#define CC_NETS_OPS_CONV_CUDA_MMA_CUH

#include "nets/backends/cuda/kernels.cuh"

namespace cc {

constexpr int WARP = 32, MMA_DEPTH = 16;

#ifdef CC_CUDA_ON_HOST
/* By all threads of the block, in words that each shows the others. */
inline void multiply_add(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
    static float shown[1024][12];
    const int me = threadIdx.x, warp = me / WARP * WARP, g = me % WARP / 4, t = me % 4;
    for (int i = 0; i < 12; i++) {
        const uint32_t word = i < 8 ? a[i / 2] : b[i / 2 - 4];
        shown[me][i] = __uint_as_float(i % 2 ? word & 0xffff0000 : word << 16);
    }
    __syncthreads();
    for (int pair = 0; pair < 4; pair++)
        for (int i = 0; i < 4; i++) {
            const float *left = &shown[warp + 4 * g + pair][i / 2 * 2],
                        *right = &shown[warp + 4 * (2 * t + i % 2) + pair][8];
            d[i] += left[0] * right[0] + left[1] * right[1] + left[4] * right[2] + left[5] * right[3];
        }
    __syncthreads();
}
#else
__device__ inline void multiply_add(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800 /* before there is no bf16 to multiply */
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}
#endif

/* The lower, and the upper halves of two words. */
__device__ inline uint32_t lower_halves(uint32_t first, uint32_t second) {
    return (first & 0xffff) | second << 16;
}
__device__ inline uint32_t upper_halves(uint32_t first, uint32_t second) {
    return first >> 16 | (second & 0xffff0000);
}

/* Neighbouring words from `at`, or zeros. */
#ifdef __CUDA_ARCH__
__device__ inline void read_words(uint32_t (&to)[1], unsigned there, const void *at) {
    asm("{.reg .pred p;\n setp.ne.u32 p, %1, 0;\n mov.b32 %0, 0;\n @p ld.global.nc.b32 %0, [%2];}"
        : "=r"(to[0])
        : "r"(there), "l"(at));
}
__device__ inline void read_words(uint32_t (&to)[2], unsigned there, const void *at) {
    asm("{.reg .pred p;\n setp.ne.u32 p, %2, 0;\n mov.b32 %0, 0;\n mov.b32 %1, 0;\n"
        "@p ld.global.nc.v2.b32 {%0, %1}, [%3];}"
        : "=r"(to[0]), "=r"(to[1])
        : "r"(there), "l"(at));
}
__device__ inline void read_words(uint32_t (&to)[4], unsigned there, const void *at) {
    asm("{.reg .pred p;\n setp.ne.u32 p, %4, 0;\n mov.b32 %0, 0;\n mov.b32 %1, 0;\n mov.b32 %2, 0;\n"
        "mov.b32 %3, 0;\n @p ld.global.nc.v4.b32 {%0, %1, %2, %3}, [%5];}"
        : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
        : "r"(there), "l"(at));
}
/* Into the second cache. */
__device__ inline void fetch_ahead(const void *at) {
    asm volatile("prefetch.global.L2 [%0];" ::"l"(at));
}
/* From shared memory, now: the compiler would read all of a loop's constants before it, into registers that
 * there are too few of. */
__device__ inline void read_shared(uint32_t (&to)[2], const void *at) {
    asm volatile("ld.volatile.shared.v2.b32 {%0, %1}, [%2];"
                 : "=r"(to[0]), "=r"(to[1])
                 : "r"((uint32_t)__cvta_generic_to_shared(at)));
}
#else
template <int N> inline void read_words(uint32_t (&to)[N], unsigned there, const void *at) {
    memset(to, 0, sizeof to);
    if (there) memcpy(to, at, sizeof to);
}
inline void fetch_ahead(const void *) {}
inline void read_shared(uint32_t (&to)[2], const void *at) {
    memcpy(to, at, sizeof to);
}
#endif

} // namespace cc

#endif
