/* nets/ops/conv/fold.h -- an op that follows a convolution at inference, folded into it.
 *
 * Batch norm with running statistics is linear by channel, so with s = weight / sqrt(var + epsilon)
 *   (s w) * x + (bias_conv - mean) s + bias
 * is convolution and norm in one: weights scaled by output channel, and another bias. An activation, alone or
 * the batch norm's own, is done to each output before it is written. The folded weights are kept beside the
 * parameters and made anew when those change: nets/ops/conv/cpu/fold.h, nets/ops/conv/cuda/fold.h. */
#ifndef CC_NETS_OPS_CONV_FOLD_H
#define CC_NETS_OPS_CONV_FOLD_H

#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"

/* Whether `op` is one that convolutions can be folded with; *end: what is then left to do at the end (none,
 * relu, silu or, of an activation alone, leaky relu, which a backend may not have). */
bool cc_conv_can_fold(cc_activation_attr *end, const cc_op *op, const void *attr);

#endif
