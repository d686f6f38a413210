/* nets/ops/max_pool/max_pool_cpu.c -- max pooling of a block of channels at a time; forward notes the number
 * of the tap that won in one byte a value, so that backward needs dy alone.
 *
 * A window that lies inside the image has the same offsets everywhere: they are computed once. Windows at
 * the edge list the taps that are there. Planes are one thread's, so that overlapping windows add to dx
 * without atomics, in one order. */
#include <string.h>
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
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
    cc_dtype dtype;
    window whole; /* of a pixel whose window has no padding, counted from its first tap */
} geometry;

/* Offsets of a whole window's taps from its first tap, in pixels. */
static geometry geometry_of(const cc_task *task) {
    const cc_max_pool_attr *a = task->attr;
    geometry g = {.attr = a, .block = task->input_blocks[0], .dtype = task->dtype};
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

/* One plane; winner (the number of the tap that won) may be NULL. NaN wins, and yields to NaN alone: `nan` is
 * all ones where a value's bits without the sign lie above infinity's. Joined with a second comparison gcc 12
 * would take the first one apart lane by lane, ten times as slow. */
#define DEFINE_FORWARD(n)                                                                                    \
    CC_INLINE void forward_by_##n(void *y, uint8_t *winner, const void *x, const geometry *g,                \
                                  cc_dtype dtype) {                                                          \
        window edge;                                                                                         \
        int64_t p[CC_SPATIAL_MAX] = {0}, base;                                                               \
        for (int64_t pixel = 0; pixel < g->out_pixels; pixel++, next(p, g)) {                                \
            const window *w = window_at(&base, &edge, g, p);                                                 \
            cc_f32x##n best, value;                                                                          \
            cc_load_##n(&best, x, (base + w->at[0]) * n, dtype);                                             \
            cc_i32x##n who = (cc_i32x##n){0} + w->tap[0];                                                    \
            for (int64_t t = 1; t < w->count; t++) {                                                         \
                cc_load_##n(&value, x, (base + w->at[t]) * n, dtype);                                        \
                cc_i32x##n nan = (0x7f800000 - ((cc_i32x##n)value & 0x7fffffff)) >> 31;                      \
                cc_i32x##n more = (value > best) | nan;                                                      \
                best = (cc_f32x##n)(((cc_i32x##n)value & more) | ((cc_i32x##n)best & ~more));                \
                who = (more & w->tap[t]) | (who & ~more);                                                    \
            }                                                                                                \
            cc_store_##n(y, pixel *n, &best, dtype);                                                         \
            if (winner) *(bytes##n *)(winner + pixel * n) = __builtin_convertvector(who, bytes##n);          \
        }                                                                                                    \
    }

/* One plane of dx, zero or to be added to: each window's gradient goes to the tap that won, lane by lane. */
#define DEFINE_BACKWARD(n)                                                                                   \
    CC_INLINE void backward_by_##n(void *dx, const uint8_t *winner, const void *dy, const geometry *g,       \
                                   cc_dtype dtype) {                                                         \
        window edge;                                                                                         \
        int64_t p[CC_SPATIAL_MAX] = {0}, base;                                                               \
        for (int64_t pixel = 0; pixel < g->out_pixels; pixel++, next(p, g)) {                                \
            const window *w = window_at(&base, &edge, g, p);                                                 \
            cc_i32x##n who = __builtin_convertvector(*(const bytes##n *)(winner + pixel * n), cc_i32x##n);   \
            cc_f32x##n share, sum;                                                                           \
            cc_load_##n(&share, dy, pixel *n, dtype);                                                        \
            for (int64_t t = 0; t < w->count; t++) {                                                         \
                cc_i32x##n won = who == w->tap[t];                                                           \
                cc_load_##n(&sum, dx, (base + w->at[t]) * n, dtype);                                         \
                sum += (cc_f32x##n)((cc_i32x##n)share & won);                                                \
                cc_store_##n(dx, (base + w->at[t]) * n, &sum, dtype);                                        \
            }                                                                                                \
        }                                                                                                    \
    }

#define DEFINE_LANES(n)                                                                                      \
    typedef uint8_t bytes##n __attribute__((vector_size(n), aligned(1), may_alias));                         \
    DEFINE_FORWARD(n)                                                                                        \
    DEFINE_BACKWARD(n)
DEFINE_LANES(1)
DEFINE_LANES(8)
DEFINE_LANES(16)

CC_HOT static void forward_plane(void *y, uint8_t *winner, const void *x, const geometry *g) {
    CC_CALL_BY_BLOCK(forward, g, y, winner, x);
}

CC_HOT static void backward_plane(void *dx, const uint8_t *winner, const void *dy, const geometry *g) {
    CC_CALL_BY_BLOCK(backward, g, dx, winner, dy);
}

/* x: [planes][in pixels][block], y and winner: [planes][out pixels][block] */
static cc_status forward(cc_task *task) {
    geometry g = geometry_of(task);
    uint8_t *winner = task->saved;
    int64_t in = g.in_pixels * g.block, out = g.out_pixels * g.block;
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < g.planes; p++)
        forward_plane(cc_values_at(task->y, p * out, g.dtype), winner ? winner + p * out : NULL,
                      cc_values_at(task->x[0], p * in, g.dtype), &g);
    return CC_OK;
}

static cc_status backward(cc_task *task) {
    geometry g = geometry_of(task);
    const uint8_t *winner = task->saved;
    int64_t in = g.in_pixels * g.block, out = g.out_pixels * g.block;
    if (!task->dx[0]) return CC_OK;
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < g.planes; p++) {
        void *dx = cc_values_at(task->dx[0], p * in, g.dtype);
        if (!task->accumulate[0]) memset(dx, 0, (size_t)in * cc_dtype_bytes(g.dtype));
        backward_plane(dx, winner + p * out, cc_values_at(task->dy, p * out, g.dtype), &g);
    }
    return CC_OK;
}

/* Neither x nor y: `saved` has the winners. */
static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

const cc_kernel cc_max_pool_cpu = {
    .plan = plan, .forward = forward, .backward = backward, .backward_reads = reads, .accumulates = true};
