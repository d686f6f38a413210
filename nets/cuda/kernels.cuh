/* nets/cuda/kernels.cuh -- what every kernel of our own is written with; private to the .cu files.
 *
 * Activations are N,[D,]H,W,C. A kernel sees a matrix of rows (pixels) by channels, and works on packs of
 * neighbouring values: 16 bytes where the channels divide, else one value. Arithmetic is float32, sums of
 * many values float64; sums are trees of a fixed shape, so that results do not depend on who came first.
 *
 * Kernels use nothing but thread indices, shared memory and __syncthreads, and start through CC_LAUNCH, or
 * CC_LAUNCH_TOGETHER where they synchronise: with CC_CUDA_ON_HOST they are C++ that runs on the host, which
 * is how tests check them where there is no GPU. */
#ifndef CC_NETS_CUDA_KERNELS_CUH
#define CC_NETS_CUDA_KERNELS_CUH

#include <stdint.h>

#ifdef CC_CUDA_ON_HOST
#include "cuda_on_host.h"
#else
#include <cuda_runtime.h>
#define CC_LAUNCH(kernel, grid, block, ...)                                                                  \
    (kernel)<<<(grid), (block), 0, (cudaStream_t)cc_cuda_stream()>>>(__VA_ARGS__)
#define CC_LAUNCH_TOGETHER CC_LAUNCH
#endif

extern "C" {
#include "nets/cuda/device.h"
#include "nets/kernel.h"
#include "nets/ops/activation/activation.h"
}

namespace cc {

enum { THREADS = 256 };

/* bfloat16, rounded to the nearest, ties to even. */
struct bf16 {
    uint16_t bits;
};

__device__ inline float to_float(float v) {
    return v;
}
__device__ inline float to_float(bf16 v) {
    return __uint_as_float((uint32_t)v.bits << 16);
}

template <class T> __device__ T from_float(float v);
template <> __device__ inline float from_float<float>(float v) {
    return v;
}
template <> __device__ inline bf16 from_float<bf16>(float v) {
    uint32_t bits = __float_as_uint(v);
    if (v != v) return bf16{0x7fc0};
    return bf16{(uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

/* N neighbouring values. */
template <class T, int N> struct alignas(sizeof(T) * N) pack { T v[N]; };

template <class T, int N> __device__ inline pack<T, N> load(const void *values, int64_t i) {
    return ((const pack<T, N> *)values)[i];
}
template <class T, int N> __device__ inline void store(void *values, int64_t i, const pack<T, N> &p) {
    ((pack<T, N> *)values)[i] = p;
}

/* Calls f.template run<T, N>() for the dtype and the widest pack that divides `count`. */
template <class F> void dispatch(cc_dtype dtype, int64_t count, const F &f) {
    if (dtype == CC_BF16)
        count % 8 == 0 ? f.template run<bf16, 8>() : f.template run<bf16, 1>();
    else
        count % 4 == 0 ? f.template run<float, 4>() : f.template run<float, 1>();
}

inline unsigned blocks_for(int64_t count) {
    return (unsigned)((count + THREADS - 1) / THREADS);
}

__device__ inline int64_t global_index() {
    return (int64_t)blockIdx.x * blockDim.x + threadIdx.x;
}

__device__ inline float sigmoid(float z) {
    return 1 / (1 + expf(-z));
}

__device__ inline float activate(int kind, float z) {
    switch (kind) {
    case CC_ACTIVATION_RELU:
        return z > 0 ? z : 0;
    case CC_ACTIVATION_SILU:
        return z * sigmoid(z);
    case CC_ACTIVATION_SIGMOID:
        return sigmoid(z);
    default:
        return z;
    }
}

__device__ inline float slope(int kind, float z) {
    float s;
    switch (kind) {
    case CC_ACTIVATION_RELU:
        return z > 0 ? 1.0f : 0.0f;
    case CC_ACTIVATION_SILU:
        s = sigmoid(z);
        return s * (1 + z * (1 - s));
    case CC_ACTIVATION_SIGMOID:
        s = sigmoid(z);
        return s * (1 - s);
    default:
        return 1;
    }
}

/* Sums of `values` over the block; every thread gets it. `room`: THREADS doubles of shared memory. */
__device__ inline double block_sum(double value, double *room) {
    int me = threadIdx.x;
    __syncthreads();
    room[me] = value;
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        __syncthreads();
        if (me < half) room[me] += room[me + half];
    }
    __syncthreads();
    return room[0];
}

} // namespace cc

#endif
