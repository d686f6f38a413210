/* tests/cuda_on_host/cuda_on_host.h -- CUDA's words as C++ on the host, for kernels of ours under test.
 *
 * Blocks run one after another, and so do the threads of a block: to their end, or, where a kernel is
 * launched "together", from one __syncthreads to the next, as fibres. What this proves: indices, arithmetic,
 * bounds of device memory (by pages around each piece that nothing may touch), that neither the order of
 * blocks nor that of threads between two synchronisations changes a result (cc_on_host_take_turns). What it
 * does not: the speed, the real libraries. */
#ifndef CC_CUDA_ON_HOST_H
#define CC_CUDA_ON_HOST_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <functional>
#include "cuda_runtime_api.h"

#define __global__
#define __host__
#define __device__
#define __shared__ static
#define __launch_bounds__(...)

struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x_, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
extern dim3 threadIdx, blockIdx, blockDim, gridDim;

void __syncthreads();
void cc_on_host_launch(dim3 grid, dim3 block, bool together, const std::function<void()> &thread);

/* Arguments are taken by value, converted to the kernel's own types, as a launch does: a recording keeps
 * them. */
template <class... P, class... A>
void cc_on_host_call(dim3 grid, dim3 block, bool together, void (*kernel)(P...), const A &...arguments) {
    std::function<void()> thread = std::bind(kernel, static_cast<P>(arguments)...);
    cc_on_host_launch(grid, block, together, thread);
}
#define CC_LAUNCH(kernel, grid, block, ...)          cc_on_host_call(grid, block, false, kernel, __VA_ARGS__)
#define CC_LAUNCH_TOGETHER(kernel, grid, block, ...) cc_on_host_call(grid, block, true, kernel, __VA_ARGS__)

static inline float __uint_as_float(uint32_t bits) {
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}
static inline uint32_t __float_as_uint(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}
static inline uint64_t __umul64hi(uint64_t a, uint64_t b) {
    return (uint64_t)((unsigned __int128)a * b >> 64);
}
#define __expf expf
static inline float __fmul_rn(float a, float b) {
    return a * b;
}
static inline float __fdividef(float a, float b) {
    return a / b;
}
template <class V> static inline V __ldcg(const V *at) {
    return *at;
}
static inline void __threadfence() {}
static inline unsigned atomicAdd(unsigned *to, unsigned value) {
    unsigned before = *to;
    *to += value;
    return before;
}

#endif
