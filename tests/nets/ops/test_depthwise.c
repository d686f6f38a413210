/* tests/nets/ops/test_depthwise.c -- the gradient of depthwise weights in both blocks, whichever of them this
 * processor's convolutions use, and in both precisions. */
#include "support.h"
#include <math.h>
#include <stdlib.h>
#include "core/rng.h"
#include "nets/engine/backend.h"
#include "nets/ops/conv/cpu/depthwise.h"
#include "nets/ops/ops.h"

typedef struct depthwise_case {
    int64_t channels, height, width, kernel, stride, dilation;
} depthwise_case;

static const depthwise_case cases[] = {
    {16, 9, 11, 3, 1, 1},  {16, 9, 11, 5, 1, 1}, {24, 8, 7, 5, 2, 1}, {24, 12, 10, 3, 2, 1},
    {8, 2, 2, 5, 1, 1},    {11, 1, 3, 5, 2, 1},  {11, 6, 6, 7, 1, 1}, {8, 14, 13, 3, 1, 2},
    {32, 11, 12, 5, 1, 2}, {16, 3, 40, 5, 2, 2},
};

/* Values that bf16 holds exactly. */
static float *random_array(int64_t count, uint64_t stream) {
    float *out = calloc((size_t)count, sizeof *out);
    cc_rng rng = cc_rng_init(5, CC_PURPOSE_TEST, 0, stream);
    for (int64_t i = 0; i < count; i++) out[i] = floorf((float)cc_rng_between(&rng, -128, 128)) / 128;
    return out;
}

static void *blocked(const float *plain, const cc_shape *shape, int64_t block, cc_dtype dtype) {
    void *out = calloc((size_t)cc_blocked_count(shape, block), cc_dtype_bytes(dtype));
    cc_backend_cpu.to_blocked(out, plain, shape, block, dtype);
    return out;
}

static void check(const depthwise_case *c, int64_t block, cc_dtype dtype) {
    cc_conv_attr attr = cc_conv_2d(c->channels, c->kernel, c->stride);
    attr.groups = c->channels;
    for (int i = 1; i < 3; i++) {
        attr.dilation[i] = c->dilation;
        attr.padding[i] = c->dilation * (c->kernel / 2);
    }
    cc_shape x_shape = cc_shape_2d(3, c->channels, c->height, c->width);
    const cc_shape *inputs[] = {&x_shape};
    cc_op_signature signature = {0};
    assert_ok(cc_op_conv.infer(&signature, &attr, inputs, 1));
    cc_depthwise conv = {&attr, &x_shape, &signature.output, block, dtype};
    int64_t taps = c->kernel * c->kernel, blocks = cc_blocks(&x_shape, block);
    float *x = random_array(cc_shape_count(&x_shape), 1),
          *dy = random_array(cc_shape_count(&signature.output), 2),
          *want = random_array(c->channels * taps, 3);
    void *x_blocked = blocked(x, &x_shape, block, dtype),
         *dy_blocked = blocked(dy, &signature.output, block, dtype);
    float *got = random_array(blocks * block * taps, 4),
          *scratch = random_array((int64_t)cc_depthwise_scratch(&conv), 5);
    assert_true(cc_depthwise_fits(&attr, &x_shape, block, block, block));
    cc_conv_reference(want, CC_PASS_BACKWARD_WEIGHTS, &attr, &x_shape, &signature.output, x, NULL, dy);
    cc_depthwise_weights(got, &conv, x_blocked, dy_blocked, scratch);
    for (int64_t i = 0; i < blocks * block * taps; i++) {
        int64_t channel = i / (taps * block) * block + i % block, tap = i / block % taps;
        float value = channel < c->channels ? want[channel * taps + tap] : 0;
        assert_true(fabsf(got[i] - value) <= 1e-5f * (1 + fabsf(value)));
    }
    free(x), free(dy), free(want), free(x_blocked), free(dy_blocked), free(got), free(scratch);
}

static void weights_have_the_gradient_of_the_reference(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int k = 0; k < 4; k++) check(&cases[i], k % 2 ? 8 : 16, k < 2 ? CC_F32 : CC_BF16);
}

static void other_convolutions_do_not_fit(void **state) {
    (void)state;
    cc_shape x = cc_shape_2d(1, 16, 8, 8);
    cc_conv_attr depthwise = cc_conv_2d(16, 3, 1), plain = depthwise, biased;
    depthwise.groups = 16;
    biased = depthwise;
    biased.bias = true;
    assert_true(cc_depthwise_fits(&depthwise, &x, 8, 8, 8));
    assert_false(cc_depthwise_fits(&plain, &x, 8, 8, 8));
    assert_false(cc_depthwise_fits(&biased, &x, 8, 8, 8));
    assert_false(cc_depthwise_fits(&depthwise, &x, 8, 16, 8));
    assert_false(cc_depthwise_fits(&depthwise, &x, 8, 8, 0));
    assert_false(cc_depthwise_fits(&depthwise, &x, 1, 1, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_have_the_gradient_of_the_reference),
        cmocka_unit_test(other_convolutions_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
