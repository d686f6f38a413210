/* nets/ops/instance_norm/instance_norm.c -- instance normalisation: group normalisation's parts under a name
 * of their own, so that a printed net says what its authors call it. */
#include "nets/ops/instance_norm/instance_norm.h"

#include "nets/ops/ops.h"

static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    if (((const cc_instance_norm_attr *)attr)->groups != 0)
        return cc_fail(CC_EINVAL, NULL, "use group_norm", "instance normalisation has no groups");
    return cc_group_norm_infer(out, attr, inputs, input_count);
}

const cc_op cc_op_instance_norm = {
    .name = "instance_norm",
    .attr_bytes = sizeof(cc_instance_norm_attr),
    .input_count = 1,
    .infer = infer,
    .backward_reads = cc_group_norm_reads,
    .reference_forward = cc_group_norm_reference_forward,
    .reference_backward = cc_group_norm_reference_backward,
    .reference_bytes = cc_group_norm_reference_bytes,
};
