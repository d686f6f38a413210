#include "nets/ops/conv/cuda/turn.h"
#include "nets/backends/cuda/kernels.cuh"

using namespace cc;

template <class T> __global__ void turn_weights(void *to, const float *from, int taps, int channels) {
    int i = (int)global_index();
    if (i < taps * channels) ((T *)to)[i] = from_float<T>(from[i % taps * channels + i / taps]);
}

template <class T> __global__ void turn_back(float *to, const void *from, int taps, int channels) {
    int i = (int)global_index();
    if (i < taps * channels) to[i] = to_float(((const T *)from)[i % channels * taps + i / channels]);
}

void cc_cuda_turn_weights(void *to, const float *from, int64_t taps, int64_t channels, cc_dtype dtype) {
    auto kernel = dtype == CC_BF16 ? turn_weights<bf16> : turn_weights<float>;
    CC_LAUNCH(kernel, dim3(blocks_for(taps * channels)), dim3(THREADS), to, from, (int)taps, (int)channels);
}

void cc_cuda_turn_back(float *to, const void *from, int64_t taps, int64_t channels, cc_dtype dtype) {
    auto kernel = dtype == CC_BF16 ? turn_back<bf16> : turn_back<float>;
    CC_LAUNCH(kernel, dim3(blocks_for(taps * channels)), dim3(THREADS), to, from, (int)taps, (int)channels);
}
