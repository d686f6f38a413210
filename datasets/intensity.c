/* datasets/intensity.c -- the formulas of intensity.h.
 *
 * Written for the loader's pace: inner loops run along rows, so that a compiler vectorises them, and every
 * sum has a fixed order. Source of the set of changes: Isensee et al., nnU-Net, Nature Methods 18 (2021),
 * 203, supplementary note 4. */
#include "datasets/intensity.h"

#include <math.h>
#include <string.h>
#include "core/hot.h"

void cc_intensity_noise(float *image, size_t count, double sigma, cc_rng *rng) {
    /* Box & Muller (1958) gives two independent normal numbers of two uniform ones: 24 bits for the angle,
     * and 32 for the radius, off by half a step so that its logarithm is finite. (cc_rng_normal drops the
     * second and has 53 bits, which takes four times as long; a picture's noise needs neither.) */
    for (size_t i = 0; i < count; i += 2) {
        const uint64_t bits = cc_rng_u64(rng);
        const float radius = sqrtf(-2 * logf(((float)(bits >> 32) + 0.5f) * 0x1.0p-32f));
        const float angle = (float)(bits & 0xffffff) * (float)(2 * M_PI * 0x1.0p-24);
        image[i] += (float)sigma * radius * cosf(angle);
        if (i + 1 < count) image[i + 1] += (float)sigma * radius * sinf(angle);
    }
}

/* out[i] = sum over k of weights[k] in[i + k]. */
CC_HOT static void filter_line(float *restrict out, const float *restrict in, const float *weights, int taps,
                               size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = weights[0] * in[i];
    for (int k = 1; k < taps; k++)
        for (size_t i = 0; i < count; i++) out[i] += weights[k] * in[i + (size_t)k];
}

/* out[i] += weight in[i] */
CC_HOT static void add_line(float *restrict out, const float *restrict in, float weight, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] += weight * in[i];
}

/* The weights of a Gaussian, truncated as SciPy truncates it; returns its radius. */
static int gaussian(float weights[2 * CC_BLUR_RADIUS_MAX + 1], double sigma) {
    const int radius = (int)(4 * sigma + 0.5), taps = 2 * radius + 1; /* as SciPy rounds it */
    double sum = 0;
    for (int k = 0; k < taps; k++) sum += exp(-0.5 * (k - radius) * (k - radius) / (sigma * sigma));
    for (int k = 0; k < taps; k++)
        weights[k] = (float)(exp(-0.5 * (k - radius) * (k - radius) / (sigma * sigma)) / sum);
    return radius;
}

/* Along columns of height rows: each output row is a sum of whole rows. */
static void blur_columns(float *to, const float *from_rows, int height, size_t w, const float *weights,
                         int radius) {
    for (int y = 0; y < height; y++) {
        float *out = to + (size_t)y * w;
        memset(out, 0, w * sizeof *out);
        for (int k = 0; k <= 2 * radius; k++) {
            int from = y + k - radius;
            from = from < 0 ? 0 : from > height - 1 ? height - 1 : from;
            add_line(out, from_rows + (size_t)from * w, weights[k], w);
        }
    }
}

void cc_intensity_blur(float *image, int height, int width, double sigma, float *other, float *row) {
    float weights[2 * CC_BLUR_RADIUS_MAX + 1];
    const int radius = gaussian(weights, sigma);
    const size_t w = (size_t)width;
    /* Along rows, each with its edges repeated on both sides. */
    for (int y = 0; y < height; y++) {
        const float *in = image + (size_t)y * w;
        for (int x = 0; x < radius; x++) row[x] = in[0], row[radius + width + x] = in[width - 1];
        memcpy(row + radius, in, w * sizeof *row);
        filter_line(other + (size_t)y * w, row, weights, 2 * radius + 1, w);
    }
    blur_columns(image, other, height, w, weights, radius);
}

void cc_intensity_blur_slices(float *image, int depth, size_t plane, double sigma, float *other) {
    float weights[2 * CC_BLUR_RADIUS_MAX + 1];
    const int radius = gaussian(weights, sigma);
    /* A slice is one long row. */
    memcpy(other, image, (size_t)depth * plane * sizeof *other);
    blur_columns(image, other, depth, plane, weights, radius);
}

/* The sum of values held to [low, high], in LANES sums side by side, which a compiler can make vectors of. */
enum { LANES = 8 };
CC_HOT static double held_sum(const float *image, size_t count, float low, float high) {
    double sums[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (size_t k = 0; k < LANES; k++) {
            const float value = image[i + k], above = value < low ? low : value;
            sums[k] += (double)(above > high ? high : above);
        }
    for (; i < count; i++) sum += (double)(image[i] < low ? low : image[i] > high ? high : image[i]);
    for (size_t k = 0; k < LANES; k++) sum += sums[k];
    return sum;
}

void cc_intensity_contrast(float *image, size_t count, double factor, float low, float high) {
    const float f = (float)factor;
    const float rest = (float)((1 - factor) * held_sum(image, count, low, high) / (double)count);
    for (size_t i = 0; i < count; i++) image[i] = f * image[i] + rest;
}

/* Where pixel i of `to` lies among `from` pixels, pixel centres at i + 1/2: its left neighbour, and the
 * weight of the right one. */
static int neighbour(float *weight, int i, int from, int to) {
    double at = (i + 0.5) * from / to - 0.5;
    if (at < 0) at = 0;
    *weight = (float)(at - floor(at));
    return (int)at;
}

void cc_intensity_low_resolution(float *image, int height, int width, double scale, float *other,
                                 float *row) {
    const int h = (int)fmax(1, rint(height * scale)), w = (int)fmax(1, rint(width * scale));
    for (int y = 0; y < h; y++) {
        const float *in = image + (size_t)((int64_t)y * height / h) * (size_t)width;
        for (int x = 0; x < w; x++) other[(size_t)y * (size_t)w + (size_t)x] = in[(int64_t)x * width / w];
    }
    /* Each row's columns have the same neighbours: between two rows first, on the small grid, then along. */
    float *line = row, *weights = row + width, *lefts = row + 2 * (size_t)width;
    for (int x = 0; x < width; x++) lefts[x] = (float)neighbour(&weights[x], x, w, width);
    for (int y = 0; y < height; y++) {
        float fy, *out = image + (size_t)y * (size_t)width;
        const int top = neighbour(&fy, y, h, height), bottom = top + 1 < h ? top + 1 : top;
        const float *a = other + (size_t)top * (size_t)w, *b = other + (size_t)bottom * (size_t)w;
        for (int x = 0; x < w; x++) line[x] = a[x] + fy * (b[x] - a[x]);
        for (int x = 0; x < width; x++) {
            const int left = (int)lefts[x], right = left + 1 < w ? left + 1 : left;
            out[x] = line[left] + weights[x] * (line[right] - line[left]);
        }
    }
}

void cc_intensity_low_resolution_volume(float *image, int depth, int height, int width, double scale,
                                        float *other, float *row) {
    const int d = (int)fmax(1, rint(depth * scale));
    const size_t plane = (size_t)height * (size_t)width;
    float *slice = row + 3 * (size_t)width;
    /* The slices that are left, each as low in its plane, one behind the other; then between two of them. */
    for (int k = 0; k < d; k++) {
        float *kept = other + (size_t)k * plane;
        memcpy(kept, image + (size_t)((int64_t)k * depth / d) * plane, plane * sizeof *kept);
        cc_intensity_low_resolution(kept, height, width, scale, slice, row);
    }
    for (int z = 0; z < depth; z++) {
        float fz, *out = image + (size_t)z * plane;
        const int low = neighbour(&fz, z, d, depth), high = low + 1 < d ? low + 1 : low;
        const float *a = other + (size_t)low * plane, *b = other + (size_t)high * plane;
        for (size_t i = 0; i < plane; i++) out[i] = a[i] + fz * (b[i] - a[i]);
    }
}

void cc_intensity_gamma(float *image, size_t count, double exponent) {
    for (size_t i = 0; i < count; i++) image[i] = powf(image[i], (float)exponent);
}
