/* Shapes and the naive reference of the convolution, and through it of the transposed one: the forward pass
 * of either is the other's gradient by its input. */
#include "nets/ops/conv/conv.h"

#include <stdlib.h>
#include "nets/ops/conv/reference.h"
#include "nets/ops/ops.h"

cc_conv_attr cc_conv_2d(int64_t out_channels, int64_t k, int64_t s) {
    return (cc_conv_attr){.out_channels = out_channels,
                          .groups = 1,
                          .kernel = {1, k, k},
                          .stride = {1, s, s},
                          .padding = {0, k / 2, k / 2},
                          .dilation = {1, 1, 1}};
}

void cc_conv_pad_same(cc_conv_attr *a, int64_t extent) {
    for (int i = 1; i < CC_SPATIAL_MAX; i++) {
        const int64_t outputs = (extent + a->stride[i] - 1) / a->stride[i],
                      all = (outputs - 1) * a->stride[i] + a->dilation[i] * (a->kernel[i] - 1) + 1 - extent;
        a->padding[i] = all > 0 ? all / 2 : 0;
        a->padding_more[i] = all > 0 ? all % 2 : 0;
    }
}

cc_status cc_conv_check(const cc_conv_attr *a, const cc_shape *x) {
    if (a->groups < 1 || x->dims[1] % a->groups || a->out_channels < 1 || a->out_channels % a->groups)
        return cc_fail(CC_EINVAL, NULL, NULL, "%lld groups do not divide %lld and %lld channels",
                       (long long)a->groups, (long long)x->dims[1], (long long)a->out_channels);
    for (int i = 0; i < CC_SPATIAL_MAX; i++)
        if (a->kernel[i] < 1 || a->stride[i] < 1 || a->dilation[i] < 1 || a->padding[i] < 0 ||
            a->padding_more[i] < 0)
            return cc_fail(CC_EINVAL, NULL, NULL,
                           "kernel, stride and dilation are at least 1, padding at least 0");
    return CC_OK;
}

static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)input_count;
    const cc_conv_attr *a = attr;
    const cc_shape *x = inputs[0];
    CC_TRY(cc_conv_check(a, x));
    int64_t in[CC_SPATIAL_MAX], dims[CC_SPATIAL_MAX], taps = 1;
    cc_shape_spatial(in, x);
    for (int i = 0; i < CC_SPATIAL_MAX; i++) {
        const int64_t reach = a->dilation[i] * (a->kernel[i] - 1) + 1,
                      padded = in[i] + 2 * a->padding[i] + a->padding_more[i];
        if (padded < reach)
            return cc_fail(CC_EINVAL, NULL, "use a larger image", "a kernel of %lld does not fit into %s",
                           (long long)a->kernel[i], cc_shape_text(x));
        dims[i] = (padded - reach) / a->stride[i] + 1;
        taps *= a->kernel[i];
    }
    out->output = cc_shape_with(x, a->out_channels, dims);
    int64_t per_group = x->dims[1] / a->groups;
    cc_conv_parameters(out, a, x->rank - 2, a->out_channels, per_group, (double)(per_group * taps));
    out->multiply_adds = (double)cc_shape_count(&out->output) * (double)(per_group * taps);
    return CC_OK;
}

void cc_conv_parameters(cc_op_signature *out, const cc_conv_attr *a, int spatial, int64_t first,
                        int64_t second, double fan_in) {
    cc_op_parameter *w = &out->parameters[0];
    *w = (cc_op_parameter){
        .suffix = "weight", .role = CC_ROLE_KERNEL, .rank = 2 + spatial, .dims = {first, second}};
    for (int i = 0; i < spatial; i++) w->dims[2 + i] = a->kernel[CC_SPATIAL_MAX - spatial + i];
    w->fan_in = fan_in;
    out->parameter_count = 1;
    if (!a->bias) return;
    out->parameters[1] =
        (cc_op_parameter){.suffix = "bias", .role = CC_ROLE_BIAS, .rank = 1, .dims = {a->out_channels}};
    out->parameter_count = 2;
}

/* The definition's places: pixel of x that tap t reads for output pixel p, at [p * taps + t]; -1 outside of
 * the image. */
static int64_t *places_of(const cc_conv_attr *a, const int64_t in[3], const int64_t ext[3], int64_t taps) {
    int64_t count = ext[0] * ext[1] * ext[2] * taps, *places = malloc((size_t)count * sizeof *places);
    if (!places) abort(); /* the reference serves tests on small shapes */
    for (int64_t q = 0; q < count; q++) {
        int64_t pixel = q / taps, t = q % taps;
        int64_t p[] = {pixel / (ext[1] * ext[2]), pixel / ext[2] % ext[1], pixel % ext[2]};
        int64_t tap[] = {t / (a->kernel[1] * a->kernel[2]), t / a->kernel[2] % a->kernel[1],
                         t % a->kernel[2]};
        places[q] = 0;
        for (int i = 0; i < CC_SPATIAL_MAX && places[q] >= 0; i++) {
            int64_t at = p[i] * a->stride[i] - a->padding[i] + tap[i] * a->dilation[i];
            places[q] = at < 0 || at >= in[i] ? -1 : places[q] * in[i] + at;
        }
    }
    return places;
}

static int64_t weight_count(const cc_conv_attr *a, const cc_shape *xs, const cc_shape *ys) {
    return xs->dims[1] / a->groups * ys->dims[1] * a->kernel[0] * a->kernel[1] * a->kernel[2];
}

void cc_conv_reference(float *out, cc_conv_side side, const cc_conv_attr *a, const cc_shape *xs,
                       const cc_shape *ys, const float *x, const float *w, const float *y) {
    int64_t counts[] = {cc_shape_count(ys), cc_shape_count(xs), weight_count(a, xs, ys)};
    int64_t in[CC_SPATIAL_MAX], ext[CC_SPATIAL_MAX], taps = a->kernel[0] * a->kernel[1] * a->kernel[2];
    int64_t per_in = xs->dims[1] / a->groups, per_out = ys->dims[1] / a->groups;
    int64_t in_pixels = cc_shape_pixels(xs), out_pixels = cc_shape_pixels(ys);
    cc_shape_spatial(in, xs);
    cc_shape_spatial(ext, ys);
    int64_t *places = places_of(a, in, ext, taps);
    double *sum = calloc((size_t)counts[side], sizeof *sum);
    if (!sum) abort();
    for (int64_t row = 0; row < xs->dims[0] * ys->dims[1] * per_in; row++) {
        int64_t i = row % per_in, o = row / per_in % ys->dims[1], n = row / per_in / ys->dims[1];
        int64_t x_plane = (n * xs->dims[1] + o / per_out * per_in + i) * in_pixels,
                y_plane = (n * ys->dims[1] + o) * out_pixels;
        for (int64_t q = 0, pixel = 0, t = 0; q < out_pixels * taps; q++, t++) {
            if (t == taps) pixel++, t = 0;
            if (places[q] < 0) continue;
            int64_t xi = places[q], wi = (o * per_in + i) * taps + t;
            switch (side) {
            case CC_CONV_OUTPUT:
                sum[y_plane + pixel] += (double)x[x_plane + xi] * w[wi];
                break;
            case CC_CONV_INPUT:
                sum[x_plane + xi] += (double)y[y_plane + pixel] * w[wi];
                break;
            case CC_CONV_WEIGHT:
                sum[wi] += (double)y[y_plane + pixel] * x[x_plane + xi];
                break;
            }
        }
    }
    for (int64_t i = 0; i < counts[side]; i++) out[i] = (float)sum[i];
    free(sum), free(places);
}

void cc_conv_add_bias(float *y, const float *bias, const cc_shape *shape) {
    int64_t pixels = cc_shape_pixels(shape), planes = shape->dims[0] * shape->dims[1];
    for (int64_t i = 0; i < planes * pixels; i++) y[i] += bias[i / pixels % shape->dims[1]];
}

void cc_conv_bias_gradient(float *dbias, const float *dy, const cc_shape *shape) {
    int64_t pixels = cc_shape_pixels(shape), channels = shape->dims[1];
    for (int64_t c = 0; c < channels; c++) {
        double sum = 0;
        for (int64_t n = 0; n < shape->dims[0]; n++)
            for (int64_t i = 0; i < pixels; i++) sum += dy[(n * channels + c) * pixels + i];
        dbias[c] = (float)sum;
    }
}

static void forward(const cc_reference_io *io) {
    const cc_conv_attr *a = io->attr;
    cc_conv_reference(io->y, CC_CONV_OUTPUT, a, io->input_shapes[0], io->output_shape, io->x[0], io->p[0],
                      NULL);
    if (a->bias) cc_conv_add_bias(io->y, io->p[1], io->output_shape);
}

static void backward(const cc_reference_io *io) {
    const cc_conv_attr *a = io->attr;
    const cc_shape *xs = io->input_shapes[0], *ys = io->output_shape;
    if (io->dx[0]) cc_conv_reference(io->dx[0], CC_CONV_INPUT, a, xs, ys, NULL, io->p[0], io->dy);
    cc_conv_reference(io->dp[0], CC_CONV_WEIGHT, a, xs, ys, io->x[0], NULL, io->dy);
    if (a->bias) cc_conv_bias_gradient(io->dp[1], io->dy, ys);
}

unsigned cc_conv_reads(const void *attr) {
    (void)attr;
    return CC_READS_INPUT;
}

const cc_op cc_op_conv = {
    .name = "conv",
    .attr_bytes = sizeof(cc_conv_attr),
    .input_count = 1,
    .infer = infer,
    .backward_reads = cc_conv_reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .cpu = &cc_conv_cpu,
};
