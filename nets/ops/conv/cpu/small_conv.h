/* nets/ops/conv/cpu/small_conv.h -- private to nets/: the forward convolution of images of few pixels and
 * many channels, as at the bottom of a U-Net.
 *
 * There oneDNN's direct convolution has too few pixels in a row to fill its registers, and adds thousands of
 * products one by one, so that the batch norm behind it, over a handful of values, magnifies their rounding.
 * Here pixels and batch together are the vector, and products are added in short chunks: an order of
 * magnitude less rounding. */
#ifndef CC_NETS_OPS_CONV_CPU_SMALL_CONV_H
#define CC_NETS_OPS_CONV_CPU_SMALL_CONV_H

#include "nets/engine/kernel.h"
#include "nets/ops/conv/conv.h"

/* Whether a convolution is of that kind: one group, at most CC_SMALL_CONV_PIXELS output pixels in the batch,
 * and enough products for each. */
enum { CC_SMALL_CONV_PIXELS = 512, CC_SMALL_CONV_PRODUCTS = 512 };
bool cc_small_conv_suits(const cc_conv_attr *attr, const cc_shape *x, const cc_shape *y);

size_t cc_small_conv_scratch(const cc_conv_attr *attr, const cc_shape *x, const cc_shape *y);

typedef struct cc_small_conv {
    const cc_conv_attr *attr;
    const cc_shape *x_shape, *y_shape;
    int64_t x_block, y_block;
    const float *x, *weights /* plain: O,I,[D,]H,W */, *bias /* or NULL */;
    float *y;
    void *scratch;
} cc_small_conv;

void cc_small_conv_run(const cc_small_conv *conv);

#endif
