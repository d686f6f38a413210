/* Whole steps of the CUDA backend, compiled for the host. */
#include "cuda_runtime_api.h"
#include "cuda_steps.h"

static void out_of_memory_names_the_largest_batch(void **state) {
    (void)state;
    cc_net_spec spec;
    cc_model *model;
    cc_plan *plan;
    cc_needs needs;
    cc_plan_options options = {.n = 3, .height = SIZE, .width = SIZE, .training = true};
    assert_ok(cc_net_find(&spec, "unet-bn:8x3"));
    assert_ok(cc_model_create(&model, &spec, &cc_backend_cuda));
    assert_ok(cc_plan_measure(&needs, model, &options));
    cc_on_host_limit_memory(cc_on_host_memory() + needs.weights + needs.optimizer + needs.plan + 100000);
    options.n = 8;
    assert_error(cc_plan_create(&plan, model, &options), CC_ENOMEM, "a batch of 3 fits");
    cc_on_host_limit_memory(0);
    cc_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(out_of_memory_names_the_largest_batch)};
    int failed = cmocka_run_group_tests(cuda_step_tests, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
