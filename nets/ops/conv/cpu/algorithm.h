/* nets/ops/conv/cpu/algorithm.h -- the ways in which the CPU computes a pass of a convolution: what an
 * algorithm is asked (a problem), what it makes of it (a pass), and the table of all of them.
 *
 * An algorithm is one row, which stands at the end of the file that computes it. To add one: its file, with a
 * `const cc_conv_algorithm cc_conv_algorithm_NAME`, and a line in CC_CONV_ALGORITHMS. The clock then tries it
 * wherever it suits; a plan by rule takes it where nets/ops/conv/cpu/conv_choice.c says so. */
#ifndef CC_NETS_OPS_CONV_CPU_ALGORITHM_H
#define CC_NETS_OPS_CONV_CPU_ALGORITHM_H

#include "nets/engine/kernel.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/conv/conv.h"

/* A convolution or a transposed one, as the plan has it. Shapes and attributes are borrowed. */
typedef struct cc_cpu_conv {
    const cc_conv_attr *attr;
    bool transposed;
    const cc_shape *x, *y; /* of this op's input and output */
    cc_dtype dtype;        /* of activations and their gradients; weights and biases are float32 */
} cc_cpu_conv;

/* One pass of it. Activations are in blocks of channels (nets/engine/kernel.h). */
typedef struct cc_conv_problem {
    cc_pass pass; /* of the op: of a transposed convolution too, FORWARD computes its output */
    cc_cpu_conv conv;
    bool training; /* whether the plan trains */
    int64_t x_block, y_block;
    const cc_parameter_slot *weights; /* laid out (nets/ops/conv/cpu/onednn_layout.h); borrowed */
    /* An inference's forward pass into which the op that follows is folded (nets/ops/conv/fold.h): it has a
     * bias whatever the attributes say, weights that `hold` brings, and an activation (none, relu, silu or
     * leaky relu) at its end. */
    bool fused;
    cc_activation_attr end;
} cc_conv_problem;

typedef struct cc_conv_algorithm cc_conv_algorithm;

/* A problem with the algorithm that runs it (nets/ops/conv/cpu/conv_pass.h). */
typedef struct cc_conv_pass {
    const cc_conv_algorithm *algorithm;
    cc_conv_problem problem;
    void *state;                      /* the algorithm's own; NULL where it needs none */
    void *operands[CC_CONV_OPERANDS]; /* set by bind; NULL or unread where the pass has none such */
    void *scratch;                    /* set by bind: scratch_bytes of it, aligned to 64 bytes */
    int threads; /* OpenMP's, when the pass was made: the scratch memory is for as many */
} cc_conv_pass;

struct cc_conv_algorithm {
    const char *name; /* the word of recorded choices: a run that was stored with it is made again with it */
    /* Whether the algorithm may be asked for; oneDNN may still turn out to have no such implementation. */
    bool (*suits)(const cc_conv_problem *problem);
    /* Makes pass->state. CC_EUNSUPPORTED where it cannot be done after all. NULL: there is nothing to
     * make. */
    cc_status (*init)(cc_conv_pass *pass);
    /* Of the memory that a run works in. */
    size_t (*scratch_bytes)(const cc_conv_pass *pass);
    /* Takes note of pass->operands and pass->scratch. NULL: a run looks there itself. */
    cc_status (*bind)(cc_conv_pass *pass);
    /* Of a fused pass: takes over weights in PyTorch's order. NULL: no fused pass suits. */
    cc_status (*hold)(cc_conv_pass *pass, const float *plain);
    /* Overwrites what the pass computes. Allocates nothing. */
    cc_status (*run)(const cc_conv_pass *pass);
    void (*deinit)(cc_conv_pass *pass); /* frees pass->state, which may be NULL; NULL: there is none */
    /* A library's name for what it does, without spaces, as long as the pass; NULL: "own", a kernel of
     * ours. */
    const char *(*implementation)(const cc_conv_pass *pass);
};

/* In the order in which the clock tries them: of two that are equally fast, the first. */
#define CC_CONV_ALGORITHMS(X)                                                                                \
    X(direct)    /* oneDNN, in the layouts of the plan where that is not slow */                             \
    X(relaid)    /* oneDNN, in the layouts that it likes best, between which and the plan's it converts */   \
    X(winograd)  /* oneDNN's Winograd convolution */                                                         \
    X(tiles)     /* Winograd of our own, weights transformed as they are used */                             \
    X(small)     /* few pixels and many channels, rounded little */                                          \
    X(depthwise) /* the weights' gradient of depthwise convolutions */                                       \
    X(dilated)   /* the gradient of the input of dilated depthwise convolutions */                           \
    X(narrow)    /* to few channels: the head of a segmentation net */                                       \
    X(gemm)      /* im2col with OpenBLAS */

#define X(name) extern const cc_conv_algorithm cc_conv_algorithm_##name;
CC_CONV_ALGORITHMS(X)
#undef X

#endif
