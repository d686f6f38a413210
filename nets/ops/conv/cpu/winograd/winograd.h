/* nets/ops/conv/cpu/winograd/winograd.h -- private to nets/: 3x3 convolutions of stride 1 by Winograd's
 * F(4x4, 3x3), weights transformed as they are used.
 *
 * Source: Lavin & Gray, Fast Algorithms for Convolutional Neural Networks, 2016. A tile of 6x6 inputs gives
 * 4x4 outputs with 36 products a pair of channels, where the direct way takes 144.
 *
 * Implementations that transform all weights first write and read four times their size, which is most of
 * the work where images are small and channels many: at the bottom of a U-Net. Here a strip of weights is
 * transformed into the nearest caches, meets all tiles at hand, and is forgotten. What a value is does not
 * depend on the number of threads. */
#ifndef CC_NETS_CPU_WINOGRAD_H
#define CC_NETS_CPU_WINOGRAD_H

#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/conv/conv.h"

/* Activations and their gradients in blocks of `block` channels, 8 or 16; weights and their gradient as
 * [O / block][I / block][3][3][block of I][block of O], channels beyond O and I zero. */
typedef struct cc_winograd {
    const cc_conv_attr *attr;
    const cc_shape *x, *y; /* of the convolution's input and output; rank 4 */
    int64_t block;
    cc_dtype dtype;           /* of x, y and their gradients; sums are float32 */
    int threads;              /* as many as the scratch memory was asked for */
    cc_activation activation; /* of what the forward pass computes: none, relu or silu */
} cc_winograd;

/* weights_block: 0 where weights lie otherwise. */
bool cc_winograd_fits(const cc_conv_attr *attr, const cc_shape *x, int64_t x_block, int64_t y_block,
                      int64_t weights_block);

/* Floats that any of the passes needs to work in. */
size_t cc_winograd_scratch(const cc_winograd *c);

/* bias: [O], or NULL; readable to the end of the last block. */
void cc_winograd_forward(void *y, const cc_winograd *c, const void *x, const float *weights,
                         const float *bias, float *scratch);
void cc_winograd_backward_data(void *dx, const cc_winograd *c, const float *weights, const void *dy,
                               float *scratch);
void cc_winograd_backward_weights(float *dweights, const cc_winograd *c, const void *x, const void *dy,
                                  float *scratch);

#endif
