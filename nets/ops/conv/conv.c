/* nets/ops/conv/conv.c -- the convolution as an op: shapes, parameters, multiply-adds, and which functions
 * run it. What the transposed convolution shares of these is in the header. */
#include "nets/ops/conv/conv.h"

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

/* y = conv(x, w) + bias, all plain: x N,I,[D,]H,W; p[0] the weights, p[1] the bias. */
static void forward(const cc_reference_io *io) {
    const cc_conv_attr *a = io->attr;
    cc_conv_reference(io->y, CC_PASS_FORWARD, a, io->input_shapes[0], io->output_shape, io->x[0], io->p[0],
                      NULL);
    if (a->bias) cc_conv_add_bias(io->y, io->p[1], io->output_shape);
}

/* dx (where wanted), dw and dbias from dy. */
static void backward(const cc_reference_io *io) {
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
    .reference_forward = forward,
    .reference_backward = backward,
    .cpu = &cc_conv_cpu,
};
