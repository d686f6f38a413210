/* nets/ops/conv/cuda/depthwise.h -- private to nets/: depthwise convolutions of our own, of any square
 * kernel, stride, padding and dilation. Weights and their gradient are float32, [taps][channels]. */
#ifndef CC_NETS_OPS_CONV_CUDA_DEPTHWISE_H
#define CC_NETS_OPS_CONV_CUDA_DEPTHWISE_H

#ifdef __cplusplus
extern "C" {
#endif

#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/conv/conv.h"

typedef struct cc_depthwise_cuda {
    int n, in_height, in_width, out_height, out_width, channels;
    int kernel, stride, padding, dilation;
    cc_dtype dtype;
} cc_depthwise_cuda;

/* False where the convolution is no such one, or larger than 2^30 values an image or 65535 rows, columns or
 * images. */
bool cc_depthwise_cuda_init(cc_depthwise_cuda *out, const cc_conv_attr *attr, const cc_shape *x,
                            const cc_shape *y, cc_dtype dtype);
/* Of the scratch memory that the weights' gradient needs. */
size_t cc_depthwise_cuda_bytes(const cc_depthwise_cuda *d);
/* y = f(convolution + bias); bias may be NULL. */
void cc_depthwise_cuda_forward(const cc_depthwise_cuda *d, void *y, const void *x, const float *w,
                               const float *bias, cc_activation f);
void cc_depthwise_cuda_data(const cc_depthwise_cuda *d, void *dx, const void *dy, const float *w);
void cc_depthwise_cuda_weights(const cc_depthwise_cuda *d, float *dw, const void *x, const void *dy,
                               void *scratch);

#ifdef __cplusplus
}
#endif

#endif
