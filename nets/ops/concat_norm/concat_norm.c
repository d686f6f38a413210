/* nets/ops/concat_norm/concat_norm.c -- shapes, the reference, and the op by a backend's kernels of its two
 * halves, concatenation and batch norm. The reference too is that of the halves, one after the other. */
#include "nets/ops/concat_norm/concat_norm.h"

#include <string.h>
#include "nets/ops/ops.h"

/* As the batch norm of the joined inputs has it. */
static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    cc_op_signature joined = {0};
    CC_TRY(cc_op_concat.infer(&joined, NULL, inputs, input_count));
    const cc_shape *whole = &joined.output;
    return cc_op_batch_norm.infer(out, attr, &whole, 1);
}

/* --- the reference: scratch holds the joined inputs, and behind them their gradient --- */

static size_t reference_bytes(const void *attr, const cc_shape *output) {
    (void)attr;
    return 2 * (size_t)cc_shape_count(output) * sizeof(float);
}

/* The batch norm's side of `io`: its input lies in the scratch memory. */
static cc_reference_io norm_of(const cc_reference_io *io) {
    cc_reference_io norm = *io;
    norm.input_count = 1;
    norm.input_shapes[0] = io->output_shape;
    norm.x[0] = io->scratch;
    norm.dx[0] = (float *)io->scratch + cc_shape_count(io->output_shape);
    return norm;
}

static void join(const cc_reference_io *io) {
    cc_reference_io concat = *io;
    concat.y = io->scratch;
    cc_op_concat.reference_forward(&concat);
}

static void forward(const cc_reference_io *io) {
    const cc_reference_io norm = norm_of(io);
    join(io);
    cc_op_batch_norm.reference_forward(&norm);
}

static void backward(const cc_reference_io *io) {
    const cc_reference_io norm = norm_of(io);
    cc_reference_io concat = *io;
    join(io);
    cc_op_batch_norm.reference_backward(&norm);
    concat.dy = norm.dx[0];
    cc_op_concat.reference_backward(&concat);
}

static bool relu_inputs(double *z, double *slopes, const cc_reference_io *io) {
    const cc_reference_io norm = norm_of(io);
    join(io);
    return cc_op_batch_norm.relu_inputs(z, slopes, &norm);
}

/* --- by two kernels --- */

/* Bytes of the joined inputs in the scratch memory, from which the next part begins aligned. */
static size_t joined_bytes(const cc_task *task) {
    enum { ALIGNMENT = 256 };
    size_t bytes =
        (size_t)cc_blocked_count(task->output_shape, task->output_block) * cc_dtype_bytes(task->dtype);
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* The scratch memory of a pass: the joined inputs; their gradient, of a plan that trains; the norm's own. */
static size_t norm_scratch_at(const cc_task *task) {
    return (task->training ? 2 : 1) * joined_bytes(task);
}

/* The two halves as tasks of their own. */
static cc_task concat_task(const cc_task *task) {
    cc_task concat = *task;
    concat.op = &cc_op_concat;
    concat.attr = NULL;
    concat.parameter_count = 0;
    concat.y = task->scratch;
    if (task->scratch && task->training) concat.dy = (char *)task->scratch + joined_bytes(task);
    return concat;
}

static cc_task norm_task(const cc_task *task) {
    cc_task norm = *task;
    norm.op = &cc_op_batch_norm;
    norm.input_count = 1;
    norm.input_shapes[0] = task->output_shape;
    norm.input_blocks[0] = task->output_block;
    /* A second input would be the norm's residual. */
    memset(norm.x, 0, sizeof norm.x);
    memset(norm.dx, 0, sizeof norm.dx);
    memset(norm.accumulate, 0, sizeof norm.accumulate);
    if (!task->scratch) return norm;
    norm.x[0] = task->scratch;
    norm.dx[0] = task->training ? (char *)task->scratch + joined_bytes(task) : NULL;
    norm.scratch = (char *)task->scratch + norm_scratch_at(task);
    return norm;
}

cc_status cc_concat_norm_plan(cc_task *task, const cc_concat_norm_parts *parts) {
    cc_task concat = concat_task(task);
    CC_TRY(parts->concat->plan(&concat));
    task->output_block = concat.output_block;
    cc_task norm = norm_task(task);
    CC_TRY(parts->norm->plan(&norm));
    task->saved_bytes = norm.saved_bytes;
    task->scratch_bytes = norm_scratch_at(task) + norm.scratch_bytes;
    return CC_OK;
}

cc_status cc_concat_norm_forward(cc_task *task, const cc_concat_norm_parts *parts) {
    cc_task concat = concat_task(task), norm = norm_task(task);
    CC_TRY(parts->concat->forward(&concat));
    return parts->norm->forward(&norm);
}

cc_status cc_concat_norm_backward(cc_task *task, const cc_concat_norm_parts *parts) {
    cc_task concat = concat_task(task), norm = norm_task(task);
    CC_TRY(parts->concat->forward(&concat));
    CC_TRY(parts->norm->backward(&norm));
    return parts->concat->backward(&concat);
}

static unsigned reads(const void *attr) {
    (void)attr;
    return CC_READS_INPUT;
}

extern const cc_kernel cc_concat_norm_cpu;

const cc_op cc_op_concat_norm = {
    .name = "concat_norm",
    .attr_bytes = sizeof(cc_batch_norm_attr),
    .input_count = -1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .reference_bytes = reference_bytes,
    .relu_inputs = relu_inputs,
    .cpu = &cc_concat_norm_cpu,
};
