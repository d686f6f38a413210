/* nets/ops/conv/reference.h -- the naive convolution, shared by the convolution and the transposed one; sums
 * are float64. */
#ifndef CC_NETS_OPS_CONV_REFERENCE_H
#define CC_NETS_OPS_CONV_REFERENCE_H

#include "nets/ops/conv/conv.h"

/* Which of x, w, y of y = conv(x, w) is computed from the other two. */
typedef enum cc_conv_side { CC_CONV_OUTPUT, CC_CONV_INPUT, CC_CONV_WEIGHT } cc_conv_side;

/* CC_EINVAL where the attributes make no sense, or not with these channels. */
cc_status cc_conv_check(const cc_conv_attr *attr, const cc_shape *x);
/* Fills in the weight (first,second,[D,]H,W) and the bias. */
void cc_conv_parameters(cc_op_signature *out, const cc_conv_attr *attr, int spatial, int64_t first,
                        int64_t second, double fan_in);
/* `out` has the shape of the side; the operand on that side is not read and may be NULL. */
void cc_conv_reference(float *out, cc_conv_side side, const cc_conv_attr *attr, const cc_shape *xs,
                       const cc_shape *ys, const float *x, const float *w, const float *y);
void cc_conv_add_bias(float *y, const float *bias, const cc_shape *shape);
void cc_conv_bias_gradient(float *dbias, const float *dy, const cc_shape *shape);
/* What the backward pass of either reads. */
unsigned cc_conv_reads(const void *attr);

/* Both are run by the same kernel. */
extern const cc_kernel cc_conv_cpu;

#endif
