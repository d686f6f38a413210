/* nets/ops/upsample/upsample.c -- nearest-neighbour upsampling that doubles every spatial extent, and the
 * reference: y[p] = x[floor(p / 2)].
 *
 * This is PyTorch's mode "nearest": output pixel p covers [p, p+1) / 2 of the input and takes the value of
 * the pixel that its corner lies in, so that each input pixel becomes a square of 2x2 (a cube of 2x2x2 at
 * rank 5). Backward adds up the gradients of that square. */
#include <string.h>
#include "nets/ops/ops.h"

static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)attr, (void)input_count;
    out->output = *inputs[0];
    for (int i = 2; i < inputs[0]->rank; i++) out->output.dims[i] *= 2;
    return CC_OK;
}

/* The index in x, [n][C][d][h][w], of the value that value i of y, [n][C][2d][2h][2w], repeats. */
static int64_t source(const cc_reference_io *io, int64_t i) {
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX], pixels = cc_shape_pixels(io->output_shape);
    cc_shape_spatial(in, io->input_shapes[0]);
    cc_shape_spatial(out, io->output_shape);
    int64_t pixel = i % pixels, d = pixel / (out[1] * out[2]), h = pixel / out[2] % out[1],
            w = pixel % out[2];
    if (out[0] > in[0]) d /= 2;
    return ((i / pixels * in[0] + d) * in[1] + h / 2) * in[2] + w / 2;
}

static void forward(const cc_reference_io *io) {
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++) io->y[i] = io->x[0][source(io, i)];
}

static void backward(const cc_reference_io *io) {
    if (!io->dx[0]) return;
    memset(io->dx[0], 0, (size_t)cc_shape_count(io->input_shapes[0]) * sizeof(float));
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++)
        io->dx[0][source(io, i)] += io->dy[i];
}

static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

extern const cc_kernel cc_upsample_cpu;

const cc_op cc_op_upsample = {
    .name = "upsample",
    .input_count = 1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .cpu = &cc_upsample_cpu,
};
