/* nets/ops/conv/cpu/winograd/winograd.c -- the algorithm "tiles": 3x3 and Dx3x3 convolutions of stride 1 by
 * Winograd's F(4x4, 3x3), weights transformed as they are used.
 *
 * Source: Lavin & Gray, Fast Algorithms for Convolutional Neural Networks, 2016. A tile of 6x6 inputs gives
 * 4x4 outputs with 36 products a pair of channels, where the direct way takes 144:
 *   y = A^T [ sum over input channels of (G w G^T) . (B^T x B) ] A     (. : value by value)
 * so that for each of the 36 values, here called points, the channels of all tiles make one matrix product.
 *
 * Of volumes, each slice of y is the sum of D convolutions of slices of x, one for each slice of the kernel:
 * the sum in brackets goes over these too. Tiles that lie behind each other make a stack, of as many slots as
 * x has slices with its padding: a slice of the kernel then shifts a whole matrix by one row, and each tile
 * of x is transformed once. Products of the last slots of a stack, D - 1, reach into the next one and are
 * dropped. An image has stacks of one slot. (Tiles in all three dimensions, 4x4x4, would multiply less, and
 * round more.)
 *
 * Implementations that transform all weights first write and read four times their size, which is most of the
 * work where images are small and channels many: at the bottom of a U-Net. Here a strip of weights is
 * transformed into the nearest caches, meets all tiles at hand, and is forgotten; but few weights, which fit
 * into those caches, are transformed once and kept. What a value is does not depend on the number of threads.
 *
 * A convolution is computed for a group of chunks of tiles at a time: the tiles of all source channels are
 * transformed, then each piece of work takes one chunk and two blocks of destination channels through all
 * source channels, a strip at a time. The gradient of the weights adds up groups of tiles instead. What is
 * done to one tile is in lanes.inc, for vectors of 8 and of 16 values.
 *
 * Activations and their gradients lie in blocks of 8 or 16 channels; weights and their gradient as [O /
 * block][I / block][[D,]3,3][channel of I][channel of O], channels beyond O and I zero. */
#include <omp.h>
#include <string.h>
#include "nets/backends/cpu/lanes.h"
#include "nets/engine/memory.h"
#include "nets/ops/conv/cpu/algorithm.h"
#include "nets/ops/conv/cpu/onednn_layout.h"
#include "nets/ops/conv/cpu/winograd/lanes.h"

enum {
    CHUNK = 64, /* slots: as many whole stacks as fit, at least one */
    STRIP = 64, /* channels */
    POINTS = CC_WINOGRAD_POINTS,
    WIDE = CC_WINOGRAD_WIDE,
    KEPT_BYTES = 2 << 20,   /* of transformed weights that are kept, at most */
    GROUP_BYTES = 16 << 20, /* of transformed tiles at a time, for the gradient of the weights */
};

/* A pass of a convolution. */
typedef struct winograd {
    const cc_conv_attr *attr;
    const cc_shape *x, *y; /* of the convolution's input and output */
    int64_t block;
    cc_dtype dtype;         /* of x, y and their gradients; sums are float32 */
    int threads;            /* as many as the scratch memory was asked for */
    cc_activation_attr end; /* what the forward pass ends with: none, relu, silu or leaky relu */
} winograd;

/* An activation whose tiles are taken. */
typedef struct side {
    const cc_shape *shape;
    void *values;
    int64_t padding, before; /* pixels before the first tile; slices before the first */
} side;

/* How tiles are numbered: slot after slot of a stack, stacks along rows of tiles, image after image. */
typedef struct work {
    const winograd *conv;
    const cc_winograd_lanes *lanes;
    int64_t block, slices, rows, columns; /* of an image: slices, rows and columns of tiles in each */
    int64_t taps, slots;                  /* slices of the kernel; slots of a stack */
    int64_t tiles, chunk, chunks;         /* slots of all images; of a chunk */
    int64_t product;                      /* rows of a chunk's product */
} work;

static int64_t round_up(int64_t value, int64_t to) {
    return (value + to - 1) / to * to;
}
/* An odd number of cache lines: steps of a power of two would all fall into one set of the cache. */
static int64_t step_of(int64_t values) {
    const int64_t line = 16;
    return (round_up(values, line) / line | 1) * line;
}
static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Tiles cover the image or volume `to`. */
static work work_of(const winograd *c, const cc_shape *to) {
    int64_t dhw[CC_SPATIAL_MAX];
    cc_shape_spatial(dhw, to);
    work w = {.conv = c,
              .lanes = c->block == 16 ? &cc_winograd_lanes_16 : &cc_winograd_lanes_8,
              .block = c->block,
              .slices = dhw[0],
              .rows = round_up(dhw[1], CC_WINOGRAD_TILE) / CC_WINOGRAD_TILE,
              .columns = round_up(dhw[2], CC_WINOGRAD_TILE) / CC_WINOGRAD_TILE,
              .taps = c->attr->kernel[0]};
    w.slots = w.slices + w.taps - 1;
    w.tiles = to->dims[0] * w.rows * w.columns * w.slots;
    w.chunk = smaller(CHUNK / w.slots > 1 ? CHUNK / w.slots * w.slots : w.slots, w.tiles);
    w.chunks = (w.tiles + w.chunk - 1) / w.chunk;
    w.product = round_up(w.chunk - (w.taps - 1), CC_WINOGRAD_ROWS);
    return w;
}

/* Slots that a chunk's product reads, of each block: with those by which its last slice is ahead. */
static int64_t slots_read(const work *w) {
    return w->product + w->taps - 1;
}

/* Where tile number `tile` lies in block `which` of channels; in a slice beyond the volume it has no rows. */
static cc_winograd_place place_of(const work *w, const side *s, int64_t which, int64_t tile) {
    int64_t dhw[CC_SPATIAL_MAX];
    const int64_t blocks = cc_blocks(s->shape, w->block), stack = tile / w->slots,
                  column = stack % w->columns, row = stack / w->columns % w->rows,
                  n = stack / w->columns / w->rows;
    int64_t slice = tile % w->slots - s->before;
    cc_shape_spatial(dhw, s->shape);
    const bool inside = slice >= 0 && slice < dhw[0];
    if (!inside) slice = 0;
    return (cc_winograd_place){
        .plane = cc_values_at(s->values, ((n * blocks + which) * dhw[0] + slice) * dhw[1] * dhw[2] * w->block,
                              w->conv->dtype),
        .height = inside ? dhw[1] : 0,
        .width = dhw[2],
        .top = row * CC_WINOGRAD_TILE - s->padding,
        .left = column * CC_WINOGRAD_TILE - s->padding,
        .dtype = w->conv->dtype};
}

/* Where the parts of the scratch memory of a convolution begin, in floats. */
typedef struct convolve_room {
    int64_t group;                            /* chunks transformed at a time */
    int64_t tile_step, weight_step, sum_step; /* from point to point */
    int64_t tiles;                            /* of one chunk */
    int64_t weights, thread;                  /* of one strip of weights; of one thread */
    int64_t strips, kept; /* of source channels; strips of weights that are kept, of every pair of destination
                             blocks, in every slice of the kernel: all or none */
} convolve_room;

static convolve_room convolve_room_of(const work *w, const cc_shape *from, const cc_shape *to) {
    convolve_room r = {.group = smaller(w->chunks, w->conv->threads),
                       .tile_step = step_of(cc_blocks(from, w->block) * slots_read(w) * w->block),
                       .weight_step = step_of(STRIP * WIDE * w->block),
                       .sum_step = step_of(w->product * WIDE * w->block)};
    r.tiles = POINTS * r.tile_step;
    r.weights = POINTS * r.weight_step;
    r.thread = r.weights + POINTS * r.sum_step;
    r.strips = (cc_blocks(from, w->block) * w->block + STRIP - 1) / STRIP;
    r.kept = r.strips * w->taps * ((cc_blocks(to, w->block) + WIDE - 1) / WIDE);
    if (w->chunks == 1 || r.kept * r.weights * (int64_t)sizeof(float) > KEPT_BYTES) r.kept = 0;
    return r;
}

static size_t convolve_scratch(const winograd *c, const cc_shape *from, const cc_shape *to) {
    work w = work_of(c, to);
    convolve_room r = convolve_room_of(&w, from, to);
    return (size_t)(r.group * r.tiles + c->threads * r.thread + r.kept * r.weights);
}

typedef struct convolution {
    work work;
    convolve_room room;
    side from, to;
    const float *weights, *bias;
    bool mirrored; /* backward data: taps in reverse order, input and output channels exchanged */
    cc_activation_attr end;
    float *tiles, *threads, *kept;
} convolution;

/* The tiles of a chunk, of one block of source channels. `place`: of the chunk in its group. */
static void transform_chunk(const convolution *c, int64_t chunk, int64_t place, int64_t which) {
    const work *w = &c->work;
    float *points = c->tiles + place * c->room.tiles + which * slots_read(w) * w->block;
    int64_t first = chunk * w->chunk, count = smaller(w->chunk, w->tiles - first);
    for (int64_t t = 0; t < count; t++) {
        const cc_winograd_place from = place_of(w, &c->from, which, first + t);
        w->lanes->image(points + t * w->block, c->room.tile_step, &from);
    }
}

/* Destination blocks of a pair: the last may be alone. */
static int wide_of(const convolution *c, int64_t pair) {
    return cc_blocks(c->to.shape, c->work.block) - pair * WIDE < WIDE ? 1 : WIDE;
}

/* One part of the weights: a strip of source channels against a pair of destination blocks, in one slice of
 * the kernel. Parts of a pair are numbered strip by strip, in each slice by slice. */
static void transform_weights(float *points, const convolution *c, int64_t pair, int64_t part) {
    const work *w = &c->work;
    const int64_t matrix = w->block * w->block, inputs = cc_blocks(w->conv->x, w->block),
                  sources = cc_blocks(c->from.shape, w->block), first = part / w->taps * (STRIP / w->block),
                  slice = part % w->taps, tap = c->mirrored ? w->taps - 1 - slice : slice;
    for (int64_t s = 0; s < STRIP / w->block && first + s < sources; s++)
        for (int d = 0; d < wide_of(c, pair); d++) {
            const int64_t from = first + s, to = pair * WIDE + d, in = c->mirrored ? to : from,
                          out = c->mirrored ? from : to;
            w->lanes->weights(points + (s * w->block * WIDE + d) * w->block, c->room.weight_step,
                              WIDE * w->block,
                              c->weights + ((out * inputs + in) * w->taps + tap) * 9 * matrix, c->mirrored);
        }
}

static void finish_chunk(const convolution *c, const float *sums, int64_t chunk, int64_t to, int wide) {
    const work *w = &c->work;
    int64_t first = chunk * w->chunk, count = smaller(w->chunk, w->tiles - first);
    for (int d = 0; d < wide; d++)
        for (int64_t t = 0; t < count; t++) {
            if (t % w->slots >= w->slices) continue; /* a product of two stacks */
            cc_winograd_place place = place_of(w, &c->to, to + d, first + t);
            w->lanes->result(&place, sums + (t * WIDE + d) * w->block, c->room.sum_step,
                             c->bias ? c->bias + (to + d) * w->block : NULL, &c->end);
        }
}

/* One chunk and a pair of blocks of destination channels. */
static void convolve_chunk(const convolution *c, int64_t chunk, int64_t place, int64_t pair) {
    const work *w = &c->work;
    float *own = c->threads + omp_get_thread_num() * c->room.thread, *sums = own + c->room.weights;
    const int64_t blocks = cc_blocks(c->from.shape, w->block), strip = STRIP / w->block,
                  run = slots_read(w) * w->block, parts = c->room.strips * w->taps;
    for (int64_t part = 0; part < parts; part++) {
        const int64_t first = part / w->taps * strip, slice = part % w->taps;
        const float *weights = own;
        if (c->room.kept)
            weights = c->kept + (pair * parts + part) * c->room.weights;
        else
            transform_weights(own, c, pair, part);
        w->lanes->multiply(
            &(cc_winograd_product){.c = sums,
                                   .a = c->tiles + place * c->room.tiles + first * run + slice * w->block,
                                   .b = weights,
                                   .c_step = c->room.sum_step,
                                   .a_step = c->room.tile_step,
                                   .b_step = c->room.weight_step,
                                   .c_row = WIDE * w->block,
                                   .a_row = w->block,
                                   .a_k = 1,
                                   .a_run = run,
                                   .b_k = WIDE * w->block,
                                   .b_run = w->block * WIDE * w->block,
                                   .b_vector = w->block,
                                   .rows = w->product,
                                   .runs = smaller(strip, blocks - first),
                                   .run = w->block,
                                   .wide = wide_of(c, pair),
                                   .add = part > 0});
    }
    finish_chunk(c, sums, chunk, pair * WIDE, wide_of(c, pair));
}

static void convolve(const convolution *c) {
    const int64_t from = cc_blocks(c->from.shape, c->work.block),
                  pairs = (cc_blocks(c->to.shape, c->work.block) + WIDE - 1) / WIDE,
                  parts = c->room.strips * c->work.taps;
#pragma omp parallel num_threads(c->work.conv->threads)
    {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < c->room.kept; i++)
            transform_weights(c->kept + i * c->room.weights, c, i / parts, i % parts);
        for (int64_t first = 0; first < c->work.chunks; first += c->room.group) {
            const int64_t count = smaller(c->room.group, c->work.chunks - first);
#pragma omp for schedule(static)
            for (int64_t i = 0; i < count * from; i++)
                transform_chunk(c, first + i / from, i / from, i % from);
#pragma omp for schedule(static)
            for (int64_t i = 0; i < count * pairs; i++)
                convolve_chunk(c, first + i / pairs, i / pairs, i % pairs);
        }
    }
}

static void convolve_with(convolution *c, const winograd *conv, float *scratch) {
    c->work = work_of(conv, c->to.shape);
    c->room = convolve_room_of(&c->work, c->from.shape, c->to.shape);
    c->tiles = scratch;
    c->threads = scratch + c->room.group * c->room.tiles;
    c->kept = c->threads + conv->threads * c->room.thread;
    convolve(c);
}

/* bias: [O], or NULL; readable to the end of the last block. */
static void forward(void *y, const winograd *c, const void *x, const float *weights, const float *bias,
                    float *scratch) {
    convolve_with(&(convolution){.from = {c->x, (void *)x, c->attr->padding[1], c->attr->padding[0]},
                                 .to = {c->y, y, 0, 0},
                                 .weights = weights,
                                 .bias = bias,
                                 .end = c->end},
                  c, scratch);
}

/* The convolution of dy with the weights' taps in reverse order in every dimension, their channels
 * exchanged. */
static void backward_data(void *dx, const winograd *c, const float *weights, const void *dy, float *scratch) {
    convolve_with(&(convolution){.from = {c->y, (void *)dy, 2 - c->attr->padding[1],
                                          c->attr->kernel[0] - 1 - c->attr->padding[0]},
                                 .to = {c->x, dx, 0, 0},
                                 .weights = weights,
                                 .mirrored = true},
                  c, scratch);
}

typedef struct gradient {
    work work;
    side x, dy;
    int64_t group, groups;          /* tiles at a time, whole stacks; times */
    int64_t inputs, outputs, pairs; /* blocks of input and of output channels; pairs of the latter */
    int64_t sources;                /* blocks of input channels, once for each slice of the kernel */
    int64_t tile_step, sum_step;    /* from point to point */
    float *x_points, *dy_points, *sums;
    float *dweights;
} gradient;

static gradient gradient_of(const winograd *c, float *scratch) {
    gradient g = {.work = work_of(c, c->y),
                  .inputs = cc_blocks(c->x, c->block),
                  .outputs = cc_blocks(c->y, c->block),
                  .sum_step = step_of(c->block * WIDE * c->block)};
    int64_t tile_bytes = POINTS * (g.inputs + g.outputs) * c->block * (int64_t)sizeof(float),
            group = GROUP_BYTES / tile_bytes / CHUNK * CHUNK;
    const int64_t slots = g.work.slots, stacks = (group < CHUNK ? CHUNK : group) / slots;
    g.sources = g.work.taps * g.inputs;
    g.pairs = (g.outputs + WIDE - 1) / WIDE;
    g.group = smaller(stacks > 0 ? stacks * slots : slots, g.work.tiles);
    g.groups = (g.work.tiles + g.group - 1) / g.group;
    g.tile_step = step_of(g.group * c->block);
    g.x_points = scratch;
    g.dy_points = g.x_points + g.inputs * POINTS * g.tile_step;
    g.sums = g.dy_points + g.outputs * POINTS * g.tile_step;
    return g;
}

static size_t gradient_scratch(const winograd *c) {
    gradient g = gradient_of(c, NULL);
    int64_t kept = g.groups > 1 ? g.sources * g.pairs : c->threads;
    return (size_t)(POINTS * ((g.inputs + g.outputs) * g.tile_step + kept * g.sum_step));
}

/* Floats that any of the passes needs to work in: one number, for all of them. */
static size_t scratch_count(const winograd *c) {
    size_t to_y = convolve_scratch(c, c->x, c->y), to_x = convolve_scratch(c, c->y, c->x),
           weights = gradient_scratch(c), most = to_y > to_x ? to_y : to_x;
    return most > weights ? most : weights;
}

/* Tiles lie as [block][point][tile]; where a stack of x is longer than one of dy, the latter's are zero. */
static void transform_group(const gradient *g, int64_t first, int64_t which) {
    const work *w = &g->work;
    bool of_x = which < g->inputs;
    const side *s = of_x ? &g->x : &g->dy;
    int64_t block = of_x ? which : which - g->inputs, count = smaller(g->group, w->tiles - first);
    float *points = (of_x ? g->x_points : g->dy_points) + block * POINTS * g->tile_step;
    for (int64_t t = 0; t < count; t++) {
        cc_winograd_place place = place_of(w, s, block, first + t);
        (of_x ? w->lanes->image : w->lanes->gradient)(points + t * w->block, g->tile_step, &place);
    }
}

/* One block of input channels, seen through one slice of the kernel, against a pair of blocks of output
 * channels. */
static void add_group(const gradient *g, int64_t first, int64_t source, int64_t pair) {
    const work *w = &g->work;
    int64_t output = pair * WIDE, row = WIDE * w->block, matrix = w->block * w->block,
            kept = g->groups > 1 ? source * g->pairs + pair : omp_get_thread_num(), input = source / w->taps,
            slice = source % w->taps;
    int wide = g->outputs - output < WIDE ? 1 : WIDE;
    float *sums = g->sums + kept * POINTS * g->sum_step;
    w->lanes->multiply(
        &(cc_winograd_product){.c = sums,
                               .a = g->x_points + input * POINTS * g->tile_step + slice * w->block,
                               .b = g->dy_points + output * POINTS * g->tile_step,
                               .c_step = g->sum_step,
                               .a_step = g->tile_step,
                               .b_step = g->tile_step,
                               .c_row = row,
                               .a_row = 1,
                               .a_k = w->block,
                               .b_k = w->block,
                               .b_vector = POINTS * g->tile_step,
                               .rows = w->block,
                               .runs = 1,
                               .run = smaller(g->group, w->tiles - first) - (w->taps - 1),
                               .wide = wide,
                               .add = first > 0});
    if (first + g->group < w->tiles) return;
    for (int d = 0; d < wide; d++)
        w->lanes->weights_gradient(g->dweights +
                                       (((output + d) * g->inputs + input) * w->taps + slice) * 9 * matrix,
                                   sums + d * w->block, g->sum_step, row);
}

static void backward_weights(float *dweights, const winograd *c, const void *x, const void *dy,
                             float *scratch) {
    gradient g = gradient_of(c, scratch);
    g.x = (side){c->x, (void *)x, c->attr->padding[1], c->attr->padding[0]};
    g.dy = (side){c->y, (void *)dy, 0, 0};
    g.dweights = dweights;
#pragma omp parallel num_threads(c->threads)
    for (int64_t first = 0; first < g.work.tiles; first += g.group) {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < g.inputs + g.outputs; i++) transform_group(&g, first, i);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < g.sources * g.pairs; i++) add_group(&g, first, i / g.pairs, i % g.pairs);
    }
}

/* --- the row in the table of algorithms (algorithm.h) --- */

static bool suits(const cc_conv_problem *p) {
    const cc_cpu_conv *c = &p->conv;
    const cc_conv_attr *a = c->attr;
    for (int i = 0; i < CC_SPATIAL_MAX; i++)
        if ((i > 0 && a->kernel[i] != 3) || a->stride[i] != 1 || a->dilation[i] != 1 ||
            a->padding[i] >= a->kernel[i])
            return false;
    return !c->transposed && !(p->pass == CC_PASS_BACKWARD_WEIGHTS && a->bias) && a->groups == 1 &&
           a->padding[1] == a->padding[2] && (p->x_block == 8 || p->x_block == 16) &&
           p->x_block == p->y_block && p->x_block == cc_onednn_weights_block(p->weights, c);
}

static winograd winograd_of(const cc_conv_pass *pass) {
    const cc_conv_problem *p = &pass->problem;
    return (winograd){.attr = p->conv.attr,
                      .x = p->conv.x,
                      .y = p->conv.y,
                      .block = p->x_block,
                      .dtype = p->conv.dtype,
                      .threads = pass->threads,
                      .end = p->fused ? p->end : (cc_activation_attr){.kind = CC_ACTIVATION_NONE}};
}

/* Of a fused pass, the state is its folded weights, as the slot stores them. */
static cc_status init(cc_conv_pass *pass) {
    const cc_conv_problem *p = &pass->problem;
    return p->fused ? cc_memory_get(&pass->state, p->weights->bytes, "weights") : CC_OK;
}

static void deinit(cc_conv_pass *pass) {
    cc_memory_free(pass->state);
}

static cc_status hold(cc_conv_pass *pass, const float *plain) {
    const cc_parameter_slot *slot = pass->problem.weights;
    return slot->pack(slot, pass->state, plain);
}

static size_t scratch_bytes(const cc_conv_pass *pass) {
    const winograd conv = winograd_of(pass);
    return sizeof(float) * scratch_count(&conv);
}

static cc_status run(const cc_conv_pass *pass) {
    const winograd conv = winograd_of(pass);
    void *x = pass->operands[CC_CONV_X], *y = pass->operands[CC_CONV_Y],
         *w = pass->state ? pass->state : pass->operands[CC_CONV_W];
    switch (pass->problem.pass) {
    case CC_PASS_FORWARD:
        forward(y, &conv, x, w, conv.attr->bias || pass->state ? pass->operands[CC_CONV_BIAS] : NULL,
                pass->scratch);
        break;
    case CC_PASS_BACKWARD_DATA:
        backward_data(x, &conv, w, y, pass->scratch);
        break;
    case CC_PASS_BACKWARD_WEIGHTS:
        backward_weights(w, &conv, x, y, pass->scratch);
        break;
    }
    return CC_OK;
}

const cc_conv_algorithm cc_conv_algorithm_tiles = {.name = "tiles",
                                                   .suits = suits,
                                                   .init = init,
                                                   .scratch_bytes = scratch_bytes,
                                                   .hold = hold,
                                                   .run = run,
                                                   .deinit = deinit};
