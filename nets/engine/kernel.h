/* nets/engine/kernel.h -- how a backend runs one op of one plan.
 *
 * Activations, float32 or bf16, lie in blocks of channels: [N][ceil(C/block)][pixels][block]. A block of 1 is
 * N,C,H,W; a block of C is N,H,W,C; 8 and 16 are what AVX2 and AVX-512 want. Channels beyond C, which fill
 * the last block, are zero, always: a kernel may read them and must write them so. */
#ifndef CC_NETS_ENGINE_KERNEL_H
#define CC_NETS_ENGINE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/status.h"
#include "nets/engine/op.h"

/* How a plan stores activations and their gradients. Parameters, their gradients and statistics are float32
 * always (bf16: the masters), as are the net's input and its logits outside the plan. */
typedef enum cc_dtype { CC_F32, CC_BF16 } cc_dtype;

static inline size_t cc_dtype_bytes(cc_dtype dtype) {
    return dtype == CC_BF16 ? 2 : 4;
}
/* How a plan computes, of "f32", "tf32" (float32, products rounded to 10 bits of mantissa) and "bf16": the
 * words of configs, options and results. CC_EUSAGE where there is none of that name. */
cc_status cc_precision_find(cc_dtype *dtype, bool *tf32, const char *name);
const char *cc_precision_name(cc_dtype dtype, bool tf32);
/* Word number `index` of these, from 0; NULL after the last. */
const char *cc_precision_at(int index);

/* Where one parameter lives. The first plan of a model chooses the layout (that of its forward pass); the
 * others take it as it is. Vectors are plain, padded with zeros to CC_VECTOR_PAD values. */
enum { CC_VECTOR_PAD = 16 };
typedef struct cc_parameter_slot cc_parameter_slot;
struct cc_parameter_slot {
    const struct cc_parameter *parameter;
    size_t bytes; /* of the stored form; 0 until a plan has chosen */
    float *value; /* NULL until memory is placed */
    float *grad;  /* NULL for statistics, and where no plan trains */
    void *layout; /* the kernel's own description of the stored form; NULL where it is plain */
    void (*release)(void *layout);
    void *bf16_copy;      /* value rounded to bf16, where the backend keeps that */
    bool reads_bf16_copy; /* a kernel of an inference plan reads it; once a plan trains every slot has one */
    /* The copy made before a plan trained, kept up to date because recorded graphs point at it; else NULL. */
    void *inference_bf16_copy;
    /* Plain PyTorch order, on the host, to and from the stored form, in the backend's memory; NULL where it
     * is plain. */
    cc_status (*pack)(const cc_parameter_slot *slot, float *stored, const float *plain);
    cc_status (*unpack)(const cc_parameter_slot *slot, float *plain, const float *stored);
};

/* How a kernel that has several algorithms chooses. */
typedef enum cc_tuning {
    CC_TUNING_FIXED, /* by rule: the same on every machine with the same instruction set */
    CC_TUNING_TIMED, /* by the clock, once per distinct shape and process */
    CC_TUNING_EXACT, /* by rule, of those that round least: slower, to be compared with others */
    CC_TUNING_FAST,  /* as TIMED, also among algorithms that may give other bytes each time */
} cc_tuning;

/* "fixed", "timed", "exact" or "fast". */
cc_status cc_tuning_find(cc_tuning *out, const char *name);
/* Word number `index` of these, from 0; NULL after the last. */
const char *cc_tuning_name(int index);
static inline bool cc_tuning_is_timed(cc_tuning tuning) {
    return tuning == CC_TUNING_TIMED || tuning == CC_TUNING_FAST;
}

/* What one run of an op computes: its output, the gradient of its input, the gradients of its parameters.
 * Plans, recorded choices, every algorithm of every backend and the naive reference count passes so. */
typedef enum cc_pass { CC_PASS_FORWARD, CC_PASS_BACKWARD_DATA, CC_PASS_BACKWARD_WEIGHTS } cc_pass;
enum { CC_PASSES = 3 };

/* What runs one pass of a node. Both names are without spaces; NULL where the kernel has no choice. */
typedef struct cc_choice {
    const char *algorithm;      /* lives as long as the process */
    const char *implementation; /* a library's own name for it; lives as long as the task's state */
    double ms;                  /* one run, as timed when it was chosen; 0: not timed */
} cc_choice;

/* One node of a plan. The planner fills the first part before `plan` is called; the kernel's `plan` fills the
 * second; pointers are set once memory is placed, before `bind`. */
typedef struct cc_task {
    const cc_op *op;
    const cc_kernel *kernel;
    const char *name;
    const void *attr;
    bool training;  /* the plan has a backward pass and uses batch statistics */
    bool measured;  /* the plan will never run: what it takes is asked, perhaps where there is no device */
    cc_dtype dtype; /* of x, y, dx and dy */
    bool tf32;      /* products of float32 may be rounded */
    cc_tuning tuning;
    cc_choice recorded[CC_PASSES]; /* to be made again; no algorithm: choose */
    const cc_draw *draw;           /* of the step at hand, in the backend's memory; set before `bind` */
    int input_count, parameter_count;
    const cc_shape *input_shapes[CC_OP_INPUTS_MAX];
    int64_t input_blocks[CC_OP_INPUTS_MAX];
    bool input_grad_wanted[CC_OP_INPUTS_MAX];
    const cc_shape *output_shape;
    cc_parameter_slot *parameters[CC_OP_PARAMETERS_MAX];
    const uint64_t *version; /* another number whenever a parameter may have changed; NULL: always */
    /* Inference: the op that the kernel does too, for it said so (`fuses`). The output is then that op's.
     * fused_op is NULL where there is none. */
    const cc_op *fused_op;
    const void *fused_attr;
    cc_parameter_slot *fused_parameters[CC_OP_PARAMETERS_MAX];

    int64_t output_block;
    size_t saved_bytes;   /* kept from forward to backward */
    size_t held_bytes;    /* kept as long as the plan, for what `derive` writes */
    size_t scratch_bytes; /* used within one call */
    void *state;          /* the kernel's own */
    cc_choice choices[CC_PASSES];

    const void *x[CC_OP_INPUTS_MAX];
    void *y;
    void *dx[CC_OP_INPUTS_MAX];        /* NULL where not wanted */
    bool accumulate[CC_OP_INPUTS_MAX]; /* add to dx rather than overwrite it; only where the kernel
                                          `accumulates` */
    const void *dy;
    void *saved, *held, *scratch;
} cc_task;

struct cc_kernel {
    /* Chooses algorithms and layouts, and says how much memory they take. */
    cc_status (*plan)(cc_task *task);
    /* Takes note of the final pointers; may be NULL. */
    cc_status (*bind)(cc_task *task);
    /* Derives what `held` keeps from the parameters; called before a forward pass where they may have changed
     * since, and never recorded. May be NULL. */
    cc_status (*derive)(cc_task *task);
    /* Neither allocates. */
    cc_status (*forward)(cc_task *task);
    cc_status (*backward)(cc_task *task);
    /* Frees task->state; may be NULL. */
    void (*release)(cc_task *task);
    /* What backward reads, where that differs from the op's own answer; else NULL. */
    unsigned (*backward_reads)(const void *attr);
    /* Whether, in an inference plan, the kernel does the op behind it in one go, which alone reads
     * this one's output and has no other input; asked before `plan`. May be NULL: it does not. */
    bool (*fuses)(const cc_task *task, const cc_op *next, const void *next_attr);
    bool accumulates; /* obeys task->accumulate */
};

/* Values of a blocked activation, the filling included. */
int64_t cc_blocked_count(const cc_shape *shape, int64_t block);
/* Number of channel blocks. */
int64_t cc_blocks(const cc_shape *shape, int64_t block);
/* Writes zeros to the channels that fill the last block. */
void cc_blocked_clear_filling(void *values, const cc_shape *shape, int64_t block, cc_dtype dtype);

#endif
