/* Sums, conversions and the moving average: a value at a time. */
#include "nets/cuda/elementwise.h"
#include "nets/cuda/kernels.cuh"

using namespace cc;

template <class T, int N> __global__ void add_values(void *dst, const void *src, int64_t packs) {
    int64_t i = global_index();
    if (i >= packs) return;
    pack<T, N> a = load<T, N>(dst, i), b = load<T, N>(src, i);
    for (int k = 0; k < N; k++) a.v[k] = from_float<T>(to_float(a.v[k]) + to_float(b.v[k]));
    store(dst, i, a);
}

struct add_run {
    void *dst;
    const void *src;
    int64_t count;
    template <class T, int N> void run() const {
        auto kernel = add_values<T, N>;
        CC_LAUNCH(kernel, dim3(blocks_for(count / N)), dim3(THREADS), dst, src, count / N);
    }
};

void cc_cuda_add(void *dst, const void *src, size_t count, cc_dtype dtype) {
    dispatch(dtype, (int64_t)count, add_run{dst, src, (int64_t)count});
}

/* Value i of the N,pixels,C side. */
template <class T>
__global__ void to_channels_last(void *out, const float *plain, int64_t count, int64_t channels,
                                 int64_t pixels) {
    int64_t i = global_index(), row = i / channels, c = i % channels;
    if (i < count)
        ((T *)out)[i] = from_float<T>(plain[(row / pixels * channels + c) * pixels + row % pixels]);
}

template <class T>
__global__ void from_channels_last(float *plain, const void *in, int64_t count, int64_t channels,
                                   int64_t pixels) {
    int64_t i = global_index(), row = i / channels, c = i % channels;
    if (i < count)
        plain[(row / pixels * channels + c) * pixels + row % pixels] = to_float(((const T *)in)[i]);
}

void cc_cuda_to_blocked(void *blocked, const float *plain, const cc_shape *shape, int64_t block,
                        cc_dtype dtype) {
    (void)block; /* all channels */
    auto kernel = dtype == CC_BF16 ? to_channels_last<bf16> : to_channels_last<float>;
    int64_t count = cc_shape_count(shape);
    CC_LAUNCH(kernel, dim3(blocks_for(count)), dim3(THREADS), blocked, plain, count, shape->dims[1],
              cc_shape_pixels(shape));
}

void cc_cuda_from_blocked(float *plain, const void *blocked, const cc_shape *shape, int64_t block,
                          cc_dtype dtype) {
    (void)block;
    auto kernel = dtype == CC_BF16 ? from_channels_last<bf16> : from_channels_last<float>;
    int64_t count = cc_shape_count(shape);
    CC_LAUNCH(kernel, dim3(blocks_for(count)), dim3(THREADS), plain, blocked, count, shape->dims[1],
              cc_shape_pixels(shape));
}

static __global__ void halve_values(bf16 *out, const float *in, int64_t count) {
    int64_t i = global_index();
    if (i < count) out[i] = from_float<bf16>(in[i]);
}

static __global__ void widen_values(float *out, const bf16 *in, int64_t count) {
    int64_t i = global_index();
    if (i < count) out[i] = to_float(in[i]);
}

cc_status cc_cuda_halve(void *half, const float *values, size_t count) {
    CC_LAUNCH(halve_values, dim3(blocks_for((int64_t)count)), dim3(THREADS), (bf16 *)half, values,
              (int64_t)count);
    return cc_cuda_check("rounding weights");
}

void cc_cuda_widen(float *values, const void *half, int64_t count) {
    CC_LAUNCH(widen_values, dim3(blocks_for(count)), dim3(THREADS), values, (const bf16 *)half, count);
}

static __global__ void average_values(int how, float *a, float *w, int64_t count, float decay, float rest) {
    int64_t i = global_index();
    if (i >= count) return;
    float kept = a[i];
    a[i] = how == CC_AVERAGING_BLEND ? decay * kept + rest * w[i] : w[i];
    if (how == CC_AVERAGING_SWAP) w[i] = kept;
}

cc_status cc_cuda_average(cc_averaging how, float *a, float *w, size_t count, double decay) {
    if (count == 0) return CC_OK;
    CC_LAUNCH(average_values, dim3(blocks_for((int64_t)count)), dim3(THREADS), (int)how, a, w, (int64_t)count,
              (float)decay, (float)(1 - decay));
    return cc_cuda_check("the moving average");
}
