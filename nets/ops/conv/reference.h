/* nets/ops/conv/reference.h -- the definition of the three passes of a convolution as plain loops, with sums
 * in float64: what every fast kernel is tested against, and what `--device reference` runs.
 *
 * The transposed convolution is computed by the same loops: its forward pass is CC_PASS_BACKWARD_DATA of the
 * convolution that it is the transpose of, its input gradient that one's forward pass
 * (nets/ops/conv_transpose/conv_transpose.c). */
#ifndef CC_NETS_OPS_CONV_REFERENCE_H
#define CC_NETS_OPS_CONV_REFERENCE_H

#include "nets/engine/kernel.h"
#include "nets/ops/conv/conv.h"

/* One pass of y = conv(x, w), without bias: `out` is y, the gradient of x or that of w, by the pass; x and
 * its gradient have the shape xs, y and its gradient ys, w is O,I/groups,[D,]H,W. The operand that `out`
 * stands for is not read and may be NULL. Allocates nothing. */
void cc_conv_reference(float *out, cc_pass pass, const cc_conv_attr *attr, const cc_shape *xs,
                       const cc_shape *ys, const float *x, const float *w, const float *y);
/* y[n,o,p] += bias[o] */
void cc_conv_add_bias(float *y, const float *bias, const cc_shape *shape);
/* dbias[o] = sum over n and p of dy[n,o,p] */
void cc_conv_bias_gradient(float *dbias, const float *dy, const cc_shape *shape);

#endif
