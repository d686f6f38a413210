/* cuDNN for convolutions, kernels of our own for depthwise ones and for biases. Weights are stored as cuDNN
 * wants them beside channels-last activations, O,[D,]H,W,I/groups; those of a depthwise convolution as
 * H,W,channels. */
#ifdef CC_HAVE_CUDA
#include "nets/cuda/conv_task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "nets/cuda/channels.h"
#include "nets/cuda/conv_pass.h"
#include "nets/cuda/depthwise.h"
#include "nets/cuda/device.h"
#include "nets/cuda/elementwise.h"
#include "nets/graph.h"
#include "nets/ops/conv/conv.h"

enum { RUNS = 3 };

typedef struct state {
    bool transposed, depthwise;
    cc_depthwise_cuda own;
    cc_conv_cuda conv;
    cc_conv_way ways[CC_PASSES];
    size_t half_bytes; /* bf16: of the weights' gradient, first in the scratch memory */
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
    cc_conv_attr attr;
    cc_shape wide, narrow;
    cc_conv_way way;
    double ms;
} timed;
static timed *answers; /* as long as the process; one thread at a time plans */
static int answer_count;

static bool same_problem(const timed *a, const timed *b) {
    return a->part == b->part && a->dtype == b->dtype && a->attr.groups == b->attr.groups &&
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
    return cc_conv_cuda_run(&t->s->conv, t->part, &t->way, &t->operands);
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

static cc_status choose(cc_task *task, state *s, int pass) {
    cc_conv_way ways[CC_CONV_WAYS_MAX];
    int count;
    cc_conv_part part = part_of(s, pass);
    cc_choice *choice = &task->choices[pass];
    const cc_choice *recorded = &task->recorded[pass];
    CC_TRY(cc_conv_cuda_ways(ways, &count, &s->conv, part));
    s->ways[pass] = ways[0];
    choice->ms = recorded->ms;
    if (recorded->algorithm)
        CC_TRY(find_recorded(&s->ways[pass], ways, count, part, recorded->algorithm));
    else if (task->tuning == CC_TUNING_TIMED)
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
    s->half_bytes = half ? ((size_t)task->parameters[0]->parameter->count * 2 + 255) / 256 * 256 : 0;
    CC_TRY(cc_conv_cuda_init(&s->conv, task->attr, s->transposed ? out : in, s->transposed ? in : out,
                             task->dtype));
    for (int pass = 0; pass < CC_PASSES; pass++) {
        if (!has_pass(task, pass)) continue;
        CC_TRY(choose(task, s, pass));
        want_scratch(task, s->half_bytes + s->ways[pass].workspace);
    }
    return CC_OK;
}

static cc_status plan_depthwise(cc_task *task, state *s) {
    for (int pass = 0; pass < CC_PASSES; pass++)
        if (has_pass(task, pass))
            task->choices[pass] = (cc_choice){.algorithm = "depthwise", .implementation = "own"};
    if (task->training) want_scratch(task, cc_depthwise_cuda_bytes(&s->own));
    return CC_OK;
}

cc_status cc_conv_cuda_plan(cc_task *task, bool transposed) {
    const cc_conv_attr *a = task->attr;
    state *s = calloc(1, sizeof *s);
    if (!s) return cc_fail_memory(task->name, sizeof *s);
    task->state = s;
    s->transposed = transposed;
    s->depthwise = !transposed &&
                   cc_depthwise_cuda_init(&s->own, a, task->input_shapes[0], task->output_shape, task->dtype);
    task->output_block = task->output_shape->dims[1];
    if (!task->parameters[0]->bytes) lay_out(task->parameters[0], s->depthwise);
    if (a->bias && task->training) want_scratch(task, cc_cuda_channel_bytes(task->output_shape, task->dtype));
    return s->depthwise ? plan_depthwise(task, s) : plan_cudnn(task, s);
}

static cc_status run_cudnn(const cc_task *task, const state *s, int pass, void *x, void *y, void *w) {
    cc_conv_operands o = {.wide = s->transposed ? y : x,
                          .narrow = s->transposed ? x : y,
                          .weights = w,
                          .workspace = (char *)task->scratch + s->half_bytes};
    return cc_conv_cuda_run(&s->conv, part_of(s, pass), &s->ways[pass], &o);
}

static void *weights_of(const cc_task *task) {
    return task->dtype == CC_BF16 ? task->parameters[0]->half : task->parameters[0]->value;
}

cc_status cc_conv_cuda_forward(cc_task *task) {
    const state *s = task->state;
    if (s->depthwise)
        cc_depthwise_cuda_forward(&s->own, task->y, task->x[0], task->parameters[0]->value);
    else
        CC_TRY(run_cudnn(task, s, CC_PASS_FORWARD, (void *)task->x[0], task->y, weights_of(task)));
    if (task->parameter_count > 1)
        cc_cuda_channel_add(task->y, task->parameters[1]->value, task->output_shape, task->dtype);
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

cc_status cc_conv_cuda_backward(cc_task *task) {
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

void cc_conv_cuda_release(cc_task *task) {
    state *s = task->state;
    cc_conv_cuda_deinit(&s->conv);
    free(s);
}
#else
typedef int cc_conv_task_is_absent;
#endif
