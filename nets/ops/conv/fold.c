/* nets/ops/conv/fold.c -- which ops an inference folds into the convolution before them: batch norm and
 * activations. The sigmoid is not folded, as no convolution ends with it; a leaky ReLU that is a batch norm's
 * own is not, as results of numerics version 4 have been made without. */
#include "nets/ops/conv/fold.h"

#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/ops.h"

bool cc_conv_can_fold(cc_activation_attr *end, const cc_op *op, const void *attr) {
    if (op == &cc_op_activation) {
        *end = *(const cc_activation_attr *)attr;
        return end->kind != CC_ACTIVATION_SIGMOID;
    }
    if (op != &cc_op_batch_norm) return false;
    *end = (cc_activation_attr){.kind = ((const cc_batch_norm_attr *)attr)->activation};
    return end->kind != CC_ACTIVATION_SIGMOID && end->kind != CC_ACTIVATION_LEAKY_RELU;
}
