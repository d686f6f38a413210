/* nets/ops/conv/cuda/transpose.cu -- depthwise weights transposed, a thread for each: there are some thousand
 * at most. */
#include "nets/ops/conv/cuda/transpose.h"
#include "nets/backends/cuda/kernels.cuh"

using namespace cc;

namespace transpose {

/* Thread i writes to[i], [channel][tap]. */
template <class T> __global__ void transpose_weights(void *to, const float *from, int taps, int channels) {
    int i = (int)global_index();
    if (i < taps * channels) ((T *)to)[i] = from_float<T>(from[i % taps * channels + i / taps]);
}

/* Thread i writes to[i], [tap][channel]. */
template <class T> __global__ void transpose_gradient(float *to, const void *from, int taps, int channels) {
    int i = (int)global_index();
    if (i < taps * channels) to[i] = to_float(((const T *)from)[i % channels * taps + i / channels]);
}

extern "C" void cc_cuda_transpose_weights(void *to, const float *from, int64_t taps, int64_t channels,
                                          cc_dtype dtype) {
    auto kernel = dtype == CC_BF16 ? transpose_weights<bf16> : transpose_weights<float>;
    CC_LAUNCH(kernel, dim3(blocks_for(taps * channels)), dim3(THREADS), to, from, (int)taps, (int)channels);
}

extern "C" void cc_cuda_transpose_gradient(float *to, const void *from, int64_t taps, int64_t channels,
                                           cc_dtype dtype) {
    auto kernel = dtype == CC_BF16 ? transpose_gradient<bf16> : transpose_gradient<float>;
    CC_LAUNCH(kernel, dim3(blocks_for(taps * channels)), dim3(THREADS), to, from, (int)taps, (int)channels);
}

} // namespace transpose
