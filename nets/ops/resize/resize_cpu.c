/* nets/ops/resize/resize_cpu.c -- bilinear interpolation of a block of channels at a time.
 *
 * Where each output row and column lies is worked out once a call, into tables in scratch. Forward, an output
 * pixel reads its four input pixels; backward, an input pixel gathers from the outputs that read it, which
 * are neighbours: each value has one owner and one order of additions, whatever the number of threads. */
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/ops/resize/resize.h"

extern const cc_kernel cc_resize_cpu;

typedef struct place { /* of an output row or column: (1 - t) x[low] + t x[low + 1] */
    int32_t low;
    float t;
} place;

typedef struct geometry {
    int64_t planes, block; /* a plane: one n, one block of channels */
    int64_t in[2], out[2]; /* H,W */
    place *rows, *columns; /* of the output */
    int32_t *first; /* of each input column i, at first[i + 1]: the first output whose low is i or more */
    cc_dtype dtype;
} geometry;

/* Tables of places, and of first outputs. */
static cc_status plan(cc_task *task) {
    const int64_t *in = task->input_shapes[0]->dims + 2, *out = task->output_shape->dims + 2;
    task->output_block = task->input_blocks[0];
    task->scratch_bytes = (size_t)(out[0] + out[1]) * sizeof(place) + (size_t)(in[1] + 2) * sizeof(int32_t);
    if (task->output_block == 1 || task->output_block == 8 || task->output_block == 16) return CC_OK;
    return cc_fail(CC_EUNSUPPORTED, NULL, NULL, "blocks of %lld channels", (long long)task->output_block);
}

/* t is rounded to float32 once, here. */
static void fill_places(place *out, int64_t in, int64_t count, bool align_corners) {
    for (int64_t i = 0; i < count; i++) {
        int64_t rest, whole, low = cc_resize_place(&rest, &whole, in, count, align_corners, i);
        out[i] = (place){(int32_t)low, (float)((double)rest / (double)whole)};
    }
}

static geometry geometry_of(const cc_task *task) {
    const cc_resize_attr *a = task->attr;
    const int64_t *in = task->input_shapes[0]->dims + 2, *out = task->output_shape->dims + 2;
    geometry g = {.block = task->input_blocks[0],
                  .in = {in[0], in[1]},
                  .out = {out[0], out[1]},
                  .rows = task->scratch,
                  .dtype = task->dtype};
    g.planes = task->output_shape->dims[0] * cc_blocks(task->output_shape, g.block);
    g.columns = g.rows + out[0];
    g.first = (int32_t *)(g.columns + out[1]);
    fill_places(g.rows, in[0], out[0], a->align_corners);
    fill_places(g.columns, in[1], out[1], a->align_corners);
    for (int64_t i = -1; i <= in[1]; i++)
        g.first[i + 1] = (int32_t)cc_resize_first(in[1], out[1], a->align_corners, i);
    return g;
}

/* Row `row` of the output of one plane, by n channels: x and y are the plane's. */
#define DEFINE_FORWARD(n)                                                                                    \
    CC_INLINE void forward_by_##n(void *y, const void *x, int64_t row, const geometry *g, cc_dtype dtype) {  \
        const place r = g->rows[row];                                                                        \
        const int64_t top = r.low * g->in[1], bottom = r.low + 1 < g->in[0] ? top + g->in[1] : top;          \
        for (int64_t i = 0; i < g->out[1]; i++) {                                                            \
            const place c = g->columns[i];                                                                   \
            const int64_t next = c.low + 1 < g->in[1] ? c.low + 1 : c.low;                                   \
            cc_f32x##n a, b, left, right;                                                                    \
            cc_load_##n(&a, x, (top + c.low) * n, dtype);                                                    \
            cc_load_##n(&b, x, (top + next) * n, dtype);                                                     \
            cc_load_##n(&left, x, (bottom + c.low) * n, dtype);                                              \
            cc_load_##n(&right, x, (bottom + next) * n, dtype);                                              \
            a = a * (1 - c.t) + b * c.t;                                                                     \
            b = left * (1 - c.t) + right * c.t;                                                              \
            a = a * (1 - r.t) + b * r.t;                                                                     \
            cc_store_##n(y, (row * g->out[1] + i) * n, &a, dtype);                                           \
        }                                                                                                    \
    }

/* What an output at p gives to input i: 1 - t to its low pixel, t to the next. */
CC_INLINE float share_of(const place *p, int64_t i) {
    return p->low == i ? 1 - p->t : p->t;
}

/* Row `row` of the input's gradient of one plane; outputs first to end read it. */
#define DEFINE_BACKWARD(n)                                                                                   \
    CC_INLINE void backward_by_##n(void *dx, const void *dy, int64_t row, int64_t first, int64_t end,        \
                                   bool add, const geometry *g, cc_dtype dtype) {                            \
        for (int64_t i = 0; i < g->in[1]; i++) {                                                             \
            cc_f32x##n sum = {0}, value;                                                                     \
            if (add) cc_load_##n(&sum, dx, (row * g->in[1] + i) * n, dtype);                                 \
            for (int64_t h = first; h < end; h++) {                                                          \
                cc_f32x##n line = {0};                                                                       \
                for (int64_t w = g->first[i]; w < g->first[i + 2]; w++) {                                    \
                    cc_load_##n(&value, dy, (h * g->out[1] + w) * n, dtype);                                 \
                    line += value * share_of(&g->columns[w], i);                                             \
                }                                                                                            \
                sum += line * share_of(&g->rows[h], row);                                                    \
            }                                                                                                \
            cc_store_##n(dx, (row * g->in[1] + i) * n, &sum, dtype);                                         \
        }                                                                                                    \
    }

#define DEFINE_LANES(n)                                                                                      \
    DEFINE_FORWARD(n)                                                                                        \
    DEFINE_BACKWARD(n)
DEFINE_LANES(1)
DEFINE_LANES(8)
DEFINE_LANES(16)

CC_HOT static void forward_row(void *y, const void *x, int64_t row, const geometry *g) {
    CC_CALL_BY_BLOCK(forward, g, y, x, row);
}

CC_HOT static void backward_row(void *dx, const void *dy, int64_t row, int64_t first, int64_t end, bool add,
                                const geometry *g) {
    CC_CALL_BY_BLOCK(backward, g, dx, dy, row, first, end, add);
}

/* x: [planes][in rows][in columns][block], y likewise of the output */
static cc_status forward(cc_task *task) {
    const geometry g = geometry_of(task);
    const int64_t in = g.in[0] * g.in[1] * g.block, out = g.out[0] * g.out[1] * g.block;
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < g.planes * g.out[0]; u++) {
        const int64_t plane = u / g.out[0];
        forward_row(cc_values_at(task->y, plane * out, g.dtype),
                    cc_values_at(task->x[0], plane * in, g.dtype), u % g.out[0], &g);
    }
    return CC_OK;
}

static cc_status backward(cc_task *task) {
    if (!task->dx[0]) return CC_OK;
    const geometry g = geometry_of(task);
    const bool align = ((const cc_resize_attr *)task->attr)->align_corners;
    const int64_t in = g.in[0] * g.in[1] * g.block, out = g.out[0] * g.out[1] * g.block;
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < g.planes * g.in[0]; u++) {
        const int64_t plane = u / g.in[0], row = u % g.in[0];
        backward_row(cc_values_at(task->dx[0], plane * in, g.dtype),
                     cc_values_at(task->dy, plane * out, g.dtype), row,
                     cc_resize_first(g.in[0], g.out[0], align, row - 1),
                     cc_resize_first(g.in[0], g.out[0], align, row + 1), task->accumulate[0], &g);
    }
    return CC_OK;
}

const cc_kernel cc_resize_cpu = {.plan = plan, .forward = forward, .backward = backward, .accumulates = true};
