/* nets/ops/conv/conv.h -- convolution as nets use the word (cross-correlation), grouped and dilated.
 *
 *   y[n,o,p] = bias[o] + sum over i in o's group, k of w[o,i,k] * x[n,i,p*stride - padding + k*dilation]
 * Output extent: (in + 2*padding + padding_more - dilation*(kernel-1) - 1) / stride + 1, rounded down.
 * Padding is as wide behind the image as before it, and padding_more wider: TensorFlow's "same" padding of a
 * stride 2.
 * Parameters: weight O,I/groups,[D,]H,W; bias O. */
#ifndef CC_NETS_OPS_CONV_H
#define CC_NETS_OPS_CONV_H

#include <stdbool.h>
#include "nets/engine/op.h"

/* Spatial entries are D,H,W; D is 1 (stride and dilation too) and padding 0 at rank 4. */
typedef struct cc_conv_attr {
    int64_t out_channels, groups;
    int64_t kernel[CC_SPATIAL_MAX], stride[CC_SPATIAL_MAX], padding[CC_SPATIAL_MAX], dilation[CC_SPATIAL_MAX];
    int64_t padding_more[CC_SPATIAL_MAX]; /* 0 where padding is the same on both sides */
    bool bias;
} cc_conv_attr;

/* A square 2-D convolution: kernel k, stride s, padding k/2, one group, no bias. */
cc_conv_attr cc_conv_2d(int64_t out_channels, int64_t k, int64_t s);
/* Its padding as TensorFlow's "same" has it of images of `extent` pixels a side: as much as makes
 * ceil(extent / stride) outputs, the smaller half before the image. */
void cc_conv_pad_same(cc_conv_attr *attr, int64_t extent);

#endif
