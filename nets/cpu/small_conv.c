#include "nets/cpu/small_conv.h"

#include <string.h>
#include "core/hot.h"

enum {
    LANES = 16, /* output pixels of the batch, side by side */
    ROWS = 4,   /* output channels at once */
    CHUNK = 64, /* products added before they join the sum */
};

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

size_t cc_small_conv_scratch(const cc_conv_attr *a, const cc_shape *x, const cc_shape *y) {
    return (size_t)(products(a, x) * columns(y)) * sizeof(float);
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

/* columns[product][pixel of the batch]: the values that one tap of all channels meets. */
static void gather_tap(const cc_small_conv *c, float *matrix, int64_t t, int64_t taps) {
    int64_t pixels = cc_shape_pixels(c->y_shape), x_pixels = cc_shape_pixels(c->x_shape),
            width = columns(c->y_shape);
    int64_t channels = c->x_shape->dims[1], blocks = cc_blocks(c->x_shape, c->x_block);
    for (int64_t column = 0; column < width; column++) {
        int64_t n = column / pixels;
        int64_t from = column < output_pixels(c->y_shape) ? source(c, column % pixels, t) : -1;
        for (int64_t i = 0; i < channels; i++) {
            int64_t at = ((n * blocks + i / c->x_block) * x_pixels + from) * c->x_block + i % c->x_block;
            matrix[(i * taps + t) * width + column] = from < 0 ? 0 : c->x[at];
        }
    }
}

/* sums[r][lane] = sum over k of w[r][k] * m[k][lane], chunk by chunk. */
CC_HOT static void multiply(double sums[ROWS][LANES], const float *const w[ROWS], const float *m,
                            int64_t width, int64_t count) {
    memset(sums, 0, sizeof(double[ROWS][LANES]));
    for (int64_t start = 0; start < count; start += CHUNK) {
        float part[ROWS][LANES] = {{0}};
        int64_t end = start + CHUNK < count ? start + CHUNK : count;
        for (int64_t k = start; k < end; k++)
            for (int r = 0; r < ROWS; r++)
                for (int j = 0; j < LANES; j++) part[r][j] += w[r][k] * m[k * width + j];
        for (int r = 0; r < ROWS; r++)
            for (int j = 0; j < LANES; j++) sums[r][j] += part[r][j];
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

static void multiply_rows(const cc_small_conv *c, const float *matrix, int64_t first) {
    int64_t count = products(c->attr, c->x_shape), width = columns(c->y_shape),
            channels = c->y_shape->dims[1];
    const float *w[ROWS];
    double sums[ROWS][LANES];
    for (int r = 0; r < ROWS; r++)
        w[r] = c->weights + (first + r < channels ? first + r : channels - 1) * count;
    for (int64_t column = 0; column < width; column += LANES) {
        multiply(sums, w, matrix + column, width, count);
        for (int r = 0; r < ROWS && first + r < channels; r++) store(c, sums[r], first + r, column);
    }
}

void cc_small_conv_run(const cc_small_conv *c) {
    float *matrix = c->scratch;
    int64_t taps = c->attr->kernel[0] * c->attr->kernel[1] * c->attr->kernel[2];
    if (c->y_shape->dims[1] % c->y_block)
        memset(c->y, 0, (size_t)cc_blocked_count(c->y_shape, c->y_block) * sizeof *c->y);
#pragma omp parallel for schedule(static)
    for (int64_t t = 0; t < taps; t++) gather_tap(c, matrix, t, taps);
#pragma omp parallel for schedule(static)
    for (int64_t first = 0; first < c->y_shape->dims[1]; first += ROWS) multiply_rows(c, matrix, first);
}
