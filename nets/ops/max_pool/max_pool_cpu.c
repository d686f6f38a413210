#include <string.h>
#include "core/hot.h"
#include "nets/cpu/vector_math.h"
#include "nets/kernel.h"
#include "nets/ops/max_pool/max_pool.h"

extern const cc_kernel cc_max_pool_cpu;

typedef struct geometry {
    const cc_max_pool_attr *attr;
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX], in_pixels, out_pixels, taps, block, planes;
} geometry;

static geometry geometry_of(const cc_task *task) {
    geometry g = {.attr = task->attr, .block = task->input_blocks[0]};
    cc_shape_spatial(g.in, task->input_shapes[0]);
    cc_shape_spatial(g.out, task->output_shape);
    g.in_pixels = cc_shape_pixels(task->input_shapes[0]);
    g.out_pixels = cc_shape_pixels(task->output_shape);
    g.taps = g.attr->kernel[0] * g.attr->kernel[1] * g.attr->kernel[2];
    g.planes = task->output_shape->dims[0] * cc_blocks(task->output_shape, g.block);
    return g;
}

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    if (task->training) task->saved_bytes = (size_t)cc_blocked_count(task->output_shape, task->output_block);
    return CC_OK;
}

static int64_t tap_of(const geometry *g, int64_t pixel, int64_t t) {
    int64_t p[CC_SPATIAL_MAX] = {pixel / (g->out[1] * g->out[2]), pixel / g->out[2] % g->out[1],
                                 pixel % g->out[2]};
    return cc_max_pool_tap(g->attr, g->in, p, t);
}

/* One plane; winner (the number of the tap that won) may be NULL. */
CC_INLINE void forward_lanes(float *restrict y, uint8_t *restrict winner, const float *restrict x,
                             const geometry *g, int64_t lanes) {
    for (int64_t pixel = 0; pixel < g->out_pixels; pixel++) {
        float best[16];
        uint8_t who[16] = {0};
        bool begun = false;
        for (int64_t t = 0; t < g->taps; t++) {
            int64_t from = tap_of(g, pixel, t);
            if (from < 0) continue;
            for (int64_t j = 0; j < lanes; j++) {
                float value = x[from * lanes + j];
                bool wins = !begun || value > best[j];
                best[j] = wins ? value : best[j];
                who[j] = wins ? (uint8_t)t : who[j];
            }
            begun = true;
        }
        memcpy(y + pixel * lanes, best, (size_t)lanes * sizeof *y);
        if (winner) memcpy(winner + pixel * lanes, who, (size_t)lanes);
    }
}

CC_INLINE void backward_lanes(float *restrict dx, const uint8_t *restrict winner, const float *restrict dy,
                              const geometry *g, int64_t lanes) {
    for (int64_t pixel = 0; pixel < g->out_pixels; pixel++)
        for (int64_t t = 0; t < g->taps; t++) {
            int64_t to = tap_of(g, pixel, t);
            if (to < 0) continue;
            for (int64_t j = 0; j < lanes; j++)
                dx[to * lanes + j] += winner[pixel * lanes + j] == t ? dy[pixel * lanes + j] : 0;
        }
}

CC_HOT static void forward_plane(float *y, uint8_t *winner, const float *x, const geometry *g) {
    if (g->block == 8)
        forward_lanes(y, winner, x, g, 8);
    else
        forward_lanes(y, winner, x, g, g->block == 16 ? 16 : 1);
}

CC_HOT static void backward_plane(float *dx, const uint8_t *winner, const float *dy, const geometry *g) {
    if (g->block == 8)
        backward_lanes(dx, winner, dy, g, 8);
    else
        backward_lanes(dx, winner, dy, g, g->block == 16 ? 16 : 1);
}

static cc_status forward(cc_task *task) {
    geometry g = geometry_of(task);
    uint8_t *winner = task->saved;
    int64_t in = g.in_pixels * g.block, out = g.out_pixels * g.block;
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < g.planes; p++)
        forward_plane(task->y + p * out, winner ? winner + p * out : NULL, task->x[0] + p * in, &g);
    return CC_OK;
}

static cc_status backward(cc_task *task) {
    geometry g = geometry_of(task);
    const uint8_t *winner = task->saved;
    int64_t in = g.in_pixels * g.block, out = g.out_pixels * g.block;
    if (!task->dx[0]) return CC_OK;
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < g.planes; p++) {
        float *dx = task->dx[0] + p * in;
        if (!task->accumulate[0]) memset(dx, 0, (size_t)in * sizeof *dx);
        backward_plane(dx, winner + p * out, task->dy + p * out, &g);
    }
    return CC_OK;
}

static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

const cc_kernel cc_max_pool_cpu = {
    .plan = plan, .forward = forward, .backward = backward, .backward_reads = reads, .accumulates = true};
