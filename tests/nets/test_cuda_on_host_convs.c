/* Every way of every kind of convolution, with stand-ins for cuDNN and cuBLAS; how one is chosen. */
#include "cuda_convs.h"
#include <cuda_runtime_api.h>
#include "nets/cuda/device.h"

/* A request that no other test has: `size` tells them apart. */
static cc_conv_request forward_request(const cc_conv_attr *a, int64_t channels, int64_t size,
                                       cc_tuning tuning) {
    cc_depthwise_cuda own;
    cc_conv_request p = {.sum = {.attr = *a,
                                 .wide = SHAPE(1, channels, size, size),
                                 .narrow = SHAPE(1, a->out_channels, size, size)},
                         .tuning = tuning};
    p.depthwise = cc_depthwise_cuda_init(&own, a, &p.sum.wide, &p.sum.narrow, CC_F32);
    return p;
}

static void assert_chosen(const cc_conv_request *p, const char *implementation, bool timed) {
    const cc_conv_choice *chosen, *again;
    assert_ok(cc_conv_choose(&chosen, p));
    cc_choice told = cc_conv_choice_told(chosen);
    assert_string_equal(told.implementation, implementation);
    assert_int_equal(told.ms > 0, timed);
    assert_ok(cc_conv_choose(&again, p));
    assert_ptr_equal(again, chosen);
}

/* The last that is tried is the fastest, or all are equally fast. */
static void a_timed_choice_is_the_fastest(void **state) {
    (void)state;
    const struct {
        const cc_conv_attr *attr;
        const char *first, *last;
    } kinds[] = {{CONV(16, 16, 1, 3, 3, 1, 1, 1, false), "own", "cudnn"},
                 {CONV(8, 1, 1, 1, 1, 1, 0, 1, false), "cudnn", "cublas"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        cc_conv_request p = forward_request(kinds[i].attr, 16, 21, CC_TUNING_TIMED);
        assert_chosen(&p, kinds[i].first, true);
        cc_on_host_hurry(true);
        p = forward_request(kinds[i].attr, 16, 22, CC_TUNING_TIMED);
        assert_chosen(&p, kinds[i].last, true);
        cc_on_host_hurry(false);
    }
}

static void where_there_is_no_memory_to_time_in_a_rule_decides(void **state) {
    (void)state;
    cc_conv_request p = forward_request(CONV(8, 1, 1, 1, 1, 1, 0, 1, false), 16, 23, CC_TUNING_TIMED);
    assert_ok(cc_cuda_open());
    cc_on_host_limit_memory(cc_on_host_memory() + 1000);
    assert_chosen(&p, "cudnn", false);
    cc_on_host_limit_memory(0);
}

/* The stand-in lists first what may not be chosen: what varies, rounds, or is no direct sum. */
static void an_exact_choice_multiplies_and_adds_as_the_definition_does(void **state) {
    (void)state;
    const cc_conv_choice *ruled, *exact;
    cc_conv_request p = forward_request(CONV(8, 1, 1, 3, 3, 1, 1, 1, false), 16, 24, CC_TUNING_FIXED);
    assert_ok(cc_conv_choose(&ruled, &p));
    p.tuning = CC_TUNING_EXACT;
    assert_ok(cc_conv_choose(&exact, &p));
    assert_string_not_equal(cc_conv_choice_told(ruled).algorithm, cc_conv_choice_told(exact).algorithm);
}

static void a_recorded_way_that_is_not_there_is_one_line(void **state) {
    (void)state;
    const cc_conv_choice *chosen;
    cc_conv_request p = forward_request(CONV(8, 1, 1, 3, 3, 1, 1, 1, false), 16, 25, CC_TUNING_FIXED);
    p.recorded = "eng99_k2=5";
    assert_error(cc_conv_choose(&chosen, &p), CC_EUNSUPPORTED,
                 "the recorded algorithm eng99_k2=5 is not there");
}

static const struct CMUnitTest choice_tests[] = {
    cmocka_unit_test(a_timed_choice_is_the_fastest),
    cmocka_unit_test(where_there_is_no_memory_to_time_in_a_rule_decides),
    cmocka_unit_test(an_exact_choice_multiplies_and_adds_as_the_definition_does),
    cmocka_unit_test(a_recorded_way_that_is_not_there_is_one_line),
};

int main(void) {
    return cmocka_run_group_tests(cuda_conv_tests, NULL, NULL) +
           cmocka_run_group_tests(choice_tests, NULL, NULL);
}
