/* tests/nets/ops/test_dropout.c -- dropout: what is drawn, that it is gone where nothing is trained, and that
 * the nets that have it draw alike in every backend. */
#include "support.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "nets/engine/plan.h"
#include "nets/ops/dropout/dropout.h"

enum { GROUP = CC_DROPOUT_GROUP, PIXELS = 2000, SIDE = 16, VALUES = 2 * SIDE * SIDE };

static const cc_shape wide = {.rank = 4, .dims = {2, 20, 1, PIXELS}};

/* Scales of image n's first group, all pixels. */
static void draw_all(float out[PIXELS * GROUP], const cc_dropout_attr *attr, const cc_draw *draw, int64_t n) {
    const cc_dropout_draws d = cc_dropout_start(attr, draw, &wide);
    for (int64_t p = 0; p < PIXELS; p++) cc_dropout_scales(out + p * GROUP, &d, n, p, 0);
}

static void values_are_left_out_as_often_as_the_rate_says(void **state) {
    (void)state;
    static float scales[PIXELS * GROUP];
    const cc_draw draw = {.seed = 5, .step = 9};
    int kept = 0, both = 0;
    draw_all(scales, &(cc_dropout_attr){.rate = 0.2, .layer = 3}, &draw, 0);
    for (int i = 0; i < PIXELS * GROUP; i++) {
        assert_true(scales[i] == 0 || scales[i] == 1.25f);
        kept += scales[i] > 0;
        both += i % 2 && scales[i] > 0 && scales[i - 1] > 0;
    }
    const double n = PIXELS * GROUP;
    assert_true(fabs(kept - 0.8 * n) < 4 * sqrt(0.16 * n));                 /* four standard deviations */
    assert_true(fabs(both - 0.64 * n / 2) < 4 * sqrt(0.64 * 0.36 * n / 2)); /* neighbours are independent */
}

static void seed_step_layer_and_image_each_name_another_draw(void **state) {
    (void)state;
    static float first[PIXELS * GROUP], other[PIXELS * GROUP];
    const cc_dropout_attr attr = {.rate = 0.5, .layer = 3}, next = {.rate = 0.5, .layer = 4};
    draw_all(first, &attr, &(cc_draw){5, 9}, 0);
    draw_all(other, &attr, &(cc_draw){6, 9}, 0);
    assert_memory_not_equal(first, other, sizeof first);
    draw_all(other, &attr, &(cc_draw){5, 10}, 0);
    assert_memory_not_equal(first, other, sizeof first);
    draw_all(other, &next, &(cc_draw){5, 9}, 0);
    assert_memory_not_equal(first, other, sizeof first);
    draw_all(other, &attr, &(cc_draw){5, 9}, 1);
    assert_memory_not_equal(first, other, sizeof first);
}

static void whole_channels_are_left_out_where_asked(void **state) {
    (void)state;
    static float scales[PIXELS * GROUP];
    int kept = 0;
    draw_all(scales, &(cc_dropout_attr){.rate = 0.5, .layer = 1, .channels = true}, &(cc_draw){2, 3}, 1);
    for (int i = GROUP; i < PIXELS * GROUP; i++) assert_true(scales[i] == scales[i % GROUP]);
    for (int i = 0; i < GROUP; i++) kept += scales[i] > 0;
    assert_in_range(kept, 1, GROUP - 1);
}

/* The logits of one forward pass. */
static void run(float logits[VALUES], const char *arch, double rate, const cc_backend *backend, bool training,
                int64_t step) {
    cc_model *model;
    cc_plan *plan;
    const float *out;
    static float input[VALUES];
    const cc_extents one = {.count = 1, .values = {1}}, two = {.count = 1, .values = {2}},
                     three = {.count = 1, .values = {3}};
    const bool is_dynunet = strcmp(arch, "dynunet") == 0;
    cc_net_spec spec = {.arch = arch,
                        .dims = 2,
                        .channels = {6, 10, 18},
                        .channel_count = 3,
                        .kernels = {three, three, three},
                        .kernel_count = 3,
                        .strides = {is_dynunet ? one : two, two, two},
                        .stride_count = is_dynunet ? 3 : 2,
                        .slope = 0.01,
                        .in_channels = 1,
                        .classes = 1,
                        .dropout = rate};
    const cc_plan_options options = {.n = 2, .height = SIDE, .width = SIDE, .training = training, .seed = 4};
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < VALUES; i++) input[i] = (float)cc_rng_normal(&rng);
    assert_ok(cc_model_create(&model, &spec, backend));
    assert_ok(cc_plan_create(&plan, model, &options));
    assert_ok(cc_model_initialise(model, 3));
    assert_ok(cc_plan_set_step(plan, step));
    assert_ok(cc_plan_forward(plan, input, &out));
    memcpy(logits, out, VALUES * sizeof *logits);
    cc_plan_destroy(plan);
    cc_model_destroy(model);
}

static double difference(const float *a, const float *b) {
    double error = 0, norm = 0;
    for (int i = 0; i < VALUES; i++) {
        error += pow((double)a[i] - b[i], 2);
        norm += pow(b[i], 2);
    }
    return sqrt(error / norm);
}

static void nets_draw_in_training_alone_and_alike_in_every_backend(void **state) {
    (void)state;
    static const char *const nets[] = {"dynunet", "attention-unet"};
    static float a[VALUES], b[VALUES];
    for (int i = 0; i < 2; i++) {
        run(a, nets[i], 0.5, &cc_backend_cpu, false, 1);
        run(b, nets[i], 0, &cc_backend_cpu, false, 1);
        assert_true(difference(a, b) < 1e-5);
        run(a, nets[i], 0.5, &cc_backend_cpu, true, 1);
        run(b, nets[i], 0.5, &cc_backend_reference, true, 1);
        assert_true(difference(a, b) < 1e-3);
        run(b, nets[i], 0.5, &cc_backend_cpu, true, 2);
        assert_true(difference(a, b) > 1e-2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_left_out_as_often_as_the_rate_says),
        cmocka_unit_test(seed_step_layer_and_image_each_name_another_draw),
        cmocka_unit_test(whole_channels_are_left_out_where_asked),
        cmocka_unit_test(nets_draw_in_training_alone_and_alike_in_every_backend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
