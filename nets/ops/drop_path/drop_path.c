/* nets/ops/drop_path/drop_path.c -- the reference, and the draws that all backends share: sample n of step t
 * in block b takes number n of the stream (seed, CC_PURPOSE_DROP_PATH, t, b), whatever thread asks.
 *
 * E[s] = (1 - rate) / (1 - rate) = 1: what is kept is scaled up, so that inference needs no scale. Backward
 * draws the same numbers again: dx = dy s, dresidual = dy. */
#include "nets/ops/drop_path/drop_path.h"

#include "core/rng.h"
#include "nets/ops/ops.h"

/* x and residual have one shape, which is y's. */
static cc_status infer(cc_op_signature *out, const void *attr, const cc_shape *const *inputs,
                       int input_count) {
    (void)attr, (void)input_count;
    if (cc_shape_count(inputs[0]) != cc_shape_count(inputs[1]) || inputs[0]->dims[1] != inputs[1]->dims[1])
        return cc_fail(CC_EINVAL, NULL, NULL, "the residual is %s, x is %s", cc_shape_text(inputs[1]),
                       cc_shape_text(inputs[0]));
    out->output = *inputs[0];
    return CC_OK;
}

static cc_rng stream_of(const cc_drop_path_attr *attr, const cc_draw *draw) {
    return cc_rng_init(draw->seed, CC_PURPOSE_DROP_PATH, (uint64_t)draw->step, (uint64_t)attr->block);
}

/* 0 with probability `rate`, else 1 / (1 - rate). */
static float next_scale(cc_rng *rng, double rate) {
    return cc_rng_uniform(rng) < rate ? 0 : (float)(1 / (1 - rate));
}

void cc_drop_path_scales(float *scales, int64_t n, const cc_drop_path_attr *attr, bool training,
                         const cc_draw *draw) {
    cc_rng rng = stream_of(attr, draw);
    for (int64_t i = 0; i < n; i++) scales[i] = training ? next_scale(&rng, attr->rate) : 1;
}

/* x, residual, y: [n][values of a sample] */
static void forward(const cc_reference_io *io) {
    const cc_drop_path_attr *a = io->attr;
    const int64_t n = io->output_shape->dims[0], each = cc_shape_count(io->output_shape) / n;
    cc_rng rng = stream_of(a, &io->draw);
    for (int64_t i = 0; i < n; i++) {
        double s = io->training ? next_scale(&rng, a->rate) : 1;
        for (int64_t j = i * each; j < (i + 1) * each; j++) io->y[j] = (float)(io->x[0][j] * s + io->x[1][j]);
    }
}

static void backward(const cc_reference_io *io) {
    const cc_drop_path_attr *a = io->attr;
    const int64_t n = io->output_shape->dims[0], each = cc_shape_count(io->output_shape) / n;
    cc_rng rng = stream_of(a, &io->draw);
    for (int64_t i = 0; i < n; i++) {
        double s = io->training ? next_scale(&rng, a->rate) : 1;
        for (int64_t j = i * each; j < (i + 1) * each; j++) {
            if (io->dx[0]) io->dx[0][j] = (float)(io->dy[j] * s);
            if (io->dx[1]) io->dx[1][j] = io->dy[j];
        }
    }
}

static unsigned reads(const void *attr) {
    (void)attr;
    return 0;
}

extern const cc_kernel cc_drop_path_cpu;

const cc_op cc_op_drop_path = {
    .name = "drop_path",
    .attr_bytes = sizeof(cc_drop_path_attr),
    .input_count = 2,
    .infer = infer,
    .backward_reads = reads,
    .reference_forward = forward,
    .reference_backward = backward,
    .cpu = &cc_drop_path_cpu,
};
