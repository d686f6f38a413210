/* nets/ops/conv/cpu/conv_fold.h -- private to nets/: what stands behind a convolution at inference, folded
 * into it.
 *
 * Batch norm with running statistics is linear, so with s = weight / sqrt(var + epsilon)
 *   (s w) * x + (bias_conv - mean) s + bias
 * is convolution and norm in one; an activation follows as it is. */
#ifndef CC_NETS_OPS_CONV_CPU_CONV_FOLD_H
#define CC_NETS_OPS_CONV_CPU_CONV_FOLD_H

#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"

/* Whether an op is one that can be folded, and the activation that is then left to do. */
bool cc_conv_folds(cc_activation *activation, const cc_op *op, const void *attr);

/* Scales plain weights in place and finds the bias (out_channels values) of task's convolution with its
 * fused_op, from what their parameters are now. */
void cc_conv_fold(float *weights, float *bias, const cc_task *task, bool transposed);

#endif
