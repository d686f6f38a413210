/* The kernel of the convolution and of the transposed one: cuDNN, and kernels of our own for depthwise ones
 * and for what is folded in. Weights are stored as cuDNN wants them beside channels-last activations,
 * O,[D,]H,W,I/groups; those of a depthwise convolution as H,W,channels. */
#ifdef CC_HAVE_CUDA
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "nets/cpu/conv_fold.h"
#include "nets/cuda/channels.h"
#include "nets/cuda/conv_pass.h"
#include "nets/cuda/depthwise.h"
#include "nets/cuda/device.h"
#include "nets/cuda/elementwise.h"
#include "nets/cuda/fold.h"
#include "nets/graph.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/conv/conv.h"
#include "nets/ops/ops.h"

enum { RUNS = 3 };

typedef struct state {
    bool transposed, depthwise;
    cc_depthwise_cuda own;
    cc_conv_cudnn conv;
    cc_conv_way ways[CC_PASSES];
    size_t half_bytes;        /* bf16: of the weights' gradient, first in the scratch memory */
    cc_activation activation; /* after the bias, where an op is fused */
} state;

/* What pass number `pass` of the op is to the convolution. */
static cc_conv_part part_of(const state *s, int pass) {
    static const cc_conv_part parts[2][CC_PASSES] = {{CC_CONV_NARROW, CC_CONV_WIDE, CC_CONV_WEIGHTS},
                                                     {CC_CONV_WIDE, CC_CONV_NARROW, CC_CONV_WEIGHTS}};
    return parts[s->transposed][pass];
}

/* Plain first,second,taps to first,taps,second, or to taps,first where second is 1. */
static int64_t stored_index(const cc_parameter *p, int64_t i, bool depthwise) {
    int64_t second = p->of.dims[1], taps = p->count / (p->of.dims[0] * second), tap = i % taps,
            b = i / taps % second, a = i / taps / second;
    return depthwise ? tap * p->of.dims[0] + a : (a * taps + tap) * second + b;
}

static cc_status permute(const cc_parameter_slot *slot, float *to, const float *from, bool pack,
                         bool depthwise) {
    const cc_parameter *p = slot->parameter;
    size_t bytes = (size_t)p->count * sizeof(float);
    float *stored = malloc(bytes);
    if (!stored) return cc_fail_memory("weights", bytes);
    cc_status status = pack ? CC_OK : cc_storage_cuda.fetch(stored, from, bytes);
    for (int64_t i = 0; i < p->count; i++) {
        int64_t at = stored_index(p, i, depthwise);
        if (pack)
            stored[at] = from[i];
        else
            to[i] = stored[at];
    }
    if (pack) status = cc_storage_cuda.put(to, stored, bytes);
    free(stored);
    return status;
}

static cc_status pack(const cc_parameter_slot *slot, float *stored, const float *plain) {
    return permute(slot, stored, plain, true, false);
}
static cc_status unpack(const cc_parameter_slot *slot, float *plain, const float *stored) {
    return permute(slot, plain, stored, false, false);
}
static cc_status pack_depthwise(const cc_parameter_slot *slot, float *stored, const float *plain) {
    return permute(slot, stored, plain, true, true);
}
static cc_status unpack_depthwise(const cc_parameter_slot *slot, float *plain, const float *stored) {
    return permute(slot, plain, stored, false, true);
}

static void lay_out(cc_parameter_slot *slot, bool depthwise) {
    slot->bytes = (size_t)slot->parameter->count * sizeof(float);
    slot->pack = depthwise ? pack_depthwise : pack;
    slot->unpack = depthwise ? unpack_depthwise : unpack;
}

/* A problem of which the answer was found by timing. */
typedef struct timed {
    cc_conv_part part;
    cc_dtype dtype;
    bool tf32, fast;
    cc_conv_attr attr;
    cc_shape wide, narrow;
    cc_conv_way way;
    double ms;
} timed;
static timed *answers; /* as long as the process; one thread at a time plans */
static int answer_count;

static bool same_problem(const timed *a, const timed *b) {
    return a->part == b->part && a->dtype == b->dtype && a->tf32 == b->tf32 && a->fast == b->fast &&
           a->attr.groups == b->attr.groups &&
           memcmp(a->attr.kernel, b->attr.kernel, sizeof a->attr.kernel) == 0 &&
           memcmp(a->attr.stride, b->attr.stride, sizeof a->attr.stride) == 0 &&
           memcmp(a->attr.padding, b->attr.padding, sizeof a->attr.padding) == 0 &&
           memcmp(a->attr.dilation, b->attr.dilation, sizeof a->attr.dilation) == 0 &&
           memcmp(a->wide.dims, b->wide.dims, sizeof a->wide.dims) == 0 &&
           memcmp(a->narrow.dims, b->narrow.dims, sizeof a->narrow.dims) == 0;
}

typedef struct trial {
    const state *s;
    cc_conv_part part;
    cc_conv_way way;
    cc_conv_operands operands;
} trial;

static cc_status run_trial(void *context) {
    const trial *t = context;
    return cc_conv_cudnn_run(&t->s->conv, t->part, &t->way, &t->operands);
}

static cc_status time_ways(timed *best, trial *t, const cc_conv_way *ways, int count) {
    best->ms = INFINITY;
    for (int i = 0; i < count; i++) {
        double ms = INFINITY;
        t->way = ways[i];
        cc_status status = cc_storage_cuda.get(&t->operands.workspace, ways[i].workspace, "timing");
        if (status == CC_OK) status = cc_cuda_time(&ms, RUNS, run_trial, t);
        cc_storage_cuda.free(t->operands.workspace);
        if (status == CC_ENOMEM) continue;
        CC_TRY(status);
        if (ms >= best->ms) continue;
        best->ms = ms;
        best->way = ways[i];
    }
    return best->ms < INFINITY ? CC_OK : cc_fail_memory("timing", ways[0].workspace);
}

static cc_status measure(timed *best, const state *s, const cc_task *task, const cc_conv_way *ways,
                         int count) {
    size_t size = cc_dtype_bytes(task->dtype);
    trial t = {.s = s, .part = best->part};
    void **operands[] = {&t.operands.wide, &t.operands.narrow, &t.operands.weights};
    size_t counts[] = {(size_t)cc_shape_count(&best->wide), (size_t)cc_shape_count(&best->narrow),
                       (size_t)task->parameters[0]->parameter->count};
    cc_status status = CC_OK;
    for (int i = 0; i < 3 && status == CC_OK; i++)
        status = cc_storage_cuda.get(operands[i], counts[i] * size, "timing");
    if (status == CC_OK) status = time_ways(best, &t, ways, count);
    for (int i = 0; i < 3; i++) cc_storage_cuda.free(*operands[i]);
    return status;
}

static cc_status choose_by_time(cc_conv_way *out, double *ms, const state *s, const cc_task *task, int pass,
                                const cc_conv_way *ways, int count) {
    timed wanted = {.part = part_of(s, pass),
                    .dtype = task->dtype,
                    .tf32 = task->tf32,
                    .fast = task->tuning == CC_TUNING_FAST,
                    .attr = *(const cc_conv_attr *)task->attr,
                    .wide = s->transposed ? *task->output_shape : *task->input_shapes[0],
                    .narrow = s->transposed ? *task->input_shapes[0] : *task->output_shape};
    const timed *answer = NULL;
    for (int i = 0; i < answer_count && !answer; i++)
        if (same_problem(&answers[i], &wanted)) answer = &answers[i];
    if (!answer) {
        CC_TRY(measure(&wanted, s, task, ways, count));
        timed *more = realloc(answers, (size_t)(answer_count + 1) * sizeof *answers);
        if (!more) return cc_fail_memory("timing", sizeof *answers);
        answers = more;
        answers[answer_count] = wanted;
        answer = &answers[answer_count++];
    }
    *out = answer->way;
    *ms = answer->ms;
    return CC_OK;
}

static cc_status find_recorded(cc_conv_way *out, const cc_conv_way *ways, int count, cc_conv_part part,
                               const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(cc_conv_way_name(part, ways[i].algorithm), name) == 0) return *out = ways[i], CC_OK;
    return cc_fail(CC_EUNSUPPORTED, NULL, "make a new run",
                   "cuDNN does not have the recorded algorithm %s here", name);
}

/* The first that multiplies and adds as the definition does, if any. */
static cc_conv_way find_exact(const cc_conv_way *ways, int count, cc_conv_part part) {
    for (int i = 0; i < count; i++) {
        const char *name = cc_conv_way_name(part, ways[i].algorithm);
        if (!strstr(name, "fft") && !strstr(name, "winograd")) return ways[i];
    }
    return ways[0];
}

static cc_status choose(cc_task *task, state *s, int pass) {
    cc_conv_way ways[CC_CONV_WAYS_MAX];
    int count;
    cc_conv_part part = part_of(s, pass);
    cc_choice *choice = &task->choices[pass];
    const cc_choice *recorded = &task->recorded[pass];
    CC_TRY(cc_conv_cudnn_ways(ways, &count, &s->conv, part, task->tuning == CC_TUNING_FAST));
    s->ways[pass] = task->tuning == CC_TUNING_EXACT ? find_exact(ways, count, part) : ways[0];
    choice->ms = recorded->ms;
    if (recorded->algorithm)
        CC_TRY(find_recorded(&s->ways[pass], ways, count, part, recorded->algorithm));
    else if (cc_tuning_is_timed(task->tuning))
        CC_TRY(choose_by_time(&s->ways[pass], &choice->ms, s, task, pass, ways, count));
    choice->algorithm = cc_conv_way_name(part, s->ways[pass].algorithm);
    choice->implementation = "cudnn";
    return CC_OK;
}

static void want_scratch(cc_task *task, size_t bytes) {
    if (bytes > task->scratch_bytes) task->scratch_bytes = bytes;
}

static bool has_pass(const cc_task *task, int pass) {
    if (pass == CC_PASS_FORWARD) return true;
    return task->training && (pass == CC_PASS_BACKWARD_WEIGHTS || task->input_grad_wanted[0]);
}

static cc_status plan_cudnn(cc_task *task, state *s) {
    const cc_shape *in = task->input_shapes[0], *out = task->output_shape;
    bool half = task->dtype == CC_BF16 && task->training;
    const cc_cudnn *cudnn;
    s->half_bytes = half ? ((size_t)task->parameters[0]->parameter->count * 2 + 255) / 256 * 256 : 0;
    if (task->measured && cc_cudnn_open(&cudnn) != CC_OK) return want_scratch(task, s->half_bytes), CC_OK;
    CC_TRY(cc_conv_cudnn_init(&s->conv, task->attr, s->transposed ? out : in, s->transposed ? in : out,
                              task->dtype, task->tf32));
    for (int pass = 0; pass < CC_PASSES; pass++) {
        if (!has_pass(task, pass)) continue;
        CC_TRY(choose(task, s, pass));
        want_scratch(task, s->half_bytes + s->ways[pass].workspace);
    }
    return CC_OK;
}

/* In what a plan holds: scale, shift, folded weights. */
static size_t vector_bytes(const cc_task *task) {
    return ((size_t)task->output_shape->dims[1] * sizeof(float) + 255) / 256 * 256;
}
static float *shift_of(const cc_task *task) {
    return (float *)((char *)task->held + vector_bytes(task));
}
static void *folded_of(const cc_task *task) {
    return (char *)task->held + 2 * vector_bytes(task);
}

/* A depthwise convolution of our own reads float32. */
static cc_dtype folded_dtype(const cc_task *task) {
    return ((const state *)task->state)->depthwise ? CC_F32 : task->dtype;
}

static bool fuses(const cc_task *task, const cc_op *next, const void *next_attr) {
    cc_activation activation;
    const cc_conv_attr *a = task->attr;
    return cc_conv_folds(&activation, next, next_attr) && (a->groups == 1 || task->op == &cc_op_conv);
}

static void prepare_fold(cc_task *task, state *s) {
    if (!task->fused_op) return;
    cc_conv_folds(&s->activation, task->fused_op, task->fused_attr);
    task->held_bytes = 2 * vector_bytes(task) +
                       (size_t)task->parameters[0]->parameter->count * cc_dtype_bytes(folded_dtype(task));
}

static cc_status derive(cc_task *task) {
    const state *s = task->state;
    const cc_parameter *p = task->parameters[0]->parameter;
    cc_parameter_slot *const *norm = task->fused_parameters;
    if (!task->fused_op) return CC_OK;
    cc_cuda_fold fold = {.channels = task->output_shape->dims[1],
                         .count = p->count,
                         .run = s->transposed || s->depthwise ? 1 : p->count / p->of.dims[0],
                         .values = task->parameters[0]->value,
                         .bias = task->parameter_count > 1 ? task->parameters[1]->value : NULL,
                         .scale = task->held,
                         .shift = shift_of(task),
                         .folded = folded_of(task),
                         .dtype = folded_dtype(task)};
    if (task->fused_op == &cc_op_batch_norm) {
        fold.norm_weight = norm[CC_BATCH_NORM_WEIGHT]->value;
        fold.norm_bias = norm[CC_BATCH_NORM_BIAS]->value;
        fold.mean = norm[CC_BATCH_NORM_MEAN]->value;
        fold.variance = norm[CC_BATCH_NORM_VAR]->value;
        fold.epsilon = ((const cc_batch_norm_attr *)task->fused_attr)->epsilon;
    }
    cc_cuda_fold_weights(&fold);
    return cc_cuda_check("folding batch norm");
}

static cc_status plan_depthwise(cc_task *task, state *s) {
    for (int pass = 0; pass < CC_PASSES; pass++)
        if (has_pass(task, pass))
            task->choices[pass] = (cc_choice){.algorithm = "depthwise", .implementation = "own"};
    if (task->training) want_scratch(task, cc_depthwise_cuda_bytes(&s->own));
    return CC_OK;
}

static cc_status plan(cc_task *task) {
    const cc_conv_attr *a = task->attr;
    state *s = calloc(1, sizeof *s);
    if (!s) return cc_fail_memory(task->name, sizeof *s);
    task->state = s;
    s->transposed = task->op == &cc_op_conv_transpose;
    s->depthwise = !s->transposed &&
                   cc_depthwise_cuda_init(&s->own, a, task->input_shapes[0], task->output_shape, task->dtype);
    task->output_block = task->output_shape->dims[1];
    if (!task->parameters[0]->bytes) lay_out(task->parameters[0], s->depthwise);
    prepare_fold(task, s);
    if (a->bias && task->training) want_scratch(task, cc_cuda_channel_bytes(task->output_shape, task->dtype));
    return s->depthwise ? plan_depthwise(task, s) : plan_cudnn(task, s);
}

static cc_status run_cudnn(const cc_task *task, const state *s, int pass, void *x, void *y, void *w) {
    cc_conv_operands o = {.wide = s->transposed ? y : x,
                          .narrow = s->transposed ? x : y,
                          .weights = w,
                          .workspace = (char *)task->scratch + s->half_bytes};
    return cc_conv_cudnn_run(&s->conv, part_of(s, pass), &s->ways[pass], &o);
}

static void *weights_of(const cc_task *task) {
    if (task->fused_op) return folded_of(task);
    return task->dtype == CC_BF16 ? task->parameters[0]->half : task->parameters[0]->value;
}

static cc_status forward(cc_task *task) {
    const state *s = task->state;
    const float *bias = task->fused_op              ? shift_of(task)
                        : task->parameter_count > 1 ? task->parameters[1]->value
                                                    : NULL;
    if (s->depthwise) {
        const float *w = task->fused_op ? folded_of(task) : task->parameters[0]->value;
        cc_depthwise_cuda_forward(&s->own, task->y, task->x[0], w, bias, s->activation);
    } else {
        CC_TRY(run_cudnn(task, s, CC_PASS_FORWARD, (void *)task->x[0], task->y, weights_of(task)));
        if (bias) cc_cuda_channel_add(task->y, bias, s->activation, task->output_shape, task->dtype);
    }
    return cc_cuda_check("convolution");
}

static cc_status backward_cudnn(cc_task *task, const state *s) {
    const cc_parameter_slot *w = task->parameters[0];
    void *dw = s->half_bytes ? task->scratch : w->grad, *dy = (void *)task->dy;
    if (task->dx[0]) CC_TRY(run_cudnn(task, s, CC_PASS_BACKWARD_DATA, task->dx[0], dy, weights_of(task)));
    CC_TRY(run_cudnn(task, s, CC_PASS_BACKWARD_WEIGHTS, (void *)task->x[0], dy, dw));
    if (s->half_bytes) cc_cuda_widen(w->grad, dw, w->parameter->count);
    return CC_OK;
}

static cc_status backward(cc_task *task) {
    const state *s = task->state;
    const cc_parameter_slot *w = task->parameters[0];
    if (s->depthwise) {
        if (task->dx[0]) cc_depthwise_cuda_data(&s->own, task->dx[0], task->dy, w->value);
        cc_depthwise_cuda_weights(&s->own, w->grad, task->x[0], task->dy, task->scratch);
    } else {
        CC_TRY(backward_cudnn(task, s));
    }
    if (task->parameter_count > 1)
        cc_cuda_channel_sums(task->parameters[1]->grad, task->dy, task->output_shape, task->dtype,
                             task->scratch);
    return cc_cuda_check("convolution");
}

static void release(cc_task *task) {
    state *s = task->state;
    cc_conv_cudnn_deinit(&s->conv);
    free(s);
}

#define KERNEL                                                                                               \
    {                                                                                                        \
        .plan = plan, .fuses = fuses, .derive = derive, .forward = forward, .backward = backward,            \
        .release = release                                                                                   \
    }
extern const cc_kernel cc_conv_cuda, cc_conv_transpose_cuda;
const cc_kernel cc_conv_cuda = KERNEL, cc_conv_transpose_cuda = KERNEL;
#else
typedef int cc_conv_task_is_absent;
#endif
