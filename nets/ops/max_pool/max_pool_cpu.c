#include <string.h>
#include "core/hot.h"
#include "nets/cpu/vector_math.h"
#include "nets/kernel.h"
#include "nets/ops/max_pool/max_pool.h"

extern const cc_kernel cc_max_pool_cpu;

enum { TAPS_MAX = 255 };

/* The taps of one output pixel that do not lie in the padding: input pixels and their taps' numbers. */
typedef struct window {
    int64_t count, at[TAPS_MAX];
    int32_t tap[TAPS_MAX];
} window;

typedef struct geometry {
    const cc_max_pool_attr *attr;
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX], in_pixels, out_pixels, taps, block, planes;
    window whole; /* of a pixel whose window has no padding, counted from its first tap */
} geometry;

static geometry geometry_of(const cc_task *task) {
    const cc_max_pool_attr *a = task->attr;
    geometry g = {.attr = a, .block = task->input_blocks[0]};
    cc_shape_spatial(g.in, task->input_shapes[0]);
    cc_shape_spatial(g.out, task->output_shape);
    g.in_pixels = cc_shape_pixels(task->input_shapes[0]);
    g.out_pixels = cc_shape_pixels(task->output_shape);
    g.taps = a->kernel[0] * a->kernel[1] * a->kernel[2];
    g.planes = task->output_shape->dims[0] * cc_blocks(task->output_shape, g.block);
    g.whole.count = g.taps;
    for (int64_t t = 0; t < g.taps; t++) {
        int64_t depth = t / (a->kernel[1] * a->kernel[2]), row = t / a->kernel[2] % a->kernel[1];
        g.whole.at[t] = (depth * g.in[1] + row) * g.in[2] + t % a->kernel[2];
        g.whole.tap[t] = (int32_t)t;
    }
    return g;
}

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    if (task->training) task->saved_bytes = (size_t)cc_blocked_count(task->output_shape, task->output_block);
    return CC_OK;
}

/* The window of output pixel p, and the input pixel that it counts from; `edge` is room for one at the edge.
 */
CC_INLINE const window *window_at(int64_t *base, window *edge, const geometry *g,
                                  const int64_t p[CC_SPATIAL_MAX]) {
    bool inside = true;
    *base = 0;
    for (int i = 0; i < CC_SPATIAL_MAX; i++) {
        int64_t first = p[i] * g->attr->stride[i] - g->attr->padding[i];
        inside &= first >= 0 && first + g->attr->kernel[i] <= g->in[i];
        *base = *base * g->in[i] + first;
    }
    if (inside) return &g->whole;
    *base = edge->count = 0;
    for (int64_t t = 0; t < g->taps; t++) {
        int64_t at = cc_max_pool_tap(g->attr, g->in, p, t);
        if (at < 0) continue;
        edge->at[edge->count] = at;
        edge->tap[edge->count++] = (int32_t)t;
    }
    return edge;
}

/* The pixel after p in reading order. */
CC_INLINE void next(int64_t p[CC_SPATIAL_MAX], const geometry *g) {
    if (++p[2] < g->out[2]) return;
    p[2] = 0;
    if (++p[1] < g->out[1]) return;
    p[1] = 0;
    p[0]++;
}

/* One plane; winner (the number of the tap that won) may be NULL. */
CC_INLINE void forward_lanes(float *restrict y, uint8_t *restrict winner, const float *restrict x,
                             const geometry *g, int64_t lanes) {
    window edge;
    int64_t p[CC_SPATIAL_MAX] = {0}, base;
    for (int64_t pixel = 0; pixel < g->out_pixels; pixel++, next(p, g)) {
        const window *w = window_at(&base, &edge, g, p);
        float best[16], who[16];
        memcpy(best, x + (base + w->at[0]) * lanes, (size_t)lanes * sizeof *best);
        for (int64_t j = 0; j < lanes; j++) who[j] = (float)w->tap[0];
        for (int64_t t = 1; t < w->count; t++) {
            const float *value = x + (base + w->at[t]) * lanes, tap = (float)w->tap[t];
#pragma omp simd
            for (int64_t j = 0; j < lanes; j++) {
                float v = value[j], b = best[j];
                who[j] = v > b ? tap : who[j];
                best[j] = v > b ? v : b;
            }
        }
        memcpy(y + pixel * lanes, best, (size_t)lanes * sizeof *y);
        if (!winner) continue;
#pragma omp simd
        for (int64_t j = 0; j < lanes; j++) winner[pixel * lanes + j] = (uint8_t)(int32_t)who[j];
    }
}

CC_INLINE void backward_lanes(float *restrict dx, const uint8_t *restrict winner, const float *restrict dy,
                              const geometry *g, int64_t lanes) {
    window edge;
    int64_t p[CC_SPATIAL_MAX] = {0}, base;
    for (int64_t pixel = 0; pixel < g->out_pixels; pixel++, next(p, g)) {
        const window *w = window_at(&base, &edge, g, p);
        int32_t who[16];
        float share[16];
        for (int64_t j = 0; j < lanes; j++) who[j] = winner[pixel * lanes + j];
        memcpy(share, dy + pixel * lanes, (size_t)lanes * sizeof *share);
        for (int64_t t = 0; t < w->count; t++) {
            float *to = dx + (base + w->at[t]) * lanes;
            const int32_t tap = w->tap[t];
#pragma omp simd
            for (int64_t j = 0; j < lanes; j++) to[j] += who[j] == tap ? share[j] : 0;
        }
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
