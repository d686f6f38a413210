/* tests/core/test_rng.c -- Philox against the known answers of Random123 (kat_vectors), and the
 * distributions against their moments. */
#include "support.h"
#include "core/rng.h"

static void a_stream_is_named_by_its_key_alone(void **state) {
    (void)state;
    cc_rng a = cc_rng_init(1, CC_PURPOSE_TEST, 2, 3), b = cc_rng_init(1, CC_PURPOSE_TEST, 2, 3);
    for (int i = 0; i < 9; i++) assert_true(cc_rng_u64(&a) == cc_rng_u64(&b));
    cc_rng other = cc_rng_init(1, CC_PURPOSE_TEST, 2, 4);
    assert_true(cc_rng_u64(&other) != cc_rng_u64(&a));
}

/* Known answer of Random123's kat_vectors: philox4x64-10 with counter and key all zero. */
static void numbers_are_philox4x64_10(void **state) {
    (void)state;
    cc_rng rng = cc_rng_init(0, CC_PURPOSE_TEST, 0, 0);
    assert_true(cc_rng_u64(&rng) == 0x16554d9eca36314cULL);
    assert_true(cc_rng_u64(&rng) == 0xdb20fe9d672d0fdcULL);
}

static void any_four_numbers_can_be_made_alone(void **state) {
    (void)state;
    cc_rng rng = cc_rng_init(5, CC_PURPOSE_TEST, 2, 3);
    const cc_rng fresh = rng;
    for (uint64_t i = 0; i < 3; i++) {
        uint64_t four[4];
        cc_rng_four(four, &fresh, i);
        for (int k = 0; k < 4; k++) assert_true(four[k] == cc_rng_u64(&rng));
    }
}

static void a_permutation_holds_every_number_once(void **state) {
    (void)state;
    enum { COUNT = 100 };
    uint32_t order[COUNT];
    int seen[COUNT] = {0}, moved = 0;
    cc_rng rng = cc_rng_init(7, CC_PURPOSE_TEST, 0, 0);
    cc_rng_permutation(&rng, order, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_true(order[i] < COUNT);
        seen[order[i]]++;
        moved += order[i] != i;
    }
    for (int i = 0; i < COUNT; i++) assert_int_equal(seen[i], 1);
    assert_true(moved > COUNT / 2);
}

static void normal_numbers_have_mean_0_and_variance_1(void **state) {
    (void)state;
    double sum = 0, squares = 0;
    cc_rng rng = cc_rng_init(3, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < 20000; i++) {
        double z = cc_rng_normal(&rng);
        sum += z;
        squares += z * z;
    }
    assert_true(sum / 20000 < 0.03 && sum / 20000 > -0.03);
    assert_true(squares / 20000 < 1.05 && squares / 20000 > 0.95);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_named_by_its_key_alone),
        cmocka_unit_test(numbers_are_philox4x64_10),
        cmocka_unit_test(any_four_numbers_can_be_made_alone),
        cmocka_unit_test(a_permutation_holds_every_number_once),
        cmocka_unit_test(normal_numbers_have_mean_0_and_variance_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
