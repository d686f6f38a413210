/* nets/engine/plan_parts.h -- private to nets/engine: what a plan is made of, for the units that share it
 * (plan_build.c makes it, plan_memory.c places its buffers, plan_run.c runs it). */
#ifndef CC_NETS_ENGINE_PLAN_PARTS_H
#define CC_NETS_ENGINE_PLAN_PARTS_H

#include "nets/engine/placement.h"
#include "nets/engine/plan_types.h"

/* How the gradient of one input of one node reaches the gradient of the value that is this input. A value
 * that several nodes read has the sum of their gradients. */
typedef struct cc_input_gradient {
    bool wanted; /* a trained parameter lies before the input */
    bool first;  /* this node is the first of the backward pass to write that gradient: it overwrites */
    /* Buffer in which the kernel computes it before the plan adds it to the value's: for a later node whose
     * kernel cannot add in place (cc_kernel.accumulates). -1: the kernel writes to the value's own. */
    int separate_buffer;
} cc_input_gradient;

/* Nodes are numbered 0 to count - 1 in the order they run, values 0 to count: the input, then node i's output
 * as i + 1. */
struct cc_plan {
    cc_model *model;
    cc_graph *graph;
    cc_plan_options options;
    int count;
    cc_task *tasks;                                         /* [count] */
    cc_input_gradient (*input_gradients)[CC_OP_INPUTS_MAX]; /* [count] */
    bool *grad_wanted; /* [count + 1]: a trained parameter lies before the value */
    int *first_writer; /* [count + 1]: the node whose backward pass writes the gradient first; -1: none */
    int64_t *blocks;   /* [count + 1]: the value's channel block (nets/engine/kernel.h) */
    /* Fusing. A node's work may be done by the kernel of the node before it. */
    int *runner;      /* [count]: the node whose kernel does this node's work; mostly the node itself */
    cc_value *output; /* [count]: the value that this node's kernel writes: its own, or a fused node's */

    /* One allocation in the backend's memory, and where each buffer lies in it (plan_memory.h). */
    unsigned char *memory;
    size_t bytes;
    cc_buffer *buffers; /* [buffer_count] */
    int buffer_count;

    /* Plain float32, N,C,pixels, in the backend's memory, one output of the net behind the other; NULL where
     * nothing has to be converted or copied. */
    float *plain_logits;   /* where there are several outputs, or the one is blocked or bf16 */
    float *plain_input;    /* what the host feeds, where the backend's memory is not the host's ... */
    float *plain_gradient; /* ... of the logits, likewise */
    float *host_logits;    /* ... and what the host gets, in the host's memory */

    const float *begun_input; /* from cc_plan_begin to cc_plan_end */
    cc_draw step_draw;        /* seed and step of what training draws */
    cc_draw *draw;            /* the same in the backend's memory, where kernels read it */
    cc_sequence *sequence;    /* of an inference plan, once the backend has recorded it */
    bool derived;             /* kernels hold what they derive from the parameters (cc_kernel.derive) ... */
    uint64_t derived_version; /* ... of this version of the model */
    cc_node_time *times;      /* [count]; NULL until somebody asks */
    char *choices;
};

#endif
