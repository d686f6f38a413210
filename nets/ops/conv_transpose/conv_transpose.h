/* nets/ops/conv_transpose/conv_transpose.h -- transposed convolution: the gradient of a convolution by its
 * input.
 *
 *   y[n,o,q] = bias[o] + sum over i in o's group, p, k with p*stride - padding + k*dilation = q
 *                        of w[i,o,k] * x[n,i,p]
 * Output extent: (in - 1)*stride - 2*padding - padding_more + dilation*(kernel-1) + 1 + output_padding. A
 * convolution of stride s makes the same output of s sizes of input; output_padding, from 0 to s - 1, says
 * which of them is meant: so many rows more at the end, which taps reach or which hold the bias alone
 * (PyTorch's ConvTranspose). Attributes are a convolution's. Parameters: weight I,O/groups,[D,]H,W; bias
 * O. */
#ifndef CC_NETS_OPS_CONV_TRANSPOSE_H
#define CC_NETS_OPS_CONV_TRANSPOSE_H

#include "nets/ops/conv/conv.h"

/* The 2x2 transposed convolution of stride 2, with bias, that doubles height and width. */
cc_conv_attr cc_conv_transpose_double(int64_t out_channels);
/* The same in three dimensions: 2x2x2, which doubles the depth too. */
cc_conv_attr cc_conv_transpose_double_3d(int64_t out_channels);

#endif
