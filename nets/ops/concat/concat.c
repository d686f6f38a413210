/* nets/ops/concat/concat.c -- concatenation of channels, the inputs in their order; backward copies each
 * part of the gradient back. */
#include <string.h>
#include "nets/ops/ops.h"

/* Inputs may differ in their channels alone. */
static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)attr;
    int64_t channels = 0, dims[CC_SPATIAL_MAX];
    for (int i = 0; i < input_count; i++) {
        cc_shape same = *inputs[i];
        same.dims[1] = inputs[0]->dims[1];
        if (!cc_shape_equal(&same, inputs[0]))
            return cc_fail(CC_EINVAL, NULL, "use an image whose sides the net divides",
                           "cannot join %s and %s", cc_shape_text(inputs[0]), cc_shape_text(inputs[i]));
        channels += inputs[i]->dims[1];
    }
    cc_shape_spatial(dims, inputs[0]);
    out->output = cc_shape_with(inputs[0], channels, dims);
    return CC_OK;
}

/* Values of input i for one n, and where they start in the output. */
static int64_t part(const cc_reference_io *io, int i, int64_t n, int64_t *start) {
    int64_t pixels = cc_shape_pixels(io->output_shape), before = 0;
    for (int j = 0; j < i; j++) before += io->input_shapes[j]->dims[1];
    *start = (n * io->output_shape->dims[1] + before) * pixels;
    return io->input_shapes[i]->dims[1] * pixels;
}

/* x[i]: [n][C_i][pixels]; y: [n][sum of C_i][pixels] */
static void forward(const cc_reference_io *io) {
    for (int i = 0; i < io->input_count; i++)
        for (int64_t n = 0, start; n < io->output_shape->dims[0]; n++) {
            int64_t count = part(io, i, n, &start);
            memcpy(io->y + start, io->x[i] + n * count, (size_t)count * sizeof(float));
        }
}

static void backward(const cc_reference_io *io) {
    for (int i = 0; i < io->input_count; i++)
        for (int64_t n = 0, start; io->dx[i] && n < io->output_shape->dims[0]; n++) {
            int64_t count = part(io, i, n, &start);
            memcpy(io->dx[i] + n * count, io->dy + start, (size_t)count * sizeof(float));
        }
}

static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

extern const cc_kernel cc_concat_cpu;

const cc_op cc_op_concat = {
    .name = "concat",
    .input_count = -1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .cpu = &cc_concat_cpu,
};
