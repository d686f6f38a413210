/* experiments/parity/op_run.h -- one op on one backend, by itself: plain arrays in, plain arrays out. */
#ifndef CC_EXPERIMENTS_PARITY_OP_RUN_H
#define CC_EXPERIMENTS_PARITY_OP_RUN_H

#include "core/arena.h"
#include "experiments/parity/parity.h"

/* Arrays are float32, N,C,[D,]H,W, parameters in PyTorch's order. */
typedef struct cc_op_run {
    const cc_op *op;
    const void *attr;
    cc_op_signature signature; /* what the op infers from the shapes */
    int input_count;
    cc_shape shapes[CC_OP_INPUTS_MAX];
    const float *x[CC_OP_INPUTS_MAX], *p[CC_OP_PARAMETERS_MAX], *dy;
    /* Filled: the output, and the gradients of inputs and parameters. */
    float *y, *dx[CC_OP_INPUTS_MAX], *dp[CC_OP_PARAMETERS_MAX];
} cc_op_run;

/* Values of parameter i. */
int64_t cc_op_run_parameter_count(const cc_op_run *run, int i);

/* A training step's forward and backward pass of the op on the parity's backend, in its precision and tuning, with
 * inputs in blocks of `block` channels (all of them, where the backend keeps channels last). What is filled lies in
 * the arena. CC_EUNSUPPORTED where the backend has no such op, and what kernels and memory may give. */
cc_status cc_op_run_step(cc_op_run *run, const cc_parity *parity, int64_t block, cc_arena *arena);

#endif
