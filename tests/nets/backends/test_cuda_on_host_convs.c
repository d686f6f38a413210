/* tests/nets/backends/test_cuda_on_host_convs.c -- every way of every kind of convolution, with stand-ins for
 * cuDNN and cuBLAS; how one is chosen. */
#include "cuda_convs.h"
#include <cuda_runtime_api.h>
#include "nets/backends/cuda/device.h"

/* A request that no other test has: `size` tells them apart. */
static cc_conv_request forward_request(const cc_conv_attr *a, int64_t channels, int64_t size,
                                       cc_tuning tuning) {
    cc_depthwise_cuda own;
    cc_conv_request p = {.conv = {.attr = *a,
                                  .input = SHAPE(1, channels, size, size),
                                  .output = SHAPE(1, a->out_channels, size, size)},
                         .tuning = tuning};
    p.depthwise = cc_depthwise_cuda_init(&own, a, &p.conv.input, &p.conv.output, CC_F32);
    return p;
}

static void assert_chosen(const cc_conv_request *p, const char *implementation, bool timed) {
    const cc_conv_choice *chosen, *again;
    assert_ok(cc_conv_choose(&chosen, p));
    cc_choice described = cc_conv_choice_describe(chosen);
    assert_string_equal(described.implementation, implementation);
    assert_int_equal(described.ms > 0, timed);
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
    assert_string_not_equal(cc_conv_choice_describe(ruled).algorithm,
                            cc_conv_choice_describe(exact).algorithm);
}

static void a_recorded_way_that_is_not_there_is_one_line(void **state) {
    (void)state;
    const cc_conv_choice *chosen;
    cc_conv_request p = forward_request(CONV(8, 1, 1, 3, 3, 1, 1, 1, false), 16, 25, CC_TUNING_FIXED);
    p.recorded = "eng99_k2=5";
    assert_error(cc_conv_choose(&chosen, &p), CC_EUNSUPPORTED,
                 "the recorded algorithm eng99_k2=5 is not there");
}

static bool is_listed(const cc_conv_request *p, const char *name) {
    char(*names)[CC_CONV_CHOICE_NAME_MAX];
    int count;
    bool listed = false;
    assert_ok(cc_conv_choice_list(&names, &count, p));
    for (int i = 0; i < count; i++) listed |= strcmp(names[i], name) == 0;
    free(names);
    return listed;
}

/* A first convolution's input gradient is there of stride 1 alone. */
static void convolutions_of_one_channel_are_computed_by_kernels_of_our_own(void **state) {
    (void)state;
    const struct {
        const cc_conv_attr *attr;
        int64_t channels;
        bool is[CC_PASSES];
    } kinds[] = {{CONV(16, 1, 1, 3, 3, 1, 1, 1, true), 1, {true, true, true}},
                 {CONV(1, 1, 1, 3, 3, 1, 1, 1, true), 16, {true, true, true}},
                 {CONV(8, 1, 1, 3, 3, 1, 1, 1, true), 16, {false, false, false}},
                 {CONV(1, 1, 1, 3, 3, 1, 1, 1, true), 1, {false, false, false}},
                 {CONV(16, 16, 1, 3, 3, 1, 1, 1, true), 16, {false, false, false}}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        for (int pass = 0; pass < CC_PASSES; pass++) {
            cc_conv_request p = forward_request(kinds[i].attr, kinds[i].channels, 26, CC_TUNING_EXACT);
            p.conv.pass = (cc_pass)pass;
            assert_int_equal(is_listed(&p, "one-channel"), kinds[i].is[pass]);
            if (kinds[i].is[pass]) assert_chosen(&p, "own", false);
        }
    }
    cc_conv_request p = forward_request(CONV(16, 1, 1, 3, 3, 1, 1, 1, true), 1, 27, CC_TUNING_FIXED);
    p.conv.pass = CC_PASS_BACKWARD_DATA;
    p.conv.fused = true; /* of a transposed one */
    assert_false(is_listed(&p, "one-channel"));
    p = forward_request(CONV(16, 1, 1, 7, 7, 2, 3, 1, false), 1, 28, CC_TUNING_FIXED);
    p.conv.output = (cc_shape)SHAPE(1, 16, 14, 14);
    assert_true(is_listed(&p, "one-channel"));
    p.conv.pass = CC_PASS_BACKWARD_DATA;
    assert_false(is_listed(&p, "one-channel"));
}

static void what_cudnn_compiles_is_not_tried_beside_kernels_of_our_own(void **state) {
    (void)state;
    for (int own = 0; own < 2; own++) {
        cc_conv_request p =
            forward_request(CONV(16, 1, 1, 3, 3, 1, 1, 1, true), own ? 1 : 8, 29, CC_TUNING_TIMED);
        p.conv.fused = p.conv.tf32 = true;
        cc_on_host_forget_runs();
        assert_chosen(&p, own ? "own" : "cudnn", true);
        assert_true(cc_on_host_runs(CC_ON_HOST_TENSOR_CORE) > 0);
        assert_int_equal(cc_on_host_runs(CC_ON_HOST_COMPILED) > 0, !own);
    }
}

static const struct CMUnitTest choice_tests[] = {
    cmocka_unit_test(a_timed_choice_is_the_fastest),
    cmocka_unit_test(where_there_is_no_memory_to_time_in_a_rule_decides),
    cmocka_unit_test(an_exact_choice_multiplies_and_adds_as_the_definition_does),
    cmocka_unit_test(a_recorded_way_that_is_not_there_is_one_line),
    cmocka_unit_test(what_cudnn_compiles_is_not_tried_beside_kernels_of_our_own),
    cmocka_unit_test(convolutions_of_one_channel_are_computed_by_kernels_of_our_own),
};

int main(void) {
    return cmocka_run_group_tests(cuda_conv_tests, NULL, NULL) +
           cmocka_run_group_tests(choice_tests, NULL, NULL);
}
