/* nets/ops/conv/cpu/narrow/narrow.c -- the algorithm "narrow": convolutions of stride 1 to a few channels. x
 * is in blocks of channels, y is plain, weights and their gradient are plain: O,I,H,W.
 *
 * Work is cut by rows: a row of the result meets the rows of the operand that lie below the kernel's rows,
 * which lanes.inc multiplies in registers. Sums of the weights' gradient are kept for each strip of STRIP
 * rows and added up in order, so that results do not depend on the number of threads. Sums are float32 within
 * a row or strip and float64 across strips. */
#include "nets/ops/conv/cpu/narrow/narrow.h"

#include <string.h>
#include "core/hot.h"
#include "nets/backends/cpu/lanes.h"
#include "nets/ops/conv/cpu/narrow/lanes.h"
#include "nets/ops/conv/cpu/onednn_layout.h"

enum {
    STRIP = 16,                /* rows of x whose products have one sum for each weight */
    INPUTS = 256,              /* channels of x, at most */
    KERNEL = 3,                /* rows and columns of the kernel, at most */
    ROWS = INPUTS / 8 * KERNEL /* rows of x that meet one of y: of each block, of each row of the kernel */
};

/* A convolution of that kind. */
typedef struct narrow {
    const cc_conv_attr *attr;
    const cc_shape *x, *y; /* of the convolution's input and output */
    int64_t block;         /* of x: 8 or 16; y has 1 */
    cc_dtype dtype;        /* of x, y and their gradients */
} narrow;

static const cc_narrow_lanes *lanes_of(const narrow *c) {
    return c->block == 16 ? &cc_narrow_lanes_16 : &cc_narrow_lanes_8;
}

bool cc_narrow_suits(const cc_cpu_conv *c, int64_t x_block) {
    const cc_conv_attr *a = c->attr;
    return !c->transposed && c->x->rank == 4 && (x_block == 8 || x_block == 16) && c->x->dims[1] <= INPUTS &&
           a->groups == 1 && a->out_channels <= CC_NARROW_CHANNELS && a->kernel[1] == a->kernel[2] &&
           (a->kernel[1] == 1 || a->kernel[1] == KERNEL) && a->padding[1] < a->kernel[1] &&
           a->padding[2] < a->kernel[2] && a->stride[1] == 1 && a->stride[2] == 1 && a->dilation[1] == 1 &&
           a->dilation[2] == 1;
}

static cc_narrow_row row_of(const narrow *c) {
    return (cc_narrow_row){c->x->dims[3], c->y->dims[3], c->attr->kernel[2], c->attr->padding[2], c->dtype};
}

static int64_t taps_of(const narrow *c) {
    return c->attr->kernel[1] * c->attr->kernel[2];
}
/* Floats of the weights of one output channel, in blocks. */
static int64_t packed_count(const narrow *c) {
    return cc_blocks(c->x, c->block) * taps_of(c) * c->block;
}
static int64_t strips_of(const narrow *c) {
    return (c->x->dims[2] + STRIP - 1) / STRIP;
}

/* Floats: packed weights of all outputs, as many sums for each strip of each image, and dy as float32. */
static size_t scratch_count(const narrow *c) {
    int64_t packed = c->attr->out_channels * packed_count(c), strips = c->x->dims[0] * strips_of(c);
    return (size_t)(packed + strips * packed) + (c->dtype == CC_F32 ? 0 : (size_t)cc_shape_count(c->y));
}

/* Where weight (o, i, tap) lies in packed weights, [output][block][tap][lane of the block]. */
static int64_t packed_at(const narrow *c, int64_t o, int64_t i, int64_t tap) {
    return ((o * cc_blocks(c->x, c->block) + i / c->block) * taps_of(c) + tap) * c->block + i % c->block;
}

static void pack(float *out, const narrow *c, const float *weights) {
    int64_t inputs = c->x->dims[1], taps = taps_of(c);
    memset(out, 0, (size_t)(c->attr->out_channels * packed_count(c)) * sizeof *out);
    for (int64_t o = 0; o < c->attr->out_channels; o++)
        for (int64_t i = 0; i < inputs; i++)
            for (int64_t t = 0; t < taps; t++)
                out[packed_at(c, o, i, t)] = weights[(o * inputs + i) * taps + t];
}

/* Row h of block b of image n of x; NULL outside. */
static void *x_row(const narrow *c, const void *x, int64_t n, int64_t b, int64_t h) {
    int64_t height = c->x->dims[2], row = (n * cc_blocks(c->x, c->block) + b) * height + h;
    return h < 0 || h >= height ? NULL : cc_values_at(x, row * c->x->dims[3] * c->block, c->dtype);
}
/* Where row h of channel o of image n of y begins. */
static int64_t y_row(const narrow *c, int64_t n, int64_t o, int64_t h) {
    return ((n * c->attr->out_channels + o) * c->y->dims[2] + h) * c->y->dims[3];
}

static void forward(void *y, const narrow *c, const void *x, const float *weights, const float *bias,
                    float *scratch) {
    const int64_t blocks = cc_blocks(c->x, c->block), kernel = c->attr->kernel[1], height = c->y->dims[2];
    const cc_narrow_row r = row_of(c);
    pack(scratch, c, weights);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < c->x->dims[0] * height; i++) {
        int64_t n = i / height, h = i % height;
        const void *rows[ROWS];
        for (int64_t k = 0; k < blocks * kernel; k++)
            rows[k] = x_row(c, x, n, k / kernel, h - c->attr->padding[1] + k % kernel);
        for (int64_t o = 0; o < c->attr->out_channels; o++)
            lanes_of(c)->forward(cc_values_at(y, y_row(c, n, o, h), c->dtype), &r, rows, blocks,
                                 scratch + o * packed_count(c), bias ? bias[o] : 0);
    }
}

/* dy itself where it is float32, else a copy in `room`. */
static const float *as_float32(float *room, const narrow *c, const void *dy) {
    int64_t rows = c->y->dims[0] * c->attr->out_channels * c->y->dims[2], width = c->y->dims[3];
    if (c->dtype == CC_F32) return dy;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < rows; i++) cc_values_read(room + i * width, dy, i * width, width, c->dtype);
    return room;
}

/* The rows of channel o of dy that row h of x meets, one for each row of the kernel. */
static void find_rows(const float **rows, const narrow *c, const float *dy, int64_t n, int64_t o, int64_t h) {
    for (int64_t k = 0; k < c->attr->kernel[1]; k++) {
        int64_t at = h + c->attr->padding[1] - k;
        rows[k] = at < 0 || at >= c->y->dims[2] ? NULL : dy + y_row(c, n, o, at);
    }
}

static void backward_data(void *dx, const narrow *c, const float *weights, const void *dy, float *scratch) {
    const int64_t blocks = cc_blocks(c->x, c->block), height = c->x->dims[2],
                  channels = c->attr->out_channels, kernel = c->attr->kernel[1];
    const cc_narrow_row r = row_of(c);
    const float *g = as_float32(scratch + channels * packed_count(c), c, dy);
    pack(scratch, c, weights);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < c->x->dims[0] * height; i++) {
        int64_t n = i / height, h = i % height;
        const float *rows[CC_NARROW_CHANNELS * KERNEL];
        for (int64_t o = 0; o < channels; o++) find_rows(rows + o * kernel, c, g, n, o, h);
        for (int64_t b = 0; b < blocks; b++)
            lanes_of(c)->backward_data(x_row(c, dx, n, b, h), &r, rows, channels,
                                       scratch + b * taps_of(c) * c->block, packed_count(c));
    }
}

/* sums: packed, of the rows of one strip. */
static void add_strip(float *sums, const narrow *c, const cc_narrow_row *r, const void *x, const float *dy,
                      int64_t n, int64_t strip) {
    int64_t blocks = cc_blocks(c->x, c->block), channels = c->attr->out_channels, height = c->x->dims[2];
    memset(sums, 0, (size_t)(channels * packed_count(c)) * sizeof *sums);
    for (int64_t h = strip * STRIP; h < (strip + 1) * STRIP && h < height; h++)
        for (int64_t o = 0; o < channels; o++) {
            const float *rows[KERNEL];
            find_rows(rows, c, dy, n, o, h);
            for (int64_t b = 0; b < blocks; b++)
                lanes_of(c)->backward_weights(sums + (o * blocks + b) * taps_of(c) * c->block, r,
                                              x_row(c, x, n, b, h), rows);
        }
}

static void add_up(float *dweights, const narrow *c, const float *parts) {
    int64_t inputs = c->x->dims[1], taps = taps_of(c), packed = c->attr->out_channels * packed_count(c);
    for (int64_t w = 0; w < c->attr->out_channels * inputs * taps; w++) {
        double total = 0;
        int64_t at = packed_at(c, w / (inputs * taps), w / taps % inputs, w % taps);
        for (int64_t i = 0; i < c->x->dims[0] * strips_of(c); i++) total += parts[i * packed + at];
        dweights[w] = (float)total;
    }
}

CC_HOT static float sum_of(const float *values, int64_t count) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < count; i++) sum += values[i];
    return sum;
}

static void add_up_bias(float *dbias, const narrow *c, const float *dy) {
    for (int64_t o = 0; o < c->attr->out_channels; o++) {
        double total = 0;
        for (int64_t n = 0; n < c->y->dims[0]; n++)
            for (int64_t h = 0; h < c->y->dims[2]; h++)
                total += (double)sum_of(dy + y_row(c, n, o, h), c->y->dims[3]);
        dbias[o] = (float)total;
    }
}

static void backward_weights(float *dweights, float *dbias, const narrow *c, const void *x, const void *dy,
                             float *scratch) {
    const int64_t strips = strips_of(c), packed = c->attr->out_channels * packed_count(c);
    const cc_narrow_row r = row_of(c);
    const float *g = as_float32(scratch + c->x->dims[0] * strips * packed, c, dy);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < c->x->dims[0] * strips; i++)
        add_strip(scratch + i * packed, c, &r, x, g, i / strips, i % strips);
    add_up(dweights, c, scratch);
    if (dbias) add_up_bias(dbias, c, g);
}

/* --- the row in the table of algorithms (algorithm.h) --- */

static bool suits(const cc_conv_problem *p) {
    return !p->fused && p->y_block == 1 && cc_narrow_suits(&p->conv, p->x_block) &&
           cc_onednn_weights_are_plain(p->weights);
}

static narrow narrow_of(const cc_conv_pass *pass) {
    const cc_conv_problem *p = &pass->problem;
    return (narrow){p->conv.attr, p->conv.x, p->conv.y, p->x_block, p->conv.dtype};
}

static size_t scratch_bytes(const cc_conv_pass *pass) {
    const narrow conv = narrow_of(pass);
    return sizeof(float) * scratch_count(&conv);
}

static cc_status run(const cc_conv_pass *pass) {
    const narrow conv = narrow_of(pass);
    void *x = pass->operands[CC_CONV_X], *w = pass->operands[CC_CONV_W], *y = pass->operands[CC_CONV_Y],
         *bias = conv.attr->bias ? pass->operands[CC_CONV_BIAS] : NULL;
    switch (pass->problem.pass) {
    case CC_PASS_FORWARD:
        forward(y, &conv, x, w, bias, pass->scratch);
        break;
    case CC_PASS_BACKWARD_DATA:
        backward_data(x, &conv, w, y, pass->scratch);
        break;
    case CC_PASS_BACKWARD_WEIGHTS:
        backward_weights(w, bias, &conv, x, y, pass->scratch);
        break;
    }
    return CC_OK;
}

const cc_conv_algorithm cc_conv_algorithm_narrow = {
    .name = "narrow", .suits = suits, .scratch_bytes = scratch_bytes, .run = run};
