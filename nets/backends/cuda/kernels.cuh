/* nets/backends/cuda/kernels.cuh -- what every kernel of our own is written with: packs of values, bf16,
 * activations, division by constants; private to the .cu files.
 *
 * Activations are N,[D,]H,W,C. A kernel sees a matrix of rows (pixels) by channels, and works on packs of
 * neighbouring values: 16 bytes where the channels divide, else one value; `lane` numbers a row's packs.
 * Arithmetic is float32, sums of many values float64; sums are trees of a fixed shape, so that results do not
 * depend on who came first.
 *
 * A .cu file keeps its names in a namespace that is named as the file: several files are compiled as one
 * (calcade_units in cmake/CalcadeModule.cmake), which reads these headers once.
 *
 * Kernels use thread indices, shared memory and __syncthreads, and count with atomics, but never add values
 * with them. They start through CC_LAUNCH, or CC_LAUNCH_TOGETHER where they synchronise: with CC_CUDA_ON_HOST
 * they are C++ that runs on the host, which is how tests check them where there is no GPU. */
#ifndef CC_NETS_BACKENDS_CUDA_KERNELS_CUH
#define CC_NETS_BACKENDS_CUDA_KERNELS_CUH

#include <stdint.h>
#include <string.h>

#ifdef CC_CUDA_ON_HOST
#include "cuda_on_host.h"
#else
#include <cuda_runtime.h>
#define CC_LAUNCH(kernel, grid, block, ...)                                                                  \
    (kernel)<<<(grid), (block), 0, (cudaStream_t)cc_cuda_stream()>>>(__VA_ARGS__)
#define CC_LAUNCH_TOGETHER CC_LAUNCH
#endif

extern "C" {
#include "nets/backends/cuda/device.h"
#include "nets/engine/kernel.h"
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

/* Two values in bf16, `low` in the lower half: one instruction from Ampere on. */
__device__ inline uint32_t pack_bf16_pair(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    uint32_t both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
#else
    uint32_t a = __float_as_uint(low), b = __float_as_uint(high);
    a = low != low ? 0x7fc0 : (a + 0x7fff + (a >> 16 & 1)) >> 16;
    b = high != high ? 0x7fc0 : (b + 0x7fff + (b >> 16 & 1)) >> 16;
    return a | b << 16;
#endif
}

template <class T> __device__ T from_float(float v);
template <> __device__ inline float from_float<float>(float v) {
    return v;
}
template <> __device__ inline bf16 from_float<bf16>(float v) {
    return bf16{(uint16_t)pack_bf16_pair(v, 0)};
}

/* N neighbouring values. */
template <class T, int N> struct alignas(sizeof(T) * N) pack { T v[N]; };

template <class T, int N> __device__ inline void widen(float (&out)[N], const pack<T, N> &p) {
    for (int k = 0; k < N; k++) out[k] = to_float(p.v[k]);
}

template <class T, int N> __device__ inline pack<T, N> narrow(const float (&values)[N]) {
    pack<T, N> p;
    if constexpr (sizeof(T) == 2 && N % 2 == 0) {
        uint32_t words[N / 2];
        for (int k = 0; k < N / 2; k++) words[k] = pack_bf16_pair(values[2 * k], values[2 * k + 1]);
        memcpy(&p, words, sizeof p);
    } else {
        for (int k = 0; k < N; k++) p.v[k] = from_float<T>(values[k]);
    }
    return p;
}

template <class T, int N> __device__ inline pack<T, N> load(const void *values, int64_t i) {
    return ((const pack<T, N> *)values)[i];
}
template <class T, int N> __device__ inline void store(void *values, int64_t i, const pack<T, N> &p) {
    ((pack<T, N> *)values)[i] = p;
}

/* N float32 constants of neighbouring channels, 16 bytes at a time where N allows. */
template <int N> __device__ inline void load_floats(float (&out)[N], const float *from, int64_t lane) {
    constexpr int each = N % 4 == 0 ? 4 : 1;
    for (int k = 0; k < N; k += each) {
        pack<float, each> p = load<float, each>(from, (lane * N + k) / each);
        for (int j = 0; j < each; j++) out[k + j] = p.v[j];
    }
}

/* Quotients of numbers that are not negative: a product for those below 2^31, a division for others.
 * Source: Granlund & Montgomery, PLDI 1994; shift = 31 + ceil(log2 by), magic = ceil(2^shift / by). */
struct divider {
    int64_t by;
    uint32_t magic;
    int shift;
};

inline divider divide_by(int64_t by) {
    divider d = {by, 0, 31};
    while (d.shift < 62 && (int64_t)1 << (d.shift - 31) < by) d.shift++;
    d.magic = (uint32_t)((((uint64_t)1 << d.shift) + (uint64_t)by - 1) / (uint64_t)by);
    return d;
}

__device__ inline int64_t quotient(int64_t n, const divider &d) {
    if (n >> 31) return n / d.by;
    return (int64_t)((uint64_t)(uint32_t)n * d.magic >> d.shift);
}

/* What is known to be below 2^31. */
__device__ inline int small_quotient(int n, const divider &d) {
    return (int)((uint64_t)(uint32_t)n * d.magic >> d.shift);
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

/* To an activation that is rounded to bf16 anyway the fast exponential, off by a few units in the last place
 * of float32, does no harm. */
template <class T = float> __device__ inline float sigmoid(float z) {
    float e = sizeof(T) == 2 ? __expf(-z) : expf(-z);
    return __fdividef(1, 1 + e);
}

/* An activation of kind `kind` (cc_activation); the slope is a leaky relu's. A kind alone is one too. */
struct activation {
    int kind;
    float slope;
    __host__ __device__ activation(int of_kind = CC_ACTIVATION_NONE, float below_zero = 0)
        : kind(of_kind), slope(below_zero) {}
};

/* values = f(values), NaN staying NaN; the branch is taken once, not for each value. */
template <class T, int N> __device__ inline void activate_all(activation f, float (&values)[N]) {
    const int kind = f.kind;
    if (kind == CC_ACTIVATION_RELU)
        for (int k = 0; k < N; k++) values[k] = values[k] <= 0 ? 0 : values[k];
    else if (kind == CC_ACTIVATION_SILU)
        for (int k = 0; k < N; k++) values[k] *= sigmoid<T>(values[k]);
    else if (kind == CC_ACTIVATION_SIGMOID)
        for (int k = 0; k < N; k++) values[k] = sigmoid<T>(values[k]);
    else if (kind == CC_ACTIVATION_LEAKY_RELU)
        for (int k = 0; k < N; k++) values[k] = values[k] > 0 ? values[k] : values[k] * f.slope;
}

__device__ inline float activate(activation f, float z) {
    float values[1] = {z};
    activate_all<float>(f, values);
    return values[0];
}

/* gradient *= f'(z) */
template <class T, int N>
__device__ inline void slope_all(float (&gradient)[N], activation f, const float (&z)[N]) {
    const int kind = f.kind;
    if (kind == CC_ACTIVATION_RELU) {
        for (int k = 0; k < N; k++) gradient[k] = z[k] <= 0 ? 0 : gradient[k];
    } else if (kind == CC_ACTIVATION_SILU) {
        for (int k = 0; k < N; k++) {
            float s = sigmoid<T>(z[k]);
            gradient[k] *= s * (1 + z[k] * (1 - s));
        }
    } else if (kind == CC_ACTIVATION_SIGMOID) {
        for (int k = 0; k < N; k++) {
            float s = sigmoid<T>(z[k]);
            gradient[k] *= s * (1 - s);
        }
    } else if (kind == CC_ACTIVATION_LEAKY_RELU) {
        for (int k = 0; k < N; k++) gradient[k] = z[k] > 0 ? gradient[k] : gradient[k] * f.slope;
    }
}

/* The sum of `value` over the block, by a tree; every thread gets it. `room`: THREADS doubles of shared
 * memory. */
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
