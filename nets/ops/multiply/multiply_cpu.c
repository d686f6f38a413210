/* nets/ops/multiply/multiply_cpu.c -- products of blocked activations, the second of which may be repeated and may
 * have another block.
 *
 * A plane (one n, one block of x0's channels) is cut into pieces; for each, x1's values are laid out as x0's are,
 * whatever repeats them, and the rest is a plain product. The gradient of x1 has a way for each kind of repetition:
 *   places    x1 has all of x0's pixels: no sum over pixels. Of all channels: a product. Of one: a sum over blocks
 *             and lanes, a piece of pixels at a time.
 *   no places sums of each plane onto x1's pixels in scratch, float64 by lane; then over channels where x1 has one.
 * Every sum has one owner and one order: results do not depend on the number of threads. */
#include <string.h>
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/ops/multiply/multiply.h"

enum { LANES = 16 };

extern const cc_kernel cc_multiply_cpu;

typedef struct geometry {
    int64_t n, channels, block, blocks, pixels;                          /* x0's */
    int64_t factor_channels, factor_block, factor_blocks, factor_pixels; /* x1's */
    int64_t extent[CC_SPATIAL_MAX], factor_extent[CC_SPATIAL_MAX];
    bool places;           /* x1 has a value for each pixel */
    int64_t piece, pieces; /* pixels of a piece; pieces of a plane */
    cc_dtype dtype;
} geometry;

static geometry geometry_of(const cc_task *task) {
    const cc_shape *x0 = task->input_shapes[0], *x1 = task->input_shapes[1];
    geometry g = {.n = x0->dims[0],
                  .channels = x0->dims[1],
                  .block = task->input_blocks[0],
                  .pixels = cc_shape_pixels(x0),
                  .factor_channels = x1->dims[1],
                  .factor_block = task->input_blocks[1],
                  .factor_pixels = cc_shape_pixels(x1),
                  .dtype = task->dtype};
    g.blocks = cc_blocks(x0, g.block);
    g.factor_blocks = cc_blocks(x1, g.factor_block);
    cc_shape_spatial(g.extent, x0);
    cc_shape_spatial(g.factor_extent, x1);
    g.places = g.pixels == g.factor_pixels;
    g.piece = CC_PIECE / g.block;
    g.pieces = (g.pixels + g.piece - 1) / g.piece;
    return g;
}

/* Sums of a plane onto x1's pixels, [n][block][x1's pixels][lane]. */
static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    geometry g = geometry_of(task);
    if (g.block > LANES)
        return cc_fail(CC_EUNSUPPORTED, NULL, NULL, "blocks of %lld channels", (long long)g.block);
    if (task->training && !g.places)
        task->scratch_bytes = (size_t)(g.n * g.blocks * g.factor_pixels * g.block) * sizeof(double);
    return CC_OK;
}

/* Pixels [first, first + count) of plane `plane`; `start` of their values in x0's layout. */
typedef struct piece {
    int64_t plane, first, count, start;
    int64_t lanes; /* channels that are there; the rest fill the block */
} piece;

static piece piece_at(const geometry *g, int64_t plane, int64_t which) {
    piece p = {.plane = plane, .first = which * g->piece};
    p.count = g->pixels - p.first < g->piece ? g->pixels - p.first : g->piece;
    p.start = (plane * g->pixels + p.first) * g->block;
    p.lanes = g->channels - plane % g->blocks * g->block;
    if (p.lanes > g->block) p.lanes = g->block;
    return p;
}

/* Where channel c of image n and pixel q of x1 stands. */
CC_INLINE int64_t factor_at(const geometry *g, int64_t n, int64_t c, int64_t q) {
    return ((n * g->factor_blocks + c / g->factor_block) * g->factor_pixels + q) * g->factor_block +
           c % g->factor_block;
}

/* The pixel of x1 that a pixel of x0 meets. */
CC_INLINE int64_t factor_pixel(const geometry *g, int64_t pixel) {
    if (g->places) return pixel;
    return g->factor_pixels == 1 ? 0 : cc_multiply_pixel(g->extent, g->factor_extent, pixel);
}

/* Whether a piece of x1 is laid out as one of x0. */
static bool is_same(const geometry *g) {
    return g->places && g->factor_channels == g->channels && g->factor_block == g->block;
}

/* room: x1's values in x0's layout, [pixel][lane], zero in the channels that fill the block. */
CC_HOT static void lay_out(float *restrict room, const void *factor, const geometry *g, const piece *p) {
    const int64_t n = p->plane / g->blocks, channel = p->plane % g->blocks * g->block;
    const bool repeats = g->factor_pixels == 1; /* the first pixel's values are all pixels' */
    memset(room, 0, (size_t)(p->count * g->block) * sizeof *room);
    for (int64_t i = 0; i < (repeats ? 1 : p->count); i++) {
        const int64_t q = factor_pixel(g, p->first + i);
        const float of_all = g->factor_channels == 1 ? cc_load(factor, factor_at(g, n, 0, q), g->dtype) : 0;
        for (int64_t j = 0; j < p->lanes; j++)
            room[i * g->block + j] =
                g->factor_channels == 1 ? of_all : cc_load(factor, factor_at(g, n, channel + j, q), g->dtype);
    }
    for (int64_t i = 1; repeats && i < p->count; i++)
        memcpy(room + i * g->block, room, (size_t)g->block * sizeof *room);
}

CC_HOT static void multiply(float *restrict y, const float *x, const float *restrict factor, int64_t count,
                            bool add) {
    if (add)
        for (int64_t i = 0; i < count; i++) y[i] += x[i] * factor[i];
    else
        for (int64_t i = 0; i < count; i++) y[i] = x[i] * factor[i];
}

/* y = or += x x1, in x0's layout: the forward pass, and dx0 of dy. */
static void multiply_all(const cc_task *task, void *y, const void *x, bool add) {
    const geometry g = geometry_of(task);
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < g.n * g.blocks * g.pieces; u++) {
        const piece p = piece_at(&g, u / g.pieces, u % g.pieces);
        const int64_t count = p.count * g.block;
        float x_room[CC_PIECE], factor_room[CC_PIECE], y_room[CC_PIECE],
            *to = cc_values_room(y_room, y, p.start, g.dtype);
        const float *factor = factor_room;
        if (is_same(&g))
            factor = cc_values_read(factor_room, task->x[1], p.start, count, g.dtype);
        else
            lay_out(factor_room, task->x[1], &g, &p);
        if (add) cc_values_read(to, y, p.start, count, g.dtype);
        multiply(to, cc_values_read(x_room, x, p.start, count, g.dtype), factor, count, add);
        cc_values_write(y, p.start, to, count, g.dtype);
    }
}

static cc_status forward(cc_task *task) {
    multiply_all(task, task->y, task->x[0], false);
    return CC_OK;
}

/* dy x0 of a piece, float32. */
static void product_of(float *room, const cc_task *task, const geometry *g, const piece *p) {
    float x_room[CC_PIECE], dy_room[CC_PIECE];
    const int64_t count = p->count * g->block;
    multiply(room, cc_values_read(dy_room, task->dy, p->start, count, g->dtype),
             cc_values_read(x_room, task->x[0], p->start, count, g->dtype), count, false);
}

/* One value of dx1. */
CC_INLINE void put_factor(const cc_task *task, const geometry *g, int64_t at, double value) {
    if (task->accumulate[1]) value += (double)cc_load(task->dx[1], at, g->dtype);
    cc_store(task->dx[1], at, (float)value, g->dtype);
}

/* dx1 = dy x0, value by value, in x1's layout. */
static void gradient_of_values(const cc_task *task, const geometry *g) {
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < g->n * g->blocks * g->pieces; u++) {
        const piece p = piece_at(g, u / g->pieces, u % g->pieces);
        const int64_t n = p.plane / g->blocks, channel = p.plane % g->blocks * g->block;
        float room[CC_PIECE];
        product_of(room, task, g, &p);
        for (int64_t j = 0; j < p.lanes; j++) /* by channel: the order of a block of 1 */
            for (int64_t i = 0; i < p.count; i++)
                put_factor(task, g, factor_at(g, n, channel + j, p.first + i),
                           (double)room[i * g->block + j]);
    }
}

/* dx1[n,p] = sum over channels of dy x0: block after block into sums of each lane, then over the lanes. */
static void gradient_of_places(const cc_task *task, const geometry *g) {
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < g->n * g->pieces; u++) {
        const int64_t n = u / g->pieces;
        float sums[CC_PIECE], room[CC_PIECE];
        piece p = {0};
        memset(sums, 0, sizeof sums);
        for (int64_t k = 0; k < g->blocks; k++) {
            p = piece_at(g, n * g->blocks + k, u % g->pieces);
            product_of(room, task, g, &p);
            for (int64_t i = 0; i < p.count * g->block; i++) sums[i] += room[i];
        }
        for (int64_t i = 0; i < p.count; i++) {
            double sum = 0;
            for (int64_t j = 0; j < g->block; j++) sum += (double)sums[i * g->block + j];
            put_factor(task, g, factor_at(g, n, 0, p.first + i), sum);
        }
    }
}

/* Sums of dy x0 of one plane over the pixels that meet the same pixel of x1, by lane. */
static void sum_plane(double *sums, const cc_task *task, const geometry *g, int64_t plane) {
    float room[CC_PIECE];
    memset(sums, 0, (size_t)(g->factor_pixels * g->block) * sizeof *sums);
    for (int64_t k = 0; k < g->pieces; k++) {
        const piece p = piece_at(g, plane, k);
        product_of(room, task, g, &p);
        for (int64_t i = 0; i < p.count; i++) {
            double *to = sums + factor_pixel(g, p.first + i) * g->block;
            for (int64_t j = 0; j < g->block; j++) to[j] += (double)room[i * g->block + j];
        }
    }
}

/* dx1 where a value of x1 meets several pixels: planes to sums, then sums to values. */
static void gradient_of_sums(const cc_task *task, const geometry *g) {
    double *sums = task->scratch;
    const int64_t each = g->factor_pixels * g->block;
#pragma omp parallel for schedule(static)
    for (int64_t plane = 0; plane < g->n * g->blocks; plane++) sum_plane(sums + plane * each, task, g, plane);
    for (int64_t n = 0; n < g->n; n++)
        for (int64_t q = 0; q < g->factor_pixels; q++) {
            double total = 0;
            for (int64_t c = 0; c < g->channels; c++) {
                const double sum = sums[(n * g->blocks + c / g->block) * each + q * g->block + c % g->block];
                total += sum;
                if (g->factor_channels > 1) put_factor(task, g, factor_at(g, n, c, q), sum);
            }
            if (g->factor_channels == 1) put_factor(task, g, factor_at(g, n, 0, q), total);
        }
}

/* dx0 = dy x1; dx1 = dy x0, added up over what x1 is repeated for. */
static cc_status backward(cc_task *task) {
    const geometry g = geometry_of(task);
    if (task->dx[0]) multiply_all(task, task->dx[0], task->dy, task->accumulate[0]);
    if (!task->dx[1]) return CC_OK;
    if (!task->accumulate[1])
        cc_blocked_clear_filling(task->dx[1], task->input_shapes[1], g.factor_block, g.dtype);
    if (!g.places)
        gradient_of_sums(task, &g);
    else if (g.factor_channels == g.channels)
        gradient_of_values(task, &g);
    else
        gradient_of_places(task, &g);
    return CC_OK;
}

const cc_kernel cc_multiply_cpu = {
    .plan = plan, .forward = forward, .backward = backward, .accumulates = true};
