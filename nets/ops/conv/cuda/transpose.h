/* nets/ops/conv/cuda/transpose.h -- a depthwise convolution's weights between the order of our kernels,
 * [tap][channel] in float32, and cuDNN's, [channel][tap] in the activations' dtype. Pointers are the
 * device's. */
#ifndef CC_NETS_OPS_CONV_CUDA_TRANSPOSE_H
#define CC_NETS_OPS_CONV_CUDA_TRANSPOSE_H

#ifdef __cplusplus
extern "C" {
#endif

#include "nets/engine/kernel.h"

/* to[channel][tap] = from[tap][channel], rounded to dtype: before cuDNN reads weights. */
void cc_cuda_transpose_weights(void *to, const float *from, int64_t taps, int64_t channels, cc_dtype dtype);
/* to[tap][channel] = from[channel][tap], of dtype: after cuDNN has written their gradient. */
void cc_cuda_transpose_gradient(float *to, const void *from, int64_t taps, int64_t channels, cc_dtype dtype);

#ifdef __cplusplus
}
#endif

#endif
