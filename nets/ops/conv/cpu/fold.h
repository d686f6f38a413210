/* nets/ops/conv/cpu/fold.h -- weights and bias of a convolution with the op that is folded into it
 * (nets/ops/conv/fold.h), on the CPU. */
#ifndef CC_NETS_OPS_CONV_CPU_FOLD_H
#define CC_NETS_OPS_CONV_CPU_FOLD_H

#include "nets/engine/kernel.h"

/* Scales weights in PyTorch's order (O,I/groups,taps; of a transposed convolution I,O/groups,taps) in place
 * and finds the bias (out_channels values) of task's convolution with its fused_op, from what their
 * parameters are now. */
void cc_conv_fold_weights(float *weights, float *bias, const cc_task *task, bool transposed);

#endif
