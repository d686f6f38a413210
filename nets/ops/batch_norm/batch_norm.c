/* nets/ops/batch_norm/batch_norm.c -- shapes and the reference, in float64, a channel at a time.
 *
 * Forward, with M values of the channel over all images and pixels, mean and biased variance over them:
 *
 *   h = (x - mean) rstd,  rstd = 1 / sqrt(var + epsilon);  z = weight h + bias [+ residual];  y = f(z)
 *
 * Backward (Ioffe & Szegedy 2015, the equations of section 3, simplified): with g = dy f'(z)
 *
 *   dbias = sum g,  dweight = sum g h,  dresidual = g
 *   dx = weight rstd (g - sum g / M - h sum(g h) / M)
 *
 * the two sums coming from mean and var, which depend on every x. */
#include "nets/ops/batch_norm/batch_norm.h"

#include <math.h>
#include "nets/ops/ops.h"

cc_batch_norm_attr cc_batch_norm_with(cc_activation activation, double epsilon) {
    return (cc_batch_norm_attr){.epsilon = epsilon, .momentum = 0.1, .activation = activation};
}

static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    static const cc_op_parameter parameters[] = {
        {.suffix = "weight", .role = CC_ROLE_NORM_WEIGHT, .rank = 1},
        {.suffix = "bias", .role = CC_ROLE_NORM_BIAS, .rank = 1},
        {.suffix = "running_mean", .role = CC_ROLE_RUNNING_MEAN, .rank = 1},
        {.suffix = "running_var", .role = CC_ROLE_RUNNING_VAR, .rank = 1}};
    if (((const cc_batch_norm_attr *)attr)->activation == CC_ACTIVATION_SIGMOID)
        return cc_fail(CC_EINVAL, NULL, "use an activation layer",
                       "a sigmoid cannot be part of batch normalisation");
    if (input_count > 2) return cc_fail(CC_EINVAL, NULL, NULL, "takes x and at most one residual");
    if (input_count == 2 &&
        (cc_shape_count(inputs[0]) != cc_shape_count(inputs[1]) || inputs[0]->dims[1] != inputs[1]->dims[1]))
        return cc_fail(CC_EINVAL, NULL, NULL, "the residual is %s, x is %s", cc_shape_text(inputs[1]),
                       cc_shape_text(inputs[0]));
    out->output = *inputs[0];
    out->parameter_count = 4;
    for (int i = 0; i < 4; i++) {
        out->parameters[i] = parameters[i];
        out->parameters[i].dims[0] = inputs[0]->dims[1];
    }
    return CC_OK;
}

/* One channel of x, [n][C][pixels]. */
typedef struct channel {
    int64_t stride, offset, pixels; /* value i of the channel: offset + i / pixels * stride + i % pixels */
    int64_t count;                  /* M */
    double mean, var, scale;        /* scale: rstd = 1 / sqrt(var + epsilon) */
} channel;

static int64_t at(const channel *c, int64_t i) {
    return c->offset + i / c->pixels * c->stride + i % c->pixels;
}

static channel channel_of(const cc_reference_io *io, int64_t index) {
    const cc_batch_norm_attr *a = io->attr;
    const cc_shape *s = io->output_shape;
    int64_t pixels = cc_shape_pixels(s);
    channel c = {.pixels = pixels,
                 .offset = index * pixels,
                 .stride = s->dims[1] * pixels,
                 .count = s->dims[0] * pixels};
    if (io->training) {
        for (int64_t i = 0; i < c.count; i++) c.mean += io->x[0][at(&c, i)] / (double)c.count;
        for (int64_t i = 0; i < c.count; i++) c.var += pow(io->x[0][at(&c, i)] - c.mean, 2) / (double)c.count;
    } else {
        c.mean = io->p[CC_BATCH_NORM_MEAN][index];
        c.var = io->p[CC_BATCH_NORM_VAR][index];
    }
    c.scale = 1 / sqrt(c.var + a->epsilon);
    return c;
}

/* z of value i of the whole array. */
static double before_activation(const cc_reference_io *io, const channel *c, int64_t index, int64_t i) {
    double normal = (io->x[0][i] - c->mean) * c->scale;
    double z = normal * io->p[CC_BATCH_NORM_WEIGHT][index] + io->p[CC_BATCH_NORM_BIAS][index];
    return io->input_count == 2 ? z + io->x[1][i] : z;
}

static void forward(const cc_reference_io *io) {
    const cc_batch_norm_attr *a = io->attr;
    for (int64_t index = 0; index < io->output_shape->dims[1]; index++) {
        channel c = channel_of(io, index);
        for (int64_t i = 0; i < c.count; i++) {
            int64_t j = at(&c, i);
            io->y[j] =
                (float)cc_activation_value(a->activation, a->slope, before_activation(io, &c, index, j));
        }
        if (!io->training) continue;
        float *mean = &io->p[CC_BATCH_NORM_MEAN][index], *var = &io->p[CC_BATCH_NORM_VAR][index];
        /* The variance of a sample estimates that of all with M - 1 in place of M (PyTorch's choice). */
        double unbiased = c.count > 1 ? c.var * (double)c.count / (double)(c.count - 1) : c.var;
        *mean = (float)((1 - a->momentum) * *mean + a->momentum * c.mean);
        *var = (float)((1 - a->momentum) * *var + a->momentum * unbiased);
    }
}

/* As the opening has it: a first pass for the two sums, a second for dx. A training plan's; the batch's
 * statistics are found anew. */
static void backward(const cc_reference_io *io) {
    const cc_batch_norm_attr *a = io->attr;
    for (int64_t index = 0; index < io->output_shape->dims[1]; index++) {
        channel c = channel_of(io, index);
        double sum = 0, dot = 0;
        for (int pass = 0; pass < 2; pass++)
            for (int64_t i = 0; i < c.count; i++) {
                int64_t j = at(&c, i);
                double g = io->dy[j] * cc_activation_derivative(a->activation, a->slope,
                                                                before_activation(io, &c, index, j));
                double h = (io->x[0][j] - c.mean) * c.scale;
                if (pass == 0) {
                    sum += g;
                    dot += g * h;
                    if (io->input_count == 2 && io->dx[1]) io->dx[1][j] = (float)g;
                } else if (io->dx[0]) {
                    double centred = g - sum / (double)c.count - h * dot / (double)c.count;
                    io->dx[0][j] = (float)(io->p[CC_BATCH_NORM_WEIGHT][index] * c.scale * centred);
                }
            }
        io->dp[CC_BATCH_NORM_WEIGHT][index] = (float)dot;
        io->dp[CC_BATCH_NORM_BIAS][index] = (float)sum;
    }
}

/* z, and dz/dx = weight rstd with mean and var held fixed. */
static bool relu_inputs(double *z, double *slopes, const cc_reference_io *io) {
    if (!cc_activation_has_kink(((const cc_batch_norm_attr *)io->attr)->activation)) return false;
    for (int64_t index = 0; index < io->output_shape->dims[1]; index++) {
        channel c = channel_of(io, index);
        slopes[index] = io->p[CC_BATCH_NORM_WEIGHT][index] * c.scale;
        for (int64_t i = 0; i < c.count; i++) z[at(&c, i)] = before_activation(io, &c, index, at(&c, i));
    }
    return true;
}

/* f'(z) is computed anew from x and the residual: y is not read, and its memory is free for others. */
static unsigned reads(const void *attr) {
    (void)attr;
    return CC_READS_INPUT;
}

extern const cc_kernel cc_batch_norm_cpu;

const cc_op cc_op_batch_norm = {
    .name = "batch_norm",
    .attr_bytes = sizeof(cc_batch_norm_attr),
    .input_count = -1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .relu_inputs = relu_inputs,
    .cpu = &cc_batch_norm_cpu,
};
