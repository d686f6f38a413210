/* nets/ops/squeeze_excite/squeeze_excite.c -- shapes and the naive reference, in float64; each image by
 * itself.
 *
 * The two small layers are 1x1 convolutions of one pixel, that is, matrix products. */
#include "nets/ops/squeeze_excite/squeeze_excite.h"

#include <string.h>
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

/* What both passes work in: float64 vectors of one image, then sums over all images. R reduced channels. */
typedef struct work {
    int64_t channels, reduced, pixels;
    double *mean;    /* [C]: m */
    double *before;  /* [R]: z1 = W1 m + b1 */
    double *hidden;  /* [R]: h = silu(z1) */
    double *scale;   /* [C]: s = sigmoid(W2 h + b2) */
    double *dscale;  /* [C]: gradient of s, then of m */
    double *dbefore; /* [R]: gradient of h, then of z1 */
    double *dp[4];   /* gradients of the parameters: [R][C], [R], [C][R], [C] */
} work;

static size_t reference_bytes(const void *attr, const cc_shape *output) {
    const int64_t r = ((const cc_squeeze_excite_attr *)attr)->reduced, c = output->dims[1];
    return (size_t)(3 * c + 3 * r + 2 * r * c + r + c) * sizeof(double);
}

static work work_of(const cc_reference_io *io) {
    const int64_t r = ((const cc_squeeze_excite_attr *)io->attr)->reduced, c = io->output_shape->dims[1];
    work w = {.channels = c, .reduced = r, .pixels = cc_shape_pixels(io->output_shape), .mean = io->scratch};
    w.scale = w.mean + c;
    w.dscale = w.scale + c;
    w.before = w.dscale + c;
    w.hidden = w.before + r;
    w.dbefore = w.hidden + r;
    w.dp[CC_SQUEEZE_WEIGHT] = w.dbefore + r;
    w.dp[CC_SQUEEZE_BIAS] = w.dp[CC_SQUEEZE_WEIGHT] + r * c;
    w.dp[CC_EXCITE_WEIGHT] = w.dp[CC_SQUEEZE_BIAS] + r;
    w.dp[CC_EXCITE_BIAS] = w.dp[CC_EXCITE_WEIGHT] + c * r;
    return w;
}

/* m, z1, h and s of one image x, [C][pixels]. */
static void find_scale(const work *w, const cc_reference_io *io, const float *x) {
    const float *w1 = io->p[CC_SQUEEZE_WEIGHT], *b1 = io->p[CC_SQUEEZE_BIAS]; /* [R][C], [R] */
    const float *w2 = io->p[CC_EXCITE_WEIGHT], *b2 = io->p[CC_EXCITE_BIAS];   /* [C][R], [C] */
    memset(w->mean, 0, (size_t)w->channels * sizeof *w->mean);
    for (int64_t i = 0; i < w->channels * w->pixels; i++)
        w->mean[i / w->pixels] += (double)x[i] / (double)w->pixels;
    for (int64_t r = 0; r < w->reduced; r++) {
        w->before[r] = b1[r];
        for (int64_t c = 0; c < w->channels; c++) w->before[r] += w1[r * w->channels + c] * w->mean[c];
        w->hidden[r] = cc_activation_value(CC_ACTIVATION_SILU, 0, w->before[r]);
    }
    for (int64_t c = 0; c < w->channels; c++) {
        double z = b2[c];
        for (int64_t r = 0; r < w->reduced; r++) z += w2[c * w->reduced + r] * w->hidden[r];
        w->scale[c] = cc_activation_value(CC_ACTIVATION_SIGMOID, 0, z);
    }
}

/* y = x s */
static void forward(const cc_reference_io *io) {
    const work w = work_of(io);
    const int64_t count = w.channels * w.pixels; /* of an image */
    for (int64_t n = 0; n < io->output_shape->dims[0]; n++) {
        const float *x = io->x[0] + n * count;
        find_scale(&w, io, x);
        for (int64_t i = 0; i < count; i++) io->y[n * count + i] = (float)(x[i] * w.scale[i / w.pixels]);
    }
}

/* x reaches y directly, and through m, z1, h, z2 and s. With dL/dy = dy:
 *   ds[c] = sum over pixels of dy x          dz2 = ds s (1 - s)
 *   db2 = dz2,  dW2 = dz2 h^T                dh = W2^T dz2,  dz1 = dh silu'(z1)
 *   db1 = dz1,  dW1 = dz1 m^T                dm = W1^T dz1
 *   dx = dy s + dm / pixels
 * The parameters' gradients are sums over the images. */
static void backward(const cc_reference_io *io) {
    const work w = work_of(io);
    const int64_t count = w.channels * w.pixels;
    const int64_t counts[] = {w.reduced * w.channels, w.reduced, w.channels * w.reduced, w.channels};
    const float *w1 = io->p[CC_SQUEEZE_WEIGHT], *w2 = io->p[CC_EXCITE_WEIGHT]; /* [R][C], [C][R] */
    for (int k = 0; k < 4; k++) memset(w.dp[k], 0, (size_t)counts[k] * sizeof *w.dp[k]);
    for (int64_t n = 0; n < io->output_shape->dims[0]; n++) {
        const float *x = io->x[0] + n * count, *dy = io->dy + n * count;
        find_scale(&w, io, x);
        memset(w.dscale, 0, (size_t)w.channels * sizeof *w.dscale);
        memset(w.dbefore, 0, (size_t)w.reduced * sizeof *w.dbefore);
        for (int64_t i = 0; i < count; i++) w.dscale[i / w.pixels] += (double)dy[i] * x[i];
        for (int64_t c = 0; c < w.channels; c++) {
            double dz = w.dscale[c] * w.scale[c] * (1 - w.scale[c]);
            w.dscale[c] = 0; /* becomes dm */
            w.dp[CC_EXCITE_BIAS][c] += dz;
            for (int64_t r = 0; r < w.reduced; r++) {
                w.dp[CC_EXCITE_WEIGHT][c * w.reduced + r] += dz * w.hidden[r];
                w.dbefore[r] += dz * w2[c * w.reduced + r];
            }
        }
        for (int64_t r = 0; r < w.reduced; r++) {
            w.dbefore[r] *= cc_activation_derivative(CC_ACTIVATION_SILU, 0, w.before[r]);
            w.dp[CC_SQUEEZE_BIAS][r] += w.dbefore[r];
            for (int64_t c = 0; c < w.channels; c++) {
                w.dp[CC_SQUEEZE_WEIGHT][r * w.channels + c] += w.dbefore[r] * w.mean[c];
                w.dscale[c] += w.dbefore[r] * w1[r * w.channels + c];
            }
        }
        for (int64_t i = 0; io->dx[0] && i < count; i++)
            io->dx[0][n * count + i] =
                (float)(dy[i] * w.scale[i / w.pixels] + w.dscale[i / w.pixels] / (double)w.pixels);
    }
    for (int k = 0; k < 4; k++)
        for (int64_t i = 0; i < counts[k]; i++) io->dp[k][i] = (float)w.dp[k][i];
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
    .reference_bytes = reference_bytes,
    .cpu = &cc_squeeze_excite_cpu,
};
