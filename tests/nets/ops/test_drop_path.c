/* tests/nets/ops/test_drop_path.c -- stochastic depth: what is drawn, and that it is gone where nothing is
 * trained. */
#include "support.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "nets/engine/plan.h"
#include "nets/ops/drop_path/drop_path.h"

enum { N = 4000, BATCH = 3, SIDE = 32, PIXELS = BATCH * SIDE * SIDE };

static void a_branch_is_left_out_as_often_as_the_rate_says(void **state) {
    (void)state;
    static float scales[N];
    const cc_draw draw = {.seed = 5, .step = 9};
    int kept = 0;
    cc_drop_path_scales(scales, N, &(cc_drop_path_attr){.rate = 0.2, .block = 3}, true, &draw);
    for (int i = 0; i < N; i++) {
        assert_true(scales[i] == 0 || scales[i] == 1.25f);
        kept += scales[i] > 0;
    }
    assert_true(abs(kept - N * 8 / 10) < 100); /* four standard deviations */
}

static void seed_step_and_block_each_name_another_draw(void **state) {
    (void)state;
    static float first[N], other[N];
    static const struct {
        int block;
        cc_draw draw;
    } others[] = {{3, {6, 9}}, {3, {5, 10}}, {4, {5, 9}}};
    const cc_drop_path_attr attr = {.rate = 0.5, .block = 3};
    const cc_draw draw = {.seed = 5, .step = 9};
    cc_drop_path_scales(first, N, &attr, true, &draw);
    for (int i = 0; i < 3; i++) {
        cc_drop_path_scales(other, N, &(cc_drop_path_attr){.rate = 0.5, .block = others[i].block}, true,
                            &others[i].draw);
        assert_memory_not_equal(first, other, sizeof first);
    }
    cc_drop_path_scales(other, N / 2, &attr, true, &draw); /* a sample's draw does not depend on the batch */
    assert_memory_equal(first, other, sizeof first / 2);
}

static cc_net_spec net_of(const char *encoder, double drop_path) {
    return (cc_net_spec){.arch = "unet-encoder",
                         .encoder = encoder,
                         .upsample = "transpose",
                         .channels = {8, 8, 8, 8},
                         .channel_count = 4,
                         .in_channels = 1,
                         .classes = 1,
                         .drop_path = drop_path};
}

typedef struct pass {
    const cc_backend *backend;
    const char *encoder;
    double drop_path;
    bool training;
    uint64_t seed;
    int64_t step;
} pass;

/* The logits of one pass; the gradients of the first weights too where it trains. */
static void run(float logits[PIXELS], float gradient[64], const pass *p) {
    cc_model *model;
    cc_plan *plan;
    const float *out;
    static float input[PIXELS];
    cc_net_spec spec = net_of(p->encoder, p->drop_path);
    const cc_plan_options options = {
        .n = BATCH, .height = SIDE, .width = SIDE, .training = p->training, .seed = p->seed};
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < PIXELS; i++) input[i] = (float)cc_rng_normal(&rng);
    assert_ok(cc_model_create(&model, &spec, p->backend));
    assert_ok(cc_plan_create(&plan, model, &options));
    assert_ok(cc_model_initialise(model, 3));
    assert_ok(cc_plan_set_step(plan, p->step));
    assert_ok(cc_plan_forward(plan, input, &out));
    memcpy(logits, out, PIXELS * sizeof *logits);
    if (p->training) {
        float *whole = malloc((size_t)cc_model_parameter(model, 0)->count * sizeof *whole);
        assert_ok(cc_plan_backward(plan, input));
        assert_ok(cc_model_get_gradient(whole, model, 0));
        memcpy(gradient, whole, 64 * sizeof *whole);
        free(whole);
    }
    cc_plan_destroy(plan);
    cc_model_destroy(model);
}

static double difference(const float *a, const float *b, int count) {
    double error = 0, norm = 0;
    for (int i = 0; i < count; i++) {
        error += pow((double)a[i] - b[i], 2);
        norm += pow(b[i], 2);
    }
    return sqrt(error / norm);
}

static float a[PIXELS], b[PIXELS], ga[64], gb[64];

static void a_net_that_does_not_train_is_the_net_without_it(void **state) {
    (void)state;
    static const char *const encoders[] = {"efficientnet-b0", "resnet-34", "resnet-50"};
    for (int i = 0; i < cc_test_cases(3); i++) {
        run(a, ga, &(pass){&cc_backend_cpu, encoders[i], 0.5, .step = 1});
        run(b, gb, &(pass){&cc_backend_cpu, encoders[i], 0, .step = 1});
        assert_true(difference(a, b, PIXELS) < 1e-4);
    }
}

static void training_draws_by_seed_and_step_alike_in_every_backend(void **state) {
    (void)state;
    const pass base = {&cc_backend_cpu, "efficientnet-b0", 0.5, .training = true, .seed = 4, .step = 1};
    pass other = base;
    run(a, ga, &base);
    other.backend = &cc_backend_reference;
    run(b, gb, &other);
    assert_true(difference(a, b, PIXELS) < 1e-3);
    other = base;
    run(b, gb, &other);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_equal(ga, gb, sizeof ga);
    other.step = 2;
    run(b, gb, &other);
    assert_true(difference(a, b, PIXELS) > 1e-2);
    other = base;
    other.seed = 5;
    run(b, gb, &other);
    assert_true(difference(a, b, PIXELS) > 1e-2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_branch_is_left_out_as_often_as_the_rate_says),
        cmocka_unit_test(seed_step_and_block_each_name_another_draw),
        cmocka_unit_test(a_net_that_does_not_train_is_the_net_without_it),
        cmocka_unit_test(training_draws_by_seed_and_step_alike_in_every_backend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
