/* nets/ops/conv_transpose/conv_transpose.c -- the transposed convolution as an op, and its naive reference.
 *
 * It is the input gradient of a convolution with the same weights, stride and padding, from this op's output
 * to its input. So that convolution's loops compute it: its backward data pass is our forward pass, its
 * forward pass our input gradient, and in both weight gradients the same pairs of values meet. */
#include "nets/ops/conv_transpose/conv_transpose.h"

#include "nets/ops/ops.h"

cc_conv_attr cc_conv_transpose_double(int64_t out_channels) {
    cc_conv_attr attr = cc_conv_2d(out_channels, 2, 2);
    attr.padding[1] = attr.padding[2] = 0;
    attr.bias = true;
    return attr;
}

cc_conv_attr cc_conv_transpose_double_3d(int64_t out_channels) {
    cc_conv_attr attr = cc_conv_transpose_double(out_channels);
    attr.kernel[0] = attr.stride[0] = 2;
    return attr;
}

static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)input_count;
    const cc_conv_attr *a = attr;
    const cc_shape *x = inputs[0];
    CC_TRY(cc_conv_check(a, x));
    int64_t dims[CC_SPATIAL_MAX], taps = 1, strides = 1;
    cc_shape_spatial(dims, x);
    for (int i = 0; i < CC_SPATIAL_MAX; i++) {
        if (a->output_padding[i] < 0 || a->output_padding[i] >= a->stride[i])
            return cc_fail(CC_EINVAL, NULL, NULL, "output padding of %lld: it is less than the stride, %lld",
                           (long long)a->output_padding[i], (long long)a->stride[i]);
        /* The smallest extent of which a convolution makes dims[i] outputs, and what is asked for more. */
        dims[i] = (dims[i] - 1) * a->stride[i] - 2 * a->padding[i] - a->padding_more[i] +
                  a->dilation[i] * (a->kernel[i] - 1) + 1 + a->output_padding[i];
        if (dims[i] < 1)
            return cc_fail(CC_EINVAL, NULL, "use a larger image", "padding of %lld leaves nothing",
                           (long long)a->padding[i]);
        taps *= a->kernel[i];
        strides *= a->stride[i];
    }
    out->output = cc_shape_with(x, a->out_channels, dims);
    int64_t in_channels = x->dims[1], per_group = a->out_channels / a->groups;
    /* Products of one output value, on average: of the taps, one in `strides` falls on a pixel of x. */
    double fan_in = (double)(in_channels / a->groups * taps) / (double)strides;
    cc_conv_parameters(out, a, x->rank - 2, in_channels, per_group, fan_in);
    out->multiply_adds = (double)cc_shape_count(x) * (double)(per_group * taps);
    return CC_OK;
}

/* The convolution that this op is the input gradient of: from y's channels to x's. */
static cc_conv_attr convolution_of(const cc_reference_io *io) {
    cc_conv_attr attr = *(const cc_conv_attr *)io->attr;
    attr.out_channels = io->input_shapes[0]->dims[1];
    return attr;
}

static void forward(const cc_reference_io *io) {
    const cc_conv_attr *a = io->attr, conv = convolution_of(io);
    cc_conv_reference(io->y, CC_PASS_BACKWARD_DATA, &conv, io->output_shape, io->input_shapes[0], NULL,
                      io->p[0], io->x[0]);
    if (a->bias) cc_conv_add_bias(io->y, io->p[1], io->output_shape);
}

static void backward(const cc_reference_io *io) {
    const cc_conv_attr *a = io->attr, conv = convolution_of(io);
    const cc_shape *from = io->output_shape, *to = io->input_shapes[0]; /* of that convolution */
    if (io->dx[0]) cc_conv_reference(io->dx[0], CC_PASS_FORWARD, &conv, from, to, io->dy, io->p[0], NULL);
    cc_conv_reference(io->dp[0], CC_PASS_BACKWARD_WEIGHTS, &conv, from, to, io->dy, NULL, io->x[0]);
    if (a->bias) cc_conv_bias_gradient(io->dp[1], io->dy, io->output_shape);
}

const cc_op cc_op_conv_transpose = {
    .name = "conv_transpose",
    .attr_bytes = sizeof(cc_conv_attr),
    .input_count = 1,
    .infer = infer,
    .backward_reads = cc_conv_reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .cpu = &cc_conv_cpu,
};
