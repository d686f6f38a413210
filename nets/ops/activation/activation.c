/* nets/ops/activation/activation.c -- the reference: the functions and their derivatives in float64.
 *
 *   relu     f = max(0, z)       f' = 0 for z <= 0, else 1
 *   silu     f = z s(z)          f' = s (1 + z (1 - s))
 *   sigmoid  f = s = 1/(1+e^-z)  f' = s (1 - s)
 *   leaky    f = z > 0 ? z : slope z   f' = z > 0 ? 1 : slope
 *
 * The sigmoid is taken by the branch whose exponential cannot overflow. */
#include "nets/ops/activation/activation.h"

#include <math.h>
#include "nets/ops/ops.h"

static double sigmoid(double z) {
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

double cc_activation_value(cc_activation kind, double slope, double z) {
    switch (kind) {
    case CC_ACTIVATION_NONE:
        return z;
    case CC_ACTIVATION_RELU:
        return z <= 0 ? 0 : z;
    case CC_ACTIVATION_SILU:
        return z * sigmoid(z);
    case CC_ACTIVATION_SIGMOID:
        return sigmoid(z);
    case CC_ACTIVATION_LEAKY_RELU:
        return z > 0 ? z : slope * z;
    }
    return NAN;
}

double cc_activation_derivative(cc_activation kind, double slope, double z) {
    double s = sigmoid(z);
    switch (kind) {
    case CC_ACTIVATION_NONE:
        return 1;
    case CC_ACTIVATION_RELU:
        return !(z <= 0);
    case CC_ACTIVATION_SILU:
        return s * (1 + z * (1 - s));
    case CC_ACTIVATION_SIGMOID:
        return s * (1 - s);
    case CC_ACTIVATION_LEAKY_RELU:
        return z > 0 ? 1 : slope;
    }
    return NAN;
}

/* Any shape, no parameters. */
static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)attr, (void)input_count;
    out->output = *inputs[0];
    return CC_OK;
}

static void forward(const cc_reference_io *io) {
    const cc_activation_attr *a = io->attr;
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++)
        io->y[i] = (float)cc_activation_value(a->kind, a->slope, io->x[0][i]);
}

static void backward(const cc_reference_io *io) {
    const cc_activation_attr *a = io->attr;
    if (!io->dx[0]) return;
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++)
        io->dx[0][i] = (float)(io->dy[i] * cc_activation_derivative(a->kind, a->slope, io->x[0][i]));
}

/* z is x itself, and so dz/dx = 1. */
static bool relu_inputs(double *z, double *slopes, const cc_reference_io *io) {
    if (!cc_activation_has_kink(((const cc_activation_attr *)io->attr)->kind)) return false;
    for (int64_t c = 0; c < io->output_shape->dims[1]; c++) slopes[c] = 1;
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++) z[i] = io->x[0][i];
    return true;
}

static unsigned reads(const void *attr) {
    (void)attr;
    return CC_READS_INPUT;
}

extern const cc_kernel cc_activation_cpu;

const cc_op cc_op_activation = {
    .name = "activation",
    .attr_bytes = sizeof(cc_activation_attr),
    .input_count = 1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .relu_inputs = relu_inputs,
    .cpu = &cc_activation_cpu,
};
