/* nets/ops/channel_pool/channel_pool.c -- shapes and the reference: a pixel at a time, over its channels.
 *
 *   max   y = x[n,w,p], w the first channel with the largest value   dx[n,w,p] = dy, else 0
 *   mean  y = sum over c of x[n,c,p] / C                             dx[n,c,p] = dy / C */
#include "nets/ops/channel_pool/channel_pool.h"

#include <math.h>
#include "nets/ops/ops.h"

static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)attr, (void)input_count;
    out->output = *inputs[0];
    out->output.dims[1] = 1;
    return CC_OK;
}

/* x of pixel i, of all images: channel c stands c * pixels behind it. */
static int64_t first_of(const cc_reference_io *io, int64_t i) {
    const int64_t pixels = cc_shape_pixels(io->output_shape);
    return i / pixels * io->input_shapes[0]->dims[1] * pixels + i % pixels;
}

/* The channel that wins. */
static int64_t largest(const float *x, int64_t channels, int64_t pixels) {
    int64_t best = 0;
    for (int64_t c = 1; c < channels && !isnan(x[best * pixels]); c++)
        if (x[c * pixels] > x[best * pixels] || isnan(x[c * pixels])) best = c;
    return best;
}

static void forward(const cc_reference_io *io) {
    const cc_channel_pool_attr *a = io->attr;
    const int64_t pixels = cc_shape_pixels(io->output_shape), channels = io->input_shapes[0]->dims[1];
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); i < n; i++) {
        const float *x = io->x[0] + first_of(io, i);
        double sum = 0;
        for (int64_t c = 0; c < channels; c++) sum += x[c * pixels];
        io->y[i] = a->kind == CC_CHANNEL_POOL_MAX ? x[largest(x, channels, pixels) * pixels]
                                                  : (float)(sum / (double)channels);
    }
}

static void backward(const cc_reference_io *io) {
    const cc_channel_pool_attr *a = io->attr;
    const int64_t pixels = cc_shape_pixels(io->output_shape), channels = io->input_shapes[0]->dims[1];
    for (int64_t i = 0, n = cc_shape_count(io->output_shape); io->dx[0] && i < n; i++) {
        const int64_t first = first_of(io, i), winner = largest(io->x[0] + first, channels, pixels);
        for (int64_t c = 0; c < channels; c++) {
            double share = a->kind == CC_CHANNEL_POOL_MAX ? c == winner : 1 / (double)channels;
            io->dx[0][first + c * pixels] = (float)(io->dy[i] * share);
        }
    }
}

/* The mean's backward pass needs no values. */
static unsigned reads(const void *attr) {
    return ((const cc_channel_pool_attr *)attr)->kind == CC_CHANNEL_POOL_MAX ? CC_READS_INPUT : 0;
}

extern const cc_kernel cc_channel_pool_cpu;

const cc_op cc_op_channel_pool = {
    .name = "channel_pool",
    .attr_bytes = sizeof(cc_channel_pool_attr),
    .input_count = 1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .cpu = &cc_channel_pool_cpu,
};
