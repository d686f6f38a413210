/* nets/ops/squeeze_excite/squeeze_excite_cpu.c -- squeeze and excite: each way, the activation is read
 * twice, with the two small layers between. Equations: squeeze_excite.c.
 *
 * A plane (one n, one block of channels) is read in rows of 16 values; lane l of a row belongs to channel l
 * % block. Sums over a plane run in float32 over short stretches that are added up in float64. Every sum has
 * one owner and one order: the result does not depend on the number of threads. Channels that fill the last
 * block have scale 0. */
#include <string.h>
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/ops/squeeze_excite/squeeze_excite.h"

enum { LANES = 16, STRETCH = 64 * LANES };

extern const cc_kernel cc_squeeze_excite_cpu;

typedef struct geometry {
    int64_t n, channels, reduced, block, blocks, pixels, plane, planes;
    int64_t width; /* channels with the filling */
    cc_dtype dtype;
} geometry;

static geometry geometry_of(const cc_task *task) {
    geometry g = {.n = task->output_shape->dims[0],
                  .channels = task->output_shape->dims[1],
                  .reduced = ((const cc_squeeze_excite_attr *)task->attr)->reduced,
                  .block = task->input_blocks[0],
                  .pixels = cc_shape_pixels(task->output_shape),
                  .dtype = task->dtype};
    g.blocks = cc_blocks(task->output_shape, g.block);
    g.plane = g.pixels * g.block;
    g.planes = g.n * g.blocks;
    g.width = g.blocks * g.block;
    return g;
}

/* Vectors of each image, image after image. What the scale is made of has a rounding error that all pixels of
 * a channel share, and that batch norm over few pixels magnifies: hence float64. */
typedef struct vectors {
    double *mean;            /* width */
    double *before, *hidden; /* reduced: W1 m + b1, and silu of it */
    float *scale;            /* width */
    float *dscale, *dbefore; /* width, reduced: gradients; that of m takes the place of that of s */
} vectors;

static vectors vectors_of(const cc_task *task, const geometry *g) {
    vectors v = {.mean = task->saved ? task->saved : task->scratch, .dscale = task->scratch};
    v.before = v.mean + g->n * g->width;
    v.hidden = v.before + g->n * g->reduced;
    v.scale = (float *)(v.hidden + g->n * g->reduced);
    v.dbefore = v.dscale + g->n * g->width;
    return v;
}

static cc_status plan(cc_task *task) {
    geometry g = geometry_of(task);
    size_t kept = (size_t)(g.n * (g.width + 2 * g.reduced)) * sizeof(double) +
                  (size_t)(g.n * g.width) * sizeof(float),
           used = (size_t)(g.n * (g.width + g.reduced)) * sizeof(float);
    task->output_block = task->input_blocks[0];
    task->saved_bytes = task->training ? kept : 0;
    task->scratch_bytes = task->training ? used : kept;
    return CC_OK;
}

/* sum[l] += the values of lane l in a stretch of a, or of a b. */
CC_INLINE void add_stretch(float *restrict sum, const float *restrict a, const float *restrict b,
                           int64_t count) {
    int64_t rows = count / LANES * LANES;
    for (int64_t i = 0; i < rows; i += LANES)
        for (int j = 0; j < LANES; j++) sum[j] += b ? a[i + j] * b[i + j] : a[i + j];
    for (int64_t i = rows; i < count; i++) sum[i - rows] += b ? a[i] * b[i] : a[i];
}

CC_HOT static void sum_stretch(float *sum, const float *a, const float *b, int64_t count) {
    if (b)
        add_stretch(sum, a, b, count);
    else
        add_stretch(sum, a, NULL, count);
}

/* out[channel] = sum over a plane's pixels of a, or of a b. */
static void plane_sums(double out[LANES], const void *a, const void *b, int64_t plane, const geometry *g) {
    for (int j = 0; j < LANES; j++) out[j] = 0;
    for (int64_t i = 0; i < g->plane; i += STRETCH) {
        float sum[LANES] = {0}, a_room[STRETCH], b_room[STRETCH];
        int64_t count = g->plane - i < STRETCH ? g->plane - i : STRETCH, start = plane * g->plane + i;
        sum_stretch(sum, cc_values_read(a_room, a, start, count, g->dtype),
                    b ? cc_values_read(b_room, b, start, count, g->dtype) : NULL, count);
        for (int j = 0; j < LANES; j++) out[j % g->block] += sum[j];
    }
}

CC_HOT static double dot(const float *restrict a, const double *restrict b, int64_t count) {
    double sum[LANES] = {0}, total = 0;
    int64_t rows = count / LANES * LANES;
    for (int64_t i = 0; i < rows; i += LANES)
        for (int j = 0; j < LANES; j++) sum[j] += a[i + j] * b[i + j];
    for (int64_t i = rows; i < count; i++) sum[i - rows] += a[i] * b[i];
    for (int j = 0; j < LANES; j++) total += sum[j];
    return total;
}

/* out = sum over i of factors[i] * rows[i], rows of `count` values. */
CC_HOT static void combine(float *restrict out, const float *restrict rows, const float *restrict factors,
                           int64_t row_count, int64_t count) {
    memset(out, 0, (size_t)count * sizeof *out);
    for (int64_t i = 0; i < row_count; i++)
        for (int64_t k = 0; k < count; k++) out[k] += factors[i] * rows[i * count + k];
}

/* One row of a layer's weight gradient: sum over n of d[n] x[n], and its bias. */
CC_HOT static void weight_row(float *restrict dweight, float *restrict dbias, const float *restrict d,
                              int64_t d_step, const double *restrict x, int64_t x_step, int64_t n,
                              int64_t count) {
    float sum = 0;
    memset(dweight, 0, (size_t)count * sizeof *dweight);
    for (int64_t i = 0; i < n; i++) {
        sum += d[i * d_step];
        for (int64_t k = 0; k < count; k++) dweight[k] += d[i * d_step] * (float)x[i * x_step + k];
    }
    *dbias = sum;
}

/* z1, h and s of all images, from m: two matrix products, a dot product an entry. */
static void find_scale(const cc_task *task, const geometry *g, const vectors *v) {
    const float *w1 = task->parameters[CC_SQUEEZE_WEIGHT]->value,
                *b1 = task->parameters[CC_SQUEEZE_BIAS]->value,
                *w2 = task->parameters[CC_EXCITE_WEIGHT]->value,
                *b2 = task->parameters[CC_EXCITE_BIAS]->value;
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < g->n * g->reduced; i++) {
            int64_t n = i / g->reduced, r = i % g->reduced;
            v->before[i] = b1[r] + dot(w1 + r * g->channels, v->mean + n * g->width, g->channels);
            v->hidden[i] = cc_activation_value(CC_ACTIVATION_SILU, 0, v->before[i]);
        }
#pragma omp for schedule(static)
        for (int64_t i = 0; i < g->n * g->width; i++) {
            int64_t n = i / g->width, c = i % g->width;
            v->scale[i] = 0;
            if (c < g->channels)
                v->scale[i] = (float)cc_activation_value(
                    CC_ACTIVATION_SIGMOID, 0,
                    b2[c] + dot(w2 + c * g->reduced, v->hidden + n * g->reduced, g->reduced));
        }
    }
}

CC_HOT static void scale_stretch(float *restrict y, const float *restrict x, const float *restrict a,
                                 const float *restrict b, int64_t count) {
    int64_t rows = count / LANES * LANES;
    for (int64_t i = 0; i < rows; i += LANES)
        for (int j = 0; j < LANES; j++) y[i + j] = x[i + j] * a[j] + b[j];
    for (int64_t i = rows; i < count; i++) y[i] = x[i] * a[i - rows] + b[i - rows];
}

/* y = x * scale [+ shift]; scale and shift of one block of channels. */
static void scale_plane(void *y, const void *x, const float *scale, const float *shift, int64_t plane,
                        const geometry *g) {
    float a[LANES], b[LANES], x_room[STRETCH], y_room[STRETCH];
    for (int j = 0; j < LANES; j++) {
        a[j] = scale[plane * g->block + j % g->block];
        b[j] = shift ? shift[plane * g->block + j % g->block] : 0;
    }
    for (int64_t i = 0; i < g->plane; i += STRETCH) {
        int64_t count = g->plane - i < STRETCH ? g->plane - i : STRETCH, start = plane * g->plane + i;
        float *to = cc_values_room(y_room, y, start, g->dtype);
        scale_stretch(to, cc_values_read(x_room, x, start, count, g->dtype), a, b, count);
        cc_values_write(y, start, to, count, g->dtype);
    }
}

/* m, then s, then y = x s. */
static cc_status forward(cc_task *task) {
    geometry g = geometry_of(task);
    vectors v = vectors_of(task, &g);
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < g.planes; p++) {
        double sums[LANES];
        plane_sums(sums, task->x[0], NULL, p, &g);
        for (int64_t j = 0; j < g.block; j++) v.mean[p * g.block + j] = sums[j] / (double)g.pixels;
    }
    find_scale(task, &g, &v);
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < g.planes; p++) scale_plane(task->y, task->x[0], v.scale, NULL, p, &g);
    return CC_OK;
}

/* From dscale (of s) to the layers' gradients; dscale ends as the gradient of each pixel by way of m. */
static void backward_layers(const cc_task *task, const geometry *g, const vectors *v) {
    cc_parameter_slot *const *p = task->parameters;
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t n = 0; n < g->n; n++) {
            float *dz = v->dscale + n * g->width, *dbefore = v->dbefore + n * g->reduced;
            const float *s = v->scale + n * g->width;
            for (int64_t c = 0; c < g->width; c++) dz[c] *= s[c] * (1 - s[c]);
            combine(dbefore, p[CC_EXCITE_WEIGHT]->value, dz, g->channels, g->reduced);
            for (int64_t r = 0; r < g->reduced; r++)
                dbefore[r] =
                    cc_activate_back(CC_ACTIVATION_SILU, 0, (float)v->before[n * g->reduced + r], dbefore[r]);
        }
#pragma omp for schedule(static)
        for (int64_t c = 0; c < g->channels; c++)
            weight_row(p[CC_EXCITE_WEIGHT]->grad + c * g->reduced, p[CC_EXCITE_BIAS]->grad + c, v->dscale + c,
                       g->width, v->hidden, g->reduced, g->n, g->reduced);
#pragma omp for schedule(static)
        for (int64_t r = 0; r < g->reduced; r++)
            weight_row(p[CC_SQUEEZE_WEIGHT]->grad + r * g->channels, p[CC_SQUEEZE_BIAS]->grad + r,
                       v->dbefore + r, g->reduced, v->mean, g->width, g->n, g->channels);
#pragma omp for schedule(static)
        for (int64_t n = 0; n < g->n; n++) {
            float *dmean = v->dscale + n * g->width;
            combine(dmean, p[CC_SQUEEZE_WEIGHT]->value, v->dbefore + n * g->reduced, g->reduced, g->channels);
            for (int64_t c = 0; c < g->channels; c++) dmean[c] /= (float)g->pixels;
        }
    }
}

/* ds = sum of dy x, then the layers, then dx = dy s + dm / pixels. */
static cc_status backward(cc_task *task) {
    geometry g = geometry_of(task);
    vectors v = vectors_of(task, &g);
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < g.planes; p++) {
        double sums[LANES];
        plane_sums(sums, task->dy, task->x[0], p, &g);
        for (int64_t j = 0; j < g.block; j++) v.dscale[p * g.block + j] = (float)sums[j];
    }
    backward_layers(task, &g, &v);
    if (!task->dx[0]) return CC_OK;
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < g.planes; p++) scale_plane(task->dx[0], task->dy, v.scale, v.dscale, p, &g);
    return CC_OK;
}

const cc_kernel cc_squeeze_excite_cpu = {.plan = plan, .forward = forward, .backward = backward};
