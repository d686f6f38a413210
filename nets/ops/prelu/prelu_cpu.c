/* nets/ops/prelu/prelu_cpu.c -- PReLU elementwise, in pieces that fit into the nearest cache.
 *
 * The slope's gradient is a sum over all values: each piece leaves its own in scratch, and these are added in
 * their order, so that the result does not depend on the number of threads. Channels that fill the last block are
 * zero and stay so: f(0) = 0, and 0 dy adds nothing. */
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/ops/prelu/prelu.h"

enum { LANES = 16 };

extern const cc_kernel cc_prelu_cpu;

/* Pieces of the whole activation. */
static int64_t pieces_of(const cc_task *task) {
    return (cc_blocked_count(task->output_shape, task->input_blocks[0]) + CC_PIECE - 1) / CC_PIECE;
}

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    if (task->training) task->scratch_bytes = (size_t)pieces_of(task) * sizeof(double);
    return CC_OK;
}

CC_HOT static void forward_piece(float *restrict y, const float *restrict x, int64_t count, float slope) {
    for (int64_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : x[i] * slope;
}

CC_HOT static void backward_piece(float *restrict dx, const float *restrict x, const float *restrict dy,
                                  int64_t count, float slope) {
    for (int64_t i = 0; i < count; i++) dx[i] = x[i] > 0 ? dy[i] : dy[i] * slope;
}

/* The sum of dy x where x is not above zero: at most CC_PIECE / LANES additions in float32 in a row. */
CC_HOT static double slope_piece(const float *restrict x, const float *restrict dy, int64_t count) {
    float sum[LANES] = {0};
    double total = 0;
    int64_t rows = count / LANES * LANES;
    for (int64_t i = 0; i < rows; i += LANES)
        for (int j = 0; j < LANES; j++) sum[j] += x[i + j] > 0 ? 0 : dy[i + j] * x[i + j];
    for (int64_t i = rows; i < count; i++) sum[i - rows] += x[i] > 0 ? 0 : dy[i] * x[i];
    for (int j = 0; j < LANES; j++) total += (double)sum[j];
    return total;
}

/* y = x > 0 ? x : slope x */
static cc_status forward(cc_task *task) {
    const int64_t count = cc_blocked_count(task->output_shape, task->output_block);
    const float slope = task->parameters[CC_PRELU_WEIGHT]->value[0];
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < count; i += CC_PIECE) {
        float x_room[CC_PIECE], y_room[CC_PIECE], *y = cc_values_room(y_room, task->y, i, task->dtype);
        int64_t piece = count - i < CC_PIECE ? count - i : CC_PIECE;
        forward_piece(y, cc_values_read(x_room, task->x[0], i, piece, task->dtype), piece, slope);
        cc_values_write(task->y, i, y, piece, task->dtype);
    }
    return CC_OK;
}

/* dx = dy f'(x), and each piece's part of the slope's gradient; then their sum. */
static cc_status backward(cc_task *task) {
    const int64_t count = cc_blocked_count(task->output_shape, task->output_block), pieces = pieces_of(task);
    const float slope = task->parameters[CC_PRELU_WEIGHT]->value[0];
    double *parts = task->scratch, total = 0;
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < pieces; p++) {
        float x_room[CC_PIECE], dy_room[CC_PIECE], dx_room[CC_PIECE];
        int64_t i = p * CC_PIECE, piece = count - i < CC_PIECE ? count - i : CC_PIECE;
        const float *x = cc_values_read(x_room, task->x[0], i, piece, task->dtype),
                    *dy = cc_values_read(dy_room, task->dy, i, piece, task->dtype);
        parts[p] = slope_piece(x, dy, piece);
        if (!task->dx[0]) continue;
        float *dx = cc_values_room(dx_room, task->dx[0], i, task->dtype);
        backward_piece(dx, x, dy, piece, slope);
        cc_values_write(task->dx[0], i, dx, piece, task->dtype);
    }
    for (int64_t p = 0; p < pieces; p++) total += parts[p];
    task->parameters[CC_PRELU_WEIGHT]->grad[0] = (float)total;
    return CC_OK;
}

const cc_kernel cc_prelu_cpu = {.plan = plan, .forward = forward, .backward = backward};
