/* nets/ops/conv/cpu/depthwise.h -- the gradient of a depthwise convolution's weights, in channel blocks: the
 * algorithm "depthwise".
 *
 * oneDNN has no fast implementation of it for kernels of 5x5 (2.6). x and dy are [n][block][pixel][channel of
 * the block]; the weights are [block][tap][channel of the block], oneDNN's Goihw8g and Goihw16g. */
#ifndef CC_NETS_OPS_CONV_CPU_DEPTHWISE_H
#define CC_NETS_OPS_CONV_CPU_DEPTHWISE_H

#include "nets/ops/conv/cpu/algorithm.h"

typedef struct cc_depthwise {
    const cc_conv_attr *attr; /* groups = channels = out_channels; no bias */
    const cc_shape *x, *y;
    int64_t block;  /* of x, y and the weights: 8 or 16 */
    cc_dtype dtype; /* of x and dy */
} cc_depthwise;

/* Whether a convolution is one of these; the blocks are those of x, y and the weights. */
bool cc_depthwise_fits(const cc_conv_attr *attr, const cc_shape *x, int64_t x_block, int64_t y_block,
                       int64_t weights_block);
/* Floats of scratch memory that the gradient wants. */
size_t cc_depthwise_scratch(const cc_depthwise *conv);
/* dw[c,k] = sum over n, p of dy[n,c,p] x[n,c,p*stride - padding + k*dilation]. The result does not depend on
 * the number of threads. */
void cc_depthwise_weights(float *dw, const cc_depthwise *conv, const void *x, const void *dy, float *scratch);

#endif
