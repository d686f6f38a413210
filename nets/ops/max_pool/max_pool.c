/* nets/ops/max_pool/max_pool.c -- shapes and the reference. The gradient of an output value goes to the one
 * input that won its window, found anew from x; where windows overlap, an input adds up what it won.
 *
 * Ties and NaN are PyTorch's: a tap replaces the best so far if it is larger or NaN, so that of equal values
 * the first in reading order wins, and of several NaN the last. */
#include "nets/ops/max_pool/max_pool.h"

#include <math.h>
#include <string.h>
#include "nets/ops/ops.h"

cc_max_pool_attr cc_max_pool_2d(int64_t kernel, int64_t stride, int64_t padding) {
    return (cc_max_pool_attr){{1, kernel, kernel}, {1, stride, stride}, {0, padding, padding}};
}

cc_max_pool_attr cc_max_pool_3d(int64_t kernel, int64_t stride, int64_t padding) {
    return (cc_max_pool_attr){
        {kernel, kernel, kernel}, {stride, stride, stride}, {padding, padding, padding}};
}

/* The padding is at most half the window, so that no window lies in it wholly; a tap's number fits a byte. */
static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)input_count;
    const cc_max_pool_attr *a = attr;
    int64_t dims[CC_SPATIAL_MAX], taps = 1;
    cc_shape_spatial(dims, inputs[0]);
    for (int i = 0; i < CC_SPATIAL_MAX; i++) {
        taps *= a->kernel[i];
        if (a->kernel[i] < 1 || a->stride[i] < 1 || a->padding[i] < 0 || 2 * a->padding[i] > a->kernel[i] ||
            taps > 255)
            return cc_fail(CC_EINVAL, NULL, NULL, "a window of %lld with padding %lld makes no sense",
                           (long long)a->kernel[i], (long long)a->padding[i]);
        if (dims[i] + 2 * a->padding[i] < a->kernel[i])
            return cc_fail(CC_EINVAL, NULL, "use a larger image", "a window of %lld does not fit into %s",
                           (long long)a->kernel[i], cc_shape_text(inputs[0]));
        dims[i] = (dims[i] + 2 * a->padding[i] - a->kernel[i]) / a->stride[i] + 1;
    }
    out->output = cc_shape_with(inputs[0], inputs[0]->dims[1], dims);
    return CC_OK;
}

int64_t cc_max_pool_tap(const cc_max_pool_attr *a, const int64_t in[3], const int64_t p[3], int64_t t) {
    int64_t tap[CC_SPATIAL_MAX] = {t / (a->kernel[1] * a->kernel[2]), t / a->kernel[2] % a->kernel[1],
                                   t % a->kernel[2]};
    int64_t index = 0;
    for (int i = 0; i < CC_SPATIAL_MAX; i++) {
        int64_t at = p[i] * a->stride[i] - a->padding[i] + tap[i];
        if (at < 0 || at >= in[i]) return -1;
        index = index * in[i] + at;
    }
    return index;
}

static int64_t taps_of(const cc_max_pool_attr *a) {
    return a->kernel[0] * a->kernel[1] * a->kernel[2];
}

/* Tap t of the window of output pixel `pixel`. */
static int64_t tap_at(const cc_reference_io *io, int64_t pixel, int64_t t) {
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX];
    cc_shape_spatial(in, io->input_shapes[0]);
    cc_shape_spatial(out, io->output_shape);
    int64_t p[CC_SPATIAL_MAX] = {pixel / (out[1] * out[2]), pixel / out[2] % out[1], pixel % out[2]};
    return cc_max_pool_tap(io->attr, in, p, t);
}

/* The pixel of `plane` that wins the window of output pixel `pixel`. */
static int64_t largest(const cc_reference_io *io, const float *plane, int64_t pixel) {
    int64_t best = -1;
    for (int64_t t = 0; t < taps_of(io->attr); t++) {
        int64_t at = tap_at(io, pixel, t);
        if (at >= 0 && (best < 0 || plane[at] > plane[best] || isnan(plane[at]))) best = at;
    }
    return best;
}

/* x: [n][C][in pixels], y: [n][C][out pixels]; plane by plane. */
static void forward(const cc_reference_io *io) {
    int64_t in = cc_shape_pixels(io->input_shapes[0]), out = cc_shape_pixels(io->output_shape);
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++) {
        const float *plane = io->x[0] + i / out * in;
        io->y[i] = plane[largest(io, plane, i % out)];
    }
}

static void backward(const cc_reference_io *io) {
    int64_t in = cc_shape_pixels(io->input_shapes[0]), out = cc_shape_pixels(io->output_shape);
    if (!io->dx[0]) return;
    memset(io->dx[0], 0, (size_t)cc_shape_count(io->input_shapes[0]) * sizeof(float));
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++) {
        int64_t plane = i / out * in;
        io->dx[0][plane + largest(io, io->x[0] + plane, i % out)] += io->dy[i];
    }
}

static void near_ties(const cc_reference_io *io, double margin,
                      void (*found)(void *context, const cc_near_tie *tie), void *context) {
    int64_t in = cc_shape_pixels(io->input_shapes[0]), out = cc_shape_pixels(io->output_shape);
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++) {
        const int64_t plane = i / out * in, winner = largest(io, io->x[0] + plane, i % out);
        const double value = io->x[0][plane + winner];
        for (int64_t t = 0; t < taps_of(io->attr); t++) {
            const int64_t at = tap_at(io, i % out, t);
            if (at < 0 || at == winner || !(value - io->x[0][plane + at] <= margin)) continue;
            found(context, &(cc_near_tie){.unit = i, .winner = plane + winner, .other = plane + at});
        }
    }
}

static unsigned reads(const void *attr) {
    (void)attr;
    return CC_READS_INPUT;
}

extern const cc_kernel cc_max_pool_cpu;

const cc_op cc_op_max_pool = {
    .name = "max_pool",
    .attr_bytes = sizeof(cc_max_pool_attr),
    .input_count = 1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .near_ties = near_ties,
    .cpu = &cc_max_pool_cpu,
};
