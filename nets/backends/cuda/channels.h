/* nets/backends/cuda/channels.h -- private to nets/: a convolution's bias. */
#ifndef CC_NETS_BACKENDS_CUDA_CHANNELS_H
#define CC_NETS_BACKENDS_CUDA_CHANNELS_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stddef.h>
#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"

/* y[row][c] = f(y[row][c] + bias[c]) */
void cc_cuda_channel_add(void *y, const float *bias, cc_activation f, const cc_shape *shape, cc_dtype dtype);
/* sums[c] = sum over rows of y[row][c]; scratch: cc_cuda_channel_bytes. */
void cc_cuda_channel_sums(float *sums, const void *y, const cc_shape *shape, cc_dtype dtype, void *scratch);
size_t cc_cuda_channel_bytes(const cc_shape *shape, cc_dtype dtype);

#ifdef __cplusplus
}
#endif

#endif
