/* nets/ops/conv/cpu/conv_pass.h -- one pass of a convolution by any of the algorithms of
 * nets/ops/conv/cpu/algorithm.h, found by number or by name: made, bound to memory, run.
 *
 * A pass is made by init and ended by deinit; between them bind says where everything lies, and run may be
 * called any number of times. */
#ifndef CC_NETS_OPS_CONV_CPU_CONV_PASS_H
#define CC_NETS_OPS_CONV_CPU_CONV_PASS_H

#include "nets/ops/conv/cpu/algorithm.h"

/* Number i of the table; NULL after the last. */
const cc_conv_algorithm *cc_conv_algorithm_at(int i);
/* How many there are. */
int cc_conv_algorithm_count(void);

/* CC_EUNSUPPORTED where the algorithm does not suit or its library cannot do it; then, and after any other
 * error, *out may be deinitialised or dropped. The problem's shapes and weights are borrowed. */
cc_status cc_conv_pass_init(cc_conv_pass *out, const cc_conv_algorithm *algorithm,
                            const cc_conv_problem *problem);
/* Takes a pass of zeros, and one that is deinitialised. */
void cc_conv_pass_deinit(cc_conv_pass *pass);

size_t cc_conv_pass_scratch(const cc_conv_pass *pass);
/* A library's name for what it does; "own" for a kernel of ours, "sgemm" for one that leaves the work to
 * BLAS. */
const char *cc_conv_pass_implementation(const cc_conv_pass *pass);

/* Of a fused pass: its weights, in PyTorch's order; they are copied. */
cc_status cc_conv_pass_hold(cc_conv_pass *pass, const float *plain);
/* Operands by CC_CONV_X and so on, in the plan's layouts; borrowed, as is the scratch memory. */
cc_status cc_conv_pass_bind(cc_conv_pass *pass, void *const operands[CC_CONV_OPERANDS], void *scratch);
cc_status cc_conv_pass_run(const cc_conv_pass *pass);

#endif
