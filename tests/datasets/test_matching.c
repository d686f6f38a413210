/* tests/datasets/test_matching.c -- histogram matching. Right values are shares and straight lines by
 * hand. */
#include "datasets/matching.h"
#include <math.h>
#include "support.h"

static void check(const float *reference, size_t reference_count, const float *source, const float *want,
                  size_t count) {
    cc_matching *matching;
    float out[16];
    assert_true(count <= 16);
    assert_ok(cc_matching_create(&matching, reference, reference_count));
    assert_ok(cc_matching_apply(out, matching, source, count));
    for (size_t i = 0; i < count; i++) assert_true(fabsf(out[i] - want[i]) < 1e-4f);
    cc_matching_destroy(matching);
}

static void equal_shares_take_the_references_values(void **state) {
    (void)state;
    check((float[]){20, 10}, 2, (float[]){0, 1, 1, 0}, (float[]){10, 20, 20, 10}, 4);
}

/* Shares 1/3, 2/3 and 1 of the source; 1/2 and 1 of the reference. */
static void shares_between_two_values_lie_on_the_line_and_below_all_at_the_lowest(void **state) {
    (void)state;
    check((float[]){0, 100}, 2, (float[]){3, -1, 2}, (float[]){100, 0, 100.0f / 3}, 3);
}

static void a_slice_matched_to_itself_stays(void **state) {
    (void)state;
    const float hu[] = {-1024, 40, 40, 1600, -3, 0};
    check(hu, 6, hu, hu, 6);
}

static void one_flat_reference_makes_a_flat_slice(void **state) {
    (void)state;
    check((float[]){7, 7}, 2, (float[]){-500, 3, 900}, (float[]){7, 7, 7}, 3);
}

static void values_are_rounded_and_kept_within_int16(void **state) {
    (void)state;
    check((float[]){0.4f, 1e9f}, 2, (float[]){-INFINITY, 5}, (float[]){0, 32767}, 2);
    check((float[]){10, 20}, 2, (float[]){4.6f, 5.4f}, (float[]){20, 20}, 2);
}

static void the_slice_may_be_matched_in_place(void **state) {
    (void)state;
    cc_matching *matching;
    float hu[] = {5, 1};
    assert_ok(cc_matching_create(&matching, (float[]){-8, 9}, 2));
    assert_ok(cc_matching_apply(hu, matching, hu, 2));
    assert_true(hu[0] == 9 && hu[1] == -8);
    cc_matching_destroy(matching);
}

static void nothing_and_nan_are_refused(void **state) {
    (void)state;
    cc_matching *matching;
    float out[] = {42, 42};
    assert_error(cc_matching_create(&matching, out, 0), CC_EINVAL, "no pixels");
    assert_error(cc_matching_create(&matching, (float[]){1, NAN}, 2), CC_EINVAL, "pixel 1 is not a number");
    assert_ok(cc_matching_create(&matching, (float[]){1}, 1));
    assert_error(cc_matching_apply(out, matching, (float[]){NAN, 1}, 2), CC_EINVAL, "pixel 0");
    assert_error(cc_matching_apply(out, matching, out, 0), CC_EINVAL, "no pixels");
    assert_true(out[0] == 42 && out[1] == 42);
    cc_matching_destroy(matching);
    cc_matching_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_shares_take_the_references_values),
        cmocka_unit_test(shares_between_two_values_lie_on_the_line_and_below_all_at_the_lowest),
        cmocka_unit_test(a_slice_matched_to_itself_stays),
        cmocka_unit_test(one_flat_reference_makes_a_flat_slice),
        cmocka_unit_test(values_are_rounded_and_kept_within_int16),
        cmocka_unit_test(the_slice_may_be_matched_in_place),
        cmocka_unit_test(nothing_and_nan_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
