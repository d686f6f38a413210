/* nets/ops/conv/cuda/conv_cuda.c -- the convolution's kernel on the GPU, and the transposed convolution's: it
 * lays out weights, chooses an algorithm for each pass of the plan (conv_choice.h), and runs them.
 *
 * Activations are channels last. Weights are stored as cuDNN wants them beside those, O,[D,]H,W,I/groups;
 * those of a depthwise convolution, for kernels of our own, as [tap][channel]. At inference a batch norm or
 * an activation that follows may be folded in (nets/ops/conv/fold.h): the folded weights are kept by the
 * plan, and derived anew whenever a parameter has changed. */
#ifdef CC_HAVE_CUDA
#include <stdlib.h>
#include "nets/backends/cuda/channels.h"
#include "nets/backends/cuda/device.h"
#include "nets/backends/cuda/elementwise.h"
#include "nets/engine/graph.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/conv/conv.h"
#include "nets/ops/conv/cuda/conv_choice.h"
#include "nets/ops/conv/cuda/depthwise.h"
#include "nets/ops/conv/cuda/fold.h"
#include "nets/ops/conv/fold.h"
#include "nets/ops/ops.h"

typedef struct state {
    bool transposed, depthwise;
    const cc_conv_choice *passes[CC_PASSES]; /* by pass of the op; NULL where the plan never runs it */
    cc_activation activation;                /* after the bias, where an op is fused */
} state;

/* --- weights between PyTorch's order, on the host, and ours, on the device --- */

/* Number i of first,second,taps as it lies in first,taps,second, or in taps,first where second is 1
 * (depthwise). */
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

/* --- what a plan with a fused op holds: scale and shift by channel, the shift in the plan's dtype, folded
 * weights --- */

/* Of one vector of channels, with what aligns the next. */
static size_t vector_bytes(const cc_task *task) {
    return ((size_t)task->output_shape->dims[1] * sizeof(float) + 255) / 256 * 256;
}
/* The folded bias. */
static float *shift_of(const cc_task *task) {
    return (float *)((char *)task->held + vector_bytes(task));
}
static void *low_shift_of(const cc_task *task) {
    return task->dtype == CC_BF16 ? (char *)task->held + 2 * vector_bytes(task) : (void *)shift_of(task);
}
static void *folded_of(const cc_task *task) {
    return (char *)task->held + 3 * vector_bytes(task);
}
/* Our own depthwise kernels read float32. */
static cc_dtype folded_dtype(const cc_task *task) {
    return ((const state *)task->state)->depthwise ? CC_F32 : task->dtype;
}

static bool fuses(const cc_task *task, const cc_op *next, const void *next_attr) {
    cc_activation_attr end;
    const cc_conv_attr *a = task->attr;
    return cc_conv_can_fold(&end, next, next_attr) && end.kind != CC_ACTIVATION_LEAKY_RELU &&
           (a->groups == 1 || task->op == &cc_op_conv);
}

static cc_status derive(cc_task *task) {
    const state *s = task->state;
    const cc_parameter *p = task->parameters[0]->parameter;
    cc_parameter_slot *const *norm = task->fused_parameters;
    if (!task->fused_op) return CC_OK;
    /* Output channels are the slowest to vary in stored weights, but the fastest in a transposed
     * convolution's and in depthwise ones. */
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
    if (task->dtype == CC_BF16)
        CC_TRY(cc_cuda_round_to_bf16(low_shift_of(task), fold.shift, (size_t)fold.channels));
    return cc_cuda_check("folding batch norm");
}

/* --- planning --- */

static void want_scratch(cc_task *task, size_t bytes) {
    if (bytes > task->scratch_bytes) task->scratch_bytes = bytes;
}

/* A pass of the op as one of the convolution: cc_cuda_conv says how a transposed convolution maps to it. */
static cc_conv_request request_of(const cc_task *task, const state *s, cc_pass pass) {
    static const cc_pass passes[2][CC_PASSES] = {
        {CC_PASS_FORWARD, CC_PASS_BACKWARD_DATA, CC_PASS_BACKWARD_WEIGHTS},
        {CC_PASS_BACKWARD_DATA, CC_PASS_FORWARD, CC_PASS_BACKWARD_WEIGHTS}};
    const cc_conv_attr *a = task->attr;
    const cc_shape *x = task->input_shapes[0], *y = task->output_shape;
    return (cc_conv_request){.conv = {.pass = passes[s->transposed][pass],
                                      .attr = *a,
                                      .input = s->transposed ? *y : *x,
                                      .output = s->transposed ? *x : *y,
                                      .dtype = task->dtype,
                                      .tf32 = task->tf32,
                                      .fused = pass == CC_PASS_FORWARD && (a->bias || task->fused_op),
                                      .activation = s->activation},
                             .depthwise = s->depthwise,
                             .tuning = task->tuning,
                             .recorded = task->recorded[pass].algorithm};
}

/* Where there is no device, the memory that a plan would take is counted without what libraries want. */
static cc_status choose(cc_task *task, state *s) {
    const cc_cudnn *cudnn;
    if (task->measured && cc_cudnn_open(&cudnn) != CC_OK) return CC_OK;
    for (int pass = 0; pass < CC_PASSES; pass++) {
        if (pass != CC_PASS_FORWARD && !task->training) continue;
        if (pass == CC_PASS_BACKWARD_DATA && !task->input_grad_wanted[0]) continue;
        const cc_conv_request request = request_of(task, s, (cc_pass)pass);
        CC_TRY(cc_conv_choose(&s->passes[pass], &request));
        task->choices[pass] = cc_conv_choice_describe(s->passes[pass]);
        if (request.recorded) task->choices[pass].ms = task->recorded[pass].ms;
        want_scratch(task, cc_conv_choice_scratch(s->passes[pass]));
    }
    return CC_OK;
}

/* Whether the passes read the bf16 copy of the weights: our own depthwise kernels read float32, and a fused
 * pass its folded weights. */
static bool reads_bf16_copy(const cc_task *task, const state *s) {
    return task->dtype == CC_BF16 && !task->fused_op && !s->depthwise;
}

static cc_status plan(cc_task *task) {
    const cc_conv_attr *a = task->attr;
    cc_parameter_slot *weights = task->parameters[0];
    cc_depthwise_cuda unused;
    state *s = calloc(1, sizeof *s);
    if (!s) return cc_fail_memory(task->name, sizeof *s);
    task->state = s;
    s->transposed = task->op == &cc_op_conv_transpose;
    s->depthwise = !s->transposed &&
                   cc_depthwise_cuda_init(&unused, a, task->input_shapes[0], task->output_shape, task->dtype);

    /* Layouts: channels last; weights that no other plan has laid out yet. */
    task->output_block = task->output_shape->dims[1];
    if (!weights->bytes) {
        weights->bytes = (size_t)weights->parameter->count * sizeof(float);
        weights->pack = s->depthwise ? pack_depthwise : pack;
        weights->unpack = s->depthwise ? unpack_depthwise : unpack;
    }

    /* Memory: of what is folded in, and of the bias's gradient. */
    if (task->fused_op) {
        cc_activation_attr end;
        cc_conv_can_fold(&end, task->fused_op, task->fused_attr);
        s->activation = end.kind;
        task->held_bytes =
            3 * vector_bytes(task) + (size_t)weights->parameter->count * cc_dtype_bytes(folded_dtype(task));
    }
    if (a->bias && task->training) want_scratch(task, cc_cuda_channel_bytes(task->output_shape, task->dtype));

    /* Which parameters an inference in bf16 reads as bf16 copies; a training has them of all. */
    if (task->dtype == CC_BF16 && !task->training && !task->fused_op) {
        weights->reads_bf16_copy |= reads_bf16_copy(task, s);
        if (task->parameter_count > 1) task->parameters[1]->reads_bf16_copy = true;
    }
    return choose(task, s);
}

/* --- running --- */

/* One pass of the op, of its input x and output y or their gradients. */
static cc_status run(const cc_task *task, cc_pass pass, const void *x, const void *y) {
    const state *s = task->state;
    const cc_parameter_slot *w = task->parameters[0];
    cc_conv_data data = {.input = (void *)(s->transposed ? y : x),
                         .output = (void *)(s->transposed ? x : y),
                         .weights = task->fused_op             ? folded_of(task)
                                    : reads_bf16_copy(task, s) ? w->bf16_copy
                                                               : w->value,
                         .gradient = w->grad,
                         .scratch = task->scratch};
    if (task->fused_op) {
        data.bias = shift_of(task);
        data.low_bias = low_shift_of(task);
    } else if (task->parameter_count > 1) {
        const cc_parameter_slot *bias = task->parameters[1];
        data.bias = bias->value;
        data.low_bias = task->dtype == CC_BF16 ? bias->bf16_copy : bias->value;
    }
    return cc_conv_choice_run(s->passes[pass], &data);
}

static cc_status forward(cc_task *task) {
    CC_TRY(run(task, CC_PASS_FORWARD, task->x[0], task->y));
    return cc_cuda_check("convolution");
}

static cc_status backward(cc_task *task) {
    if (task->dx[0]) CC_TRY(run(task, CC_PASS_BACKWARD_DATA, task->dx[0], task->dy));
    CC_TRY(run(task, CC_PASS_BACKWARD_WEIGHTS, task->x[0], task->dy));
    if (task->parameter_count > 1)
        cc_cuda_channel_sums(task->parameters[1]->grad, task->dy, task->output_shape, task->dtype,
                             task->scratch);
    return cc_cuda_check("convolution");
}

static void release(cc_task *task) {
    free(task->state);
}

#define KERNEL                                                                                               \
    {                                                                                                        \
        .plan = plan, .fuses = fuses, .derive = derive, .forward = forward, .backward = backward,            \
        .release = release                                                                                   \
    }
extern const cc_kernel cc_conv_cuda, cc_conv_transpose_cuda;
const cc_kernel cc_conv_cuda = KERNEL, cc_conv_transpose_cuda = KERNEL;
#else
typedef int cc_conv_cuda_is_absent;
#endif
