/* nets/backends/cpu/norm.c -- moments of chunks, normalisation, and its two passes backward, for the ops of
 * norm.h; each way memory is read twice, once for the sums and once to use them.
 *
 * Moments are found about each chunk's own mean and merged (Chan, Golub & LeVeque 1983: M2 = M2a + M2b +
 * (mean difference)^2 na nb / n), so that a large mean costs no precision. Loops are compiled for each
 * activation, precision, and with and without a residual; but where a sigmoid takes most of the time, and
 * most of the code, one loop serves more cases (FOR_KIND). */
#include "nets/backends/cpu/norm.h"

#include <math.h>
#include <string.h>
#include "core/hot.h"
#include "nets/backends/cpu/lane_activations.h"

enum {
    LANES = CC_NORM_LANES,
    CHUNK = CC_PIECE,
    PARALLEL = 4, /* independent sums: an addition waits for the one before it in the same sum */
};

typedef struct lanes { /* constants of one block, repeated over the lanes */
    cc_f32x16 mean, scale, shift;
} lanes;

cc_norm_layout cc_norm_layout_of(const cc_task *task) {
    const cc_shape *s = task->output_shape;
    cc_norm_layout l = {.block = task->input_blocks[0],
                        .channels = s->dims[1],
                        .images = s->dims[0],
                        .pixels = cc_shape_pixels(s)};
    l.blocks = cc_blocks(s, l.block);
    l.width = l.blocks * l.block;
    l.plane = l.pixels * l.block;
    l.of_plane = (l.plane + CHUNK - 1) / CHUNK;
    l.chunks = l.images * l.blocks * l.of_plane;
    l.joined = task->input_shapes[0]->dims[1] < l.channels;
    return l;
}

/* Values of a chunk. */
static int64_t chunk_count(const cc_norm_layout *l, int64_t chunk) {
    int64_t start = chunk % l->of_plane * CHUNK;
    return l->plane - start < CHUNK ? l->plane - start : CHUNK;
}
static int64_t chunk_start(const cc_norm_layout *l, int64_t chunk) {
    return chunk / l->of_plane * l->plane + chunk % l->of_plane * CHUNK;
}

/* The input that holds the chunk's block of channels, and where it begins there. */
static int64_t start_in_input(int *input, const cc_task *task, const cc_norm_layout *l, int64_t chunk) {
    *input = 0;
    if (!l->joined) return chunk_start(l, chunk);
    const int64_t plane = chunk / l->of_plane, n = plane / l->blocks;
    int64_t block = plane % l->blocks, blocks = cc_blocks(task->input_shapes[0], l->block);
    while (block >= blocks) {
        block -= blocks;
        blocks = cc_blocks(task->input_shapes[++*input], l->block);
    }
    return (n * blocks + block) * l->plane + chunk % l->of_plane * CHUNK;
}

cc_norm_constants cc_norm_constants_at(float *memory, const cc_norm_layout *l, int64_t images) {
    const int64_t n = images * l->width;
    return (cc_norm_constants){.mean = memory,
                               .rstd = memory + n,
                               .scale = memory + 2 * n,
                               .shift = memory + 3 * n,
                               .each = images > 1 ? l->width : 0};
}

/* A vector of a block's channels, repeated over the lanes. */
static void spread(cc_f32x16 *out, const float *vector, int64_t block) {
    for (int i = 0; i < LANES; i++) (*out)[i] = vector[i % block];
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

/* Two passes over a chunk, which is in the cache for the second: the mean of each channel, then sums about
 * it. `extra` is what the float32 mean missed: by its square the sum of squares is too large. */
CC_INLINE void moments_as(cc_norm_sums *out, const void *x, int64_t count, int64_t block, cc_dtype dtype) {
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
CC_HOT static void moments(cc_norm_sums *out, const void *x, int64_t count, int64_t block, cc_dtype dtype) {
    memset(out, 0, sizeof *out);
#define CALL(d) moments_as(out, x, count, block, d)
    CC_FOR_DTYPE(dtype, CALL);
#undef CALL
}

void cc_norm_moments(cc_norm_sums *out, const cc_task *task, const cc_norm_layout *l, int64_t chunk) {
    int input;
    const int64_t start = start_in_input(&input, task, l, chunk);
    moments(out, cc_values_at(task->x[input], start, task->dtype), chunk_count(l, chunk), l->block,
            task->dtype);
}

/* Channel c's sums of chunk `which` of image n. */
static const cc_norm_sums *sums_of(const cc_norm_sums *parts, const cc_norm_layout *l, int64_t n, int64_t c,
                                   int64_t which) {
    return &parts[cc_norm_chunk(l, n, c / l->block, which)];
}

void cc_norm_merge(double *mean, double *squares, const cc_norm_sums *parts, const cc_norm_layout *l,
                   int64_t n, int64_t images, int64_t channel, int64_t channels) {
    double total = 0, about = 0;
    for (int64_t i = n; i < n + images; i++)
        for (int64_t c = channel; c < channel + channels; c++)
            for (int64_t k = 0; k < l->of_plane; k++)
                total += sums_of(parts, l, i, c, k)->first[c % l->block];
    *mean = total / (double)(images * channels * l->pixels);
    for (int64_t i = n; i < n + images; i++)
        for (int64_t c = channel; c < channel + channels; c++)
            for (int64_t k = 0; k < l->of_plane; k++) {
                const cc_norm_sums *part = sums_of(parts, l, i, c, k);
                double count = (double)chunk_count(l, k) / (double)l->block,
                       off = part->first[c % l->block] / count - *mean;
                about += part->second[c % l->block] + count * off * off;
            }
    *squares = about;
}

void cc_norm_add(double *first, double *second, const cc_norm_sums *parts, const cc_norm_layout *l, int64_t n,
                 int64_t images, int64_t channel) {
    *first = *second = 0;
    for (int64_t i = n; i < n + images; i++)
        for (int64_t k = 0; k < l->of_plane; k++) {
            const cc_norm_sums *part = sums_of(parts, l, i, channel, k);
            *first += part->first[channel % l->block];
            *second += part->second[channel % l->block];
        }
}

/* A chunk of what is read and written; residual may be NULL, the gradients too. */
typedef struct chunk {
    const void *x, *residual, *dy;
    void *y, *dx, *dresidual;
    bool adds; /* to dx */
    int64_t count;
    lanes k;
    float slope;    /* of a leaky relu */
    cc_f32x16 a, b; /* of cc_norm_back */
} chunk;

static void *part(const void *values, int64_t start, cc_dtype dtype) {
    return values ? cc_values_at(values, start, dtype) : NULL;
}

/* Which of the vectors a chunk has: its image's and block's. */
static int64_t vector_at(const cc_norm_layout *l, const cc_norm_constants *k, int64_t index) {
    const int64_t plane = index / l->of_plane;
    return plane / l->blocks * k->each + plane % l->blocks * l->block;
}

static void fill_chunk(chunk *c, const cc_task *task, const cc_norm_layout *l, const cc_norm_constants *k,
                       cc_norm_activation f, int64_t index) {
    int input;
    const int64_t start = chunk_start(l, index), start_x = start_in_input(&input, task, l, index),
                  at = vector_at(l, k, index);
    const cc_dtype dtype = task->dtype;
    const bool residual = !l->joined && task->input_count == 2;
    c->count = chunk_count(l, index);
    c->x = part(task->x[input], start_x, dtype);
    c->residual = residual ? part(task->x[1], start, dtype) : NULL;
    c->dy = part(task->dy, start, dtype);
    c->y = part(task->y, start, dtype);
    c->dx = part(task->dx[input], start_x, dtype);
    c->adds = task->accumulate[input];
    c->dresidual = residual ? part(task->dx[1], start, dtype) : NULL;
    c->slope = (float)f.slope;
    spread(&c->k.mean, k->mean + at, l->block);
    spread(&c->k.scale, k->scale + at, l->block);
    spread(&c->k.shift, k->shift + at, l->block);
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

/* The same, where each row asks whether there is a residual. */
#define FOR_ROWS(f, c, dtype, ...)                                                                           \
    if (dtype == CC_F32)                                                                                     \
        f(__VA_ARGS__, c, (c)->residual != NULL, CC_F32);                                                    \
    else                                                                                                     \
        f(__VA_ARGS__, c, (c)->residual != NULL, CC_BF16)

/* CC_FOR_ACTIVATION, but SiLU and the sigmoid share call_rows, in which rows ask which of the two it is. For
 * two of three kinds of processors each comparison of 16 values is compiled value by value: compiled apart,
 * these two activations took half of this file's time of compiling. */
#define FOR_KIND(kind, call, call_rows)                                                                      \
    switch (kind) {                                                                                          \
    case CC_ACTIVATION_NONE:                                                                                 \
        call(CC_ACTIVATION_NONE);                                                                            \
        break;                                                                                               \
    case CC_ACTIVATION_RELU:                                                                                 \
        call(CC_ACTIVATION_RELU);                                                                            \
        break;                                                                                               \
    case CC_ACTIVATION_LEAKY_RELU:                                                                           \
        call(CC_ACTIVATION_LEAKY_RELU);                                                                      \
        break;                                                                                               \
    case CC_ACTIVATION_SILU:                                                                                 \
    case CC_ACTIVATION_SIGMOID:                                                                              \
        call_rows(kind == CC_ACTIVATION_SILU ? CC_ACTIVATION_SILU : CC_ACTIVATION_SIGMOID);                  \
        break;                                                                                               \
    }

CC_HOT static void normalise(const chunk *c, cc_activation kind, cc_dtype dtype) {
#define CALL(k)      FOR_CASE(normalise_as, c, dtype, k)
#define CALL_ROWS(k) FOR_ROWS(normalise_as, c, dtype, k)
    FOR_KIND(kind, CALL, CALL_ROWS)
#undef CALL_ROWS
#undef CALL
}

void cc_norm_forward(const cc_task *task, const cc_norm_layout *layout, const cc_norm_constants *constants,
                     cc_norm_activation f, int64_t index) {
    chunk c;
    fill_chunk(&c, task, layout, constants, f, index);
    normalise(&c, f.kind, task->dtype);
}

/* Backward: sums of g and of g (x - mean) over a chunk, with z computed anew from x. */
CC_INLINE void back_sums_as(cc_activation kind, cc_norm_sums *out, int64_t block, const chunk *c,
                            bool residual, cc_dtype dtype) {
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
CC_HOT static void back_sums(cc_norm_sums *out, const chunk *c, int64_t block, cc_activation kind,
                             cc_dtype dtype) {
    memset(out, 0, sizeof *out);
#define CALL(k)      FOR_CASE(back_sums_as, c, dtype, k, out, block)
#define CALL_ROWS(k) FOR_ROWS(back_sums_as, c, dtype, k, out, block)
    FOR_KIND(kind, CALL, CALL_ROWS)
#undef CALL_ROWS
#undef CALL
}

void cc_norm_back_sums(cc_norm_sums *out, const cc_task *task, const cc_norm_layout *layout,
                       const cc_norm_constants *constants, cc_norm_activation f, int64_t index) {
    chunk c;
    fill_chunk(&c, task, layout, constants, f, index);
    back_sums(out, &c, layout->block, f.kind, task->dtype);
}

/* Backward: dx and dresidual of a chunk, by its a and b. Everything is known when this is compiled: of the
 * two products in dx the compiler joins one with the sum, and which one, on which the last bit depends,
 * changes with what else the loop does. */
CC_INLINE void back_rows_in(cc_activation kind, const chunk *given, bool residual, bool adds,
                            cc_dtype dtype) {
    const chunk c = *given;
    for (int64_t i = 0; i < c.count; i += LANES) {
        cc_f32x16 centred, z, g, dx;
        linear(&centred, &z, &c, i, residual, dtype);
        load_row(&g, c.dy, i, c.count, dtype);
        cc_activate_back_16(&g, &z, kind, c.slope);
        dx = c.k.scale * g + centred * c.a + c.b;
        if (adds) {
            cc_f32x16 before;
            load_row(&before, c.dx, i, c.count, dtype);
            dx += before;
        }
        if (c.dx) store_row(c.dx, i, c.count, &dx, dtype);
        if (residual && c.dresidual) store_row(c.dresidual, i, c.count, &g, dtype);
    }
}

CC_INLINE void back_rows_as(cc_activation kind, const chunk *c, bool residual, cc_dtype dtype) {
    back_rows_in(kind, c, residual, false, dtype);
}
CC_INLINE void back_rows_adding(cc_activation kind, const chunk *c, bool residual, cc_dtype dtype) {
    back_rows_in(kind, c, residual, true, dtype);
}

CC_HOT static void back_rows(const chunk *c, cc_activation kind, cc_dtype dtype){
#define CALL(k) FOR_CASE(back_rows_as, c, dtype, k)
    CC_FOR_ACTIVATION(kind, CALL)
#undef CALL
}

CC_HOT static void back_rows_added(const chunk *c, cc_activation kind, cc_dtype dtype) {
#define CALL(k) FOR_CASE(back_rows_adding, c, dtype, k)
    CC_FOR_ACTIVATION(kind, CALL)
#undef CALL
}

void cc_norm_back(const cc_task *task, const cc_norm_layout *layout, const cc_norm_constants *constants,
                  const float *a, const float *b, cc_norm_activation f, int64_t index) {
    const int64_t at = vector_at(layout, constants, index);
    chunk c;
    fill_chunk(&c, task, layout, constants, f, index);
    spread(&c.a, a + at, layout->block);
    spread(&c.b, b + at, layout->block);
    if (c.adds)
        back_rows_added(&c, f.kind, task->dtype);
    else
        back_rows(&c, f.kind, task->dtype);
}
