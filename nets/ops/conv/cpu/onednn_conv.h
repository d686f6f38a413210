/* nets/ops/conv/cpu/onednn_conv.h -- convolutions in oneDNN: which of its implementations runs a pass, and
 * what that means for the layouts of a plan.
 *
 * The plan keeps each operand in its own layout; an implementation wants layouts of its own. Where they
 * differ, a conversion through scratch memory stands between (nets/ops/conv/cpu/onednn_pass.c). */
#ifndef CC_NETS_OPS_CONV_CPU_ONEDNN_CONV_H
#define CC_NETS_OPS_CONV_CPU_ONEDNN_CONV_H

#include "nets/ops/conv/cpu/onednn_layout.h"

typedef enum cc_onednn_variant {
    CC_ONEDNN_DIRECT, /* in the plan's layouts; in oneDNN's own where those have only a slow implementation */
    CC_ONEDNN_RELAID, /* direct, in the layouts that oneDNN likes best */
    CC_ONEDNN_WINOGRAD, /* Lavin & Gray 2016; 3x3 of stride 1 in float32 */
} cc_onednn_variant;

/* The descriptor of a pass, weights in whatever layout it likes; blocks of 0: activations too. The caller
 * destroys *out. CC_EUNSUPPORTED where oneDNN does not have it. */
cc_status cc_onednn_conv_describe(cc_onednn_desc **out, const cc_conv_problem *problem,
                                  cc_onednn_variant variant);

/* Gives a weights slot that has no layout yet the one that the direct forward pass in float32 wants. */
cc_status cc_onednn_conv_lay_out_weights(cc_parameter_slot *weights, const cc_cpu_conv *conv,
                                         int64_t x_block);

/* The block of the output: one for all activations of enough channels, so that what is added or joined later
 * has one layout; else the block that the direct forward pass in float32 chooses, where it is one of ours. */
cc_status cc_onednn_conv_output_block(int64_t *out, const cc_cpu_conv *conv, int64_t x_block);

#endif
