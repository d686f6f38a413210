/* nets/ops/conv/cpu/layout.c -- a plan's layouts of a convolution's output and weights. They are decided
 * before the algorithms are, and by the forward pass: every pass of every plan of a model takes them as they
 * are, so that nothing is converted between ops, and weights are stored once. */
#include "nets/ops/conv/cpu/layout.h"

#include "nets/ops/conv/cpu/narrow/narrow.h"
#include "nets/ops/conv/cpu/onednn_conv.h"

cc_status cc_conv_cpu_output_block(int64_t *out, const cc_cpu_conv *conv, int64_t x_block) {
    if (!cc_narrow_suits(conv, x_block)) return cc_onednn_conv_output_block(out, conv, x_block);
    *out = 1;
    return CC_OK;
}

cc_status cc_conv_cpu_lay_out_weights(cc_parameter_slot *weights, const cc_cpu_conv *conv, int64_t x_block,
                                      bool plain) {
    return plain || cc_narrow_suits(conv, x_block) ? cc_onednn_weights_lay_out_plain(weights, conv)
                                                   : cc_onednn_conv_lay_out_weights(weights, conv, x_block);
}
