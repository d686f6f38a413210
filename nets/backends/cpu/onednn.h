/* nets/backends/cpu/onednn.h -- private to nets/: convolutions through oneDNN, 2.x or 3.x
 * (nets/backends/cpu/onednn_library.h).
 *
 * A pass is one primitive with its operands. Each operand has a home layout, in which the plan keeps it, and
 * the layout that the primitive wants; where they differ, a reorder through scratch memory stands between.
 * Weights are at home in float32 whatever the activations are: the reorder converts as well. */
#ifndef CC_NETS_BACKENDS_CPU_ONEDNN_H
#define CC_NETS_BACKENDS_CPU_ONEDNN_H

#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/conv/conv.h"

typedef struct cc_onednn_conv {
    const cc_conv_attr *attr;
    bool transposed;
    const cc_shape *x, *y; /* of this op's input and output */
    cc_dtype dtype;        /* of activations and their gradients */
} cc_onednn_conv;

typedef enum cc_onednn_kind {
    CC_ONEDNN_FORWARD,
    CC_ONEDNN_BACKWARD_DATA,
    CC_ONEDNN_BACKWARD_WEIGHTS,
} cc_onednn_kind;
enum { CC_ONEDNN_KINDS = 3 };

typedef enum cc_onednn_algorithm {
    CC_ONEDNN_DIRECT,   /* in the home layouts; in oneDNN's own where those have only a slow implementation */
    CC_ONEDNN_RELAID,   /* direct, in the layouts that oneDNN likes best */
    CC_ONEDNN_WINOGRAD, /* Lavin & Gray 2016; 3x3 of stride 1 in float32 */
} cc_onednn_algorithm;

/* What an operand is; X is the op's input or its gradient, by the kind of pass, and so on. */
enum { CC_ONEDNN_X, CC_ONEDNN_W, CC_ONEDNN_Y, CC_ONEDNN_BIAS, CC_ONEDNN_OPERANDS };

typedef struct cc_onednn_request {
    cc_onednn_kind kind;
    cc_onednn_algorithm algorithm;
    const cc_onednn_conv *conv;
    bool training; /* matters to the forward pass alone */
    int64_t x_block, y_block;
    const cc_parameter_slot *weights; /* laid out */
    /* A forward pass with a bias whatever the attributes say, weights that cc_onednn_pass_hold brings, and an
     * activation (none, relu or silu) behind it. */
    bool fused;
    cc_activation activation;
} cc_onednn_request;

typedef struct cc_onednn_pass cc_onednn_pass;

/* CC_EUNSUPPORTED where oneDNN does not have it, CC_ENOMEM, or CC_EDEVICE with oneDNN's own status. */
cc_status cc_onednn_pass_create(cc_onednn_pass **out, const cc_onednn_request *request);
void cc_onednn_pass_destroy(cc_onednn_pass *pass);

/* Gives a weights slot that has no layout yet the one that the direct forward pass in float32 wants, or
 * PyTorch's own (plain). */
cc_status cc_onednn_lay_out(cc_parameter_slot *weights, const cc_onednn_conv *conv, int64_t x_block);
cc_status cc_onednn_lay_out_plain(cc_parameter_slot *weights, const cc_onednn_conv *conv);
bool cc_onednn_is_plain(const cc_parameter_slot *weights);
/* Between the stored weights (or their gradient) and plain ones. */
typedef struct cc_onednn_reorder cc_onednn_reorder;
cc_status cc_onednn_reorder_create(cc_onednn_reorder **out, const cc_parameter_slot *weights, bool to_plain);
cc_status cc_onednn_reorder_run(const cc_onednn_reorder *reorder, void *to, const void *from);
void cc_onednn_reorder_destroy(cc_onednn_reorder *reorder);
/* The channel block b, 8 or 16, where weights of rank 4 lie as [groups / b][taps][b] (one channel a group) or
 * as [O / b][I / b][taps][b of I][b of O] (one group); 0 where they lie otherwise, or have no layout yet. */
int64_t cc_onednn_weights_block(const cc_parameter_slot *weights, const cc_onednn_conv *conv);

/* The block of the output: one for all activations of enough channels, so that what is added or joined later
 * has one layout; else the block that the direct forward pass in float32 chooses, where it is one of ours. */
cc_status cc_onednn_output_block(int64_t *out, const cc_onednn_conv *conv, int64_t x_block);

/* oneDNN's name of the implementation, e.g. "jit:avx2"; "ref..." is a slow one. */
const char *cc_onednn_pass_implementation(const cc_onednn_pass *pass);
size_t cc_onednn_pass_scratch(const cc_onednn_pass *pass);

/* Home pointers of the operands (those that the pass does not have are ignored) and the scratch memory. */
cc_status cc_onednn_pass_bind(cc_onednn_pass *pass, void *const operands[CC_ONEDNN_OPERANDS], void *scratch);
/* Of a fused pass: takes over plain weights, in PyTorch's order; the pass keeps them as it wants them. */
cc_status cc_onednn_pass_hold(cc_onednn_pass *pass, const float *plain);
cc_status cc_onednn_pass_run(const cc_onednn_pass *pass);

/* "oneDNN 2.6.3, AVX2", in a static buffer. */
const char *cc_onednn_describe(void);
/* The channel block that this processor's convolutions like: 8 or 16. */
int64_t cc_onednn_block(void);
/* Whether this processor multiplies bf16 itself; elsewhere it is slower than float32. */
bool cc_onednn_has_bf16(void);
/* Whether it has matrix registers (AMX) for bf16. */
bool cc_onednn_has_amx(void);

#endif
