/* nets/ops/average_pool/average_pool.c -- shapes and the reference: each output's window is added up, and shares
 * its gradient equally. */
#include "nets/ops/average_pool/average_pool.h"

#include "nets/ops/ops.h"

static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)input_count;
    const cc_average_pool_attr *a = attr;
    for (int i = 0; i < CC_SPATIAL_MAX; i++)
        if (a->size[i] < 1 || (i == 0 && inputs[0]->rank == 4 && a->size[i] != 1))
            return cc_fail(CC_EINVAL, NULL, "1 or more; the depth of an image is 1",
                           "pools to a size of %lld", (long long)a->size[i]);
    out->output = cc_shape_with(inputs[0], inputs[0]->dims[1], a->size);
    return CC_OK;
}

/* Pixels of one plane: a box, D,H,W, of a plane of these extents. */
typedef struct box {
    int64_t first[CC_SPATIAL_MAX], end[CC_SPATIAL_MAX], extent[CC_SPATIAL_MAX];
} box;

/* Which pixel is asked about, as D,H,W. */
static void place_of(int64_t at[CC_SPATIAL_MAX], const int64_t extent[CC_SPATIAL_MAX], int64_t pixel) {
    at[0] = pixel / (extent[1] * extent[2]);
    at[1] = pixel / extent[2] % extent[1];
    at[2] = pixel % extent[2];
}

/* y: the mean over the window of each output pixel. x: [n][C][in pixels], y: [n][C][out pixels] */
static void forward(const cc_reference_io *io) {
    const int64_t *size = ((const cc_average_pool_attr *)io->attr)->size;
    const int64_t in = cc_shape_pixels(io->input_shapes[0]), out = cc_shape_pixels(io->output_shape);
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++) {
        const float *x = io->x[0] + i / out * in;
        int64_t at[CC_SPATIAL_MAX], count = 1;
        double sum = 0;
        box w;
        cc_shape_spatial(w.extent, io->input_shapes[0]);
        place_of(at, size, i % out);
        for (int k = 0; k < CC_SPATIAL_MAX; k++) {
            w.first[k] = cc_average_pool_window(&w.end[k], w.extent[k], size[k], at[k]);
            count *= w.end[k] - w.first[k];
        }
        for (int64_t d = w.first[0]; d < w.end[0]; d++)
            for (int64_t h = w.first[1]; h < w.end[1]; h++)
                for (int64_t k = w.first[2]; k < w.end[2]; k++)
                    sum += x[(d * w.extent[1] + h) * w.extent[2] + k];
        io->y[i] = (float)(sum / (double)count);
    }
}

/* The pixels in the window of output i of axis k. */
static int64_t window_length(const cc_reference_io *io, const box *w, int k, int64_t i) {
    int64_t in[CC_SPATIAL_MAX], end;
    cc_shape_spatial(in, io->input_shapes[0]);
    int64_t first = cc_average_pool_window(&end, in[k], w->extent[k], i);
    return end - first;
}

/* dx: the sum of dy / count over the outputs whose windows the pixel lies in. */
static void backward(const cc_reference_io *io) {
    const int64_t in = cc_shape_pixels(io->input_shapes[0]), out = cc_shape_pixels(io->output_shape);
    for (int64_t i = 0, n = cc_shape_count(io->input_shapes[0]); io->dx[0] && i < n; i++) {
        const float *dy = io->dy + i / in * out;
        int64_t at[CC_SPATIAL_MAX], extent[CC_SPATIAL_MAX];
        double sum = 0;
        box w;
        cc_shape_spatial(extent, io->input_shapes[0]);
        cc_shape_spatial(w.extent, io->output_shape);
        place_of(at, extent, i % in);
        for (int k = 0; k < CC_SPATIAL_MAX; k++)
            w.first[k] = cc_average_pool_outputs(&w.end[k], extent[k], w.extent[k], at[k]);
        for (int64_t d = w.first[0]; d < w.end[0]; d++)
            for (int64_t h = w.first[1]; h < w.end[1]; h++)
                for (int64_t k = w.first[2]; k < w.end[2]; k++)
                    sum += dy[(d * w.extent[1] + h) * w.extent[2] + k] /
                           (double)(window_length(io, &w, 0, d) * window_length(io, &w, 1, h) *
                                    window_length(io, &w, 2, k));
        io->dx[0][i] = (float)sum;
    }
}

static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

extern const cc_kernel cc_average_pool_cpu;

const cc_op cc_op_average_pool = {
    .name = "average_pool",
    .attr_bytes = sizeof(cc_average_pool_attr),
    .input_count = 1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .cpu = &cc_average_pool_cpu,
};
