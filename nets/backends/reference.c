/* nets/backends/reference.c -- the backend that runs every op's naive reference (--device reference).
 *
 * All activations are plain float32, N,C,[D,]H,W: a channel block of 1. Slow, and simple enough to be
 * believed; whole nets on other backends are compared with it, as single ops are in tests. One kernel serves
 * all ops: it hands the task's pointers to the op's own reference. */
#include <string.h>
#include "nets/backends/host.h"

static const char *describe(void) {
    return "naive reference";
}

static cc_status plan(cc_task *task) {
    task->output_block = 1;
    if (task->op->reference_bytes)
        task->scratch_bytes = task->op->reference_bytes(task->attr, task->output_shape);
    return CC_OK;
}

/* The same buffers, as an op's reference names them. */
static cc_reference_io io_of(const cc_task *task) {
    cc_reference_io io = {.attr = task->attr,
                          .training = task->training,
                          .draw = *task->draw,
                          .input_count = task->input_count,
                          .output_shape = task->output_shape,
                          .y = task->y,
                          .dy = task->dy,
                          .scratch = task->scratch};
    for (int i = 0; i < task->input_count; i++) {
        io.input_shapes[i] = task->input_shapes[i];
        io.x[i] = task->x[i];
        io.dx[i] = task->dx[i];
    }
    for (int i = 0; i < task->parameter_count; i++) {
        io.p[i] = task->parameters[i]->value;
        io.dp[i] = task->parameters[i]->grad;
    }
    return io;
}

static cc_status forward(cc_task *task) {
    cc_reference_io io = io_of(task);
    task->op->reference_forward(&io);
    return CC_OK;
}

static cc_status backward(cc_task *task) {
    cc_reference_io io = io_of(task);
    task->op->reference_backward(&io);
    return CC_OK;
}

static const cc_kernel kernel = {.plan = plan, .forward = forward, .backward = backward};

static const cc_kernel *kernel_of(const cc_op *op) {
    (void)op;
    return &kernel;
}

/* Float32 alone: bf16 is compared with it. */
static bool has(cc_dtype dtype) {
    return dtype == CC_F32;
}

/* The rest of a backend, where the layout is always the plain one. */
static void add(void *dst, const void *src, size_t count, cc_dtype dtype) {
    float *to = dst;
    const float *from = src;
    (void)dtype;
    for (size_t i = 0; i < count; i++) to[i] += from[i];
}

static void to_blocked(void *blocked, const float *plain, const cc_shape *shape, int64_t block,
                       cc_dtype dtype) {
    (void)block, (void)dtype;
    memcpy(blocked, plain, (size_t)cc_shape_count(shape) * sizeof *plain);
}

static void from_blocked(float *plain, const void *blocked, const cc_shape *shape, int64_t block,
                         cc_dtype dtype) {
    (void)block, (void)dtype;
    memcpy(plain, blocked, (size_t)cc_shape_count(shape) * sizeof *plain);
}

static void enter(void) {}

const cc_backend cc_backend_reference = {
    .name = "reference",
    .describe = describe,
    .kernel_of = kernel_of,
    .has = has,
    .add = add,
    .to_blocked = to_blocked,
    .from_blocked = from_blocked,
    .enter = enter,
    .store = &cc_storage_host,
    .arithmetic = &cc_arithmetic_host,
    .run = cc_host_run,
    .forget = cc_host_forget,
};
