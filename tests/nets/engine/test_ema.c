/* tests/nets/engine/test_ema.c -- the moving average against that of PyTorch's AveragedModel, and that it
 * can be off. */
#include "support.h"
#include <math.h>
#include "nets/engine/ema.h"
#include "nets/engine/plan.h"

static const cc_net_spec small = {.arch = "unet-bn", .width = 4, .depth = 2, .in_channels = 1, .classes = 1};

enum { VALUES_MAX = 20000 };

static void fill(cc_model *model, float value) {
    static float values[VALUES_MAX];
    assert_in_range(cc_model_value_count(model), 1, VALUES_MAX);
    for (int i = 0; i < VALUES_MAX; i++) values[i] = value;
    assert_ok(cc_model_set_all(model, values));
}

static void assert_all(const cc_model *model, double want) {
    static float values[VALUES_MAX];
    assert_ok(cc_model_get_all(values, model));
    for (size_t i = 0; i < cc_model_value_count(model); i++) assert_true(fabs(values[i] - want) < 1e-6);
}

static void open_model(cc_model **model, cc_plan **plan) {
    const cc_plan_options options = {.n = 1, .height = 16, .width = 16, .training = true};
    assert_ok(cc_model_create(model, &small, &cc_backend_cpu));
    assert_ok(cc_plan_create(plan, *model, &options));
}

/* torch.optim.swa_utils.AveragedModel of PyTorch 1.13, avg_fn 0.9 a + 0.1 w, on weights 1, 2, -3, 0.5; the
 * statistics too. */
static void the_average_is_pytorch_s(void **state) {
    (void)state;
    static const float weights[] = {1, 2, -3, 0.5f};
    static const double want[] = {1, 1.1, 0.69, 0.671};
    cc_model *model;
    cc_plan *plan;
    cc_ema *ema;
    open_model(&model, &plan);
    assert_ok(cc_ema_create(&ema, model, 0.9));
    for (int step = 1; step <= 4; step++) {
        fill(model, weights[step - 1]);
        assert_ok(cc_ema_update(ema, step));
        assert_ok(cc_ema_swap(ema));
        assert_all(model, want[step - 1]);
        assert_ok(cc_ema_swap(ema));
        assert_all(model, weights[step - 1]);
    }
    cc_ema_destroy(ema);
    cc_plan_destroy(plan);
    cc_model_destroy(model);
}

static void an_average_that_is_off_leaves_all_as_it_is(void **state) {
    (void)state;
    cc_model *model;
    cc_plan *plan;
    cc_ema *ema;
    open_model(&model, &plan);
    assert_ok(cc_ema_create(&ema, model, CC_EMA_OFF));
    assert_int_equal(cc_ema_state(ema)->count, 0);
    fill(model, 3);
    assert_ok(cc_ema_update(ema, 1));
    assert_ok(cc_ema_swap(ema));
    assert_all(model, 3);
    cc_ema_destroy(ema);
    cc_plan_destroy(plan);
    cc_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_average_is_pytorch_s),
        cmocka_unit_test(an_average_that_is_off_leaves_all_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
