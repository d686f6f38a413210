/* The backend that runs every op's naive reference, on plain layouts. */
#include <string.h>
#include "nets/backend.h"

static const char *describe(void) {
    return "naive reference";
}

static cc_status plan(cc_task *task) {
    task->output_block = 1;
    return CC_OK;
}

static cc_reference_io io_of(const cc_task *task) {
    cc_reference_io io = {.attr = task->attr,
                          .training = task->training,
                          .draw = *task->draw,
                          .input_count = task->input_count,
                          .output_shape = task->output_shape,
                          .y = task->y,
                          .dy = task->dy};
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

static void add(float *dst, const float *src, size_t count) {
    for (size_t i = 0; i < count; i++) dst[i] += src[i];
}

static void copy_plain(float *out, const float *in, const cc_shape *shape, int64_t block) {
    (void)block;
    memcpy(out, in, (size_t)cc_shape_count(shape) * sizeof *out);
}

static void enter(void) {}

const cc_backend cc_backend_reference = {
    .name = "reference",
    .describe = describe,
    .kernel_of = kernel_of,
    .add = add,
    .to_blocked = copy_plain,
    .from_blocked = copy_plain,
    .enter = enter,
};

const cc_backend *cc_backend_find(const char *name) {
    static const cc_backend *const backends[] = {&cc_backend_cpu, &cc_backend_reference};
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
        if (strcmp(backends[i]->name, name) == 0) return backends[i];
    return NULL;
}
