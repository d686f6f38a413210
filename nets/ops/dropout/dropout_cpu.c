/* nets/ops/dropout/dropout_cpu.c -- dropout, eight channels of a pixel at a time, as they are drawn.
 *
 * Where a block holds whole groups of eight, a group lies side by side in memory and is one vector; in a plain
 * layout its channels lie a plane apart and are taken one by one. Work is cut into pieces of the pixels of one
 * group of one image. Drawing costs about as much as reading the values does, and less memory than a mask that is
 * kept for the backward pass. */
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/ops/dropout/dropout.h"

enum { GROUP = CC_DROPOUT_GROUP, PIECE = CC_PIECE / GROUP };

extern const cc_kernel cc_dropout_cpu;

static cc_status plan(cc_task *task) {
    task->output_block = task->input_blocks[0];
    return CC_OK;
}

/* Pixels first ... first + count - 1 of one group of channels of image n. */
typedef struct piece {
    int64_t n, group, first, count;
    int64_t start;          /* where channel 0 of the group's pixel `first` lies */
    int64_t pixel, channel; /* from pixel to pixel, from channel to channel of the group */
    int channels;           /* of the group that are there, those that fill a block included */
} piece;

/* How an activation is cut: pieces are numbered [n][group][piece of the plane]. Blocks hold 1 channel or whole
 * groups; the groups of the last block's filling have no draws of their own, and need none. */
typedef struct cuts {
    int64_t block, blocks, groups, pixels, of_plane, count;
} cuts;

static cuts cuts_of(const cc_task *task) {
    const cc_shape *s = task->output_shape;
    cuts c = {.block = task->output_block, .pixels = cc_shape_pixels(s)};
    c.blocks = cc_blocks(s, c.block);
    c.groups = (c.blocks * c.block + GROUP - 1) / GROUP;
    c.of_plane = (c.pixels + PIECE - 1) / PIECE;
    c.count = s->dims[0] * c.groups * c.of_plane;
    return c;
}

static piece piece_at(const cuts *c, int64_t index) {
    piece p = {.n = index / c->of_plane / c->groups,
               .group = index / c->of_plane % c->groups,
               .first = index % c->of_plane * PIECE,
               .channels = GROUP};
    const int64_t channel = p.group * GROUP, left = c->blocks * c->block - channel;
    p.count = c->pixels - p.first < PIECE ? c->pixels - p.first : PIECE;
    if (left < GROUP) p.channels = (int)left;
    /* [n][block of channels][pixel][channel of the block] */
    p.pixel = c->block;
    p.channel = c->block == 1 ? c->pixels : 1;
    p.start = ((p.n * c->blocks + channel / c->block) * c->pixels + p.first) * c->block + channel % c->block;
    return p;
}

/* to (+)= from s, a vector of eight neighbours a pixel; `scales`: [pixel][8] */
CC_INLINE void scale_vectors(void *to, const void *from, const float *scales, const piece *p, bool add,
                             cc_dtype dtype) {
    for (int64_t i = 0; i < p->count; i++) {
        cc_f32x8 values, before, s = *(const cc_f32x8 *)(scales + i * GROUP);
        const int64_t at = p->start + i * p->pixel;
        cc_load_8(&values, from, at, dtype);
        values *= s;
        if (add) {
            cc_load_8(&before, to, at, dtype);
            values += before;
        }
        cc_store_8(to, at, &values, dtype);
    }
}

/* The same, a channel after the other. */
CC_INLINE void scale_planes(void *to, const void *from, const float *scales, const piece *p, bool add,
                            cc_dtype dtype) {
    for (int c = 0; c < p->channels; c++)
        for (int64_t i = 0; i < p->count; i++) {
            const int64_t at = p->start + c * p->channel + i * p->pixel;
            float value = cc_load(from, at, dtype) * scales[i * GROUP + c];
            cc_store(to, at, add ? value + cc_load(to, at, dtype) : value, dtype);
        }
}

CC_HOT static void scale_piece(void *to, const void *from, const float *scales, const piece *p, bool add,
                               cc_dtype dtype) {
#define VECTORS(d) scale_vectors(to, from, scales, p, add, d)
#define PLANES(d)  scale_planes(to, from, scales, p, add, d)
    if (p->pixel > 1) { /* blocks */
        CC_FOR_DTYPE(dtype, VECTORS);
    } else {
        CC_FOR_DTYPE(dtype, PLANES);
    }
#undef VECTORS
#undef PLANES
}

/* to (+)= from s over the whole activation; s is 1 where nothing trains. */
static void scale(const cc_task *task, void *to, const void *from, bool add) {
    const cc_draw none = {0};
    const cc_dropout_draws draws =
        cc_dropout_start(task->attr, task->training ? task->draw : &none, task->output_shape);
    const cuts c = cuts_of(task);
#pragma omp parallel for schedule(static)
    for (int64_t index = 0; index < c.count; index++) {
        float scales[PIECE * GROUP];
        piece p = piece_at(&c, index);
        for (int64_t i = 0; i < p.count * GROUP; i++) scales[i] = 1;
        for (int64_t i = 0; task->training && p.group < draws.groups && i < p.count; i++)
            cc_dropout_scales(scales + i * GROUP, &draws, p.n, p.first + i, p.group);
        scale_piece(to, from, scales, &p, add, task->dtype);
    }
}

static cc_status forward(cc_task *task) {
    scale(task, task->y, task->x[0], false);
    return CC_OK;
}

static cc_status backward(cc_task *task) {
    if (task->dx[0]) scale(task, task->dx[0], task->dy, task->accumulate[0]);
    return CC_OK;
}

const cc_kernel cc_dropout_cpu = {
    .plan = plan, .forward = forward, .backward = backward, .accumulates = true};
