/* nets/ops/dropout/dropout.c -- the reference, and the draws that all backends share.
 *
 * E[s] = (1 - rate) / (1 - rate) = 1: what is kept is scaled up, so that inference needs no scale. Backward
 * draws the same numbers again instead of keeping a mask: dx = dy s. */
#include "nets/ops/dropout/dropout.h"

#include <math.h>
#include "nets/ops/ops.h"

static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    const cc_dropout_attr *a = attr;
    (void)input_count;
    if (!(a->rate >= 0 && a->rate < 1))
        return cc_fail(CC_EINVAL, NULL, NULL, "a rate of %g: it is at least 0 and less than 1", a->rate);
    out->output = *inputs[0];
    return CC_OK;
}

cc_dropout_draws cc_dropout_start(const cc_dropout_attr *attr, const cc_draw *draw, const cc_shape *x) {
    return (cc_dropout_draws){
        .stream = cc_rng_init(draw->seed, CC_PURPOSE_DROPOUT, (uint64_t)draw->step, (uint64_t)attr->layer),
        .bound = (uint64_t)llround(attr->rate * 0x1p32),
        .scale = (float)(1 / (1 - attr->rate)),
        .pixels = cc_shape_pixels(x),
        .groups = (x->dims[1] + CC_DROPOUT_GROUP - 1) / CC_DROPOUT_GROUP,
        .channels = attr->channels};
}

void cc_dropout_scales(float scales[CC_DROPOUT_GROUP], const cc_dropout_draws *draws, int64_t n,
                       int64_t pixel, int64_t group) {
    uint64_t four[4];
    const int64_t row = draws->channels ? n : n * draws->pixels + pixel;
    cc_rng_four(four, &draws->stream, (uint64_t)(row * draws->groups + group));
    for (int i = 0; i < CC_DROPOUT_GROUP; i++) {
        const uint64_t half = i % 2 ? four[i / 2] >> 32 : four[i / 2] & 0xffffffffu;
        scales[i] = half < draws->bound ? 0 : draws->scale;
    }
}

/* out = in s, in N,C,[D,]H,W order. */
static void scale(float *out, const float *in, const cc_reference_io *io) {
    const cc_shape *s = io->output_shape;
    const int64_t pixels = cc_shape_pixels(s);
    const cc_dropout_draws draws = cc_dropout_start(io->attr, &io->draw, s);
    for (int64_t i = 0; i < cc_shape_count(s); i++) {
        const int64_t pixel = i % pixels, c = i / pixels % s->dims[1], n = i / pixels / s->dims[1];
        float scales[CC_DROPOUT_GROUP] = {0};
        if (io->training) cc_dropout_scales(scales, &draws, n, pixel, c / CC_DROPOUT_GROUP);
        out[i] = io->training ? in[i] * scales[c % CC_DROPOUT_GROUP] : in[i];
    }
}

static void forward(const cc_reference_io *io) {
    scale(io->y, io->x[0], io);
}

static void backward(const cc_reference_io *io) {
    if (io->dx[0]) scale(io->dx[0], io->dy, io);
}

static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

extern const cc_kernel cc_dropout_cpu;

const cc_op cc_op_dropout = {
    .name = "dropout",
    .attr_bytes = sizeof(cc_dropout_attr),
    .input_count = 1,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .cpu = &cc_dropout_cpu,
};
