/* nets/ops/conv/cuda/one_channel.h -- private to nets/: convolutions of our own with one channel on one side:
 * first ones, of square kernels 1, 3, 5 and 7 and stride 1 or 2, and last ones, of stride 1. Weights are of
 * the activations' dtype, their gradient float32, both as cuDNN has them: [channels][taps] for the first,
 * [taps][channels] for the last. */
#ifndef CC_NETS_OPS_CONV_CUDA_ONE_CHANNEL_H
#define CC_NETS_OPS_CONV_CUDA_ONE_CHANNEL_H

#ifdef __cplusplus
extern "C" {
#endif

#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/conv/conv.h"

typedef struct cc_one_channel_cuda {
    int n, in_height, in_width, out_height, out_width, channels; /* channels: of the other side */
    int kernel, stride, padding;
    bool into; /* from one channel into many */
    cc_dtype dtype;
} cc_one_channel_cuda;

/* False where the convolution is no such one, or has other than 8 to 128 channels, in eights, or is larger
 * than 2^30 values an image, 65535 rows, columns or images, or 2^31 pixels in all. */
bool cc_one_channel_cuda_init(cc_one_channel_cuda *out, const cc_conv_attr *attr, const cc_shape *x,
                              const cc_shape *y, cc_dtype dtype);
/* Of the scratch memory that the weights' gradient needs. */
size_t cc_one_channel_cuda_bytes(const cc_one_channel_cuda *d);
/* y = f(convolution + bias); bias may be NULL. */
void cc_one_channel_cuda_forward(const cc_one_channel_cuda *d, void *y, const void *x, const void *w,
                                 const float *bias, cc_activation f);
/* Of stride 1 alone. */
bool cc_one_channel_cuda_has_data(const cc_one_channel_cuda *d);
void cc_one_channel_cuda_data(const cc_one_channel_cuda *d, void *dx, const void *dy, const void *w);
void cc_one_channel_cuda_weights(const cc_one_channel_cuda *d, float *dw, const void *x, const void *dy,
                                 void *scratch);

#ifdef __cplusplus
}
#endif

#endif
