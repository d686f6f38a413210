#include "nets/ops/conv/cpu/small_conv.h"

#include <string.h>
#include "core/hot.h"

/* A matrix product of the weights [output channel][product] with what they meet [product][pixel]. The latter
 * is cut into strips of LANES pixels, each contiguous; a panel of channels goes over all strips with DEPTH
 * products at a time, which stay in the nearest cache. */
enum {
    LANES = 16,       /* output pixels of the batch, side by side */
    ROWS = 6,         /* output channels at once: with LANES, what registers hold */
    PANEL = 4 * ROWS, /* output channels that share one reading of the strips */
    DEPTH = 256,      /* products of a strip between two panels' rows */
    CHUNK = 64,       /* products added before they join the sum */
};

typedef float half_lanes __attribute__((vector_size(32), aligned(4), may_alias));

static int64_t products(const cc_conv_attr *a, const cc_shape *x) {
    return x->dims[1] * a->kernel[0] * a->kernel[1] * a->kernel[2];
}

static int64_t output_pixels(const cc_shape *y) {
    return y->dims[0] * cc_shape_pixels(y);
}
static int64_t columns(const cc_shape *y) {
    return (output_pixels(y) + LANES - 1) / LANES * LANES;
}

bool cc_small_conv_suits(const cc_conv_attr *a, const cc_shape *x, const cc_shape *y) {
    return a->groups == 1 && output_pixels(y) <= CC_SMALL_CONV_PIXELS &&
           products(a, x) >= CC_SMALL_CONV_PRODUCTS;
}

static int64_t panels(const cc_shape *y) {
    return (y->dims[1] + PANEL - 1) / PANEL;
}

size_t cc_small_conv_scratch(const cc_conv_attr *a, const cc_shape *x, const cc_shape *y) {
    return (size_t)columns(y) *
           ((size_t)products(a, x) * sizeof(float) + (size_t)(panels(y) * PANEL) * sizeof(double));
}

/* Where tap t of output pixel q reads, as a pixel of x; -1 in the padding. */
static int64_t source(const cc_small_conv *c, int64_t q, int64_t t) {
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
static void gather_tap(const cc_small_conv *c, float *strip, int64_t first, int64_t t, int64_t taps) {
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

static void store(const cc_small_conv *c, const double *sums, int64_t channel, int64_t column) {
    int64_t pixels = cc_shape_pixels(c->y_shape), block = c->y_block, blocks = cc_blocks(c->y_shape, block);
    for (int64_t j = 0; j < LANES && column + j < output_pixels(c->y_shape); j++) {
        int64_t n = (column + j) / pixels, pixel = (column + j) % pixels;
        double bias = c->bias ? c->bias[channel] : 0;
        c->y[((n * blocks + channel / block) * pixels + pixel) * block + channel % block] =
            (float)(sums[j] + bias);
    }
}

/* Rows first..first + ROWS of a panel with products start..start + DEPTH of one strip. */
static void multiply_rows(const cc_small_conv *c, double *sums, const float *strip, int64_t first,
                          int64_t start) {
    const int64_t count = products(c->attr, c->x_shape), last = c->y_shape->dims[1] - 1;
    const float *w[ROWS];
    for (int64_t r = 0; r < ROWS; r++)
        w[r] = c->weights + (first + r < last ? first + r : last) * count + start;
    multiply(sums, columns(c->y_shape), w, strip + start * LANES,
             count - start < DEPTH ? count - start : DEPTH);
}

static void multiply_panel(const cc_small_conv *c, double *sums, const float *matrix, int64_t first) {
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

void cc_small_conv_run(const cc_small_conv *c) {
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
