/* nets/ops/batch_norm/batch_norm_cpu.c -- batch normalisation with its activation and residual, of one array or
 * of several that concat_norm joins (nets/ops/concat_norm): each way, memory is read twice, once for the sums
 * and once to use them.
 *
 * Work is cut into chunks of a plane (one n, one block of channels). A chunk is read in rows of 16 values;
 * lane l of a row belongs to channel l % block, so one loop serves every block, and vectors of constants are
 * 16 wide. Each chunk has its own sums, which are added in the chunks' order: the result does not depend on
 * the number of threads. Moments are found about each chunk's own mean and merged (Chan, Golub & LeVeque
 * 1983: M2 = M2a + M2b + (mean difference)^2 na nb / n), so that a large mean costs no precision. */
#include <math.h>
#include <string.h>
#include "core/hot.h"
#include "nets/backends/cpu/lane_activations.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/ops.h"

enum {
    LANES = 16,
    CHUNK = CC_PIECE,
    PARALLEL = 4, /* independent sums: an addition waits for the one before it in the same sum */
};

extern const cc_kernel cc_batch_norm_cpu;

typedef struct sums { /* of one chunk, by channel of the block */
    double first[LANES], second[LANES];
} sums;

typedef struct constants { /* by channel; each [blocks * block] */
    float *mean, *rstd;
    float *scale; /* weight rstd */
    float *shift; /* bias + (what mean lost by rounding) scale: z = (x - mean) scale + shift */
} constants;

typedef struct lanes { /* constants of one block, repeated over the lanes */
    cc_f32x16 mean, scale, shift;
} lanes;

/* A unit is a chunk of a plane; units are numbered [n][block][chunk]. */
typedef struct layout {
    int64_t block, blocks, channels;
    int64_t plane;       /* values of one n and block: pixels * block */
    int64_t chunks;      /* of a plane */
    int64_t units;       /* in all */
    int64_t per_block;   /* units that one block of channels has */
    int64_t per_channel; /* values of a channel: M */
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

/* The input that holds a unit's block of channels, and where the unit starts in it. Inputs that are joined lie
 * one behind the other in the numbering of blocks; each but the last fills its blocks. */
static int64_t start_in_input(int *input, const cc_task *task, const layout *l, int64_t unit) {
    *input = 0;
    if (task->op != &cc_op_concat_norm) return unit_start(l, unit);
    int64_t block = unit_block(l, unit), blocks = cc_blocks(task->input_shapes[0], l->block);
    while (block >= blocks) {
        block -= blocks;
        blocks = cc_blocks(task->input_shapes[++*input], l->block);
    }
    const int64_t n = unit / l->chunks / l->blocks;
    return (n * blocks + block) * l->plane + unit % l->chunks * CHUNK;
}

static bool has_residual(const cc_task *task) {
    return task->op != &cc_op_concat_norm && task->input_count == 2;
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
    if (has_residual(task) && task->input_blocks[1] != l.block)
        return cc_fail(CC_EUNSUPPORTED, NULL, NULL, "the residual has another layout than x");
    return CC_OK;
}

/* A vector of a block's channels, repeated over the lanes. */
static void spread(cc_f32x16 *out, const float *vector, int64_t which, int64_t block) {
    for (int i = 0; i < LANES; i++) (*out)[i] = vector[which * block + i % block];
}

/* Adds the lanes to their channels. */
static void fold(double out[LANES], const cc_f32x16 *values, int64_t block) {
    for (int i = 0; i < LANES; i++) out[i % block] += (double)(*values)[i];
}

/* The last row of `count` values where it is a short one; rare, and kept out of the loops' registers. */
static __attribute__((noinline)) void load_tail(float out[LANES], const void *values, int64_t i,
                                                int64_t count, cc_dtype dtype) {
    memset(out, 0, LANES * sizeof *out);
    for (int64_t j = i; j < count; j++) out[j - i] = cc_load(values, j, dtype);
}
static __attribute__((noinline)) void store_tail(void *values, int64_t i, int64_t count,
                                                 const float in[LANES], cc_dtype dtype) {
    for (int64_t j = i; j < count; j++) cc_store(values, j, in[j - i], dtype);
}

/* values[i..i + LANES) of `count`; zeros beyond. */
CC_INLINE void load_row(cc_f32x16 *out, const void *values, int64_t i, int64_t count, cc_dtype dtype) {
    float tail[LANES];
    if (i + LANES <= count) {
        cc_load_16(out, values, i, dtype);
    } else {
        load_tail(tail, values, i, count, dtype);
        *out = *(const cc_f32x16 *)tail;
    }
}

CC_INLINE void store_row(void *values, int64_t i, int64_t count, const cc_f32x16 *in, cc_dtype dtype) {
    float tail[LANES];
    if (i + LANES <= count) {
        cc_store_16(values, i, in, dtype);
    } else {
        *(cc_f32x16 *)tail = *in;
        store_tail(values, i, count, tail, dtype);
    }
}

/* Zeros from lane `count` on. */
CC_INLINE void keep_tail(cc_f32x16 *values, int64_t count) {
    float kept[LANES];
    *(cc_f32x16 *)kept = *values;
    for (int64_t j = count; j < LANES; j++) kept[j] = 0;
    *values = *(const cc_f32x16 *)kept;
}

/* Two passes over a chunk, which is in the cache for the second: the mean of each channel, then sums about it.
 * `extra` is what the float32 mean missed: by its square the sum of squares is too large. */
CC_INLINE void moments_as(sums *out, const void *x, int64_t count, int64_t block, cc_dtype dtype) {
    cc_f32x16 total[PARALLEL] = {0}, centre, offset[PARALLEL] = {0}, square[PARALLEL] = {0}, row;
    float about[LANES];
    double per_channel = (double)count / (double)block, extra[LANES] = {0};
    for (int64_t i = 0; i < count; i += PARALLEL * LANES)
        for (int k = 0; k < PARALLEL && i + k * LANES < count; k++) {
            load_row(&row, x, i + k * LANES, count, dtype);
            total[k] += row;
        }
    for (int k = 0; k < PARALLEL; k++) fold(out->first, &total[k], block);
    for (int j = 0; j < LANES; j++) about[j] = (float)(out->first[j % block] / per_channel);
    centre = *(const cc_f32x16 *)about;
    for (int64_t i = 0; i < count; i += PARALLEL * LANES)
        for (int k = 0; k < PARALLEL && i + k * LANES < count; k++) {
            load_row(&row, x, i + k * LANES, count, dtype);
            if (i + (k + 1) * LANES > count) keep_tail(&centre, count - i - k * LANES);
            row -= centre;
            offset[k] += row;
            square[k] += row * row;
        }
    for (int k = 0; k < PARALLEL; k++) {
        fold(extra, &offset[k], block);
        fold(out->second, &square[k], block);
    }
    for (int64_t j = 0; j < block; j++) {
        out->first[j] = (double)about[j] * per_channel + extra[j];
        out->second[j] -= extra[j] * extra[j] / per_channel;
    }
}

/* first = sum, second = sum of squares about the chunk's mean. */
CC_HOT static void moments(sums *out, const void *x, int64_t count, int64_t block, cc_dtype dtype) {
    memset(out, 0, sizeof *out);
#define CALL(d) moments_as(out, x, count, block, d)
    CC_FOR_DTYPE(dtype, CALL);
#undef CALL
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

/* Constants from the batch, and the running statistics moved towards it. */
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

/* Constants from the running statistics: inference. */
static void use_running(const cc_task *task, const layout *l, const constants *k) {
    const cc_batch_norm_attr *a = task->attr;
    for (int64_t c = 0; c < l->channels; c++) {
        k->mean[c] = task->parameters[CC_BATCH_NORM_MEAN]->value[c];
        k->shift[c] = 0;
        k->rstd[c] = (float)(1 / sqrt(task->parameters[CC_BATCH_NORM_VAR]->value[c] + a->epsilon));
    }
}

/* Scale and shift, from the constants that are there. Channels that fill the last block get zeros, and so
 * stay zero. */
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
    spread(&out->mean, k->mean, which, block);
    spread(&out->scale, k->scale, which, block);
    spread(&out->shift, k->shift, which, block);
}

/* A chunk of what is read and written; residual may be NULL, the gradients too. */
typedef struct chunk {
    const void *x, *residual, *dy;
    void *y, *dx, *dresidual;
    bool adds; /* to dx */
    int64_t count;
    lanes k;
    float slope;    /* of a leaky relu */
    cc_f32x16 a, b; /* of find_gradients */
} chunk;

static void *part(const void *values, int64_t start, cc_dtype dtype) {
    return values ? cc_values_at(values, start, dtype) : NULL;
}

static void fill_chunk(chunk *c, const cc_task *task, const layout *l, const constants *k, int64_t unit) {
    int input;
    int64_t start = unit_start(l, unit), start_x = start_in_input(&input, task, l, unit);
    cc_dtype dtype = task->dtype;
    bool residual = has_residual(task);
    c->count = unit_count(l, unit);
    c->x = part(task->x[input], start_x, dtype);
    c->residual = residual ? part(task->x[1], start, dtype) : NULL;
    c->dy = part(task->dy, start, dtype);
    c->y = part(task->y, start, dtype);
    c->dx = part(task->dx[input], start_x, dtype);
    c->adds = task->accumulate[input];
    c->dresidual = residual ? part(task->dx[1], start, dtype) : NULL;
    c->slope = (float)((const cc_batch_norm_attr *)task->attr)->slope;
    spread_all(&c->k, k, unit_block(l, unit), l->block);
}

/* x - mean and z, of row i. The mean is taken off first: x * scale + shift' would lose what x and mean have
 * in common. */
CC_INLINE void linear(cc_f32x16 *centred, cc_f32x16 *z, const chunk *c, int64_t i, bool residual,
                      cc_dtype dtype) {
    cc_f32x16 other;
    load_row(centred, c->x, i, c->count, dtype);
    *centred -= c->k.mean;
    *z = *centred * c->k.scale + c->k.shift;
    if (!residual) return;
    load_row(&other, c->residual, i, c->count, dtype);
    *z += other;
}

CC_INLINE void normalise_as(cc_activation kind, const chunk *given, bool residual, cc_dtype dtype) {
    const chunk c = *given; /* what is stored could else be a part of it */
    for (int64_t i = 0; i < c.count; i += LANES) {
        cc_f32x16 centred, z;
        linear(&centred, &z, &c, i, residual, dtype);
        cc_activate_16(&z, kind, c.slope);
        store_row(c.y, i, c.count, &z, dtype);
    }
}

/* f(..., c, whether there is a residual, dtype), all but the first known when compiled. */
#define FOR_CASE(f, c, dtype, ...)                                                                           \
    if (dtype == CC_F32)                                                                                     \
        (c)->residual ? f(__VA_ARGS__, c, true, CC_F32) : f(__VA_ARGS__, c, false, CC_F32);                  \
    else                                                                                                     \
        (c)->residual ? f(__VA_ARGS__, c, true, CC_BF16) : f(__VA_ARGS__, c, false, CC_BF16)

CC_HOT static void normalise(const chunk *c, cc_activation kind, cc_dtype dtype) {
#define CALL(k) FOR_CASE(normalise_as, c, dtype, k)
    CC_FOR_ACTIVATION(kind, CALL)
#undef CALL
}

static cc_status forward(cc_task *task) {
    layout l = layout_of(task);
    sums *parts = task->scratch;
    constants k = constants_at(task->training ? task->saved : (void *)(parts + l.units), &l);
    if (task->training) {
#pragma omp parallel for schedule(static)
        for (int64_t u = 0; u < l.units; u++) {
            int input;
            const int64_t start = start_in_input(&input, task, &l, u);
            moments(&parts[u], cc_values_at(task->x[input], start, task->dtype), unit_count(&l, u), l.block,
                    task->dtype);
        }
        use_batch(task, &l, &k, parts);
    } else {
        use_running(task, &l, &k);
    }
    fill_scale(task, &l, &k);
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < l.units; u++) {
        chunk c;
        fill_chunk(&c, task, &l, &k, u);
        normalise(&c, ((const cc_batch_norm_attr *)task->attr)->activation, task->dtype);
    }
    return CC_OK;
}

/* Backward: sums of g and of g (x - mean) over a chunk, with z computed anew from x. */
CC_INLINE void back_sums_as(cc_activation kind, sums *out, int64_t block, const chunk *c, bool residual,
                            cc_dtype dtype) {
    cc_f32x16 g_sum[PARALLEL] = {0}, gx_sum[PARALLEL] = {0};
    for (int64_t i = 0; i < c->count; i += PARALLEL * LANES)
        for (int k = 0; k < PARALLEL && i + k * LANES < c->count; k++) {
            cc_f32x16 centred, z, g;
            linear(&centred, &z, c, i + k * LANES, residual, dtype);
            load_row(&g, c->dy, i + k * LANES, c->count, dtype);
            cc_activate_back_16(&g, &z, kind, c->slope);
            g_sum[k] += g;
            gx_sum[k] += g * centred;
        }
    for (int k = 0; k < PARALLEL; k++) {
        fold(out->first, &g_sum[k], block);
        fold(out->second, &gx_sum[k], block);
    }
}

/* first = sum of g, second = sum of g (x - mean), where g = dy f'(z). */
CC_HOT static void back_sums(sums *out, const chunk *c, int64_t block, cc_activation kind, cc_dtype dtype) {
    memset(out, 0, sizeof *out);
#define CALL(k) FOR_CASE(back_sums_as, c, dtype, k, out, block)
    CC_FOR_ACTIVATION(kind, CALL)
#undef CALL
}

/* Backward: dx and dresidual of a chunk, by the constants a and b of find_gradients. */
CC_INLINE void back_rows_as(cc_activation kind, const chunk *given, bool residual, cc_dtype dtype) {
    const chunk c = *given;
    for (int64_t i = 0; i < c.count; i += LANES) {
        cc_f32x16 centred, z, g, dx;
        linear(&centred, &z, &c, i, residual, dtype);
        load_row(&g, c.dy, i, c.count, dtype);
        cc_activate_back_16(&g, &z, kind, c.slope);
        dx = c.k.scale * g + centred * c.a + c.b;
        if (c.adds) {
            cc_f32x16 before;
            load_row(&before, c.dx, i, c.count, dtype);
            dx += before;
        }
        if (c.dx) store_row(c.dx, i, c.count, &dx, dtype);
        if (residual && c.dresidual) store_row(c.dresidual, i, c.count, &g, dtype);
    }
}

CC_HOT static void back_rows(const chunk *c, cc_activation kind, cc_dtype dtype) {
#define CALL(k) FOR_CASE(back_rows_as, c, dtype, k)
    CC_FOR_ACTIVATION(kind, CALL)
#undef CALL
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
        fill_chunk(&c, task, &l, &k, u);
        back_sums(&parts[u], &c, l.block, kind, task->dtype);
    }
    find_gradients(task, &l, &k, parts, a, b);
    bool wanted = false;
    for (int i = 0; i < task->input_count; i++) wanted |= task->dx[i] != NULL;
    if (!wanted) return CC_OK;
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < l.units; u++) {
        chunk c;
        fill_chunk(&c, task, &l, &k, u);
        spread(&c.a, a, unit_block(&l, u), l.block);
        spread(&c.b, b, unit_block(&l, u), l.block);
        back_rows(&c, kind, task->dtype);
    }
    return CC_OK;
}

const cc_kernel cc_batch_norm_cpu = {.plan = plan, .forward = forward, .backward = backward};
