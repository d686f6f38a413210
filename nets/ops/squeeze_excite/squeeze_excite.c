#include "nets/ops/squeeze_excite/squeeze_excite.h"

#include <stdlib.h>
#include "nets/ops/activation/activation.h"
#include "nets/ops/ops.h"

static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)input_count;
    int64_t reduced = ((const cc_squeeze_excite_attr *)attr)->reduced, channels = inputs[0]->dims[1];
    if (reduced < 1) return cc_fail(CC_EINVAL, NULL, NULL, "squeezes into %lld channels", (long long)reduced);
    out->output = *inputs[0];
    out->parameter_count = 4;
    int rank = inputs[0]->rank;
    out->parameters[CC_SQUEEZE_WEIGHT] = (cc_op_parameter){.suffix = "conv_reduce.weight",
                                                           .role = CC_ROLE_KERNEL,
                                                           .rank = rank,
                                                           .dims = {reduced, channels, 1, 1, 1},
                                                           .fan_in = (double)channels};
    out->parameters[CC_SQUEEZE_BIAS] =
        (cc_op_parameter){.suffix = "conv_reduce.bias", .role = CC_ROLE_BIAS, .rank = 1, .dims = {reduced}};
    out->parameters[CC_EXCITE_WEIGHT] = (cc_op_parameter){.suffix = "conv_expand.weight",
                                                          .role = CC_ROLE_KERNEL,
                                                          .rank = rank,
                                                          .dims = {channels, reduced, 1, 1, 1},
                                                          .fan_in = (double)reduced};
    out->parameters[CC_EXCITE_BIAS] =
        (cc_op_parameter){.suffix = "conv_expand.bias", .role = CC_ROLE_BIAS, .rank = 1, .dims = {channels}};
    out->multiply_adds = 2.0 * (double)(inputs[0]->dims[0] * channels * reduced);
    return CC_OK;
}

/* One image. */
typedef struct image {
    int64_t channels, reduced, pixels, start; /* start: of its values in x */
    double *mean, *before, *hidden, *scale;   /* m; W1 m + b1; silu of it; s */
} image;

static image image_of(const cc_reference_io *io, int64_t n) {
    image v = {.channels = io->output_shape->dims[1],
               .reduced = ((const cc_squeeze_excite_attr *)io->attr)->reduced,
               .pixels = cc_shape_pixels(io->output_shape)};
    v.start = n * v.channels * v.pixels;
    v.mean = calloc((size_t)(2 * v.channels + 2 * v.reduced), sizeof *v.mean);
    if (!v.mean) abort(); /* the reference serves tests on small shapes */
    v.scale = v.mean + v.channels;
    v.before = v.scale + v.channels;
    v.hidden = v.before + v.reduced;
    for (int64_t i = 0; i < v.channels * v.pixels; i++)
        v.mean[i / v.pixels] += (double)io->x[0][v.start + i] / (double)v.pixels;
    for (int64_t r = 0; r < v.reduced; r++) {
        v.before[r] = io->p[CC_SQUEEZE_BIAS][r];
        for (int64_t c = 0; c < v.channels; c++)
            v.before[r] += io->p[CC_SQUEEZE_WEIGHT][r * v.channels + c] * v.mean[c];
        v.hidden[r] = cc_activation_value(CC_ACTIVATION_SILU, v.before[r]);
    }
    for (int64_t c = 0; c < v.channels; c++) {
        double z = io->p[CC_EXCITE_BIAS][c];
        for (int64_t r = 0; r < v.reduced; r++) z += io->p[CC_EXCITE_WEIGHT][c * v.reduced + r] * v.hidden[r];
        v.scale[c] = cc_activation_value(CC_ACTIVATION_SIGMOID, z);
    }
    return v;
}

static void forward(const cc_reference_io *io) {
    for (int64_t n = 0; n < io->output_shape->dims[0]; n++) {
        image v = image_of(io, n);
        for (int64_t i = 0; i < v.channels * v.pixels; i++)
            io->y[v.start + i] = (float)(io->x[0][v.start + i] * v.scale[i / v.pixels]);
        free(v.mean);
    }
}

/* Gradients of the two layers by way of `dscale`, that of s; they are added up. Leaves that of m in dscale.
 */
static void backward_layers(const cc_reference_io *io, const image *v, double *dscale, double *const dp[4]) {
    double *dbefore = calloc((size_t)v->reduced, sizeof *dbefore);
    if (!dbefore) abort();
    for (int64_t c = 0; c < v->channels; c++) {
        double dz = dscale[c] * v->scale[c] * (1 - v->scale[c]);
        dscale[c] = 0;
        dp[CC_EXCITE_BIAS][c] += dz;
        for (int64_t r = 0; r < v->reduced; r++) {
            dp[CC_EXCITE_WEIGHT][c * v->reduced + r] += dz * v->hidden[r];
            dbefore[r] += dz * io->p[CC_EXCITE_WEIGHT][c * v->reduced + r];
        }
    }
    for (int64_t r = 0; r < v->reduced; r++) {
        dbefore[r] *= cc_activation_slope(CC_ACTIVATION_SILU, v->before[r]);
        dp[CC_SQUEEZE_BIAS][r] += dbefore[r];
        for (int64_t c = 0; c < v->channels; c++) {
            dp[CC_SQUEEZE_WEIGHT][r * v->channels + c] += dbefore[r] * v->mean[c];
            dscale[c] += dbefore[r] * io->p[CC_SQUEEZE_WEIGHT][r * v->channels + c];
        }
    }
    free(dbefore);
}

static void backward_image(const cc_reference_io *io, int64_t n, double *const dp[4]) {
    image v = image_of(io, n);
    double *dscale = calloc((size_t)v.channels, sizeof *dscale);
    if (!dscale) abort();
    for (int64_t i = 0; i < v.channels * v.pixels; i++)
        dscale[i / v.pixels] += (double)io->dy[v.start + i] * io->x[0][v.start + i];
    backward_layers(io, &v, dscale, dp);
    for (int64_t i = 0; io->dx[0] && i < v.channels * v.pixels; i++)
        io->dx[0][v.start + i] =
            (float)(io->dy[v.start + i] * v.scale[i / v.pixels] + dscale[i / v.pixels] / (double)v.pixels);
    free(dscale);
    free(v.mean);
}

static void backward(const cc_reference_io *io) {
    int64_t channels = io->output_shape->dims[1],
            reduced = ((const cc_squeeze_excite_attr *)io->attr)->reduced;
    int64_t counts[] = {reduced * channels, reduced, channels * reduced, channels};
    double *dp[4];
    for (int i = 0; i < 4; i++) {
        dp[i] = calloc((size_t)counts[i], sizeof *dp[i]);
        if (!dp[i]) abort();
    }
    for (int64_t n = 0; n < io->output_shape->dims[0]; n++) backward_image(io, n, dp);
    for (int i = 0; i < 4; i++) {
        for (int64_t k = 0; k < counts[i]; k++) io->dp[i][k] = (float)dp[i][k];
        free(dp[i]);
    }
}

static unsigned reads(const void *attr) {
    (void)attr;
    return CC_READS_INPUT;
}

extern const cc_kernel cc_squeeze_excite_cpu;

const cc_op cc_op_squeeze_excite = {
    .name = "squeeze_excite",
    .attr_bytes = sizeof(cc_squeeze_excite_attr),
    .input_count = 1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .cpu = &cc_squeeze_excite_cpu,
};
