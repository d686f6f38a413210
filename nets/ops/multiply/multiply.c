/* nets/ops/multiply/multiply.c -- shapes and the reference: for each value of x0 the value of x1 that it meets. */
#include "nets/ops/multiply/multiply.h"

#include "nets/ops/ops.h"

/* Each extent of x1 but the number of images is x0's or 1. */
static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)attr, (void)input_count;
    bool fits = inputs[0]->rank == inputs[1]->rank && inputs[0]->dims[0] == inputs[1]->dims[0];
    for (int i = 1; i < inputs[0]->rank; i++)
        fits &= inputs[1]->dims[i] == inputs[0]->dims[i] || inputs[1]->dims[i] == 1;
    if (!fits)
        return cc_fail(CC_EINVAL, NULL, "each extent of the factor is that of x or 1",
                       "cannot multiply %s by %s", cc_shape_text(inputs[0]), cc_shape_text(inputs[1]));
    out->output = *inputs[0];
    return CC_OK;
}

/* The index in x1, [n][C or 1][pixels of its own], that value i of x0, [n][C][pixels], meets. */
static int64_t factor_of(const cc_reference_io *io, int64_t i) {
    const cc_shape *s0 = io->input_shapes[0], *s1 = io->input_shapes[1];
    int64_t x0[CC_SPATIAL_MAX], x1[CC_SPATIAL_MAX], pixels = cc_shape_pixels(s0), plane = i / pixels;
    cc_shape_spatial(x0, s0);
    cc_shape_spatial(x1, s1);
    if (s1->dims[1] == 1) plane /= s0->dims[1]; /* the image: all its channels meet the same plane */
    return plane * cc_shape_pixels(s1) + cc_multiply_pixel(x0, x1, i % pixels);
}

static void forward(const cc_reference_io *io) {
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++)
        io->y[i] = io->x[0][i] * io->x[1][factor_of(io, i)];
}

static size_t reference_bytes(const void *attr, const cc_shape *output) {
    (void)attr;
    return (size_t)cc_shape_count(output) * sizeof(double); /* x1 is no larger */
}

/* dx0 = dy x1, dx1 = sum of dy x0 over the values that x1's met. */
static void backward(const cc_reference_io *io) {
    const int64_t count = cc_shape_count(io->output_shape), factors = cc_shape_count(io->input_shapes[1]);
    double *sums = io->scratch;
    for (int64_t k = 0; k < factors; k++) sums[k] = 0;
    for (int64_t i = 0; i < count; i++) {
        const int64_t k = factor_of(io, i);
        sums[k] += (double)io->dy[i] * io->x[0][i];
        if (io->dx[0]) io->dx[0][i] = io->dy[i] * io->x[1][k];
    }
    for (int64_t k = 0; io->dx[1] && k < factors; k++) io->dx[1][k] = (float)sums[k];
}

static unsigned reads(const void *attr) {
    (void)attr;
    return CC_READS_INPUT;
}

extern const cc_kernel cc_multiply_cpu;

const cc_op cc_op_multiply = {
    .name = "multiply",
    .input_count = 2,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .reference_bytes = reference_bytes,
    .cpu = &cc_multiply_cpu,
};
