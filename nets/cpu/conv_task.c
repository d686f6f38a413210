#include "nets/cpu/conv_task.h"

#include <stdlib.h>
#include "nets/cpu/depthwise.h"
#include "nets/cpu/onednn.h"
#include "nets/cpu/small_conv.h"

enum { FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS, PASSES };

typedef struct state {
    cc_onednn_pass *passes[PASSES]; /* NULL: not wanted, or done by a kernel of our own */
    bool small;                     /* the forward pass is the small convolution's */
    bool own_weights;               /* our own kernel finds the gradient of the weights */
    cc_depthwise depthwise;
} state;

/* The small convolution reads plain weights: it is used where they are so already, or may still become so. */
static cc_status choose_small(bool *small, cc_parameter_slot *weights, const cc_onednn_conv *conv) {
    *small = !conv->transposed && cc_small_conv_suits(conv->attr, conv->x, conv->y);
    if (*small && !weights->layout) CC_TRY(cc_onednn_lay_out_plain(weights, conv));
    *small = *small && cc_onednn_is_plain(weights);
    return CC_OK;
}

static cc_status make_forward(cc_task *task, state *s, const cc_onednn_conv *conv) {
    CC_TRY(choose_small(&s->small, task->parameters[0], conv));
    if (!s->small)
        return cc_onednn_pass_create(&s->passes[FORWARD], CC_ONEDNN_FORWARD, conv, task->training,
                                     task->input_blocks[0], &task->output_block, task->parameters[0]);
    task->output_block = conv->y->dims[1] >= cc_onednn_block() ? cc_onednn_block() : 1;
    task->scratch_bytes = cc_small_conv_scratch(conv->attr, conv->x, conv->y);
    return CC_OK;
}

static cc_status make_passes(cc_task *task, state *s, const cc_onednn_conv *conv) {
    cc_parameter_slot *weights = task->parameters[0];
    int64_t x_block = task->input_blocks[0];
    CC_TRY(make_forward(task, s, conv));
    if (!task->training) return CC_OK;
    s->depthwise = (cc_depthwise){task->attr, task->input_shapes[0], task->output_shape, x_block};
    s->own_weights =
        !conv->transposed && cc_depthwise_fits(task->attr, task->input_shapes[0], x_block, task->output_block,
                                               cc_onednn_depthwise_block(weights, conv));
    if (!s->own_weights)
        CC_TRY(cc_onednn_pass_create(&s->passes[BACKWARD_WEIGHTS], CC_ONEDNN_BACKWARD_WEIGHTS, conv, true,
                                     x_block, &task->output_block, weights));
    if (!task->input_grad_wanted[0]) return CC_OK;
    return cc_onednn_pass_create(&s->passes[BACKWARD_DATA], CC_ONEDNN_BACKWARD_DATA, conv, true, x_block,
                                 &task->output_block, weights);
}

cc_status cc_conv_task_plan(cc_task *task, bool transposed) {
    state *s = calloc(1, sizeof *s);
    if (!s) return cc_fail_memory(task->name, sizeof *s);
    task->state = s;
    cc_onednn_conv conv = {task->attr, transposed, task->input_shapes[0], task->output_shape};
    CC_TRY(make_passes(task, s, &conv));
    for (int i = 0; i < PASSES; i++)
        if (s->passes[i] && cc_onednn_pass_scratch(s->passes[i]) > task->scratch_bytes)
            task->scratch_bytes = cc_onednn_pass_scratch(s->passes[i]);
    size_t own = s->own_weights ? cc_depthwise_scratch(&s->depthwise) * sizeof(float) : 0;
    if (own > task->scratch_bytes) task->scratch_bytes = own;
    return CC_OK;
}

/* oneDNN takes pointers that are not const; it writes to outputs alone. */
cc_status cc_conv_task_bind(cc_task *task) {
    state *s = task->state;
    cc_parameter_slot *w = task->parameters[0], *b = task->parameter_count > 1 ? task->parameters[1] : NULL;
    float *x = (float *)task->x[0], *dy = (float *)task->dy;
    float *const operands[PASSES][CC_ONEDNN_OPERANDS] = {
        [FORWARD] = {x, w->value, task->y, b ? b->value : NULL},
        [BACKWARD_DATA] = {task->dx[0], w->value, dy, NULL},
        [BACKWARD_WEIGHTS] = {x, w->grad, dy, b ? b->grad : NULL},
    };
    for (int i = 0; i < PASSES; i++)
        if (s->passes[i]) CC_TRY(cc_onednn_pass_bind(s->passes[i], operands[i], task->scratch));
    return CC_OK;
}

static void run_small(const cc_task *task) {
    cc_small_conv conv = {.attr = task->attr,
                          .x_shape = task->input_shapes[0],
                          .y_shape = task->output_shape,
                          .x_block = task->input_blocks[0],
                          .y_block = task->output_block,
                          .x = task->x[0],
                          .weights = task->parameters[0]->value,
                          .bias = task->parameter_count > 1 ? task->parameters[1]->value : NULL,
                          .y = task->y,
                          .scratch = task->scratch};
    cc_small_conv_run(&conv);
}

cc_status cc_conv_task_forward(cc_task *task) {
    const state *s = task->state;
    if (!s->small) return cc_onednn_pass_run(s->passes[FORWARD]);
    run_small(task);
    return CC_OK;
}

cc_status cc_conv_task_backward(cc_task *task) {
    state *s = task->state;
    if (s->passes[BACKWARD_DATA]) CC_TRY(cc_onednn_pass_run(s->passes[BACKWARD_DATA]));
    if (!s->own_weights) return cc_onednn_pass_run(s->passes[BACKWARD_WEIGHTS]);
    cc_depthwise_weights(task->parameters[0]->grad, &s->depthwise, task->x[0], task->dy, task->scratch);
    return CC_OK;
}

const char *cc_conv_task_implementation(const cc_task *task, int pass) {
    const state *s = task->state;
    for (int i = 0; i < PASSES; i++)
        if (s->passes[i] && pass-- == 0) return cc_onednn_pass_implementation(s->passes[i]);
    return NULL;
}

void cc_conv_task_release(cc_task *task) {
    state *s = task->state;
    for (int i = 0; i < PASSES; i++) cc_onednn_pass_destroy(s->passes[i]);
    free(s);
}
