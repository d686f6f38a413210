#include "core/hot.h"
#include "nets/cpu/vector_math.h"
#include "nets/kernel.h"

enum { CHUNK = 16384 };

extern const cc_kernel cc_activation_cpu;

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

CC_HOT static void forward_chunk(float *restrict y, const float *restrict x, int64_t count,
                                 cc_activation kind) {
#define LOOP(k)                                                                                              \
    for (int64_t i = 0; i < count; i++) y[i] = cc_activate(k, x[i])
    CC_FOR_ACTIVATION(kind, LOOP)
#undef LOOP
}

CC_HOT static void backward_chunk(float *restrict dx, const float *restrict x, const float *restrict dy,
                                  int64_t count, cc_activation kind) {
#define LOOP(k)                                                                                              \
    for (int64_t i = 0; i < count; i++) dx[i] = cc_activate_back(k, x[i], dy[i])
    CC_FOR_ACTIVATION(kind, LOOP)
#undef LOOP
}

static cc_activation kind_of(const cc_task *task) {
    return ((const cc_activation_attr *)task->attr)->kind;
}

static cc_status forward(cc_task *task) {
    int64_t count = cc_blocked_count(task->output_shape, task->output_block);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < count; i += CHUNK)
        forward_chunk(task->y + i, task->x[0] + i, count - i < CHUNK ? count - i : CHUNK, kind_of(task));
    if (kind_of(task) == CC_ACTIVATION_SIGMOID) /* of zero it is a half */
        cc_blocked_clear_filling(task->y, task->output_shape, task->output_block);
    return CC_OK;
}

static cc_status backward(cc_task *task) {
    if (!task->dx[0]) return CC_OK;
    int64_t count = cc_blocked_count(task->output_shape, task->output_block);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < count; i += CHUNK)
        backward_chunk(task->dx[0] + i, task->x[0] + i, task->dy + i, count - i < CHUNK ? count - i : CHUNK,
                       kind_of(task));
    return CC_OK;
}

const cc_kernel cc_activation_cpu = {.plan = plan, .forward = forward, .backward = backward};
