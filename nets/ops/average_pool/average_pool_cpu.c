/* nets/ops/average_pool/average_pool_cpu.c -- means over windows of a block of channels at a time.
 *
 * A window is a few runs of memory, one where it is as wide as the image: a run is read in rows of 16 values, and
 * lane l of a row belongs to channel l % block. Sums run in float32 over short stretches that are added up in
 * float64. Backward, each pixel gathers from the outputs whose windows it lies in. */
#include <string.h>
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/ops/average_pool/average_pool.h"

enum { LANES = 16, STRETCH = 64 * LANES };

extern const cc_kernel cc_average_pool_cpu;

typedef struct geometry {
    int64_t planes, block; /* a plane: one n, one block of channels */
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX], in_pixels, out_pixels;
    cc_dtype dtype;
} geometry;

static geometry geometry_of(const cc_task *task) {
    geometry g = {.block = task->input_blocks[0],
                  .in_pixels = cc_shape_pixels(task->input_shapes[0]),
                  .out_pixels = cc_shape_pixels(task->output_shape),
                  .dtype = task->dtype};
    g.planes = task->output_shape->dims[0] * cc_blocks(task->output_shape, g.block);
    cc_shape_spatial(g.in, task->input_shapes[0]);
    cc_shape_spatial(g.out, task->output_shape);
    return g;
}

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return LANES % task->output_block == 0 ? CC_OK
                                           : cc_fail(CC_EUNSUPPORTED, NULL, NULL, "blocks of %lld channels",
                                                     (long long)task->output_block);
}

/* sum[l] += the values of lane l */
CC_HOT static void sum_stretch(float *restrict sum, const float *restrict x, int64_t count) {
    const int64_t rows = count / LANES * LANES;
    for (int64_t i = 0; i < rows; i += LANES)
        for (int j = 0; j < LANES; j++) sum[j] += x[i + j];
    for (int64_t i = rows; i < count; i++) sum[i - rows] += x[i];
}

/* sums[channel of the block] += a run of `count` values from `start` on, the first of which is channel 0's. */
static void sum_run(double sums[LANES], const cc_task *task, const geometry *g, int64_t start,
                    int64_t count) {
    for (int64_t i = 0; i < count; i += STRETCH) {
        float sum[LANES] = {0}, room[STRETCH];
        const int64_t stretch = count - i < STRETCH ? count - i : STRETCH;
        sum_stretch(sum, cc_values_read(room, task->x[0], start + i, stretch, g->dtype), stretch);
        for (int j = 0; j < LANES; j++) sums[j % g->block] += (double)sum[j];
    }
}

/* One output pixel of one plane, all lanes. */
static void forward_pixel(const cc_task *task, const geometry *g, int64_t plane, int64_t pixel) {
    const int64_t at[] = {pixel / (g->out[1] * g->out[2]), pixel / g->out[2] % g->out[1], pixel % g->out[2]};
    int64_t first[CC_SPATIAL_MAX], end[CC_SPATIAL_MAX], count = 1;
    double sums[LANES] = {0};
    for (int k = 0; k < CC_SPATIAL_MAX; k++) {
        first[k] = cc_average_pool_window(&end[k], g->in[k], g->out[k], at[k]);
        count *= end[k] - first[k];
    }
    const int64_t width = end[2] - first[2];
    const bool whole = width == g->in[2]; /* the rows of a slice follow each other */
    for (int64_t d = first[0]; d < end[0]; d++)
        for (int64_t h = first[1]; h < end[1]; h += whole ? end[1] - first[1] : 1)
            sum_run(sums, task, g,
                    (plane * g->in_pixels + (d * g->in[1] + h) * g->in[2] + first[2]) * g->block,
                    (whole ? end[1] - first[1] : 1) * width * g->block);
    for (int64_t j = 0; j < g->block; j++)
        cc_store(task->y, (plane * g->out_pixels + pixel) * g->block + j, (float)(sums[j] / (double)count),
                 g->dtype);
}

/* x: [planes][in pixels][block], y: [planes][out pixels][block] */
static cc_status forward(cc_task *task) {
    const geometry g = geometry_of(task);
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < g.planes * g.out_pixels; u++)
        forward_pixel(task, &g, u / g.out_pixels, u % g.out_pixels);
    return CC_OK;
}

/* The length of the window of output i of axis k. */
static int64_t length_of(const geometry *g, int k, int64_t i) {
    int64_t end, first = cc_average_pool_window(&end, g->in[k], g->out[k], i);
    return end - first;
}

/* What input pixel (d, h, w) of a plane gathers, by lane: dy / count of each output whose window it lies in. */
static void gather(float sum[LANES], const cc_task *task, const geometry *g, int64_t plane,
                   const int64_t at[CC_SPATIAL_MAX]) {
    int64_t first[CC_SPATIAL_MAX], end[CC_SPATIAL_MAX];
    for (int k = 0; k < CC_SPATIAL_MAX; k++)
        first[k] = cc_average_pool_outputs(&end[k], g->in[k], g->out[k], at[k]);
    memset(sum, 0, LANES * sizeof *sum);
    for (int64_t d = first[0]; d < end[0]; d++)
        for (int64_t h = first[1]; h < end[1]; h++)
            for (int64_t w = first[2]; w < end[2]; w++) {
                const float share = 1 / (float)(length_of(g, 0, d) * length_of(g, 1, h) * length_of(g, 2, w));
                const int64_t from = (plane * g->out_pixels + (d * g->out[1] + h) * g->out[2] + w) * g->block;
                for (int64_t j = 0; j < g->block; j++)
                    sum[j] += share * cc_load(task->dy, from + j, g->dtype);
            }
}

/* dx of one row of one plane. Where the output is one pixel wide, all pixels of the row gather the same. */
static void backward_row(const cc_task *task, const geometry *g, int64_t plane, int64_t row) {
    int64_t at[CC_SPATIAL_MAX] = {row / g->in[1], row % g->in[1], 0};
    float sum[LANES];
    for (int64_t w = 0; w < g->in[2]; w++) {
        const int64_t to = (plane * g->in_pixels + row * g->in[2] + w) * g->block;
        at[2] = w;
        if (w == 0 || g->out[2] > 1) gather(sum, task, g, plane, at);
        for (int64_t j = 0; j < g->block; j++) {
            const float before = task->accumulate[0] ? cc_load(task->dx[0], to + j, g->dtype) : 0;
            cc_store(task->dx[0], to + j, before + sum[j], g->dtype);
        }
    }
}

static cc_status backward(cc_task *task) {
    const geometry g = geometry_of(task);
    const int64_t rows = g.in[0] * g.in[1];
    if (!task->dx[0]) return CC_OK;
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < g.planes * rows; u++) backward_row(task, &g, u / rows, u % rows);
    return CC_OK;
}

const cc_kernel cc_average_pool_cpu = {
    .plan = plan, .forward = forward, .backward = backward, .accumulates = true};
