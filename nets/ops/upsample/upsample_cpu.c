/* nets/ops/upsample/upsample_cpu.c -- a row of the input becomes two rows of the output (four at rank 5, two
 * in each of two slices): widened once, then copied. Backward adds the pairs of each row, row after row. */
#include <string.h>
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"

extern const cc_kernel cc_upsample_cpu;

typedef struct geometry {
    int64_t in[CC_SPATIAL_MAX], block, rows; /* rows: of the whole input */
    int copies;                              /* rows of the output that a row of the input becomes */
} geometry;

static geometry geometry_of(const cc_task *task) {
    geometry g = {.block = task->input_blocks[0], .copies = task->output_shape->rank == 5 ? 4 : 2};
    cc_shape_spatial(g.in, task->input_shapes[0]);
    g.rows = task->output_shape->dims[0] * cc_blocks(task->output_shape, g.block) * g.in[0] * g.in[1];
    return g;
}

/* Where copy k of the input's row begins in the output. */
static int64_t copy_start(const geometry *g, int64_t row, int k) {
    int64_t h = row % g->in[1], slice = row / g->in[1], width = 2 * g->in[2] * g->block;
    if (g->copies == 4) slice = slice * 2 + k / 2;
    return (slice * 2 * g->in[1] + 2 * h + k % 2) * width;
}

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

/* A row of y from a row of x: each pixel twice. */
CC_INLINE void widen_bytes(char *restrict y, const char *restrict x, int64_t width, size_t bytes) {
    for (int64_t w = 0; w < width; w++, x += bytes, y += 2 * bytes) {
        memcpy(y, x, bytes);
        memcpy(y + bytes, x, bytes);
    }
}

/* Pixels of so many bytes. */
CC_HOT static void widen(char *y, const char *x, int64_t width, size_t bytes) {
    if (bytes == 64)
        widen_bytes(y, x, width, 64);
    else if (bytes == 32)
        widen_bytes(y, x, width, 32);
    else
        widen_bytes(y, x, width, bytes);
}

/* A row of dx from a row of dy: neighbouring pixels added. */
CC_INLINE void narrow_lanes(float *restrict dx, const float *restrict dy, int64_t width, int64_t lanes,
                            bool add) {
    for (int64_t w = 0; w < width; w++)
        for (int64_t j = 0; j < lanes; j++) {
            float sum = dy[2 * w * lanes + j] + dy[(2 * w + 1) * lanes + j];
            dx[w * lanes + j] = add ? dx[w * lanes + j] + sum : sum;
        }
}

CC_HOT static void narrow(float *dx, const float *dy, int64_t width, int64_t lanes, bool add) {
    if (lanes == 16)
        narrow_lanes(dx, dy, width, 16, add);
    else if (lanes == 8)
        narrow_lanes(dx, dy, width, 8, add);
    else
        narrow_lanes(dx, dy, width, lanes, add);
}

static cc_status forward(cc_task *task) {
    geometry g = geometry_of(task);
    int64_t width = g.in[2] * g.block;
#pragma omp parallel for schedule(static)
    for (int64_t row = 0; row < g.rows; row++) {
        char *first = cc_values_at(task->y, copy_start(&g, row, 0), task->dtype);
        widen(first, cc_values_at(task->x[0], row * width, task->dtype), g.in[2],
              (size_t)g.block * cc_dtype_bytes(task->dtype));
        for (int k = 1; k < g.copies; k++)
            memcpy(cc_values_at(task->y, copy_start(&g, row, k), task->dtype), first,
                   (size_t)(2 * width) * cc_dtype_bytes(task->dtype));
    }
    return CC_OK;
}

/* The gradients of `count` values of the input's row, from `start` on. */
static void narrow_piece(const cc_task *task, const geometry *g, int64_t row, int64_t start, int64_t count) {
    float dx_room[CC_PIECE], dy_room[CC_PIECE];
    cc_dtype dtype = task->dtype;
    int64_t at = row * g->in[2] * g->block + start;
    bool add = task->accumulate[0];
    float *dx = cc_values_room(dx_room, task->dx[0], at, dtype);
    if (add) cc_values_read(dx, task->dx[0], at, count, dtype);
    for (int k = 0; k < g->copies; k++)
        narrow(dx, cc_values_read(dy_room, task->dy, copy_start(g, row, k) + 2 * start, 2 * count, dtype),
               count / g->block, g->block, k > 0 || add);
    cc_values_write(task->dx[0], at, dx, count, dtype);
}

static cc_status backward(cc_task *task) {
    geometry g = geometry_of(task);
    int64_t width = g.in[2] * g.block, piece = CC_PIECE / 2;
    if (!task->dx[0]) return CC_OK;
#pragma omp parallel for schedule(static)
    for (int64_t row = 0; row < g.rows; row++)
        for (int64_t i = 0; i < width; i += piece)
            narrow_piece(task, &g, row, i, width - i < piece ? width - i : piece);
    return CC_OK;
}

const cc_kernel cc_upsample_cpu = {
    .plan = plan, .forward = forward, .backward = backward, .accumulates = true};
