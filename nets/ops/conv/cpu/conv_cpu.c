/* nets/ops/conv/cpu/conv_cpu.c -- the convolution's kernel on the CPU, and the transposed convolution's: it
 * lays out weights and output, chooses an algorithm for each pass of the plan (conv_choice.h), and runs them.
 *
 * In a plan that trains the parameters are read as they are. At inference a batch norm or an activation that
 * follows may be folded in: then the forward pass holds weights of its own, folded anew whenever a parameter
 * has changed. */
#include <stdlib.h>
#include <string.h>
#include "nets/engine/graph.h"
#include "nets/engine/memory.h"
#include "nets/ops/conv/cpu/conv_choice.h"
#include "nets/ops/conv/cpu/conv_pass.h"
#include "nets/ops/conv/cpu/fold.h"
#include "nets/ops/conv/cpu/layout.h"
#include "nets/ops/conv/cpu/narrow/narrow.h"
#include "nets/ops/conv/cpu/small_conv.h"
#include "nets/ops/conv/fold.h"
#include "nets/ops/ops.h"

typedef struct state {
    cc_conv_pass passes[CC_PASSES];
    bool wanted[CC_PASSES]; /* whether the plan runs that pass */
    float *folded_bias;     /* [out_channels + CC_VECTOR_PAD], of a fused forward pass; else NULL */
    bool holds_weights;     /* the fused pass has its weights, */
    uint64_t version;       /* of this version of the parameters */
} state;

static cc_cpu_conv conv_of(const cc_task *task) {
    return (cc_cpu_conv){task->attr, task->op == &cc_op_conv_transpose, task->input_shapes[0],
                         task->output_shape, task->dtype};
}

/* Whether the forward pass is to be the algorithm "small", which reads plain weights and is exact rather than
 * fast. */
static bool is_small(const cc_task *task, const cc_cpu_conv *conv) {
    const char *recorded = task->recorded[CC_PASS_FORWARD].algorithm;
    if (recorded) return strcmp(recorded, cc_conv_algorithm_small.name) == 0;
    return task->tuning == CC_TUNING_EXACT && cc_small_conv_suits(conv);
}

/* A leaky ReLU is folded where that changes no bit of the result: in float32, as bf16 would round between the
 * two (which a ReLU does not show); and where the convolution keeps its algorithm, so not those that have no
 * fused pass. */
static bool keeps_bits(const cc_task *task, const cc_cpu_conv *conv) {
    const char *recorded = task->recorded[CC_PASS_FORWARD].algorithm;
    if (task->dtype != CC_F32 || cc_narrow_suits(conv, task->input_blocks[0])) return false;
    return !recorded || strcmp(recorded, cc_conv_algorithm_gemm.name) != 0;
}

static bool fuses(const cc_task *task, const cc_op *next, const void *next_attr) {
    cc_activation_attr end;
    const cc_cpu_conv conv = conv_of(task);
    return cc_conv_can_fold(&end, next, next_attr) && !is_small(task, &conv) &&
           (end.kind != CC_ACTIVATION_LEAKY_RELU || keeps_bits(task, &conv));
}

/* Chooses and makes the pass that the problem describes, as it was recorded if it was. */
static cc_status plan_pass(cc_task *task, state *s, const cc_conv_problem *problem) {
    cc_conv_pass *pass = &s->passes[problem->pass];
    cc_choice *choice = &task->choices[problem->pass];
    const cc_choice *recorded = &task->recorded[problem->pass];
    const cc_conv_algorithm *algorithm;
    CC_TRY(cc_conv_cpu_choose(&algorithm, &choice->ms, problem, task->tuning, recorded->algorithm));
    if (recorded->algorithm) choice->ms = recorded->ms; /* of the run that recorded it */
    CC_TRY(cc_conv_pass_init(pass, algorithm, problem));
    choice->algorithm = algorithm->name;
    choice->implementation = cc_conv_pass_implementation(pass);
    s->wanted[problem->pass] = true;
    if (cc_conv_pass_scratch(pass) > task->scratch_bytes) task->scratch_bytes = cc_conv_pass_scratch(pass);
    return CC_OK;
}

static cc_status plan(cc_task *task) {
    const cc_conv_attr *a = task->attr;
    cc_parameter_slot *weights = task->parameters[0];
    state *s = calloc(1, sizeof *s);
    if (!s) return cc_fail_memory(task->name, sizeof *s);
    task->state = s;
    cc_conv_problem problem = {.conv = conv_of(task),
                               .training = task->training,
                               .x_block = task->input_blocks[0],
                               .weights = weights};

    /* Layouts: of y, and of weights that no other plan has laid out yet. */
    CC_TRY(cc_conv_cpu_output_block(&task->output_block, &problem.conv, problem.x_block));
    problem.y_block = task->output_block;
    if (!weights->layout)
        CC_TRY(cc_conv_cpu_lay_out_weights(weights, &problem.conv, problem.x_block,
                                           is_small(task, &problem.conv)));

    /* The op that is folded in: memory for the bias, and scratch memory for weights in PyTorch's order. */
    if (task->fused_op) {
        problem.fused = cc_conv_can_fold(&problem.end, task->fused_op, task->fused_attr);
        task->scratch_bytes = (size_t)weights->parameter->count * sizeof(float);
        CC_TRY(cc_memory_get((void **)&s->folded_bias,
                             ((size_t)a->out_channels + CC_VECTOR_PAD) * sizeof *s->folded_bias, "biases"));
    }

    for (int pass = 0; pass < CC_PASSES; pass++) {
        if (pass != CC_PASS_FORWARD && !task->training) continue;
        if (pass == CC_PASS_BACKWARD_DATA && !task->input_grad_wanted[0]) continue;
        problem.pass = (cc_pass)pass;
        CC_TRY(plan_pass(task, s, &problem));
    }
    return CC_OK;
}

/* oneDNN takes pointers that are not const; it writes to outputs alone. */
static cc_status bind(cc_task *task) {
    state *s = task->state;
    cc_parameter_slot *w = task->parameters[0], *b = task->parameter_count > 1 ? task->parameters[1] : NULL;
    void *x = (void *)task->x[0], *dy = (void *)task->dy;
    void *const operands[CC_PASSES][CC_CONV_OPERANDS] = {
        [CC_PASS_FORWARD] = {x, w->value, task->y,
                             s->folded_bias ? s->folded_bias
                             : b            ? b->value
                                            : NULL},
        [CC_PASS_BACKWARD_DATA] = {task->dx[0], w->value, dy, NULL},
        [CC_PASS_BACKWARD_WEIGHTS] = {x, w->grad, dy, b ? b->grad : NULL},
    };
    for (int i = 0; i < CC_PASSES; i++)
        if (s->wanted[i]) CC_TRY(cc_conv_pass_bind(&s->passes[i], operands[i], task->scratch));
    return CC_OK;
}

/* Folds anew where parameters may have changed since the last time. The weights go through the scratch
 * memory, in PyTorch's order, which the pass itself uses only after that. */
static cc_status hold_weights(cc_task *task, state *s) {
    const cc_parameter_slot *w = task->parameters[0];
    float *plain = task->scratch;
    if (s->holds_weights && task->version && *task->version == s->version) return CC_OK;
    CC_TRY(w->unpack(w, plain, w->value));
    cc_conv_fold_weights(plain, s->folded_bias, task, task->op == &cc_op_conv_transpose);
    CC_TRY(cc_conv_pass_hold(&s->passes[CC_PASS_FORWARD], plain));
    s->holds_weights = true;
    if (task->version) s->version = *task->version;
    return CC_OK;
}

static cc_status forward(cc_task *task) {
    state *s = task->state;
    if (task->fused_op) CC_TRY(hold_weights(task, s));
    return cc_conv_pass_run(&s->passes[CC_PASS_FORWARD]);
}

static cc_status backward(cc_task *task) {
    const state *s = task->state;
    if (s->wanted[CC_PASS_BACKWARD_DATA]) CC_TRY(cc_conv_pass_run(&s->passes[CC_PASS_BACKWARD_DATA]));
    return cc_conv_pass_run(&s->passes[CC_PASS_BACKWARD_WEIGHTS]);
}

static void release(cc_task *task) {
    state *s = task->state;
    for (int i = 0; i < CC_PASSES; i++) cc_conv_pass_deinit(&s->passes[i]);
    cc_memory_free(s->folded_bias);
    free(s);
}

const cc_kernel cc_conv_cpu = {
    .plan = plan,
    .fuses = fuses,
    .bind = bind,
    .forward = forward,
    .backward = backward,
    .release = release,
};
