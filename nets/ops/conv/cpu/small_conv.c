/* nets/ops/conv/cpu/small_conv.c -- the algorithm "small": the forward convolution of images of few pixels
 * and many channels, as at the bottom of a U-Net.
 *
 * There oneDNN's direct convolution has too few pixels in a row to fill its registers, and adds thousands of
 * products one by one, so that the batch norm after it, over a handful of values, magnifies their rounding.
 * Here pixels and batch together are the vector, and products are added in short chunks (CHUNK) before they
 * join a sum in float64: an order of magnitude less rounding.
 *
 * It is a matrix product of the weights [output channel][product] with what they meet [product][pixel]. The
 * latter is cut into strips of LANES pixels, each contiguous; a panel of channels goes over all strips with
 * DEPTH products at a time, which stay in the nearest cache. */
#include "nets/ops/conv/cpu/small_conv.h"

#include <string.h>
#include "core/hot.h"
#include "nets/ops/conv/cpu/onednn_layout.h"

enum {
    LANES = 16,       /* output pixels of the batch, side by side */
    ROWS = 6,         /* output channels at once: with LANES, what registers hold */
    PANEL = 4 * ROWS, /* output channels that share one reading of the strips */
    DEPTH = 256,      /* products of a strip between two panels' rows */
    CHUNK = 64,       /* products added before they join the sum */
};

typedef float half_lanes __attribute__((vector_size(32), aligned(4), may_alias));

/* A run of it. */
typedef struct small_conv {
    const cc_conv_attr *attr;
    const cc_shape *x_shape, *y_shape;
    int64_t x_block, y_block;
    const float *x, *weights /* plain: O,I,[D,]H,W */, *bias /* or NULL */;
    float *y;
    void *scratch;
} small_conv;

/* Products of one output value: I * taps. */
static int64_t products(const cc_conv_attr *a, const cc_shape *x) {
    return x->dims[1] * a->kernel[0] * a->kernel[1] * a->kernel[2];
}

static int64_t output_pixels(const cc_shape *y) {
    return y->dims[0] * cc_shape_pixels(y);
}
/* Of the matrix: output pixels, rounded up to whole strips. */
static int64_t columns(const cc_shape *y) {
    return (output_pixels(y) + LANES - 1) / LANES * LANES;
}

bool cc_small_conv_suits(const cc_cpu_conv *c) {
    return !c->transposed && c->dtype == CC_F32 && c->attr->groups == 1 &&
           output_pixels(c->y) <= CC_SMALL_CONV_PIXELS && products(c->attr, c->x) >= CC_SMALL_CONV_PRODUCTS;
}

static int64_t panels(const cc_shape *y) {
    return (y->dims[1] + PANEL - 1) / PANEL;
}

/* sums [panel][row of the panel][column] in float64, then the strips [strip][product][lane]. */
static size_t scratch_bytes(const cc_conv_pass *pass) {
    const cc_cpu_conv *c = &pass->problem.conv;
    return (size_t)columns(c->y) * ((size_t)products(c->attr, c->x) * sizeof(float) +
                                    (size_t)(panels(c->y) * PANEL) * sizeof(double));
}

/* Where tap t of output pixel q reads, as a pixel of x; -1 in the padding. */
static int64_t source(const small_conv *c, int64_t q, int64_t t) {
    const cc_conv_attr *a = c->attr;
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX], index = 0;
    cc_shape_spatial(in, c->x_shape);
    cc_shape_spatial(out, c->y_shape);
    int64_t p[CC_SPATIAL_MAX] = {q / (out[1] * out[2]), q / out[2] % out[1], q % out[2]};
    int64_t tap[CC_SPATIAL_MAX] = {t / (a->kernel[1] * a->kernel[2]), t / a->kernel[2] % a->kernel[1],
                                   t % a->kernel[2]};
    for (int i = 0; i < CC_SPATIAL_MAX; i++) {
        int64_t at = p[i] * a->stride[i] - a->padding[i] + tap[i] * a->dilation[i];
        if (at < 0 || at >= in[i]) return -1;
        index = index * in[i] + at;
    }
    return index;
}

/* strip[product][lane]: the values that one tap of all channels meets at LANES pixels. */
static void gather_tap(const small_conv *c, float *strip, int64_t first, int64_t t, int64_t taps) {
    const int64_t pixels = cc_shape_pixels(c->y_shape), block = c->x_block,
                  blocks = cc_blocks(c->x_shape, block), channels = c->x_shape->dims[1],
                  step = cc_shape_pixels(c->x_shape) * block;
    for (int64_t lane = 0; lane < LANES; lane++) {
        const int64_t q = first + lane, n = q / pixels;
        const int64_t at = q < output_pixels(c->y_shape) ? source(c, q % pixels, t) : -1;
        const float *from = at < 0 ? NULL : c->x + n * blocks * step + at * block;
        for (int64_t i = 0; i < channels; i++)
            strip[(i * taps + t) * LANES + lane] = from ? from[i / block * step + i % block] : 0;
    }
}

/* sums[r][lane] += sum over k of w[r][k] * m[k][lane], chunk by chunk. */
CC_HOT static void multiply(double *restrict sums, int64_t sums_step, const float *const w[ROWS],
                            const float *restrict m, int64_t count) {
    for (int64_t start = 0; start < count; start += CHUNK) {
        half_lanes part[ROWS][2] = {0};
        int64_t end = start + CHUNK < count ? start + CHUNK : count;
        for (int64_t k = start; k < end; k++) {
            half_lanes low = *(const half_lanes *)(m + k * LANES),
                       high = *(const half_lanes *)(m + k * LANES + LANES / 2);
            for (int r = 0; r < ROWS; r++) {
                part[r][0] += w[r][k] * low;
                part[r][1] += w[r][k] * high;
            }
        }
        for (int r = 0; r < ROWS; r++)
            for (int j = 0; j < LANES; j++) sums[r * sums_step + j] += (double)part[r][j / 8][j % 8];
    }
}

/* The sums of one row, LANES columns from `column` on, to y[n][channel block][pixel][channel of the
 * block]. */
static void store(const small_conv *c, const double *sums, int64_t channel, int64_t column) {
    int64_t pixels = cc_shape_pixels(c->y_shape), block = c->y_block, blocks = cc_blocks(c->y_shape, block);
    for (int64_t j = 0; j < LANES && column + j < output_pixels(c->y_shape); j++) {
        int64_t n = (column + j) / pixels, pixel = (column + j) % pixels;
        double bias = c->bias ? c->bias[channel] : 0;
        c->y[((n * blocks + channel / block) * pixels + pixel) * block + channel % block] =
            (float)(sums[j] + bias);
    }
}

/* Rows first..first + ROWS of a panel with products start..start + DEPTH of one strip. */
static void multiply_rows(const small_conv *c, double *sums, const float *strip, int64_t first,
                          int64_t start) {
    const int64_t count = products(c->attr, c->x_shape), last = c->y_shape->dims[1] - 1;
    const float *w[ROWS];
    for (int64_t r = 0; r < ROWS; r++)
        w[r] = c->weights + (first + r < last ? first + r : last) * count + start;
    multiply(sums, columns(c->y_shape), w, strip + start * LANES,
             count - start < DEPTH ? count - start : DEPTH);
}

/* PANEL output channels from `first` on, over all strips. */
static void multiply_panel(const small_conv *c, double *sums, const float *matrix, int64_t first) {
    const int64_t count = products(c->attr, c->x_shape), width = columns(c->y_shape);
    const int64_t end = first + PANEL < c->y_shape->dims[1] ? first + PANEL : c->y_shape->dims[1];
    memset(sums, 0, (size_t)(PANEL * width) * sizeof *sums);
    for (int64_t start = 0; start < count; start += DEPTH)
        for (int64_t column = 0; column < width; column += LANES)
            for (int64_t row = first; row < end; row += ROWS)
                multiply_rows(c, sums + (row - first) * width + column, matrix + column * count, row, start);
    for (int64_t row = first; row < end; row++)
        for (int64_t column = 0; column < width; column += LANES)
            store(c, sums + (row - first) * width + column, row, column);
}

static void convolve(const small_conv *c) {
    const int64_t taps = c->attr->kernel[0] * c->attr->kernel[1] * c->attr->kernel[2],
                  count = products(c->attr, c->x_shape), width = columns(c->y_shape);
    double *sums = c->scratch;
    float *matrix = (float *)(sums + panels(c->y_shape) * PANEL * width);
    if (c->y_shape->dims[1] % c->y_block)
        memset(c->y, 0, (size_t)cc_blocked_count(c->y_shape, c->y_block) * sizeof *c->y);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < width / LANES * taps; i++) {
        int64_t column = i / taps * LANES;
        gather_tap(c, matrix + column * count, column, i % taps, taps);
    }
#pragma omp parallel for schedule(static)
    for (int64_t p = 0; p < panels(c->y_shape); p++)
        multiply_panel(c, sums + p * PANEL * width, matrix, p * PANEL);
}

/* --- the row in the table of algorithms (algorithm.h) --- */

static bool suits(const cc_conv_problem *p) {
    return p->pass == CC_PASS_FORWARD && !p->fused && cc_small_conv_suits(&p->conv) &&
           cc_onednn_weights_are_plain(p->weights);
}

static cc_status run(const cc_conv_pass *pass) {
    const cc_conv_problem *p = &pass->problem;
    convolve(&(small_conv){.attr = p->conv.attr,
                           .x_shape = p->conv.x,
                           .y_shape = p->conv.y,
                           .x_block = p->x_block,
                           .y_block = p->y_block,
                           .x = pass->operands[CC_CONV_X],
                           .weights = pass->operands[CC_CONV_W],
                           .bias = p->conv.attr->bias ? pass->operands[CC_CONV_BIAS] : NULL,
                           .y = pass->operands[CC_CONV_Y],
                           .scratch = pass->scratch});
    return CC_OK;
}

const cc_conv_algorithm cc_conv_algorithm_small = {
    .name = "small", .suits = suits, .scratch_bytes = scratch_bytes, .run = run};
