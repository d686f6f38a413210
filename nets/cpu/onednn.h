/* nets/cpu/onednn.h -- private to nets/: convolutions through oneDNN. All of its API is called from onednn.c
 * (2.6).
 *
 * A pass is one primitive with its operands. Each operand has a home layout, in which the plan keeps it, and
 * the layout that the primitive wants; where they differ, a reorder through scratch memory stands between. */
#ifndef CC_NETS_CPU_ONEDNN_H
#define CC_NETS_CPU_ONEDNN_H

#include "nets/kernel.h"
#include "nets/ops/conv/conv.h"

typedef struct cc_onednn_conv {
    const cc_conv_attr *attr;
    bool transposed;
    const cc_shape *x, *y; /* of this op's input and output */
} cc_onednn_conv;

typedef enum cc_onednn_kind {
    CC_ONEDNN_FORWARD,
    CC_ONEDNN_BACKWARD_DATA,
    CC_ONEDNN_BACKWARD_WEIGHTS,
} cc_onednn_kind;

/* What an operand is; X is the op's input or its gradient, by the kind of pass, and so on. */
enum { CC_ONEDNN_X, CC_ONEDNN_W, CC_ONEDNN_Y, CC_ONEDNN_BIAS, CC_ONEDNN_OPERANDS };

typedef struct cc_onednn_pass cc_onednn_pass;

/* Makes a pass. `training` matters to the forward pass alone. The weights' slot gets its layout from the
 * first forward pass made for it. `y_block` of a forward pass is found; of a backward pass it is given.
 * CC_EUNSUPPORTED, CC_ENOMEM or CC_EDEVICE with oneDNN's own status. */
cc_status cc_onednn_pass_create(cc_onednn_pass **out, cc_onednn_kind kind, const cc_onednn_conv *conv,
                                bool training, int64_t x_block, int64_t *y_block, cc_parameter_slot *weights);
void cc_onednn_pass_destroy(cc_onednn_pass *pass);

/* Gives a weights slot that has no layout yet PyTorch's own; cc_onednn_is_plain tells whether a slot has it.
 */
cc_status cc_onednn_lay_out_plain(cc_parameter_slot *weights, const cc_onednn_conv *conv);
bool cc_onednn_is_plain(const cc_parameter_slot *weights);
/* The channel block b where weights of a depthwise convolution (rank 4) lie as [groups / b][taps][b]; 0 where
 * they lie otherwise, or have no layout yet. */
int64_t cc_onednn_depthwise_block(const cc_parameter_slot *weights, const cc_onednn_conv *conv);

/* oneDNN's name of the implementation, e.g. "jit:avx2"; "ref..." is a slow one. */
const char *cc_onednn_pass_implementation(const cc_onednn_pass *pass);
size_t cc_onednn_pass_scratch(const cc_onednn_pass *pass);

/* Home pointers of the operands (those that the pass does not have are ignored) and the scratch memory. */
cc_status cc_onednn_pass_bind(cc_onednn_pass *pass, float *const operands[CC_ONEDNN_OPERANDS], void *scratch);
cc_status cc_onednn_pass_run(const cc_onednn_pass *pass);

/* "oneDNN 2.6.3, AVX2", in a static buffer. */
const char *cc_onednn_describe(void);
/* The channel block that this processor's convolutions like: 8 or 16. */
int64_t cc_onednn_block(void);

#endif
