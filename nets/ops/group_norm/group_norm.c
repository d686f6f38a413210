/* nets/ops/group_norm/group_norm.c -- shapes and the reference, in float64, a group of one image at a time.
 *
 * Forward, with M values of the group over its channels and pixels, mean and biased variance over them:
 *
 *   h = (x - mean) rstd,  rstd = 1 / sqrt(var + epsilon);  z = weight h + bias;  y = f(z)
 *
 * Backward (Wu & He 2018; Ioffe & Szegedy's equations with the group in place of the batch): with g = dy f'(z)
 *
 *   dbias = sum g,  dweight = sum g h              over all images and pixels of the channel
 *   dx = rstd (u - sum u / M - h sum(u h) / M)     with u = weight g, sums over the group of that image
 *
 * the two sums coming from mean and var, which depend on every x. In N,C,[D,]H,W order a group is one run of
 * values. */
#include "nets/ops/group_norm/group_norm.h"

#include <math.h>
#include <string.h>
#include "nets/ops/ops.h"

int64_t cc_group_norm_groups(const cc_group_norm_attr *attr, const cc_shape *x) {
    return attr->groups ? attr->groups : x->dims[1];
}

cc_status cc_group_norm_infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                              int input_count) {
    static const cc_op_parameter parameters[] = {{.suffix = "weight", .role = CC_ROLE_NORM_WEIGHT, .rank = 1},
                                                 {.suffix = "bias", .role = CC_ROLE_NORM_BIAS, .rank = 1}};
    const cc_group_norm_attr *a = attr;
    (void)input_count;
    const int64_t channels = inputs[0]->dims[1];
    if (a->groups < 0 || (a->groups > 0 && channels % a->groups))
        return cc_fail(CC_EINVAL, NULL, NULL, "%lld channels do not fall into %lld groups",
                       (long long)channels, (long long)a->groups);
    if (a->activation == CC_ACTIVATION_SIGMOID)
        return cc_fail(CC_EINVAL, NULL, "use an activation layer",
                       "a sigmoid cannot be part of a normalisation");
    out->output = *inputs[0];
    out->parameter_count = a->affine ? 2 : 0;
    for (int i = 0; i < out->parameter_count; i++) {
        out->parameters[i] = parameters[i];
        out->parameters[i].dims[0] = channels;
    }
    return CC_OK;
}

/* One group of one image: a run of x. */
typedef struct group {
    int64_t first, count; /* values first ... first + count - 1; count is M */
    int64_t channel;      /* the group's first channel, and ... */
    int64_t pixels;       /* ... values of each of its channels */
    double mean, rstd;
} group;

/* Number `index` of [n][group]. */
static group group_of(const cc_reference_io *io, int64_t index) {
    const cc_group_norm_attr *a = io->attr;
    const cc_shape *s = io->output_shape;
    const int64_t groups = cc_group_norm_groups(a, s), each = s->dims[1] / groups;
    group g = {.pixels = cc_shape_pixels(s), .channel = index % groups * each};
    double var = 0;
    g.count = each * g.pixels;
    g.first = index * g.count;
    for (int64_t i = g.first; i < g.first + g.count; i++) g.mean += io->x[0][i] / (double)g.count;
    for (int64_t i = g.first; i < g.first + g.count; i++)
        var += pow(io->x[0][i] - g.mean, 2) / (double)g.count;
    g.rstd = 1 / sqrt(var + a->epsilon);
    return g;
}

static int64_t group_count(const cc_reference_io *io) {
    return io->output_shape->dims[0] * cc_group_norm_groups(io->attr, io->output_shape);
}

/* The channel of value i of the whole array. */
static int64_t channel_at(const group *g, int64_t i) {
    return g->channel + (i - g->first) / g->pixels;
}

static double weight_of(const cc_reference_io *io, int64_t channel) {
    return ((const cc_group_norm_attr *)io->attr)->affine ? io->p[CC_GROUP_NORM_WEIGHT][channel] : 1;
}

/* h and z of value i of the whole array. */
static double before_activation(double *h, const cc_reference_io *io, const group *g, int64_t i) {
    const int64_t c = channel_at(g, i);
    *h = (io->x[0][i] - g->mean) * g->rstd;
    double bias = ((const cc_group_norm_attr *)io->attr)->affine ? io->p[CC_GROUP_NORM_BIAS][c] : 0;
    return *h * weight_of(io, c) + bias;
}

void cc_group_norm_reference_forward(const cc_reference_io *io) {
    const cc_group_norm_attr *a = io->attr;
    for (int64_t index = 0; index < group_count(io); index++) {
        group g = group_of(io, index);
        for (int64_t i = g.first; i < g.first + g.count; i++) {
            double h, z = before_activation(&h, io, &g, i);
            io->y[i] = (float)cc_activation_value(a->activation, a->slope, z);
        }
    }
}

/* dweight and dbias of each channel, in float64 until all images are in them. */
size_t cc_group_norm_reference_bytes(const void *attr, const cc_shape *output) {
    return ((const cc_group_norm_attr *)attr)->affine ? 2 * (size_t)output->dims[1] * sizeof(double) : 0;
}

/* As the opening has it: a first pass over each group for the sums, a second for dx. The statistics are found
 * anew. */
void cc_group_norm_reference_backward(const cc_reference_io *io) {
    const cc_group_norm_attr *a = io->attr;
    const int64_t channels = io->output_shape->dims[1];
    double *dweight = io->scratch, *dbias = a->affine ? dweight + channels : NULL;
    if (a->affine) memset(dweight, 0, cc_group_norm_reference_bytes(a, io->output_shape));
    for (int64_t index = 0; index < group_count(io); index++) {
        group g = group_of(io, index);
        double sum = 0, dot = 0;
        for (int pass = 0; pass < 2; pass++)
            for (int64_t i = g.first; i < g.first + g.count; i++) {
                int64_t c = channel_at(&g, i);
                double h, z = before_activation(&h, io, &g, i),
                          dz = io->dy[i] * cc_activation_derivative(a->activation, a->slope, z),
                          u = dz * weight_of(io, c);
                if (pass == 0) {
                    sum += u;
                    dot += u * h;
                    if (a->affine) dweight[c] += dz * h, dbias[c] += dz;
                } else if (io->dx[0]) {
                    io->dx[0][i] = (float)(g.rstd * (u - sum / (double)g.count - h * dot / (double)g.count));
                }
            }
    }
    for (int64_t c = 0; a->affine && c < channels; c++) {
        io->dp[CC_GROUP_NORM_WEIGHT][c] = (float)dweight[c];
        io->dp[CC_GROUP_NORM_BIAS][c] = (float)dbias[c];
    }
}

/* f'(z) is computed anew from x: y is not read, and its memory is free for others. */
unsigned cc_group_norm_reads(const void *attr) {
    (void)attr;
    return CC_READS_INPUT;
}

const cc_op cc_op_group_norm = {
    .name = "group_norm",
    .attr_bytes = sizeof(cc_group_norm_attr),
    .input_count = 1,
    .infer = cc_group_norm_infer,
    .backward_reads = cc_group_norm_reads,
    .reference_forward = cc_group_norm_reference_forward,
    .reference_backward = cc_group_norm_reference_backward,
    .reference_bytes = cc_group_norm_reference_bytes,
};
