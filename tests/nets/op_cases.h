/* tests/nets/op_cases.h -- ops with their attributes and shapes, and the plain buffers that the naive
 * reference sees; for the tests of every backend. */
#ifndef CC_TESTS_NETS_OP_CASES_H
#define CC_TESTS_NETS_OP_CASES_H

#include "support.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "nets/engine/backend.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/average_pool/average_pool.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/concat_norm/concat_norm.h"
#include "nets/ops/channel_pool/channel_pool.h"
#include "nets/ops/conv/conv.h"
#include "nets/ops/conv_transpose/conv_transpose.h"
#include "nets/ops/drop_path/drop_path.h"
#include "nets/ops/dropout/dropout.h"
#include "nets/ops/instance_norm/instance_norm.h"
#include "nets/ops/max_pool/max_pool.h"
#include "nets/ops/ops.h"
#include "nets/ops/resize/resize.h"
#include "nets/ops/squeeze_excite/squeeze_excite.h"

typedef struct op_case {
    const char *name;
    const cc_op *op;
    const void *attr;
    int input_count;
    cc_shape inputs[CC_OP_INPUTS_MAX];
} op_case;

/* With this draw and a rate of a half, DROP's three samples are kept, left out and kept. */
static const cc_draw draw = {.seed = 1, .step = 1};

/* One op with plain buffers, filled by a seeded stream: what the reference sees. */
typedef struct bench {
    cc_op_signature signature;
    cc_reference_io io;
    const cc_shape *shapes[CC_OP_INPUTS_MAX];
    int64_t parameter_counts[CC_OP_PARAMETERS_MAX];
} bench;

static float *random_array(int64_t count, uint64_t stream) {
    float *out = malloc((size_t)count * sizeof *out);
    cc_rng rng = cc_rng_init(11, CC_PURPOSE_TEST, 0, stream);
    for (int64_t i = 0; i < count; i++) out[i] = (float)cc_rng_between(&rng, -1, 1);
    return out;
}

/* What bf16 keeps of the values, so that a kink or a tie lies on the same side for both. */
static void round_to(cc_dtype dtype, float *values, int64_t count) {
    cc_shape shape = {.rank = 4, .dims = {1, 1, 1, count}};
    void *rounded = malloc((size_t)count * sizeof *values);
    cc_backend_cpu.to_blocked(rounded, values, &shape, 1, dtype);
    cc_backend_cpu.from_blocked(values, rounded, &shape, 1, dtype);
    free(rounded);
}

static inline void bench_open(bench *b, const op_case *c, bool training, cc_dtype dtype) {
    *b = (bench){.io = {.attr = c->attr, .training = training, .draw = draw, .input_count = c->input_count}};
    for (int i = 0; i < c->input_count; i++) b->shapes[i] = b->io.input_shapes[i] = &c->inputs[i];
    assert_ok(c->op->infer(&b->signature, c->attr, b->shapes, c->input_count));
    b->io.output_shape = &b->signature.output;
    int64_t outputs = cc_shape_count(&b->signature.output);
    b->io.y = random_array(outputs, 1);
    b->io.dy = random_array(outputs, 2);
    round_to(dtype, (float *)b->io.dy, outputs);
    if (c->op->reference_bytes) { /* as many bytes as it asked for, none of them zero */
        size_t bytes = c->op->reference_bytes(c->attr, &b->signature.output);
        b->io.scratch = memset(malloc(bytes), 0xff, bytes);
    }
    for (int i = 0; i < c->input_count; i++) {
        b->io.x[i] = random_array(cc_shape_count(&c->inputs[i]), 10 + (uint64_t)i);
        b->io.dx[i] = random_array(cc_shape_count(&c->inputs[i]), 20 + (uint64_t)i);
        round_to(dtype, (float *)b->io.x[i], cc_shape_count(&c->inputs[i]));
    }
    for (int i = 0; i < b->signature.parameter_count; i++) {
        const cc_op_parameter *p = &b->signature.parameters[i];
        int64_t count = 1;
        for (int k = 0; k < p->rank; k++) count *= p->dims[k];
        b->parameter_counts[i] = count;
        b->io.p[i] = random_array(count, 30 + (uint64_t)i);
        b->io.dp[i] = random_array(count, 40 + (uint64_t)i);
        if (p->role == CC_ROLE_RUNNING_VAR)
            for (int64_t k = 0; k < count; k++) b->io.p[i][k] = 1.5f + b->io.p[i][k];
    }
}

static inline void bench_close(bench *b) {
    free(b->io.y);
    free((void *)b->io.dy);
    free(b->io.scratch);
    for (int i = 0; i < CC_OP_INPUTS_MAX; i++) free((void *)b->io.x[i]), free(b->io.dx[i]);
    for (int i = 0; i < CC_OP_PARAMETERS_MAX; i++) free(b->io.p[i]), free(b->io.dp[i]);
}

static inline void assert_close(const char *what, const op_case *c, int64_t block, const float *got,
                                const float *want, int64_t count, double tolerance) {
    double error = 0, norm = 0;
    for (int64_t i = 0; i < count; i++) {
        error += pow((double)got[i] - want[i], 2);
        norm += pow(want[i], 2);
    }
    if (sqrt(error) <= tolerance * sqrt(norm) + 1e-12) return;
    print_error("%s, block %lld: %s differs by %.2e relative\n", c->name, (long long)block, what,
                sqrt(error / norm));
    fail();
}

/* NaN where NaN is wanted, and nowhere else; what is left is close. */
static inline void assert_close_with_nan(const char *what, const op_case *c, int64_t block, const float *got,
                                         const float *want, int64_t count, double tolerance) {
    double error = 0, norm = 0;
    for (int64_t i = 0; i < count; i++) {
        if (!isnan(got[i]) != !isnan(want[i]))
            print_error("%s, block %lld: %s[%lld] is %g, wanted %g\n", c->name, (long long)block, what,
                        (long long)i, got[i], want[i]);
        assert_int_equal(!isnan(got[i]), !isnan(want[i]));
        if (isnan(want[i])) continue;
        error += pow((double)got[i] - want[i], 2);
        norm += pow(want[i], 2);
    }
    assert_true(sqrt(error) <= tolerance * sqrt(norm) + 1e-12);
}

/* Ops whose output is NaN where the input is, beside batch norm. */
static inline bool hands_nan_on(const cc_op *op) {
    return op == &cc_op_activation || op == &cc_op_max_pool || op == &cc_op_prelu ||
           op == &cc_op_channel_pool;
}

/* Some values of an input become NaN, of either sign. */
static inline void put_nan(float *values, int64_t count) {
    for (int64_t i = 0; i < count; i += 5) values[i] = i % 2 ? NAN : -NAN;
}

#define CONV(o, g, kd, kh, kw, s, p, d, with_bias)                                                           \
    (&(const cc_conv_attr){.out_channels = o,                                                                \
                           .groups = g,                                                                      \
                           .kernel = {kd, kh, kw},                                                           \
                           .stride = {kd > 1 ? s : 1, s, s},                                                 \
                           .padding = {kd > 1 ? p : 0, p, p},                                                \
                           .dilation = {kd > 1 ? d : 1, d, d},                                               \
                           .bias = with_bias})
/* Attributes of D,H,W each: kernel, stride, padding, dilation, output padding. */
#define LIST(...)                                                                                            \
    { __VA_ARGS__ }
#define ONES   (1, 1, 1)
#define NONE_3 (0, 0, 0)
#define UNEVEN(o, g, k, s, p, d, op, with_bias)                                                              \
    (&(const cc_conv_attr){.out_channels = o,                                                                \
                           .groups = g,                                                                      \
                           .kernel = LIST k,                                                                 \
                           .stride = LIST s,                                                                 \
                           .padding = LIST p,                                                                \
                           .dilation = LIST d,                                                               \
                           .output_padding = LIST op,                                                        \
                           .bias = with_bias})
/* TensorFlow's "same" padding of even images at stride 2: one pixel more behind. */
#define SAME(o, g, k, p, with_bias)                                                                          \
    (&(const cc_conv_attr){.out_channels = o,                                                                \
                           .groups = g,                                                                      \
                           .kernel = {1, k, k},                                                              \
                           .stride = {1, 2, 2},                                                              \
                           .padding = {0, p, p},                                                             \
                           .dilation = {1, 1, 1},                                                            \
                           .padding_more = {0, 1, 1},                                                        \
                           .bias = with_bias})
#define SHAPE(n, c, h, w)                                                                                    \
    {                                                                                                        \
        .rank = 4, .dims = { n, c, h, w }                                                                    \
    }
#define SHAPE3(n, c, d, h, w)                                                                                \
    {                                                                                                        \
        .rank = 5, .dims = { n, c, d, h, w }                                                                 \
    }
#define NORM(f)               (&(const cc_batch_norm_attr){1e-5, 0.1, CC_ACTIVATION_##f, 0.2})
#define ACT(f)                (&(const cc_activation_attr){CC_ACTIVATION_##f, 0.2})
#define CHANNELS(f)           (&(const cc_channel_pool_attr){CC_CHANNEL_POOL_##f})
#define AVERAGE(d, h, w)      (&(const cc_average_pool_attr){{d, h, w}})
#define GROW(f, corners)      (&(const cc_resize_attr){.factor = f, .align_corners = corners})
#define RESIZE(h, w, corners) (&(const cc_resize_attr){.size = {1, h, w}, .align_corners = corners})
#define SQUEEZE(r)            (&(const cc_squeeze_excite_attr){r})
#define DROP(r)               (&(const cc_drop_path_attr){.rate = r, .block = 1})

#define GROUPS(g, f)                                                                                         \
    (&(const cc_group_norm_attr){                                                                            \
        .groups = g, .epsilon = 1e-5, .affine = true, .activation = CC_ACTIVATION_##f, .slope = 0.2})
#define INSTANCE(f) GROUPS(0, f)
#define INSTANCE_PLAIN(f)                                                                                    \
    (&(const cc_instance_norm_attr){.epsilon = 1e-5, .activation = CC_ACTIVATION_##f, .slope = 0.01})
#define DROPOUT(r)          (&(const cc_dropout_attr){.rate = r, .layer = 2})
#define DROPOUT_CHANNELS(r) (&(const cc_dropout_attr){.rate = r, .layer = 2, .channels = true})

static const op_case cases[] = {
    {"conv 3x3", &cc_op_conv, CONV(16, 1, 1, 3, 3, 1, 1, 1, false), 1, {SHAPE(2, 16, 9, 11)}},
    {"conv 3x3 odd channels", &cc_op_conv, CONV(5, 1, 1, 3, 3, 1, 1, 1, true), 1, {SHAPE(2, 3, 7, 6)}},
    {"conv first", &cc_op_conv, CONV(16, 1, 1, 3, 3, 1, 1, 1, true), 1, {SHAPE(2, 1, 12, 10)}},
    {"conv 7x7 stride 2", &cc_op_conv, CONV(8, 1, 1, 7, 7, 2, 3, 1, false), 1, {SHAPE(1, 1, 16, 18)}},
    {"conv dilated", &cc_op_conv, CONV(8, 1, 1, 3, 3, 1, 2, 2, true), 1, {SHAPE(1, 8, 10, 9)}},
    {"conv grouped", &cc_op_conv, CONV(16, 2, 1, 3, 3, 1, 1, 1, true), 1, {SHAPE(2, 16, 8, 8)}},
    {"conv depthwise", &cc_op_conv, CONV(16, 16, 1, 5, 5, 2, 2, 1, false), 1, {SHAPE(2, 16, 9, 9)}},
    {"conv 1x1 head", &cc_op_conv, CONV(1, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE(2, 16, 9, 7)}},
    {"conv of few pixels", &cc_op_conv, CONV(21, 1, 1, 3, 3, 1, 1, 1, true), 1, {SHAPE(2, 60, 3, 5)}},
    {"conv of few pixels, stride 2",
     &cc_op_conv,
     CONV(16, 1, 1, 3, 3, 2, 1, 1, false),
     1,
     {SHAPE(2, 64, 9, 6)}},
    {"conv of few voxels", &cc_op_conv, CONV(8, 1, 3, 3, 3, 1, 1, 1, false), 1, {SHAPE3(1, 24, 2, 3, 4)}},
    {"conv 3-D", &cc_op_conv, CONV(8, 1, 3, 3, 3, 1, 1, 1, true), 1, {SHAPE3(1, 8, 4, 5, 6)}},
    {"conv same, of images", &cc_op_conv, SAME(16, 1, 3, 0, false), 1, {SHAPE(2, 1, 12, 10)}},
    {"conv same", &cc_op_conv, SAME(16, 1, 3, 0, true), 1, {SHAPE(2, 16, 8, 10)}},
    {"conv same, odd channels", &cc_op_conv, SAME(5, 1, 5, 1, true), 1, {SHAPE(2, 3, 8, 6)}},
    {"conv same, depthwise 3x3", &cc_op_conv, SAME(24, 24, 3, 0, false), 1, {SHAPE(2, 24, 8, 14)}},
    {"conv same, depthwise 5x5", &cc_op_conv, SAME(16, 16, 5, 1, false), 1, {SHAPE(2, 16, 10, 8)}},
    {"conv same, depthwise odd", &cc_op_conv, SAME(11, 11, 5, 1, true), 1, {SHAPE(2, 11, 6, 8)}},
    {"conv_transpose 2x2",
     &cc_op_conv_transpose,
     CONV(16, 1, 1, 2, 2, 2, 0, 1, true),
     1,
     {SHAPE(2, 32, 5, 6)}},
    {"conv_transpose head",
     &cc_op_conv_transpose,
     CONV(1, 1, 1, 2, 2, 2, 0, 1, true),
     1,
     {SHAPE(2, 16, 5, 6)}},
    {"conv_transpose 3x3 padded",
     &cc_op_conv_transpose,
     CONV(8, 1, 1, 3, 3, 2, 1, 1, false),
     1,
     {SHAPE(1, 8, 5, 4)}},
    {"conv_transpose grouped",
     &cc_op_conv_transpose,
     CONV(16, 2, 1, 2, 2, 2, 0, 1, true),
     1,
     {SHAPE(1, 16, 5, 4)}},
    {"conv_transpose 3-D",
     &cc_op_conv_transpose,
     CONV(8, 1, 2, 2, 2, 2, 0, 1, true),
     1,
     {SHAPE3(1, 8, 3, 4, 3)}},
    {"conv_transpose 3-D of odd channels",
     &cc_op_conv_transpose,
     CONV(5, 1, 2, 2, 2, 2, 0, 1, false),
     1,
     {SHAPE3(2, 11, 2, 3, 2)}},
    {"conv_transpose 3x3, one row more",
     &cc_op_conv_transpose,
     UNEVEN(16, 1, (1, 3, 3), (1, 2, 2), (0, 1, 1), ONES, (0, 1, 1), true),
     1,
     {SHAPE(2, 12, 5, 4)}},
    {"conv_transpose 3-D, one slice more",
     &cc_op_conv_transpose,
     UNEVEN(8, 1, (3, 3, 3), (2, 2, 2), ONES, ONES, (1, 0, 1), true),
     1,
     {SHAPE3(1, 8, 3, 2, 4)}},
    {"conv_transpose uneven",
     &cc_op_conv_transpose,
     UNEVEN(8, 1, (1, 2, 1), (1, 2, 1), NONE_3, ONES, NONE_3, false),
     1,
     {SHAPE(2, 16, 5, 4)}},
    {"conv_transpose 3-D flat",
     &cc_op_conv_transpose,
     UNEVEN(16, 1, (1, 2, 2), (1, 2, 2), NONE_3, ONES, NONE_3, true),
     1,
     {SHAPE3(1, 24, 2, 5, 4)}},
    {"conv 3-D of many channels",
     &cc_op_conv,
     CONV(40, 1, 3, 3, 3, 1, 1, 1, false),
     1,
     {SHAPE3(1, 24, 3, 8, 9)}},
    {"conv 3-D stride 2", &cc_op_conv, CONV(16, 1, 3, 3, 3, 2, 1, 1, true), 1, {SHAPE3(2, 16, 5, 6, 7)}},
    {"conv 3-D of one channel",
     &cc_op_conv,
     CONV(16, 1, 3, 3, 3, 1, 1, 1, false),
     1,
     {SHAPE3(2, 1, 4, 5, 6)}},
    {"conv 3-D dilated", &cc_op_conv, CONV(8, 1, 3, 3, 3, 1, 2, 2, true), 1, {SHAPE3(1, 8, 5, 6, 5)}},
    {"conv 3-D dilated unevenly",
     &cc_op_conv,
     UNEVEN(4, 1, (3, 3, 3), ONES, (1, 3, 2), (1, 3, 2), NONE_3, false),
     1,
     {SHAPE3(1, 3, 5, 8, 9)}},
    {"conv 3-D flat",
     &cc_op_conv,
     UNEVEN(16, 1, (1, 3, 3), (1, 2, 2), (0, 1, 1), ONES, NONE_3, false),
     1,
     {SHAPE3(2, 16, 3, 5, 6)}},
    {"conv 3-D 1x1x1", &cc_op_conv, CONV(24, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE3(2, 16, 3, 4, 5)}},
    {"conv 3-D head", &cc_op_conv, CONV(1, 1, 1, 1, 1, 1, 0, 1, true), 1, {SHAPE3(2, 16, 3, 4, 5)}},
    {"conv 4x4 stride 2", &cc_op_conv, CONV(16, 1, 1, 4, 4, 2, 1, 1, true), 1, {SHAPE(2, 8, 10, 12)}},
    {"conv dilated beyond", &cc_op_conv, CONV(4, 1, 1, 3, 3, 1, 12, 12, false), 1, {SHAPE(2, 3, 5, 4)}},
    {"conv depthwise dilated", &cc_op_conv, CONV(16, 16, 1, 3, 3, 1, 3, 3, false), 1, {SHAPE(2, 16, 10, 12)}},
    {"conv depthwise 5x5 dilated",
     &cc_op_conv,
     CONV(11, 11, 1, 5, 5, 1, 4, 2, false),
     1,
     {SHAPE(2, 11, 9, 8)}},
    {"batch_norm", &cc_op_batch_norm, NORM(NONE), 1, {SHAPE(2, 16, 7, 9)}},
    {"batch_norm relu", &cc_op_batch_norm, NORM(RELU), 1, {SHAPE(3, 16, 7, 5)}},
    {"batch_norm silu", &cc_op_batch_norm, NORM(SILU), 1, {SHAPE(2, 11, 7, 5)}},
    {"batch_norm residual relu", &cc_op_batch_norm, NORM(RELU), 2, {SHAPE(2, 12, 5, 5), SHAPE(2, 12, 5, 5)}},
    {"batch_norm residual", &cc_op_batch_norm, NORM(NONE), 2, {SHAPE(2, 8, 5, 5), SHAPE(2, 8, 5, 5)}},
    {"batch_norm wide", &cc_op_batch_norm, NORM(RELU), 1, {SHAPE(1, 8, 60, 70)}},
    {"batch_norm 3-D", &cc_op_batch_norm, NORM(RELU), 1, {SHAPE3(2, 8, 3, 5, 5)}},
    {"batch_norm 3-D odd channels", &cc_op_batch_norm, NORM(NONE), 1, {SHAPE3(1, 11, 5, 3, 7)}},
    {"instance_norm", &cc_op_instance_norm, INSTANCE(NONE), 1, {SHAPE(2, 16, 7, 9)}},
    {"instance_norm leaky_relu", &cc_op_instance_norm, INSTANCE(LEAKY_RELU), 1, {SHAPE(3, 24, 7, 5)}},
    {"instance_norm relu", &cc_op_instance_norm, INSTANCE(RELU), 1, {SHAPE(2, 11, 7, 5)}},
    {"instance_norm silu", &cc_op_instance_norm, INSTANCE(SILU), 1, {SHAPE(2, 3, 9, 5)}},
    {"instance_norm plain", &cc_op_instance_norm, INSTANCE_PLAIN(NONE), 1, {SHAPE(2, 12, 4, 5)}},
    {"instance_norm plain leaky_relu",
     &cc_op_instance_norm,
     INSTANCE_PLAIN(LEAKY_RELU),
     1,
     {SHAPE(1, 5, 6, 5)}},
    {"instance_norm of one image", &cc_op_instance_norm, INSTANCE(SILU), 1, {SHAPE(1, 16, 6, 5)}},
    {"instance_norm wide", &cc_op_instance_norm, INSTANCE(LEAKY_RELU), 1, {SHAPE(2, 20, 60, 70)}},
    {"instance_norm wider", &cc_op_instance_norm, INSTANCE(SILU), 1, {SHAPE(1, 12, 100, 90)}},
    {"instance_norm 3-D", &cc_op_instance_norm, INSTANCE(SILU), 1, {SHAPE3(2, 8, 3, 5, 5)}},
    {"instance_norm 3-D leaky_relu", &cc_op_instance_norm, INSTANCE(LEAKY_RELU), 1, {SHAPE3(2, 5, 2, 4, 3)}},
    {"instance_norm plain 3-D", &cc_op_instance_norm, INSTANCE_PLAIN(SILU), 1, {SHAPE3(2, 19, 2, 3, 5)}},
    {"group_norm", &cc_op_group_norm, GROUPS(4, NONE), 1, {SHAPE(2, 16, 7, 9)}},
    {"group_norm silu", &cc_op_group_norm, GROUPS(3, SILU), 1, {SHAPE(2, 36, 3, 5)}},
    {"group_norm of one group", &cc_op_group_norm, GROUPS(1, NONE), 1, {SHAPE(2, 20, 4, 3)}},
    {"group_norm odd channels leaky_relu", &cc_op_group_norm, GROUPS(5, LEAKY_RELU), 1, {SHAPE(3, 15, 5, 5)}},
    {"group_norm of one pixel", &cc_op_group_norm, GROUPS(2, NONE), 1, {SHAPE(2, 12, 1, 1)}},
    {"group_norm of channels", &cc_op_group_norm, GROUPS(9, SILU), 1, {SHAPE(2, 9, 5, 4)}},
    {"group_norm wide", &cc_op_group_norm, GROUPS(4, RELU), 1, {SHAPE(1, 24, 60, 70)}},
    {"group_norm 3-D", &cc_op_group_norm, GROUPS(3, SILU), 1, {SHAPE3(2, 6, 3, 5, 4)}},
    {"relu", &cc_op_activation, ACT(RELU), 1, {SHAPE(2, 12, 7, 9)}},
    {"silu", &cc_op_activation, ACT(SILU), 1, {SHAPE(2, 16, 7, 9)}},
    {"sigmoid odd channels", &cc_op_activation, ACT(SIGMOID), 1, {SHAPE(2, 11, 5, 3)}},
    {"max_pool 2x2",
     &cc_op_max_pool,
     (&(const cc_max_pool_attr){{1, 2, 2}, {1, 2, 2}, {0, 0, 0}}),
     1,
     {SHAPE(2, 16, 8, 7)}},
    {"max_pool 3x3 padded",
     &cc_op_max_pool,
     (&(const cc_max_pool_attr){{1, 3, 3}, {1, 2, 2}, {0, 1, 1}}),
     1,
     {SHAPE(2, 12, 9, 8)}},
    {"max_pool 3-D",
     &cc_op_max_pool,
     (&(const cc_max_pool_attr){{2, 2, 2}, {2, 2, 2}, {0, 0, 0}}),
     1,
     {SHAPE3(1, 8, 4, 6, 5)}},
    {"max_pool 3-D flat",
     &cc_op_max_pool,
     (&(const cc_max_pool_attr){{1, 2, 2}, {1, 2, 2}, {0, 0, 0}}),
     1,
     {SHAPE3(2, 11, 3, 5, 8)}},
    {"max_pool 3-D padded",
     &cc_op_max_pool,
     (&(const cc_max_pool_attr){{3, 3, 2}, {2, 2, 1}, {1, 1, 1}}),
     1,
     {SHAPE3(1, 16, 5, 4, 3)}},
    {"concat", &cc_op_concat, NULL, 2, {SHAPE(2, 16, 5, 6), SHAPE(2, 32, 5, 6)}},
    {"concat odd channels",
     &cc_op_concat,
     NULL,
     3,
     {SHAPE(2, 5, 4, 3), SHAPE(2, 8, 4, 3), SHAPE(2, 3, 4, 3)}},
    {"concat half blocks", &cc_op_concat, NULL, 2, {SHAPE(2, 24, 3, 5), SHAPE(2, 40, 3, 5)}},
    {"concat 3-D", &cc_op_concat, NULL, 2, {SHAPE3(1, 8, 2, 3, 5), SHAPE3(1, 12, 2, 3, 5)}},
    {"concat of five", /* as many as DeepLab's */
     &cc_op_concat,
     NULL,
     5,
     {SHAPE(2, 8, 4, 3), SHAPE(2, 8, 4, 3), SHAPE(2, 16, 4, 3), SHAPE(2, 8, 4, 3), SHAPE(2, 8, 4, 3)}},
    {"concat_norm relu", &cc_op_concat_norm, NORM(RELU), 2, {SHAPE(2, 16, 7, 5), SHAPE(2, 16, 7, 5)}},
    {"concat_norm",
     &cc_op_concat_norm,
     NORM(NONE),
     3,
     {SHAPE(3, 32, 5, 6), SHAPE(3, 16, 5, 6), SHAPE(3, 12, 5, 6)}},
    {"concat_norm of one", &cc_op_concat_norm, NORM(SILU), 1, {SHAPE(2, 24, 5, 6)}},
    {"concat_norm odd channels",
     &cc_op_concat_norm,
     NORM(NONE),
     4,
     {SHAPE(2, 5, 4, 3), SHAPE(2, 8, 4, 3), SHAPE(2, 3, 4, 3), SHAPE(2, 16, 4, 3)}},
    {"concat_norm wide relu", &cc_op_concat_norm, NORM(RELU), 2, {SHAPE(1, 16, 60, 70), SHAPE(1, 8, 60, 70)}},
    {"concat_norm 3-D", &cc_op_concat_norm, NORM(NONE), 2, {SHAPE3(2, 16, 3, 5, 2), SHAPE3(2, 16, 3, 5, 2)}},
    {"conv depthwise 3x3", &cc_op_conv, CONV(40, 40, 1, 3, 3, 1, 1, 1, false), 1, {SHAPE(2, 40, 7, 9)}},
    {"conv depthwise 5x5", &cc_op_conv, CONV(24, 24, 1, 5, 5, 1, 2, 1, false), 1, {SHAPE(2, 24, 6, 11)}},
    {"conv depthwise odd", &cc_op_conv, CONV(11, 11, 1, 5, 5, 2, 2, 1, true), 1, {SHAPE(2, 11, 7, 8)}},
    {"conv depthwise small", &cc_op_conv, CONV(16, 16, 1, 5, 5, 1, 2, 1, false), 1, {SHAPE(2, 16, 2, 1)}},
    {"conv depthwise 3-D", &cc_op_conv, CONV(8, 8, 3, 3, 3, 1, 1, 1, false), 1, {SHAPE3(1, 8, 4, 5, 6)}},
    {"conv depthwise dilated", &cc_op_conv, CONV(32, 32, 1, 3, 3, 1, 2, 2, false), 1, {SHAPE(2, 32, 9, 13)}},
    {"conv depthwise 5x5 dilated",
     &cc_op_conv,
     CONV(24, 24, 1, 5, 5, 1, 8, 4, false),
     1,
     {SHAPE(2, 24, 7, 21)}},
    {"conv depthwise dilated, beyond",
     &cc_op_conv,
     CONV(16, 16, 1, 3, 3, 1, 12, 12, false),
     1,
     {SHAPE(1, 16, 5, 4)}},
    {"conv depthwise dilated, padded less",
     &cc_op_conv,
     CONV(16, 16, 1, 3, 3, 1, 1, 3, false),
     1,
     {SHAPE(1, 16, 9, 12)}},
    {"conv depthwise dilated, padded more",
     &cc_op_conv,
     CONV(16, 16, 1, 3, 3, 1, 7, 2, false),
     1,
     {SHAPE(1, 16, 3, 6)}},
    {"conv 3x3 head", &cc_op_conv, CONV(1, 1, 1, 3, 3, 1, 1, 1, true), 1, {SHAPE(2, 16, 9, 7)}},
    {"conv to half a block", &cc_op_conv, CONV(24, 1, 1, 1, 1, 1, 0, 1, false), 1, {SHAPE(2, 96, 5, 6)}},
    {"drop_path", &cc_op_drop_path, DROP(0.5), 2, {SHAPE(3, 16, 5, 7), SHAPE(3, 16, 5, 7)}},
    {"drop_path odd channels", &cc_op_drop_path, DROP(0.25), 2, {SHAPE(4, 11, 5, 7), SHAPE(4, 11, 5, 7)}},
    {"drop_path wide", &cc_op_drop_path, DROP(0.5), 2, {SHAPE(2, 8, 50, 60), SHAPE(2, 8, 50, 60)}},
    {"drop_path 3-D", &cc_op_drop_path, DROP(0.5), 2, {SHAPE3(3, 8, 2, 5, 3), SHAPE3(3, 8, 2, 5, 3)}},
    {"dropout", &cc_op_dropout, DROPOUT(0.5), 1, {SHAPE(2, 16, 5, 7)}},
    {"dropout of few channels", &cc_op_dropout, DROPOUT(0.3), 1, {SHAPE(3, 3, 1, 1)}},
    {"dropout odd channels", &cc_op_dropout, DROPOUT(0.25), 1, {SHAPE(3, 11, 4, 3)}},
    {"dropout half blocks", &cc_op_dropout, DROPOUT(0.5), 1, {SHAPE(2, 24, 3, 5)}},
    {"dropout wide", &cc_op_dropout, DROPOUT(0.9), 1, {SHAPE(1, 20, 33, 19)}},
    {"dropout 3-D", &cc_op_dropout, DROPOUT(0.5), 1, {SHAPE3(2, 12, 2, 5, 3)}},
    {"dropout of channels", &cc_op_dropout, DROPOUT_CHANNELS(0.5), 1, {SHAPE(3, 12, 5, 3)}},
    {"dropout of channels 3-D", &cc_op_dropout, DROPOUT_CHANNELS(0.5), 1, {SHAPE3(2, 19, 2, 3, 3)}},
    {"upsample", &cc_op_upsample, NULL, 1, {SHAPE(2, 16, 5, 3)}},
    {"upsample odd channels", &cc_op_upsample, NULL, 1, {SHAPE(2, 11, 4, 7)}},
    {"upsample 3-D", &cc_op_upsample, NULL, 1, {SHAPE3(1, 12, 2, 5, 3)}},
    {"squeeze_excite", &cc_op_squeeze_excite, SQUEEZE(8), 1, {SHAPE(2, 32, 7, 9)}},
    {"squeeze_excite odd channels", &cc_op_squeeze_excite, SQUEEZE(3), 1, {SHAPE(3, 11, 5, 7)}},
    {"squeeze_excite wide", &cc_op_squeeze_excite, SQUEEZE(1), 1, {SHAPE(1, 5, 61, 67)}},
    {"squeeze_excite 3-D", &cc_op_squeeze_excite, SQUEEZE(2), 1, {SHAPE3(2, 8, 3, 5, 5)}},
    {"leaky relu", &cc_op_activation, ACT(LEAKY_RELU), 1, {SHAPE(2, 12, 7, 9)}},
    {"leaky relu 3-D", &cc_op_activation, ACT(LEAKY_RELU), 1, {SHAPE3(2, 11, 3, 5, 5)}},
    {"sigmoid 1x1", &cc_op_activation, ACT(SIGMOID), 1, {SHAPE(3, 21, 1, 1)}},
    {"batch_norm leaky relu", &cc_op_batch_norm, NORM(LEAKY_RELU), 1, {SHAPE(3, 16, 7, 5)}},
    {"batch_norm residual leaky relu",
     &cc_op_batch_norm,
     NORM(LEAKY_RELU),
     2,
     {SHAPE(2, 11, 5, 5), SHAPE(2, 11, 5, 5)}},
    {"batch_norm leaky relu 3-D", &cc_op_batch_norm, NORM(LEAKY_RELU), 1, {SHAPE3(2, 8, 3, 5, 5)}},
    {"prelu", &cc_op_prelu, NULL, 1, {SHAPE(2, 16, 7, 9)}},
    {"prelu odd channels", &cc_op_prelu, NULL, 1, {SHAPE(3, 11, 5, 3)}},
    {"prelu 1x1", &cc_op_prelu, NULL, 1, {SHAPE(3, 5, 1, 1)}},
    {"prelu wide", &cc_op_prelu, NULL, 1, {SHAPE(2, 8, 50, 60)}},
    {"prelu 3-D", &cc_op_prelu, NULL, 1, {SHAPE3(2, 12, 3, 5, 3)}},
    {"multiply", &cc_op_multiply, NULL, 2, {SHAPE(2, 16, 5, 7), SHAPE(2, 16, 5, 7)}},
    {"multiply odd channels", &cc_op_multiply, NULL, 2, {SHAPE(2, 11, 5, 3), SHAPE(2, 11, 5, 3)}},
    {"multiply by channel", &cc_op_multiply, NULL, 2, {SHAPE(2, 24, 5, 7), SHAPE(2, 24, 1, 1)}},
    {"multiply by channel, odd", &cc_op_multiply, NULL, 2, {SHAPE(3, 11, 13, 17), SHAPE(3, 11, 1, 1)}},
    {"multiply by place", &cc_op_multiply, NULL, 2, {SHAPE(2, 24, 5, 7), SHAPE(2, 1, 5, 7)}},
    {"multiply by place, odd", &cc_op_multiply, NULL, 2, {SHAPE(3, 11, 13, 17), SHAPE(3, 1, 13, 17)}},
    {"multiply of one channel", &cc_op_multiply, NULL, 2, {SHAPE(2, 1, 5, 3), SHAPE(2, 1, 5, 3)}},
    {"multiply by image", &cc_op_multiply, NULL, 2, {SHAPE(3, 11, 4, 5), SHAPE(3, 1, 1, 1)}},
    {"multiply by row", &cc_op_multiply, NULL, 2, {SHAPE(2, 11, 4, 5), SHAPE(2, 11, 4, 1)}},
    {"multiply by column of all", &cc_op_multiply, NULL, 2, {SHAPE(2, 11, 4, 5), SHAPE(2, 1, 1, 5)}},
    {"multiply 1x1", &cc_op_multiply, NULL, 2, {SHAPE(2, 5, 1, 1), SHAPE(2, 5, 1, 1)}},
    {"multiply 3-D by place", &cc_op_multiply, NULL, 2, {SHAPE3(2, 12, 3, 4, 5), SHAPE3(2, 1, 3, 4, 5)}},
    {"multiply 3-D by slice", &cc_op_multiply, NULL, 2, {SHAPE3(2, 9, 3, 4, 5), SHAPE3(2, 9, 3, 1, 1)}},
    {"multiply 3-D by channel", &cc_op_multiply, NULL, 2, {SHAPE3(2, 9, 3, 4, 5), SHAPE3(2, 9, 1, 1, 1)}},
    {"multiply wide", &cc_op_multiply, NULL, 2, {SHAPE(2, 24, 40, 50), SHAPE(2, 1, 40, 50)}},
    {"channel max", &cc_op_channel_pool, CHANNELS(MAX), 1, {SHAPE(2, 24, 5, 7)}},
    {"channel max odd channels", &cc_op_channel_pool, CHANNELS(MAX), 1, {SHAPE(2, 11, 5, 3)}},
    {"channel max of one", &cc_op_channel_pool, CHANNELS(MAX), 1, {SHAPE(2, 1, 5, 3)}},
    {"channel max wide", &cc_op_channel_pool, CHANNELS(MAX), 1, {SHAPE(2, 37, 20, 30)}},
    {"channel max 3-D", &cc_op_channel_pool, CHANNELS(MAX), 1, {SHAPE3(2, 12, 3, 4, 5)}},
    {"channel mean", &cc_op_channel_pool, CHANNELS(MEAN), 1, {SHAPE(2, 24, 5, 7)}},
    {"channel mean odd channels", &cc_op_channel_pool, CHANNELS(MEAN), 1, {SHAPE(2, 11, 5, 3)}},
    {"channel mean 1x1", &cc_op_channel_pool, CHANNELS(MEAN), 1, {SHAPE(3, 40, 1, 1)}},
    {"channel mean 3-D", &cc_op_channel_pool, CHANNELS(MEAN), 1, {SHAPE3(2, 12, 3, 4, 5)}},
    {"average_pool global", &cc_op_average_pool, AVERAGE(1, 1, 1), 1, {SHAPE(2, 16, 9, 7)}},
    {"average_pool global, odd", &cc_op_average_pool, AVERAGE(1, 1, 1), 1, {SHAPE(3, 11, 5, 3)}},
    {"average_pool global, wide", &cc_op_average_pool, AVERAGE(1, 1, 1), 1, {SHAPE(2, 8, 61, 67)}},
    {"average_pool global 3-D", &cc_op_average_pool, AVERAGE(1, 1, 1), 1, {SHAPE3(2, 12, 3, 5, 4)}},
    {"average_pool 3x2", &cc_op_average_pool, AVERAGE(1, 3, 2), 1, {SHAPE(2, 16, 7, 5)}},
    {"average_pool columns", &cc_op_average_pool, AVERAGE(1, 1, 3), 1, {SHAPE(2, 11, 6, 7)}},
    {"average_pool 3-D", &cc_op_average_pool, AVERAGE(2, 3, 2), 1, {SHAPE3(2, 9, 5, 6, 4)}},
    {"average_pool to more", &cc_op_average_pool, AVERAGE(1, 5, 4), 1, {SHAPE(1, 8, 3, 2)}},
    {"average_pool 1x1", &cc_op_average_pool, AVERAGE(1, 1, 1), 1, {SHAPE(2, 5, 1, 1)}},
    {"resize by 2", &cc_op_resize, GROW(2, false), 1, {SHAPE(2, 16, 5, 3)}},
    {"resize by 2, corners", &cc_op_resize, GROW(2, true), 1, {SHAPE(2, 16, 5, 3)}},
    {"resize by 4, odd channels", &cc_op_resize, GROW(4, false), 1, {SHAPE(2, 11, 4, 3)}},
    {"resize by 4, corners", &cc_op_resize, GROW(4, true), 1, {SHAPE(2, 11, 4, 3)}},
    {"resize by 8, corners", &cc_op_resize, GROW(8, true), 1, {SHAPE(1, 1, 3, 4)}},
    {"resize odd", &cc_op_resize, RESIZE(13, 18, false), 1, {SHAPE(2, 8, 7, 4)}},
    {"resize odd, corners", &cc_op_resize, RESIZE(13, 18, true), 1, {SHAPE(2, 8, 7, 4)}},
    {"resize to less", &cc_op_resize, RESIZE(4, 3, false), 1, {SHAPE(2, 9, 11, 7)}},
    {"resize to less, corners", &cc_op_resize, RESIZE(4, 3, true), 1, {SHAPE(2, 9, 11, 7)}},
    {"resize of 1x1", &cc_op_resize, RESIZE(4, 6, false), 1, {SHAPE(2, 20, 1, 1)}},
    {"resize of 1x1, corners", &cc_op_resize, RESIZE(4, 6, true), 1, {SHAPE(2, 20, 1, 1)}},
    {"resize of a row, corners", &cc_op_resize, RESIZE(2, 8, true), 1, {SHAPE(2, 3, 1, 4)}},
    {"resize to 1x1, corners", &cc_op_resize, RESIZE(1, 1, true), 1, {SHAPE(2, 8, 4, 3)}},
    {"resize to 1x1", &cc_op_resize, RESIZE(1, 1, false), 1, {SHAPE(2, 8, 4, 3)}},
    {"resize same", &cc_op_resize, RESIZE(5, 7, false), 1, {SHAPE(2, 8, 5, 7)}},
};
enum { CASES = sizeof cases / sizeof *cases };

static inline bool is_statistic(const cc_op_parameter *p) {
    return p->role == CC_ROLE_RUNNING_MEAN || p->role == CC_ROLE_RUNNING_VAR;
}

/* Relative, Euclidean. A value in bf16 is off by 2^-9 at most; an op rounds its output and, in a convolution,
 * its weights. */
static inline double tolerance_of(cc_dtype dtype) {
    return dtype == CC_BF16 ? 4e-3 : 3e-6;
}

#endif
