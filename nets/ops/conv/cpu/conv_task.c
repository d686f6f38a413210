/* nets/ops/conv/cpu/conv_task.c -- the kernel of the convolution and of the transposed one. */
#include <stdlib.h>
#include <string.h>
#include "nets/engine/graph.h"
#include "nets/engine/memory.h"
#include "nets/ops/conv/cpu/conv_fold.h"
#include "nets/ops/conv/cpu/conv_pass.h"
#include "nets/ops/conv/cpu/conv_tuner.h"
#include "nets/ops/conv/cpu/small_conv.h"
#include "nets/ops/conv/reference.h"
#include "nets/ops/ops.h"

typedef struct state {
    cc_conv_pass passes[CC_ONEDNN_KINDS];
    bool wanted[CC_ONEDNN_KINDS];
    float *bias;      /* of a fused pass */
    bool held;        /* it has its weights, */
    uint64_t version; /* of this version */
} state;

/* Whether the forward pass is to be the small convolution's, which reads plain weights: it is exact rather
 * than fast. */
static bool is_small(const cc_task *task, const cc_onednn_conv *conv) {
    const char *recorded = task->recorded[CC_PASS_FORWARD].algorithm;
    if (recorded) return strcmp(recorded, cc_conv_algorithm_name(CC_CONV_SMALL)) == 0;
    return task->tuning == CC_TUNING_EXACT && !conv->transposed && conv->dtype == CC_F32 &&
           cc_small_conv_suits(conv->attr, conv->x, conv->y);
}

/* The block of y, and the layout of weights that have none. */
static cc_status lay_out(cc_task *task, const cc_onednn_conv *conv) {
    cc_parameter_slot *weights = task->parameters[0];
    int64_t x_block = task->input_blocks[0];
    CC_TRY(cc_conv_output_block(&task->output_block, conv, x_block));
    if (weights->layout) return CC_OK;
    return is_small(task, conv) || cc_conv_is_narrow(conv, x_block)
               ? cc_onednn_lay_out_plain(weights, conv)
               : cc_onednn_lay_out(weights, conv, x_block);
}

static cc_status find_recorded(cc_conv_algorithm *out, const char *name) {
    for (int i = 0; i < CC_CONV_ALGORITHMS; i++) {
        *out = (cc_conv_algorithm)i;
        if (strcmp(cc_conv_algorithm_name(*out), name) == 0) return CC_OK;
    }
    return cc_fail(CC_EUNSUPPORTED, NULL, "its plan is of another version", "there is no convolution \"%s\"",
                   name);
}

static cc_status choose(cc_conv_algorithm *out, double *ms, const cc_task *task,
                        const cc_conv_problem *problem) {
    const char *recorded = task->recorded[problem->kind].algorithm;
    *ms = task->recorded[problem->kind].ms;
    if (recorded) return find_recorded(out, recorded);
    if (cc_tuning_is_timed(task->tuning)) return cc_conv_by_time(out, ms, problem);
    return cc_conv_by_rule(out, problem, task->tuning == CC_TUNING_EXACT);
}

static cc_status make_pass(cc_task *task, state *s, const cc_conv_problem *problem) {
    cc_conv_pass *pass = &s->passes[problem->kind];
    cc_choice *choice = &task->choices[problem->kind];
    cc_conv_algorithm algorithm;
    CC_TRY(choose(&algorithm, &choice->ms, task, problem));
    CC_TRY(cc_conv_pass_init(pass, algorithm, problem));
    choice->algorithm = cc_conv_algorithm_name(algorithm);
    choice->implementation = cc_conv_pass_implementation(pass);
    s->wanted[problem->kind] = true;
    if (cc_conv_pass_scratch(pass) > task->scratch_bytes) task->scratch_bytes = cc_conv_pass_scratch(pass);
    return CC_OK;
}

static bool is_transposed(const cc_task *task) {
    return task->op == &cc_op_conv_transpose;
}

static bool fuses(const cc_task *task, const cc_op *next, const void *next_attr) {
    cc_activation activation;
    cc_onednn_conv conv = {task->attr, is_transposed(task), task->input_shapes[0], task->output_shape,
                           task->dtype};
    return cc_conv_folds(&activation, next, next_attr) && !is_small(task, &conv);
}

/* Memory for the folded bias, and scratch memory for plain weights. */
static cc_status prepare_fold(cc_task *task, state *s, cc_conv_problem *problem) {
    const cc_conv_attr *a = task->attr;
    if (!task->fused_op) return CC_OK;
    problem->fused = cc_conv_folds(&problem->activation, task->fused_op, task->fused_attr);
    size_t channels = (size_t)a->out_channels + CC_VECTOR_PAD;
    task->scratch_bytes = (size_t)task->parameters[0]->parameter->count * sizeof(float);
    return cc_memory_get((void **)&s->bias, channels * sizeof *s->bias, "biases");
}

static cc_status plan(cc_task *task) {
    state *s = calloc(1, sizeof *s);
    if (!s) return cc_fail_memory(task->name, sizeof *s);
    task->state = s;
    cc_conv_problem problem = {
        .conv = {task->attr, is_transposed(task), task->input_shapes[0], task->output_shape, task->dtype},
        .training = task->training,
        .x_block = task->input_blocks[0],
        .weights = task->parameters[0]};
    CC_TRY(lay_out(task, &problem.conv));
    problem.y_block = task->output_block;
    CC_TRY(prepare_fold(task, s, &problem));
    for (int kind = 0; kind < CC_ONEDNN_KINDS; kind++) {
        if (kind != CC_ONEDNN_FORWARD && !task->training) continue;
        if (kind == CC_ONEDNN_BACKWARD_DATA && !task->input_grad_wanted[0]) continue;
        problem.kind = (cc_onednn_kind)kind;
        CC_TRY(make_pass(task, s, &problem));
    }
    return CC_OK;
}

/* oneDNN takes pointers that are not const; it writes to outputs alone. */
static cc_status bind(cc_task *task) {
    state *s = task->state;
    cc_parameter_slot *w = task->parameters[0], *b = task->parameter_count > 1 ? task->parameters[1] : NULL;
    void *x = (void *)task->x[0], *dy = (void *)task->dy;
    void *const operands[CC_ONEDNN_KINDS][CC_ONEDNN_OPERANDS] = {
        [CC_ONEDNN_FORWARD] = {x, w->value, task->y,
                               s->bias ? s->bias
                               : b     ? b->value
                                       : NULL},
        [CC_ONEDNN_BACKWARD_DATA] = {task->dx[0], w->value, dy, NULL},
        [CC_ONEDNN_BACKWARD_WEIGHTS] = {x, w->grad, dy, b ? b->grad : NULL},
    };
    for (int i = 0; i < CC_ONEDNN_KINDS; i++)
        if (s->wanted[i]) CC_TRY(cc_conv_pass_bind(&s->passes[i], operands[i], task->scratch));
    return CC_OK;
}

/* Folds anew where parameters may have changed since the last time. */
static cc_status hold_weights(cc_task *task, state *s) {
    const cc_parameter_slot *w = task->parameters[0];
    float *plain = task->scratch;
    if (s->held && task->version && *task->version == s->version) return CC_OK;
    CC_TRY(w->unpack(w, plain, w->value));
    cc_conv_fold(plain, s->bias, task, is_transposed(task));
    CC_TRY(cc_conv_pass_hold(&s->passes[CC_ONEDNN_FORWARD], plain));
    s->held = true;
    if (task->version) s->version = *task->version;
    return CC_OK;
}

static cc_status forward(cc_task *task) {
    state *s = task->state;
    if (task->fused_op) CC_TRY(hold_weights(task, s));
    return cc_conv_pass_run(&s->passes[CC_ONEDNN_FORWARD]);
}

static cc_status backward(cc_task *task) {
    const state *s = task->state;
    if (s->wanted[CC_ONEDNN_BACKWARD_DATA]) CC_TRY(cc_conv_pass_run(&s->passes[CC_ONEDNN_BACKWARD_DATA]));
    return cc_conv_pass_run(&s->passes[CC_ONEDNN_BACKWARD_WEIGHTS]);
}

static void release(cc_task *task) {
    state *s = task->state;
    for (int i = 0; i < CC_ONEDNN_KINDS; i++) cc_conv_pass_deinit(&s->passes[i]);
    cc_memory_free(s->bias);
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
