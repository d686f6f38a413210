/* Batch normalisation with its activation, in two sweeps over memory each way.
 *
 * Work is cut into chunks of a plane (one n, one block of channels). A chunk is read in rows of 16 values;
 * lane l of a row belongs to channel l % block, so one loop serves every block, and vectors of constants are
 * 16 wide. Each chunk's sums are kept apart and added in order: the result does not depend on the number of
 * threads. Moments are found about each chunk's own mean and merged (Chan, Golub & LeVeque 1983), so that a
 * large mean costs no precision. */
#include <math.h>
#include <string.h>
#include "core/hot.h"
#include "nets/cpu/lanes.h"
#include "nets/ops/batch_norm/batch_norm.h"

enum { LANES = 16, CHUNK = CC_PIECE };

extern const cc_kernel cc_batch_norm_cpu;

typedef struct sums { /* of one chunk, by channel of the block */
    double first[LANES], second[LANES];
} sums;

typedef struct constants { /* by channel; vectors of blocks * block values */
    float *mean, *rstd, *scale;
    float *shift; /* what mean lost by rounding; then z = (x - mean) * scale + shift */
} constants;

typedef struct lanes { /* constants of one block, repeated over the lanes */
    float mean[LANES], scale[LANES], shift[LANES];
} lanes;

typedef struct layout {
    int64_t block, blocks, channels, plane, chunks, units, per_block,
        per_channel; /* units per block; values */
} layout;

static layout layout_of(const cc_task *task) {
    layout l = {.block = task->input_blocks[0], .channels = task->output_shape->dims[1]};
    l.blocks = cc_blocks(task->output_shape, l.block);
    l.plane = cc_shape_pixels(task->output_shape) * l.block;
    l.chunks = (l.plane + CHUNK - 1) / CHUNK;
    l.per_block = task->output_shape->dims[0] * l.chunks;
    l.units = l.per_block * l.blocks;
    l.per_channel = task->output_shape->dims[0] * cc_shape_pixels(task->output_shape);
    return l;
}

static int64_t unit_count(const layout *l, int64_t unit) {
    int64_t start = unit % l->chunks * CHUNK;
    return l->plane - start < CHUNK ? l->plane - start : CHUNK;
}

static int64_t unit_start(const layout *l, int64_t unit) {
    return unit / l->chunks * l->plane + unit % l->chunks * CHUNK;
}
static int64_t unit_block(const layout *l, int64_t unit) {
    return unit / l->chunks % l->blocks;
}
/* Unit i, from 0, of those that block `which` has. */
static int64_t unit_of_block(const layout *l, int64_t which, int64_t i) {
    return (i / l->chunks * l->blocks + which) * l->chunks + i % l->chunks;
}

static constants constants_at(float *memory, const layout *l) {
    int64_t n = l->blocks * l->block;
    return (constants){memory, memory + n, memory + 2 * n, memory + 3 * n};
}

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    layout l = layout_of(task);
    size_t vectors = (size_t)(4 * l.blocks * l.block) * sizeof(float);
    task->scratch_bytes = (size_t)l.units * sizeof(sums) + vectors;
    if (task->training) task->saved_bytes = vectors;
    if (task->input_count == 2 && task->input_blocks[1] != l.block)
        return cc_fail(CC_EUNSUPPORTED, NULL, NULL, "the residual has another layout than x");
    return CC_OK;
}

/* A vector of a block's channels, repeated over the lanes. */
static void spread(float out[LANES], const float *vector, int64_t which, int64_t block) {
    for (int i = 0; i < LANES; i++) out[i] = vector[which * block + i % block];
}

static void fold(double out[LANES], const float values[LANES], int64_t block) {
    for (int i = 0; i < LANES; i++) out[i % block] += values[i];
}

/* first = sum, second = sum of squares about the chunk's mean. */
CC_HOT static void moments(sums *out, const float *restrict x, int64_t count, int64_t block) {
    float total[LANES] = {0}, centre[LANES], offset[LANES] = {0}, square[LANES] = {0};
    int64_t rows = count / LANES * LANES;
    memset(out, 0, sizeof *out);
    for (int64_t i = 0; i < rows; i += LANES)
        for (int j = 0; j < LANES; j++) total[j] += x[i + j];
    for (int64_t i = rows; i < count; i++) total[i - rows] += x[i];
    fold(out->first, total, block);
    double per_channel = (double)count / (double)block;
    for (int j = 0; j < LANES; j++) centre[j] = (float)(out->first[j % block] / per_channel);
    for (int64_t i = 0; i < rows; i += LANES)
        for (int j = 0; j < LANES; j++) {
            float d = x[i + j] - centre[j];
            offset[j] += d;
            square[j] += d * d;
        }
    for (int64_t i = rows; i < count; i++) {
        float d = x[i] - centre[i - rows];
        offset[i - rows] += d;
        square[i - rows] += d * d;
    }
    double extra[LANES] = {0};
    fold(extra, offset, block);
    fold(out->second, square, block);
    for (int64_t j = 0; j < block; j++) {
        out->first[j] = (double)centre[j] * per_channel + extra[j];
        out->second[j] -= extra[j] * extra[j] / per_channel;
    }
}

/* Merges the chunks of channel `lane` of block `which`: mean, and the sum of squares about it. */
static void merge_moments(double *mean, double *squares, const sums *parts, const layout *l, int64_t which,
                          int64_t lane) {
    double total = 0, about = 0;
    for (int64_t i = 0; i < l->per_block; i++) total += parts[unit_of_block(l, which, i)].first[lane];
    *mean = total / (double)l->per_channel;
    for (int64_t i = 0; i < l->per_block; i++) {
        int64_t u = unit_of_block(l, which, i);
        double count = (double)unit_count(l, u) / (double)l->block,
               off = parts[u].first[lane] / count - *mean;
        about += parts[u].second[lane] + count * off * off;
    }
    *squares = about;
}

static void use_batch(const cc_task *task, const layout *l, const constants *k, const sums *parts) {
    const cc_batch_norm_attr *a = task->attr;
    float *running_mean = task->parameters[CC_BATCH_NORM_MEAN]->value,
          *running_var = task->parameters[CC_BATCH_NORM_VAR]->value;
#pragma omp parallel for schedule(static)
    for (int64_t c = 0; c < l->channels; c++) {
        double mean, squares, count = (double)l->per_channel;
        merge_moments(&mean, &squares, parts, l, c / l->block, c % l->block);
        double unbiased = count > 1 ? squares / (count - 1) : 0;
        k->mean[c] = (float)mean;
        k->shift[c] = (float)(k->mean[c] - mean);
        k->rstd[c] = (float)(1 / sqrt(squares / count + a->epsilon));
        running_mean[c] = (float)((1 - a->momentum) * running_mean[c] + a->momentum * mean);
        running_var[c] = (float)((1 - a->momentum) * running_var[c] + a->momentum * unbiased);
    }
}

static void use_running(const cc_task *task, const layout *l, const constants *k) {
    const cc_batch_norm_attr *a = task->attr;
    for (int64_t c = 0; c < l->channels; c++) {
        k->mean[c] = task->parameters[CC_BATCH_NORM_MEAN]->value[c];
        k->shift[c] = 0;
        k->rstd[c] = (float)(1 / sqrt(task->parameters[CC_BATCH_NORM_VAR]->value[c] + a->epsilon));
    }
}

/* Channels that fill the last block get zeros, and so stay zero. */
static void fill_scale(const cc_task *task, const layout *l, const constants *k) {
    const float *weight = task->parameters[CC_BATCH_NORM_WEIGHT]->value,
                *bias = task->parameters[CC_BATCH_NORM_BIAS]->value;
    for (int64_t c = 0; c < l->blocks * l->block; c++) {
        if (c >= l->channels) k->mean[c] = k->rstd[c] = 0;
        k->scale[c] = c < l->channels ? weight[c] * k->rstd[c] : 0;
        k->shift[c] = c < l->channels ? bias[c] + k->shift[c] * k->scale[c] : 0;
    }
}

static void spread_all(lanes *out, const constants *k, int64_t which, int64_t block) {
    spread(out->mean, k->mean, which, block);
    spread(out->scale, k->scale, which, block);
    spread(out->shift, k->shift, which, block);
}

/* The mean is taken off first: x * scale + shift' would lose what x and mean have in common. */
CC_INLINE float linear(const float *x, const float *residual, int64_t i, const lanes *k, int64_t j) {
    float z = (x[i] - k->mean[j]) * k->scale[j] + k->shift[j];
    return residual ? z + residual[i] : z;
}

CC_INLINE void normalise_as(cc_activation kind, float *restrict y, const float *restrict x,
                            const float *restrict residual, int64_t count, const lanes *restrict k) {
    int64_t rows = count / LANES * LANES;
    for (int64_t i = 0; i < rows; i += LANES)
        for (int j = 0; j < LANES; j++) y[i + j] = cc_activate(kind, linear(x, residual, i + j, k, j));
    for (int64_t i = rows; i < count; i++) y[i] = cc_activate(kind, linear(x, residual, i, k, i - rows));
}

CC_HOT static void normalise(float *y, const float *x, const float *residual, int64_t count, const lanes *k,
                             cc_activation kind) {
#define CALL(f)                                                                                              \
    if (residual)                                                                                            \
        normalise_as(f, y, x, residual, count, k);                                                           \
    else                                                                                                     \
        normalise_as(f, y, x, NULL, count, k)
    CC_FOR_ACTIVATION(kind, CALL)
#undef CALL
}

static void normalise_unit(const cc_task *task, const layout *l, const constants *k, int64_t unit) {
    int64_t start = unit_start(l, unit), count = unit_count(l, unit);
    cc_dtype dtype = task->dtype;
    float x_room[CHUNK], residual_room[CHUNK], y_room[CHUNK],
        *y = cc_values_room(y_room, task->y, start, dtype);
    const float *x = cc_values_read(x_room, task->x[0], start, count, dtype), *residual = NULL;
    lanes spread_constants;
    if (task->input_count == 2) residual = cc_values_read(residual_room, task->x[1], start, count, dtype);
    spread_all(&spread_constants, k, unit_block(l, unit), l->block);
    normalise(y, x, residual, count, &spread_constants, ((const cc_batch_norm_attr *)task->attr)->activation);
    cc_values_write(task->y, start, y, count, dtype);
}

static cc_status forward(cc_task *task) {
    layout l = layout_of(task);
    sums *parts = task->scratch;
    constants k = constants_at(task->training ? task->saved : (void *)(parts + l.units), &l);
    if (task->training) {
#pragma omp parallel for schedule(static)
        for (int64_t u = 0; u < l.units; u++) {
            float room[CHUNK];
            int64_t count = unit_count(&l, u);
            moments(&parts[u], cc_values_read(room, task->x[0], unit_start(&l, u), count, task->dtype), count,
                    l.block);
        }
        use_batch(task, &l, &k, parts);
    } else {
        use_running(task, &l, &k);
    }
    fill_scale(task, &l, &k);
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < l.units; u++) normalise_unit(task, &l, &k, u);
    return CC_OK;
}

typedef struct rooms { /* for a chunk in bf16 */
    float x[CHUNK], residual[CHUNK], dy[CHUNK], dx[CHUNK], dresidual[CHUNK];
} rooms;

typedef struct chunk { /* what the backward loops read; residual may be NULL, the gradients too */
    const float *x, *residual, *dy;
    float *dx, *dresidual;
    int64_t count;
    lanes k;
} chunk;

CC_INLINE void back_sums_as(cc_activation kind, float *restrict g_sum, float *restrict gx_sum, const chunk *c,
                            bool residual) {
    int64_t rows = c->count / LANES * LANES;
    const float *restrict x = c->x, *restrict dy = c->dy, *restrict r = residual ? c->residual : NULL;
    for (int64_t i = 0; i < rows; i += LANES)
        for (int j = 0; j < LANES; j++) {
            float g = cc_activate_back(kind, linear(x, r, i + j, &c->k, j), dy[i + j]);
            g_sum[j] += g;
            gx_sum[j] += g * (x[i + j] - c->k.mean[j]);
        }
    for (int64_t i = rows; i < c->count; i++) {
        int64_t j = i - rows;
        float g = cc_activate_back(kind, linear(x, r, i, &c->k, j), dy[i]);
        g_sum[j] += g;
        gx_sum[j] += g * (x[i] - c->k.mean[j]);
    }
}

/* first = sum of g, second = sum of g (x - mean), where g = dy f'(z). */
CC_HOT static void back_sums(sums *out, const chunk *c, int64_t block, cc_activation kind) {
    float g_sum[LANES] = {0}, gx_sum[LANES] = {0};
    memset(out, 0, sizeof *out);
#define CALL(k)                                                                                              \
    if (c->residual)                                                                                         \
        back_sums_as(k, g_sum, gx_sum, c, true);                                                             \
    else                                                                                                     \
        back_sums_as(k, g_sum, gx_sum, c, false)
    CC_FOR_ACTIVATION(kind, CALL)
#undef CALL
    fold(out->first, g_sum, block);
    fold(out->second, gx_sum, block);
}

/* Gradients of one value; `residual` and `wanted` (dx is) are known when compiled. */
CC_INLINE void back_value(cc_activation kind, const chunk *c, int64_t i, int64_t j, const float *a,
                          const float *b, bool residual, bool wanted) {
    float g = cc_activate_back(kind, linear(c->x, residual ? c->residual : NULL, i, &c->k, j), c->dy[i]);
    if (wanted) c->dx[i] = c->k.scale[j] * g + (c->x[i] - c->k.mean[j]) * a[j] + b[j];
    if (residual && c->dresidual) c->dresidual[i] = g;
}

CC_INLINE void back_rows_as(cc_activation kind, const chunk *c, const float *a, const float *b,
                            bool residual) {
    int64_t rows = c->count / LANES * LANES;
    const float *restrict x = c->x, *restrict dy = c->dy, *restrict r = residual ? c->residual : NULL;
    float *restrict dx = c->dx, *restrict dr = residual ? c->dresidual : NULL;
    if (!dx || (residual && !dr)) {
        for (int64_t i = 0; i < c->count; i++) back_value(kind, c, i, i % LANES, a, b, residual, dx != NULL);
        return;
    }
    for (int64_t i = 0; i < rows; i += LANES)
        for (int j = 0; j < LANES; j++) {
            float g = cc_activate_back(kind, linear(x, r, i + j, &c->k, j), dy[i + j]);
            dx[i + j] = c->k.scale[j] * g + (x[i + j] - c->k.mean[j]) * a[j] + b[j];
            if (residual) dr[i + j] = g;
        }
    for (int64_t i = rows; i < c->count; i++) back_value(kind, c, i, i - rows, a, b, residual, true);
}

CC_HOT static void back_rows(const chunk *c, const float *a, const float *b, cc_activation kind) {
#define CALL(k)                                                                                              \
    if (c->residual)                                                                                         \
        back_rows_as(k, c, a, b, true);                                                                      \
    else                                                                                                     \
        back_rows_as(k, c, a, b, false)
    CC_FOR_ACTIVATION(kind, CALL)
#undef CALL
}

static void fill_chunk(chunk *c, rooms *r, const cc_task *task, const layout *l, const constants *k,
                       int64_t unit) {
    int64_t start = unit_start(l, unit), count = unit_count(l, unit);
    cc_dtype dtype = task->dtype;
    c->count = count;
    c->x = cc_values_read(r->x, task->x[0], start, count, dtype);
    c->dy = cc_values_read(r->dy, task->dy, start, count, dtype);
    c->dx = task->dx[0] ? cc_values_room(r->dx, task->dx[0], start, dtype) : NULL;
    c->residual = c->dresidual = NULL;
    if (task->input_count == 2) {
        c->residual = cc_values_read(r->residual, task->x[1], start, count, dtype);
        if (task->dx[1]) c->dresidual = cc_values_room(r->dresidual, task->dx[1], start, dtype);
    }
    spread_all(&c->k, k, unit_block(l, unit), l->block);
}

static void write_chunk(const chunk *c, const cc_task *task, const layout *l, int64_t unit) {
    int64_t start = unit_start(l, unit);
    if (c->dx) cc_values_write(task->dx[0], start, c->dx, c->count, task->dtype);
    if (c->dresidual) cc_values_write(task->dx[1], start, c->dresidual, c->count, task->dtype);
}

/* dx = scale g + (x - mean) a + b, a = -scale rstd^2 (sum of g (x - mean)) / M, b = -scale (sum of g) / M. */
static void find_gradients(const cc_task *task, const layout *l, const constants *k, const sums *parts,
                           float *a, float *b) {
    float *dweight = task->parameters[CC_BATCH_NORM_WEIGHT]->grad,
          *dbias = task->parameters[CC_BATCH_NORM_BIAS]->grad;
#pragma omp parallel for schedule(static)
    for (int64_t c = 0; c < l->blocks * l->block; c++) {
        double first = 0, second = 0, rstd = k->rstd[c], scale = k->scale[c], count = (double)l->per_channel;
        for (int64_t i = 0; i < l->per_block; i++) {
            const sums *part = &parts[unit_of_block(l, c / l->block, i)];
            first += part->first[c % l->block];
            second += part->second[c % l->block];
        }
        a[c] = (float)(-scale * rstd * rstd * second / count);
        b[c] = (float)(-scale * first / count);
        if (c >= l->channels) continue;
        dweight[c] = (float)(second * rstd);
        dbias[c] = (float)first;
    }
}

static cc_status backward(cc_task *task) {
    layout l = layout_of(task);
    cc_activation kind = ((const cc_batch_norm_attr *)task->attr)->activation;
    constants k = constants_at(task->saved, &l);
    sums *parts = task->scratch;
    float *a = (float *)(parts + l.units), *b = a + l.blocks * l.block;
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < l.units; u++) {
        chunk c;
        rooms r;
        fill_chunk(&c, &r, task, &l, &k, u);
        back_sums(&parts[u], &c, l.block, kind);
    }
    find_gradients(task, &l, &k, parts, a, b);
    if (!task->dx[0] && !(task->input_count == 2 && task->dx[1])) return CC_OK;
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < l.units; u++) {
        chunk c;
        rooms r;
        float a_lanes[LANES], b_lanes[LANES];
        fill_chunk(&c, &r, task, &l, &k, u);
        spread(a_lanes, a, unit_block(&l, u), l.block);
        spread(b_lanes, b, unit_block(&l, u), l.block);
        back_rows(&c, a_lanes, b_lanes, kind);
        write_chunk(&c, task, &l, u);
    }
    return CC_OK;
}

const cc_kernel cc_batch_norm_cpu = {.plan = plan, .forward = forward, .backward = backward};
