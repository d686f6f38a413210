/* nets/ops/prelu/prelu.c -- shapes and the reference: elementwise, with one slope, whose gradient is a sum over
 * all values. */
#include "nets/ops/prelu/prelu.h"

#include "nets/ops/ops.h"

/* Any shape. */
static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)attr, (void)input_count;
    out->output = *inputs[0];
    out->parameter_count = 1;
    out->parameters[CC_PRELU_WEIGHT] =
        (cc_op_parameter){.suffix = "weight", .role = CC_ROLE_SLOPE, .rank = 1, .dims = {1}};
    return CC_OK;
}

static void forward(const cc_reference_io *io) {
    const double slope = io->p[CC_PRELU_WEIGHT][0];
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++)
        io->y[i] = io->x[0][i] > 0 ? io->x[0][i] : (float)(slope * io->x[0][i]);
}

/* dx = dy f'(x); d slope = sum of dy x where x is not above zero */
static void backward(const cc_reference_io *io) {
    const double slope = io->p[CC_PRELU_WEIGHT][0];
    double sum = 0;
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++) {
        const double x = io->x[0][i], dy = io->dy[i];
        if (!(x > 0)) sum += dy * x;
        if (io->dx[0]) io->dx[0][i] = (float)(x > 0 ? dy : dy * slope);
    }
    if (io->dp[CC_PRELU_WEIGHT]) io->dp[CC_PRELU_WEIGHT][0] = (float)sum;
}

/* z is x itself, and so dz/dx = 1. */
static bool relu_inputs(double *z, double *slopes, const cc_reference_io *io) {
    for (int64_t c = 0; c < io->output_shape->dims[1]; c++) slopes[c] = 1;
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++) z[i] = io->x[0][i];
    return true;
}

static unsigned reads(const void *attr) {
    (void)attr;
    return CC_READS_INPUT;
}

extern const cc_kernel cc_prelu_cpu;

const cc_op cc_op_prelu = {
    .name = "prelu",
    .input_count = 1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .relu_inputs = relu_inputs,
    .cpu = &cc_prelu_cpu,
};
