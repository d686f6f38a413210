/* nets/ops/conv/cpu/layout.h -- in which layouts a plan on the CPU keeps a convolution's output and weights:
 * oneDNN's choice, but for convolutions that a kernel of our own wants plain. */
#ifndef CC_NETS_OPS_CONV_CPU_LAYOUT_H
#define CC_NETS_OPS_CONV_CPU_LAYOUT_H

#include "nets/ops/conv/cpu/algorithm.h"

/* The block of the output: 1 for those of few output channels ("narrow"), else oneDNN's. */
cc_status cc_conv_cpu_output_block(int64_t *out, const cc_cpu_conv *conv, int64_t x_block);
/* Lays out weights that have no layout yet: in PyTorch's order for those, and where `plain` asks for it; else
 * as oneDNN's direct forward pass wants them. */
cc_status cc_conv_cpu_lay_out_weights(cc_parameter_slot *weights, const cc_cpu_conv *conv, int64_t x_block,
                                      bool plain);

#endif
