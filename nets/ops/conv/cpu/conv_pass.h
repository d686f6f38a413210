/* nets/ops/conv/cpu/conv_pass.h -- private to nets/: one pass of a convolution, by any of the algorithms that
 * can. */
#ifndef CC_NETS_OPS_CONV_CPU_CONV_PASS_H
#define CC_NETS_OPS_CONV_CPU_CONV_PASS_H

#include "nets/backends/cpu/onednn.h"

typedef enum cc_conv_algorithm {
    CC_CONV_DIRECT,    /* oneDNN, layouts as they are at home where that is not slow */
    CC_CONV_RELAID,    /* oneDNN, layouts as it likes best */
    CC_CONV_WINOGRAD,  /* oneDNN */
    CC_CONV_TILES,     /* nets/ops/conv/cpu/winograd/winograd.h */
    CC_CONV_SMALL,     /* nets/ops/conv/cpu/small_conv.h */
    CC_CONV_DEPTHWISE, /* nets/ops/conv/cpu/depthwise.h */
    CC_CONV_NARROW,    /* nets/ops/conv/cpu/narrow/narrow.h */
    CC_CONV_GEMM,      /* nets/ops/conv/cpu/gemm_conv.h */
} cc_conv_algorithm;
enum { CC_CONV_ALGORITHMS = CC_CONV_GEMM + 1 };

/* "direct", "relaid", ...: the words of recorded choices. */
const char *cc_conv_algorithm_name(cc_conv_algorithm algorithm);

typedef struct cc_conv_problem {
    cc_onednn_kind kind;
    cc_onednn_conv conv;
    bool training;
    int64_t x_block, y_block;
    const cc_parameter_slot *weights; /* laid out */
    bool fused;                       /* see cc_onednn_request */
    cc_activation activation;
} cc_conv_problem;

typedef struct cc_conv_pass {
    cc_conv_algorithm algorithm;
    cc_conv_problem problem;
    cc_onednn_pass *onednn; /* NULL: a kernel of our own */
    cc_onednn_reorder
        *reorder; /* of weights that are not plain, for a kernel that wants them so; else NULL */
    void *held;   /* weights of a fused pass of a kernel of our own, as the slot stores them */
    void *operands[CC_ONEDNN_OPERANDS];
    void *scratch;
    int threads; /* that the scratch memory is for */
} cc_conv_pass;

/* Whether there is a kernel of our own for a convolution to so few channels, whose weights it wants plain. */
bool cc_conv_is_narrow(const cc_onednn_conv *conv, int64_t x_block);
/* The block of the output: 1 for those, else oneDNN's. */
cc_status cc_conv_output_block(int64_t *out, const cc_onednn_conv *conv, int64_t x_block);

/* Whether the algorithm may be asked for; oneDNN's may still turn out not to exist. */
bool cc_conv_pass_suits(cc_conv_algorithm algorithm, const cc_conv_problem *problem);
/* CC_EUNSUPPORTED where the algorithm cannot do it. The problem's shapes are borrowed. */
cc_status cc_conv_pass_init(cc_conv_pass *out, cc_conv_algorithm algorithm, const cc_conv_problem *problem);
void cc_conv_pass_deinit(cc_conv_pass *pass);

size_t cc_conv_pass_scratch(const cc_conv_pass *pass);
/* A library's name for what it does; "own" for a kernel of ours, "sgemm" for one that leaves the work to
 * BLAS. */
const char *cc_conv_pass_implementation(const cc_conv_pass *pass);

/* Of a fused pass: its weights, plain. */
cc_status cc_conv_pass_hold(cc_conv_pass *pass, const float *plain);
cc_status cc_conv_pass_bind(cc_conv_pass *pass, void *const operands[CC_ONEDNN_OPERANDS], void *scratch);
cc_status cc_conv_pass_run(const cc_conv_pass *pass);

#endif
