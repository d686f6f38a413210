/* nets/ops/channel_pool/channel_pool_cpu.c -- the largest value or the mean over channels, of a piece of pixels at
 * a time.
 *
 * Block after block is held against the best so far, lane by lane, and the lanes against each other at the end;
 * the channel that won is kept, so that backward needs dy alone. The output, of one channel, has a block of 1. */
#include <string.h>
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/ops/channel_pool/channel_pool.h"

extern const cc_kernel cc_channel_pool_cpu;

typedef struct geometry {
    int64_t n, channels, block, blocks, pixels;
    int64_t piece, pieces; /* pixels of a piece; pieces of an image */
    bool mean;
    cc_dtype dtype;
} geometry;

static geometry geometry_of(const cc_task *task) {
    const cc_shape *x = task->input_shapes[0];
    geometry g = {.n = x->dims[0],
                  .channels = x->dims[1],
                  .block = task->input_blocks[0],
                  .pixels = cc_shape_pixels(x),
                  .mean = ((const cc_channel_pool_attr *)task->attr)->kind == CC_CHANNEL_POOL_MEAN,
                  .dtype = task->dtype};
    g.blocks = cc_blocks(x, g.block);
    g.piece = CC_PIECE / g.block;
    g.pieces = (g.pixels + g.piece - 1) / g.piece;
    return g;
}

/* saved: the number of the channel that won, of each pixel. */
static cc_status plan(cc_task *task) {
    task->output_block = 1;
    const geometry g = geometry_of(task);
    if (task->training && !g.mean) task->saved_bytes = (size_t)(g.n * g.pixels) * sizeof(int32_t);
    return CC_OK;
}

/* sums += values */
CC_HOT static void add_block(float *restrict sums, const float *restrict values, int64_t count) {
    for (int64_t i = 0; i < count; i++) sums[i] += values[i];
}

/* Block k against the best so far: a larger value wins, and NaN against what is none. */
CC_HOT static void hold_against(float *restrict best, int32_t *restrict who, const float *restrict values,
                                int64_t count, int32_t k) {
    for (int64_t i = 0; i < count; i++) {
        const int more = (values[i] > best[i]) | ((values[i] != values[i]) & (best[i] == best[i]));
        best[i] = more ? values[i] : best[i];
        who[i] = more ? k : who[i];
    }
}

/* The first channel of a pixel with the largest value, from the lanes' best values and their blocks. */
static int64_t largest(const float *best, const int32_t *who, int64_t block, int64_t lanes) {
    int64_t winner = who[0] * block, at = 0;
    for (int64_t j = 1; j < lanes; j++) {
        const int64_t channel = who[j] * block + j;
        const bool nan = best[j] != best[j], nan_before = best[at] != best[at];
        const bool more = (nan && !nan_before) || best[j] > best[at],
                   same = (nan && nan_before) || best[j] == best[at];
        if (!more && !(same && channel < winner)) continue;
        winner = channel;
        at = j;
    }
    return winner;
}

/* One piece of pixels. Lanes that fill the last block hold zeros, which must not win: that block's lanes are taken
 * pixel by pixel. */
static void forward_piece(const cc_task *task, const geometry *g, int64_t n, int64_t first) {
    float room[CC_PIECE], best[CC_PIECE];
    int32_t who[CC_PIECE];
    const int64_t pixels = g->pixels - first < g->piece ? g->pixels - first : g->piece,
                  count = pixels * g->block;
    const int64_t lanes = g->channels < g->block ? g->channels : g->block; /* of the first block */
    int32_t *winner = task->saved;
    memset(who, 0, sizeof who);
    for (int64_t k = 0; k < g->blocks; k++) {
        const float *values = cc_values_read(
            room, task->x[0], ((n * g->blocks + k) * g->pixels + first) * g->block, count, g->dtype);
        const int64_t there = g->channels - k * g->block; /* lanes of this block that are channels */
        if (k == 0)
            memcpy(best, values, (size_t)count * sizeof *best);
        else if (g->mean)
            add_block(best, values, count);
        else if (there >= g->block)
            hold_against(best, who, values, count, (int32_t)k);
        else
            for (int64_t i = 0; i < pixels; i++)
                hold_against(best + i * g->block, who + i * g->block, values + i * g->block, there,
                             (int32_t)k);
    }
    for (int64_t i = 0; i < pixels; i++) {
        const float *lane = best + i * g->block;
        double sum = 0;
        for (int64_t j = 0; g->mean && j < lanes; j++) sum += (double)lane[j];
        const int64_t won = g->mean ? 0 : largest(lane, who + i * g->block, g->block, lanes);
        if (winner && !g->mean) winner[n * g->pixels + first + i] = (int32_t)won;
        cc_store(task->y, n * g->pixels + first + i,
                 g->mean ? (float)(sum / (double)g->channels) : lane[won % g->block], g->dtype);
    }
}

/* x: [n][blocks][pixels][block], y: [n][pixels] */
static cc_status forward(cc_task *task) {
    const geometry g = geometry_of(task);
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < g.n * g.pieces; u++)
        forward_piece(task, &g, u / g.pieces, u % g.pieces * g.piece);
    return CC_OK;
}

/* dx of one piece of one plane: dy at the channel that won, or dy / C at all of them; zero at what fills the block.
 */
static void backward_piece(const cc_task *task, const geometry *g, int64_t plane, int64_t first) {
    float dy_room[CC_PIECE], dx_room[CC_PIECE];
    const int64_t pixels = g->pixels - first < g->piece ? g->pixels - first : g->piece, n = plane / g->blocks,
                  channel = plane % g->blocks * g->block, start = (plane * g->pixels + first) * g->block,
                  lanes = g->channels - channel < g->block ? g->channels - channel : g->block;
    const int32_t *winner = g->mean ? NULL : (const int32_t *)task->saved + n * g->pixels + first;
    const float *dy = cc_values_read(dy_room, task->dy, n * g->pixels + first, pixels, g->dtype);
    float *dx = cc_values_room(dx_room, task->dx[0], start, g->dtype);
    if (task->accumulate[0])
        cc_values_read(dx, task->dx[0], start, pixels * g->block, g->dtype);
    else
        memset(dx, 0, (size_t)(pixels * g->block) * sizeof *dx);
    for (int64_t i = 0; i < pixels; i++) {
        const int64_t lane = winner ? winner[i] - channel : 0;
        if (winner && lane >= 0 && lane < lanes) dx[i * g->block + lane] += dy[i];
        for (int64_t j = 0; !winner && j < lanes; j++) dx[i * g->block + j] += dy[i] / (float)g->channels;
    }
    cc_values_write(task->dx[0], start, dx, pixels * g->block, g->dtype);
}

static cc_status backward(cc_task *task) {
    const geometry g = geometry_of(task);
    if (!task->dx[0]) return CC_OK;
#pragma omp parallel for schedule(static)
    for (int64_t u = 0; u < g.n * g.blocks * g.pieces; u++)
        backward_piece(task, &g, u / g.pieces, u % g.pieces * g.piece);
    return CC_OK;
}

/* Neither x nor y: `saved` has the winners. */
static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

const cc_kernel cc_channel_pool_cpu = {
    .plan = plan, .forward = forward, .backward = backward, .backward_reads = reads, .accumulates = true};
