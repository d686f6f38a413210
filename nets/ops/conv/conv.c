/* nets/ops/conv/conv.c -- the convolution as an op: shapes, parameters, multiply-adds, and the definition of
 * its three passes as plain loops, with sums in float64: what every fast kernel is tested against, and what
 * `--device reference` runs. What the transposed convolution shares of these is in the header.
 *
 * Each pass is written as a sum for each of its results (a gather), so that a result is finished before the
 * next begins and no memory is needed but a row of sums on the stack.
 *
 * Everywhere pixel p of y meets pixel p * stride - padding + k * dilation of x at tap k, in each of D, H and
 * W; taps that fall outside of the image are left out. A result's products are added in one order: images,
 * then channels, then pixels of y and taps, each in the order in which they lie in memory. */
#include "nets/ops/conv/conv.h"

#include <string.h>
#include "nets/ops/ops.h"

cc_conv_attr cc_conv_2d(int64_t out_channels, int64_t k, int64_t s) {
    return (cc_conv_attr){.out_channels = out_channels,
                          .groups = 1,
                          .kernel = {1, k, k},
                          .stride = {1, s, s},
                          .padding = {0, k / 2, k / 2},
                          .dilation = {1, 1, 1}};
}

cc_conv_attr cc_conv_3d(int64_t out_channels, int64_t k, int64_t s) {
    cc_conv_attr attr = cc_conv_2d(out_channels, k, s);
    attr.kernel[0] = k;
    attr.stride[0] = s;
    attr.padding[0] = k / 2;
    return attr;
}

void cc_conv_pad_same(cc_conv_attr *a, int64_t extent) {
    for (int i = 1; i < CC_SPATIAL_MAX; i++) {
        /* `all`: what the last output's kernel reaches beyond the image, of both sides together. */
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
    if (x->rank == 4 && (a->kernel[0] != 1 || a->stride[0] != 1 || a->dilation[0] != 1 ||
                         a->padding[0] != 0 || a->padding_more[0] != 0 || a->output_padding[0] != 0))
        return cc_fail(CC_EINVAL, NULL, "use a volume", "a kernel of three dimensions does not suit %s",
                       cc_shape_text(x));
    return CC_OK;
}

static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)input_count;
    const cc_conv_attr *a = attr;
    const cc_shape *x = inputs[0];
    CC_TRY(cc_conv_check(a, x));
    for (int i = 0; i < CC_SPATIAL_MAX; i++)
        if (a->output_padding[i] != 0)
            return cc_fail(CC_EINVAL, NULL, NULL, "output padding is for transposed convolutions");
    int64_t in[CC_SPATIAL_MAX], dims[CC_SPATIAL_MAX], taps = 1;
    cc_shape_spatial(in, x);
    for (int i = 0; i < CC_SPATIAL_MAX; i++) {
        /* reach: the extent that a dilated kernel covers. */
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
    /* fan_in: initial weights are scaled by the number of products of one output value. */
    cc_conv_parameters(out, a, x->rank - 2, a->out_channels, per_group, (double)(per_group * taps));
    out->multiply_adds = (double)cc_shape_count(&out->output) * (double)(per_group * taps);
    return CC_OK;
}

void cc_conv_parameters(cc_op_signature *out, const cc_conv_attr *a, int spatial, int64_t first,
                        int64_t second, double fan_in) {
    cc_op_parameter *w = &out->parameters[0];
    *w = (cc_op_parameter){
        .suffix = "weight", .role = CC_ROLE_KERNEL, .rank = 2 + spatial, .dims = {first, second}};
    /* At rank 4 the kernel has no depth. */
    for (int i = 0; i < spatial; i++) w->dims[2 + i] = a->kernel[CC_SPATIAL_MAX - spatial + i];
    w->fan_in = fan_in;
    out->parameter_count = 1;
    if (!a->bias) return;
    out->parameters[1] =
        (cc_op_parameter){.suffix = "bias", .role = CC_ROLE_BIAS, .rank = 1, .dims = {a->out_channels}};
    out->parameter_count = 2;
}

/* --- the naive reference --- */

/* Results of a row that are summed side by side. */
enum { ROW_SUMS = 512 };

/* The problem in plain numbers: in, out and kernel are D,H,W of x, of y and of the weights. */
typedef struct window {
    const cc_conv_attr *a;
    int64_t n, in_channels, out_channels, per_in, per_out; /* per_in, per_out: channels of one group */
    int64_t in[CC_SPATIAL_MAX], out[CC_SPATIAL_MAX];
    int64_t in_pixels, out_pixels, taps;
} window;

static window window_of(const cc_conv_attr *a, const cc_shape *xs, const cc_shape *ys) {
    window c = {.a = a,
                .n = xs->dims[0],
                .in_channels = xs->dims[1],
                .out_channels = ys->dims[1],
                .per_in = xs->dims[1] / a->groups,
                .per_out = ys->dims[1] / a->groups,
                .in_pixels = cc_shape_pixels(xs),
                .out_pixels = cc_shape_pixels(ys),
                .taps = a->kernel[0] * a->kernel[1] * a->kernel[2]};
    cc_shape_spatial(c.in, xs);
    cc_shape_spatial(c.out, ys);
    return c;
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* The first pixel of x's row that a tap at (pd, ph, td, th) of the kernel's rows reads; -1 where that row
 * lies outside of the image. */
static int64_t row_of_x(const window *c, int64_t pd, int64_t ph, int64_t td, int64_t th) {
    const cc_conv_attr *a = c->a;
    const int64_t d = pd * a->stride[0] - a->padding[0] + td * a->dilation[0],
                  h = ph * a->stride[1] - a->padding[1] + th * a->dilation[1];
    return d < 0 || d >= c->in[0] || h < 0 || h >= c->in[1] ? -1 : (d * c->in[1] + h) * c->in[2];
}

/* y[n,o,p] = sum over i, k of x[n,i,..] w[o,i,k]; a piece of a row of y at a time. */
static void forward(float *y, const window *c, const float *x, const float *w) {
    const cc_conv_attr *a = c->a;
    double sums[ROW_SUMS];
    for (int64_t plane = 0; plane < c->n * c->out_channels; plane++) {
        const int64_t n = plane / c->out_channels, o = plane % c->out_channels,
                      first = n * c->in_channels + o / c->per_out * c->per_in; /* plane of x */
        for (int64_t row = 0; row < c->out[0] * c->out[1]; row++)
            for (int64_t begin = 0; begin < c->out[2]; begin += ROW_SUMS) {
                const int64_t count = smaller(c->out[2] - begin, ROW_SUMS);
                memset(sums, 0, sizeof sums);
                for (int64_t i = 0; i < c->per_in; i++)
                    for (int64_t t = 0; t < c->taps; t++) {
                        const int64_t tw = t % a->kernel[2], th = t / a->kernel[2] % a->kernel[1],
                                      td = t / a->kernel[2] / a->kernel[1],
                                      line = row_of_x(c, row / c->out[1], row % c->out[1], td, th);
                        const double weight = w[(o * c->per_in + i) * c->taps + t];
                        if (line < 0) continue;
                        const float *from = x + (first + i) * c->in_pixels + line;
                        int64_t at = begin * a->stride[2] - a->padding[2] + tw * a->dilation[2];
                        for (int64_t p = 0; p < count; p++, at += a->stride[2])
                            if (at >= 0 && at < c->in[2]) sums[p] += (double)from[at] * weight;
                    }
                float *to = y + plane * c->out_pixels + row * c->out[2] + begin;
                for (int64_t p = 0; p < count; p++) to[p] = (float)sums[p];
            }
    }
}

/* Which pixel of y meets pixel `at` of x at tap t, in one dimension; -1: none. */
static int64_t meets(const window *c, int dimension, int64_t at, int64_t t) {
    const int64_t stride = c->a->stride[dimension],
                  from = at + c->a->padding[dimension] - t * c->a->dilation[dimension];
    return from < 0 || from % stride || from / stride >= c->out[dimension] ? -1 : from / stride;
}

/* dx[n,i,q] = sum over o, and over the p and k that meet at q, of dy[n,o,p] w[o,i,k]; a piece of a row of x
 * at a time. The later a tap, the earlier the pixel of y that it meets: taps count down, so that those count
 * up. */
static void backward_data(float *dx, const window *c, const float *w, const float *dy) {
    const cc_conv_attr *a = c->a;
    double sums[ROW_SUMS];
    for (int64_t plane = 0; plane < c->n * c->in_channels; plane++) {
        const int64_t n = plane / c->in_channels, channel = plane % c->in_channels, i = channel % c->per_in,
                      first = channel / c->per_in * c->per_out; /* output channel of the group */
        for (int64_t row = 0; row < c->in[0] * c->in[1]; row++)
            for (int64_t begin = 0; begin < c->in[2]; begin += ROW_SUMS) {
                const int64_t count = smaller(c->in[2] - begin, ROW_SUMS);
                memset(sums, 0, sizeof sums);
                for (int64_t o = first; o < first + c->per_out; o++)
                    for (int64_t t = a->kernel[0] * a->kernel[1] - 1; t >= 0; t--) {
                        const int64_t pd = meets(c, 0, row / c->in[1], t / a->kernel[1]),
                                      ph = meets(c, 1, row % c->in[1], t % a->kernel[1]);
                        const float *weights = w + (o * c->per_in + i) * c->taps + t * a->kernel[2];
                        if (pd < 0 || ph < 0) continue;
                        const float *from = dy + (n * c->out_channels + o) * c->out_pixels +
                                            (pd * c->out[1] + ph) * c->out[2];
                        int64_t at = -a->padding[2] - begin; /* of the first tap, in this piece */
                        for (int64_t p = 0; p < c->out[2]; p++, at += a->stride[2])
                            for (int64_t k = 0; k < a->kernel[2]; k++) {
                                const int64_t q = at + k * a->dilation[2];
                                if (q >= 0 && q < count) sums[q] += (double)from[p] * weights[k];
                            }
                    }
                float *to = dx + plane * c->in_pixels + row * c->in[2] + begin;
                for (int64_t q = 0; q < count; q++) to[q] = (float)sums[q];
            }
    }
}

/* dw[o,i,k] = sum over n, p of dy[n,o,p] x[n,i,..]. */
static void backward_weights(float *dw, const window *c, const float *x, const float *dy) {
    const cc_conv_attr *a = c->a;
    for (int64_t weight = 0; weight < c->out_channels * c->per_in * c->taps; weight++) {
        const int64_t t = weight % c->taps, i = weight / c->taps % c->per_in,
                      o = weight / c->taps / c->per_in;
        const int64_t tw = t % a->kernel[2], th = t / a->kernel[2] % a->kernel[1],
                      td = t / a->kernel[2] / a->kernel[1];
        double sum = 0;
        for (int64_t n = 0; n < c->n; n++)
            for (int64_t row = 0; row < c->out[0] * c->out[1]; row++) {
                const int64_t line = row_of_x(c, row / c->out[1], row % c->out[1], td, th);
                if (line < 0) continue;
                const float *from = x + (n * c->in_channels + o / c->per_out * c->per_in + i) * c->in_pixels +
                                    line,
                            *slopes = dy + (n * c->out_channels + o) * c->out_pixels + row * c->out[2];
                int64_t at = tw * a->dilation[2] - a->padding[2];
                for (int64_t p = 0; p < c->out[2]; p++, at += a->stride[2])
                    if (at >= 0 && at < c->in[2]) sum += (double)slopes[p] * from[at];
            }
        dw[weight] = (float)sum;
    }
}

void cc_conv_reference(float *out, cc_pass pass, const cc_conv_attr *a, const cc_shape *xs,
                       const cc_shape *ys, const float *x, const float *w, const float *y) {
    const window c = window_of(a, xs, ys);
    switch (pass) {
    case CC_PASS_FORWARD:
        forward(out, &c, x, w);
        break;
    case CC_PASS_BACKWARD_DATA:
        backward_data(out, &c, w, y);
        break;
    case CC_PASS_BACKWARD_WEIGHTS:
        backward_weights(out, &c, x, y);
        break;
    }
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

/* y = conv(x, w) + bias, all plain: x N,I,[D,]H,W; p[0] the weights, p[1] the bias. */
static void reference_forward(const cc_reference_io *io) {
    const cc_conv_attr *a = io->attr;
    cc_conv_reference(io->y, CC_PASS_FORWARD, a, io->input_shapes[0], io->output_shape, io->x[0], io->p[0],
                      NULL);
    if (a->bias) cc_conv_add_bias(io->y, io->p[1], io->output_shape);
}

/* dx (where wanted), dw and dbias from dy. */
static void reference_backward(const cc_reference_io *io) {
    const cc_conv_attr *a = io->attr;
    const cc_shape *xs = io->input_shapes[0], *ys = io->output_shape;
    if (io->dx[0]) cc_conv_reference(io->dx[0], CC_PASS_BACKWARD_DATA, a, xs, ys, NULL, io->p[0], io->dy);
    cc_conv_reference(io->dp[0], CC_PASS_BACKWARD_WEIGHTS, a, xs, ys, io->x[0], NULL, io->dy);
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
    .reference_forward = reference_forward,
    .reference_backward = reference_backward,
    .cpu = &cc_conv_cpu,
};
