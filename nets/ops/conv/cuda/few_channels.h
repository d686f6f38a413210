/* nets/ops/conv/cuda/few_channels.h -- private to nets/: 3x3 convolutions of few channels in bf16, of stride
 * 1 and padding 1, multiplied by tensor cores: those of a decoder's last stages, whose images are large.
 * Weights are O,H,W,I in bf16, their gradient the same in float32. */
#ifndef CC_NETS_OPS_CONV_CUDA_FEW_CHANNELS_H
#define CC_NETS_OPS_CONV_CUDA_FEW_CHANNELS_H

#ifdef __cplusplus
extern "C" {
#endif

#include "nets/ops/activation/activation.h"
#include "nets/ops/conv/cuda/cudnn_pass.h"

typedef struct cc_few_channels_cuda {
    int n, height, width, in, out; /* in, out: channels */
} cc_few_channels_cuda;

/* False where it is no such convolution, or this part of it has no kernel: forward and data passes have one
 * from and to 16 and 32 channels, weights where both are at most some hundred. */
bool cc_few_channels_cuda_init(cc_few_channels_cuda *out, cc_pass pass, const cc_conv_attr *attr,
                               const cc_shape *x, const cc_shape *y, cc_dtype dtype);
/* Of the scratch memory that the weights' gradient needs. */
size_t cc_few_channels_cuda_bytes(const cc_few_channels_cuda *d);
/* y = f(convolution + bias); bias may be NULL. */
void cc_few_channels_cuda_forward(const cc_few_channels_cuda *d, void *y, const void *x, const void *w,
                                  const float *bias, cc_activation f);
void cc_few_channels_cuda_data(const cc_few_channels_cuda *d, void *dx, const void *dy, const void *w);
void cc_few_channels_cuda_weights(const cc_few_channels_cuda *d, float *dw, const void *x, const void *dy,
                                  void *scratch);

#ifdef __cplusplus
}
#endif

#endif
