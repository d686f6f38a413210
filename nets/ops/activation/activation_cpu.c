/* nets/ops/activation/activation_cpu.c -- activations elementwise, in pieces that fit into the nearest
 * cache; a loop for each function, compiled for it (CC_FOR_ACTIVATION). */
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"

extern const cc_kernel cc_activation_cpu;

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

CC_HOT static void forward_piece(float *restrict y, const float *restrict x, int64_t count,
                                 const cc_activation_attr *f) {
    const float slope = (float)f->slope;
#define LOOP(k)                                                                                              \
    for (int64_t i = 0; i < count; i++) y[i] = cc_activate(k, slope, x[i])
    CC_FOR_ACTIVATION(f->kind, LOOP)
#undef LOOP
}

CC_HOT static void backward_piece(float *restrict dx, const float *restrict x, const float *restrict dy,
                                  int64_t count, const cc_activation_attr *f) {
    const float slope = (float)f->slope;
#define LOOP(k)                                                                                              \
    for (int64_t i = 0; i < count; i++) dx[i] = cc_activate_back(k, slope, x[i], dy[i])
    CC_FOR_ACTIVATION(f->kind, LOOP)
#undef LOOP
}

/* y = f(x), the filling channels included: f(0) = 0 but for the sigmoid. */
static cc_status forward(cc_task *task) {
    const cc_activation_attr *f = task->attr;
    int64_t count = cc_blocked_count(task->output_shape, task->output_block);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < count; i += CC_PIECE) {
        float x_room[CC_PIECE], y_room[CC_PIECE], *y = cc_values_room(y_room, task->y, i, task->dtype);
        int64_t piece = count - i < CC_PIECE ? count - i : CC_PIECE;
        forward_piece(y, cc_values_read(x_room, task->x[0], i, piece, task->dtype), piece, f);
        cc_values_write(task->y, i, y, piece, task->dtype);
    }
    if (f->kind == CC_ACTIVATION_SIGMOID) /* f(0) = 1/2 */
        cc_blocked_clear_filling(task->y, task->output_shape, task->output_block, task->dtype);
    return CC_OK;
}

/* dx = dy f'(x) */
static cc_status backward(cc_task *task) {
    const cc_activation_attr *f = task->attr;
    if (!task->dx[0]) return CC_OK;
    int64_t count = cc_blocked_count(task->output_shape, task->output_block);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < count; i += CC_PIECE) {
        float x_room[CC_PIECE], dy_room[CC_PIECE], dx_room[CC_PIECE],
            *dx = cc_values_room(dx_room, task->dx[0], i, task->dtype);
        int64_t piece = count - i < CC_PIECE ? count - i : CC_PIECE;
        backward_piece(dx, cc_values_read(x_room, task->x[0], i, piece, task->dtype),
                       cc_values_read(dy_room, task->dy, i, piece, task->dtype), piece, f);
        cc_values_write(task->dx[0], i, dx, piece, task->dtype);
    }
    return CC_OK;
}

const cc_kernel cc_activation_cpu = {.plan = plan, .forward = forward, .backward = backward};
