/* nets/ops/conv/conv.h -- convolution as nets use the word (cross-correlation), grouped and dilated.
 *
 *   y[n,o,p] = bias[o] + sum over i in o's group, k of w[o,i,k] * x[n,i,p*stride - padding + k*dilation]
 * Output extent: (in + 2*padding + padding_more - dilation*(kernel-1) - 1) / stride + 1, rounded down.
 * Padding is as wide after the image as before it, and padding_more wider: TensorFlow's "same" padding of a
 * stride 2.
 * output_padding is the transposed convolution's (nets/ops/conv_transpose/conv_transpose.h); 0 here.
 * Parameters: weight O,I/groups,[D,]H,W; bias O.
 *
 * In this folder: conv.c, the shapes and the definition as loops; fold.c, which ops an inference folds into a
 * convolution; cpu/ and cuda/, all that computes one fast. */
#ifndef CC_NETS_OPS_CONV_H
#define CC_NETS_OPS_CONV_H

#include <stdbool.h>
#include "nets/engine/kernel.h"

/* Spatial entries are D,H,W; D is 1 (stride and dilation too) and padding 0 at rank 4. */
typedef struct cc_conv_attr {
    int64_t out_channels, groups;
    int64_t kernel[CC_SPATIAL_MAX], stride[CC_SPATIAL_MAX], padding[CC_SPATIAL_MAX], dilation[CC_SPATIAL_MAX];
    int64_t padding_more[CC_SPATIAL_MAX];   /* 0 where padding is the same on both sides */
    int64_t output_padding[CC_SPATIAL_MAX]; /* of a transposed convolution: less than the stride */
    bool bias;
} cc_conv_attr;

/* The arrays of a pass as the CPU numbers them: the op's input, weights, output and bias, or their gradients,
 * by the pass. */
enum { CC_CONV_X, CC_CONV_W, CC_CONV_Y, CC_CONV_BIAS, CC_CONV_OPERANDS };

/* A square 2-D convolution: kernel k, stride s, padding k/2, one group, no bias. */
cc_conv_attr cc_conv_2d(int64_t out_channels, int64_t k, int64_t s);
/* The same in three dimensions. */
cc_conv_attr cc_conv_3d(int64_t out_channels, int64_t k, int64_t s);
/* Its padding as TensorFlow's "same" has it of images of `extent` pixels a side: as much as makes
 * ceil(extent / stride) outputs, the smaller half before the image. */
void cc_conv_pad_same(cc_conv_attr *attr, int64_t extent);

/* For the transposed convolution, which shares attributes, parameters and kernels with this op. */

/* CC_EINVAL where the attributes make no sense, or not with these channels or this rank. */
cc_status cc_conv_check(const cc_conv_attr *attr, const cc_shape *x);
/* Fills in the weight (first,second,[D,]H,W; `spatial`: 2 or 3 of those) and the bias, where there is one. */
void cc_conv_parameters(cc_op_signature *out, const cc_conv_attr *attr, int spatial, int64_t first,
                        int64_t second, double fan_in);
/* What the backward pass of either reads: its input. */
unsigned cc_conv_reads(const void *attr);

/* The naive reference, for the transposed convolution too, whose forward pass is CC_PASS_BACKWARD_DATA of the
 * convolution that it is the transpose of, and whose input gradient is that one's forward pass. */

/* One pass of y = conv(x, w), without bias: `out` is y, the gradient of x or that of w, by the pass; x and
 * its gradient have the shape xs, y and its gradient ys, w is O,I/groups,[D,]H,W. The operand that `out`
 * stands for is not read and may be NULL. Allocates nothing. */
void cc_conv_reference(float *out, cc_pass pass, const cc_conv_attr *attr, const cc_shape *xs,
                       const cc_shape *ys, const float *x, const float *w, const float *y);
/* y[n,o,p] += bias[o] */
void cc_conv_add_bias(float *y, const float *bias, const cc_shape *shape);
/* dbias[o] = sum over n and p of dy[n,o,p] */
void cc_conv_bias_gradient(float *dbias, const float *dy, const cc_shape *shape);

/* One kernel runs both; nets/ops/conv/cpu/conv_cpu.c. */
extern const cc_kernel cc_conv_cpu;

#endif
