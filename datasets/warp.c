/* datasets/warp.c -- affine and elastic resampling, a row at a time.
 *
 * Along a row the affine part is a start and a constant step. The field's part is found from the lattice in
 * two steps, as the B-spline is a product of one in y and one in x: the four lattice rows about y become one
 * row of the lattice, from which each pixel of the row takes four neighbours. The weights in x are the same
 * in every row and made once. Coordinates are float64, so that pixels on the border fall on the side that
 * SciPy has them on. */
#include "datasets/warp.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include "core/hot.h"

enum { TAPS = 4 }; /* control points that a pixel depends on, on each axis */

int cc_warp_lattice(int side, double spacing) {
    /* The last pixel lies in the cell (side - 1) / spacing, which needs the three points behind its first. */
    return (int)((side - 1) / spacing) + TAPS;
}

size_t cc_warp_work(int height, int width, double spacing) {
    (void)height;
    /* One lattice row for each of y and x; the weights and the first control point of each column; the row's
     * displacements. */
    return spacing > 0 ? 2 * (size_t)cc_warp_lattice(width, spacing) + (TAPS + 1 + 2) * (size_t)width : 0;
}

/* The four values of the uniform cubic B-spline at a place `t` of a cell, 0 to 1. */
static void spline_weights(float w[TAPS], double t) {
    w[0] = (float)((1 - t) * (1 - t) * (1 - t) / 6);
    w[1] = (float)((3 * t * t * t - 6 * t * t + 4) / 6);
    w[2] = (float)((-3 * t * t * t + 3 * t * t + 3 * t + 1) / 6);
    w[3] = (float)(t * t * t / 6);
}

/* What a field needs beside the lattice: parts of `work`. */
typedef struct field {
    int across;             /* control points of a lattice row */
    float *line[2];         /* [across] the lattice at the row's y */
    float *weights, *first; /* [TAPS][width], [width] (whole numbers) */
    float *displacement[2]; /* [width] */
} field;

static field field_init(const cc_warp *warp, int width, float *work) {
    const size_t w = (size_t)width, across = (size_t)cc_warp_lattice(width, warp->spacing);
    field f = {.across = (int)across, .line = {work, work + across}};
    f.weights = work + 2 * across;
    f.first = f.weights + TAPS * w;
    f.displacement[0] = f.first + w;
    f.displacement[1] = f.displacement[0] + w;
    for (size_t x = 0; x < w; x++) {
        float taps[TAPS];
        const double at = (double)x / warp->spacing;
        spline_weights(taps, at - floor(at));
        f.first[x] = (float)floor(at);
        for (size_t k = 0; k < TAPS; k++) f.weights[k * w + x] = taps[k];
    }
    return f;
}

/* The field along row y: displacement[0][x] rows and displacement[1][x] columns. */
CC_HOT static void field_row(const field *f, const cc_warp *warp, int y, int height, int width) {
    const size_t w = (size_t)width, across = (size_t)f->across;
    const size_t plane = (size_t)cc_warp_lattice(height, warp->spacing) * across;
    const double at = y / warp->spacing;
    float taps[TAPS];
    spline_weights(taps, at - floor(at));
    for (int part = 0; part < 2; part++) {
        const float *rows = warp->lattice + (size_t)part * plane + (size_t)floor(at) * across;
        float *line = f->line[part], *out = f->displacement[part];
        for (size_t i = 0; i < across; i++)
            line[i] = taps[0] * rows[i] + taps[1] * rows[across + i] + taps[2] * rows[2 * across + i] +
                      taps[3] * rows[3 * across + i];
        for (size_t x = 0; x < w; x++) {
            const float *points = line + (int)f->first[x];
            out[x] = f->weights[x] * points[0] + f->weights[w + x] * points[1] +
                     f->weights[2 * w + x] * points[2] + f->weights[3 * w + x] * points[3];
        }
    }
}

/* The value v rows down and u columns right, both inside. */
static inline float bilinear(const float *in, double v, double u, int height, int width) {
    const int y = (int)v, x = (int)u;
    /* On the last row or column the neighbour beyond has the weight 0: any pixel will do for it. */
    const int right = x + 1 < width ? x + 1 : x;
    const float fy = (float)(v - y), fx = (float)(u - x);
    const float *top = in + (size_t)y * (size_t)width, *bottom = y + 1 < height ? top + width : top;
    const float upper = top[x] + fx * (top[right] - top[x]);
    const float lower = bottom[x] + fx * (bottom[right] - bottom[x]);
    return upper + fy * (lower - upper);
}

void cc_warp_apply(float *out, uint8_t *out_mask, const cc_warp *warp, const float *in,
                   const uint8_t *in_mask, int height, int width, float fill, float *work) {
    const bool elastic = warp->spacing > 0;
    const double middle[2] = {(height - 1) / 2.0, (width - 1) / 2.0};
    const double(*m)[2] = warp->matrix;
    field f = {0};
    if (elastic) f = field_init(warp, width, work);
    for (int y = 0; y < height; y++) {
        const size_t row = (size_t)y * (size_t)width;
        double start[2]; /* the input's place of the row's first pixel, without the field */
        for (int axis = 0; axis < 2; axis++)
            start[axis] =
                middle[axis] + warp->shift[axis] + m[axis][0] * (y - middle[0]) - m[axis][1] * middle[1];
        if (elastic) field_row(&f, warp, y, height, width);
        for (int x = 0; x < width; x++) {
            double v = start[0] + m[0][1] * x, u = start[1] + m[1][1] * x;
            if (elastic) {
                v += (double)f.displacement[0][x];
                u += (double)f.displacement[1][x];
            }
            const bool inside = v >= 0 && v <= height - 1 && u >= 0 && u <= width - 1;
            if (in) out[row + (size_t)x] = inside ? bilinear(in, v, u, height, width) : fill;
            /* Nearest: + 0.5 and cut, as both coordinates are not negative. */
            if (in_mask)
                out_mask[row + (size_t)x] =
                    inside ? in_mask[(size_t)(v + 0.5) * (size_t)width + (size_t)(u + 0.5)] : 0;
        }
    }
}
