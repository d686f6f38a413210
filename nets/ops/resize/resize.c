/* nets/ops/resize/resize.c -- shapes and the reference: each output pixel is a mean of four input pixels, weighted
 * by how close they lie; backward hands its gradient to the same four. */
#include "nets/ops/resize/resize.h"

#include "nets/ops/ops.h"

enum { EXTENT_MAX = 1 << 24 }; /* of a side; products of two stay far from overflow */

static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)input_count;
    const cc_resize_attr *a = attr;
    int64_t size[CC_SPATIAL_MAX] = {1, 1, 1};
    if (inputs[0]->rank != 4)
        return cc_fail(CC_EINVAL, NULL, "use upsample, which doubles volumes", "resizes images, and x is %s",
                       cc_shape_text(inputs[0]));
    for (int i = 1; i < CC_SPATIAL_MAX; i++) {
        size[i] = a->factor ? a->factor * inputs[0]->dims[i + 1] : a->size[i];
        if (a->factor < 0 || a->factor > EXTENT_MAX || size[i] < 1 || size[i] > EXTENT_MAX)
            return cc_fail(CC_EINVAL, NULL, "a factor, or sides of 1 and more",
                           "cannot resize %s to %lld pixels", cc_shape_text(inputs[0]), (long long)size[i]);
    }
    out->output = cc_shape_with(inputs[0], inputs[0]->dims[1], size);
    return CC_OK;
}

/* The four pixels of an output pixel and their weights. */
typedef struct corners {
    int64_t at[4];
    double weight[4];
} corners;

static corners corners_of(const cc_reference_io *io, int64_t pixel) {
    const cc_resize_attr *a = io->attr;
    const int64_t *in = io->input_shapes[0]->dims + 2, *out = io->output_shape->dims + 2;
    const int64_t i[2] = {pixel / out[1], pixel % out[1]};
    int64_t low[2], high[2];
    double t[2];
    for (int k = 0; k < 2; k++) {
        int64_t rest, whole;
        low[k] = cc_resize_place(&rest, &whole, in[k], out[k], a->align_corners, i[k]);
        high[k] = low[k] + (low[k] + 1 < in[k]);
        t[k] = (double)rest / (double)whole;
    }
    return (corners){{low[0] * in[1] + low[1], low[0] * in[1] + high[1], high[0] * in[1] + low[1],
                      high[0] * in[1] + high[1]},
                     {(1 - t[0]) * (1 - t[1]), (1 - t[0]) * t[1], t[0] * (1 - t[1]), t[0] * t[1]}};
}

/* x: [n][C][in pixels], y: [n][C][out pixels] */
static void forward(const cc_reference_io *io) {
    const int64_t in = cc_shape_pixels(io->input_shapes[0]), out = cc_shape_pixels(io->output_shape);
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++) {
        const corners c = corners_of(io, i % out);
        double sum = 0;
        for (int k = 0; k < 4; k++) sum += c.weight[k] * io->x[0][i / out * in + c.at[k]];
        io->y[i] = (float)sum;
    }
}

/* The share that output `o` of an axis takes of pixel i: 1 - t where that is its low one, t where it is the
 * next. */
static double share_of(const cc_reference_io *io, int axis, int64_t o, int64_t i) {
    const cc_resize_attr *a = io->attr;
    int64_t rest, whole,
        low = cc_resize_place(&rest, &whole, io->input_shapes[0]->dims[axis], io->output_shape->dims[axis],
                              a->align_corners, o);
    const double t = (double)rest / (double)whole;
    return low == i ? 1 - t : low + 1 == i ? t : 0;
}

/* dx of a pixel: the sum of the gradients of the outputs that read it, each times its share. */
static void backward(const cc_reference_io *io) {
    const cc_resize_attr *a = io->attr;
    const int64_t *in = io->input_shapes[0]->dims + 2, *out = io->output_shape->dims + 2,
                  pixels = in[0] * in[1];
    for (int64_t i = 0, n = cc_shape_count(io->input_shapes[0]); io->dx[0] && i < n; i++) {
        const float *dy = io->dy + i / pixels * out[0] * out[1];
        const int64_t at[2] = {i % pixels / in[1], i % in[1]};
        int64_t first[2], end[2];
        double sum = 0;
        for (int k = 0; k < 2; k++) {
            first[k] = cc_resize_first(in[k], out[k], a->align_corners, at[k] - 1);
            end[k] = cc_resize_first(in[k], out[k], a->align_corners, at[k] + 1);
        }
        for (int64_t h = first[0]; h < end[0]; h++)
            for (int64_t w = first[1]; w < end[1]; w++)
                sum += share_of(io, 2, h, at[0]) * share_of(io, 3, w, at[1]) * dy[h * out[1] + w];
        io->dx[0][i] = (float)sum;
    }
}

static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

extern const cc_kernel cc_resize_cpu;

const cc_op cc_op_resize = {
    .name = "resize",
    .attr_bytes = sizeof(cc_resize_attr),
    .input_count = 1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .cpu = &cc_resize_cpu,
};
