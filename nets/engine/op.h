/* nets/engine/op.h -- what an op is: a folder below nets/ops/ and a line in nets/ops/ops.h.
 *
 * An op says how its shapes follow from its inputs, which parameters it has, what its backward pass reads,
 * and how a naive reference computes both passes: plain loops on plain float32 arrays, sums in float64,
 * against which every kernel is tested. A backend adds a kernel for it (nets/engine/kernel.h). Nothing
 * else knows its kind. */
#ifndef CC_NETS_ENGINE_OP_H
#define CC_NETS_ENGINE_OP_H

#include <stdbool.h>
#include "core/status.h"
#include "nets/engine/shape.h"

/* Inputs: a dense block of DenseNet-201 ends in 49 that are read together. */
enum { CC_OP_INPUTS_MAX = 64, CC_OP_PARAMETERS_MAX = 4, CC_PARAMETER_RANK_MAX = 5 };

/* What a parameter is, for its initial value and for weight decay. */
typedef enum cc_parameter_role {
    CC_ROLE_KERNEL,       /* a convolution's weights; fan_in is set */
    CC_ROLE_BIAS,         /* a convolution's bias */
    CC_ROLE_NORM_WEIGHT,  /* starts at 1 */
    CC_ROLE_NORM_BIAS,    /* starts at 0 */
    CC_ROLE_SLOPE,        /* of a PReLU below zero; starts at 0.25 */
    CC_ROLE_RUNNING_MEAN, /* a statistic, not trained; starts at 0 */
    CC_ROLE_RUNNING_VAR,  /* a statistic, not trained; starts at 1 */
} cc_parameter_role;

typedef struct cc_op_parameter {
    const char *suffix; /* "weight", "bias", "running_mean", "running_var" */
    cc_parameter_role role;
    int rank;
    int64_t
        dims[CC_PARAMETER_RANK_MAX]; /* PyTorch's order: O,I/groups,[D,]H,W; transposed I,O/groups,[D,]H,W */
    double fan_in;                   /* kernels: inputs that reach one output value */
} cc_op_parameter;

/* What shape inference finds out. */
typedef struct cc_op_signature {
    cc_shape output;
    int parameter_count;
    cc_op_parameter parameters[CC_OP_PARAMETERS_MAX];
    double multiply_adds; /* of one forward pass; 0 where there are none worth counting */
} cc_op_signature;

/* Names what a training pass draws (core/rng.h): passes of one seed and step draw the same. */
typedef struct cc_draw {
    uint64_t seed;
    int64_t step;
} cc_draw;

/* Plain float32 buffers in N,C,[D,]H,W order, for the naive reference. */
typedef struct cc_reference_io {
    const void *attr;
    bool training; /* batch statistics rather than running ones */
    cc_draw draw;
    int input_count;
    const cc_shape *input_shapes[CC_OP_INPUTS_MAX];
    const cc_shape *output_shape;
    const float *x[CC_OP_INPUTS_MAX]; /* inputs, each of its shape */
    float *y;                         /* output; written by forward, read by backward */
    float *dx[CC_OP_INPUTS_MAX];      /* gradient of each input, overwritten; NULL where it is not wanted */
    const float *dy;                  /* gradient of the output */
    void *scratch;                    /* cc_op.reference_bytes, aligned to 64; NULL where that is 0 */
    float *p[CC_OP_PARAMETERS_MAX];  /* parameters, in the signature's order; forward may update statistics */
    float *dp[CC_OP_PARAMETERS_MAX]; /* their gradients, overwritten; NULL where not wanted */
} cc_reference_io;

/* What backward reads besides dy and the parameters. */
enum { CC_READS_INPUT = 1, CC_READS_OUTPUT = 2 };

/* A value of x[0] that an op passed over, for one that is hardly larger. Plain indices. */
typedef struct cc_near_tie {
    int64_t unit;          /* of the output */
    int64_t winner, other; /* of x[0]: the value that the output is, and the one passed over */
} cc_near_tie;

typedef struct cc_kernel cc_kernel; /* nets/engine/kernel.h */

typedef struct cc_op {
    const char *name;
    size_t attr_bytes;
    int input_count; /* exactly; -1: from 1 to CC_OP_INPUTS_MAX */
    /* Shape and parameters from the inputs; CC_EINVAL (what does not fit, in one line) otherwise. */
    cc_status (*infer)(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count);
    unsigned (*backward_reads)(const void *attr);
    /* Neither allocates or fails. backward works from x, p and dy alone: it computes anew what it needs. */
    void (*reference_forward)(const cc_reference_io *io);
    void (*reference_backward)(const cc_reference_io *io);
    /* Bytes of io->scratch for both; NULL: none. */
    size_t (*reference_bytes)(const void *attr, const cc_shape *output);
    /* The inputs of the op's ReLU: z, of the output's shape, and dz/dx[0] of each channel of each image,
     * [n][c]; false where it has none with io->attr. NULL where it never has one. */
    bool (*relu_inputs)(double *z, double *slopes, const cc_reference_io *io);
    /* Of an op whose output values are each the largest of several of x[0]: tells `found` all that lie at
     * most `margin` below. NULL: of any other op. Its forward pass may be repeated (cc_plan_repeat). */
    void (*near_ties)(const cc_reference_io *io, double margin,
                      void (*found)(void *context, const cc_near_tie *tie), void *context);
    const cc_kernel *cpu; /* the CPU backend's kernel */
} cc_op;

#endif
