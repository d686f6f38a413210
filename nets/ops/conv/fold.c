/* nets/ops/conv/fold.c -- which ops an inference folds into the convolution before them: batch norm and
 * activations. The sigmoid and leaky ReLU are not folded: the convolutions of both backends end with no
 * activation, ReLU or SiLU. */
#include "nets/ops/conv/fold.h"

#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/ops.h"

bool cc_conv_can_fold(cc_activation *activation, const cc_op *op, const void *attr) {
    if (op == &cc_op_batch_norm)
        *activation = ((const cc_batch_norm_attr *)attr)->activation;
    else if (op == &cc_op_activation)
        *activation = ((const cc_activation_attr *)attr)->kind;
    else
        return false;
    return *activation != CC_ACTIVATION_SIGMOID && *activation != CC_ACTIVATION_LEAKY_RELU;
}
