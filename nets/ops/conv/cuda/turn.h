/* nets/ops/conv/cuda/turn.h -- private to nets/: a depthwise convolution's weights between our layout and
 * cuDNN's. Pointers are the device's. */
#ifndef CC_NETS_OPS_CONV_CUDA_TURN_H
#define CC_NETS_OPS_CONV_CUDA_TURN_H

#ifdef __cplusplus
extern "C" {
#endif

#include "nets/engine/kernel.h"

/* to[channel][tap] = from[tap][channel] */
void cc_cuda_turn_weights(void *to, const float *from, int64_t taps, int64_t channels, cc_dtype dtype);
/* to[tap][channel] = from[channel][tap] */
void cc_cuda_turn_back(float *to, const void *from, int64_t taps, int64_t channels, cc_dtype dtype);

#ifdef __cplusplus
}
#endif

#endif
