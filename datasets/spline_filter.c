/* datasets/spline_filter.c -- the recursive filter of cubic B-splines, an axis after the other.
 *
 * The three-term equation of the header is solved by a pass forwards and one backwards, each with the pole z
 * = sqrt(3) - 2 (|z| = 0.268). Lines along y and z are filtered a row of x at a time: neighbouring lines lie
 * side by side in memory, and the loop over them is what the processor's vectors are for. */
#include "datasets/spline_filter.h"

#include <math.h>
#include <stddef.h>
#include "core/hot.h"

/* So many samples decide on the first coefficient of a long line: |z|^24 is 2e-14. */
enum { HORIZON = 24 };

/* An axis to be filtered: its samples, and what the first of them weigh in the first coefficient. */
typedef struct axis {
    int64_t n, count;
    size_t stride;
    float weight[HORIZON];
} axis;

/* The first coefficient of the forward pass is the sum over k of z^k s[k], backwards into the mirrored line
 * without end. That line has the period 2n - 2, so that the sum over all periods is a geometric series:
 * weight[k] = (z^k + z^(2n-2-k)) / (1 - z^(2n-2)); the two ends occur once in a period. */
static axis axis_init(int64_t n, size_t stride) {
    const double z = sqrt(3) - 2;
    axis out = {.n = n, .count = n < HORIZON ? n : HORIZON, .stride = stride};
    for (int64_t k = 0; k < out.count; k++) {
        const double again = k == 0 || k == n - 1 ? 0 : pow(z, (double)(2 * n - 2 - k));
        out.weight[k] = (float)((pow(z, (double)k) + again) / (1 - pow(z, (double)(2 * n - 2))));
    }
    return out;
}

/* Filters `width` lines of n > 1 samples each, in place; their samples k lie side by side from c + k * stride
 * on. */
CC_HOT static void filter(float *c, const axis *a, size_t width) {
    const float z = (float)(sqrt(3) - 2), end = z / (z * z - 1), gain = 6; /* (1 - z) (1 - 1/z) */
    for (size_t i = 0; i < width; i++) c[i] *= gain * a->weight[0];
    for (int64_t k = 1; k < a->count; k++) {
        const float w = gain * a->weight[k], *sample = c + (size_t)k * a->stride;
        for (size_t i = 0; i < width; i++) c[i] += w * sample[i];
    }
    for (int64_t k = 1; k < a->n; k++) {
        float *now = c + (size_t)k * a->stride, *before = now - a->stride;
        for (size_t i = 0; i < width; i++) now[i] = gain * now[i] + z * before[i];
    }
    float *last = c + (size_t)(a->n - 1) * a->stride, *previous = last - a->stride;
    for (size_t i = 0; i < width; i++) last[i] = end * (last[i] + z * previous[i]);
    for (int64_t k = a->n - 2; k >= 0; k--) {
        float *now = c + (size_t)k * a->stride, *after = now + a->stride;
        for (size_t i = 0; i < width; i++) now[i] = z * (after[i] - now[i]);
    }
}

void cc_spline_filter(float *voxels, const int64_t dims[3]) {
    const size_t row = (size_t)dims[0], plane = row * (size_t)dims[1];
    const axis x = axis_init(dims[0], 1), y = axis_init(dims[1], row), z = axis_init(dims[2], plane);
    /* An axis of one voxel is a constant, which is its own coefficient. */
    if (x.n > 1) {
#pragma omp parallel for schedule(static) if (z.n > 1)
        for (int64_t i = 0; i < y.n * z.n; i++) filter(voxels + (size_t)i * row, &x, 1);
    }
    if (y.n > 1) {
#pragma omp parallel for schedule(static) if (z.n > 1)
        for (int64_t k = 0; k < z.n; k++) filter(voxels + (size_t)k * plane, &y, row);
    }
    if (z.n > 1) {
#pragma omp parallel for schedule(static) if (y.n > 1)
        for (int64_t j = 0; j < y.n; j++) filter(voxels + (size_t)j * row, &z, row);
    }
}
