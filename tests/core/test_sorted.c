/* tests/core/test_sorted.c -- numbers and names in ascending order, each name once. */
#include "core/sorted.h"
#include <math.h>
#include "support.h"

static void numbers_rise_and_equal_ones_stay(void **state) {
    (void)state;
    double values[] = {2, -INFINITY, 0.5, 2, -3};
    const double want[] = {-INFINITY, -3, 0.5, 2, 2};
    cc_sorted_numbers(values, 5);
    assert_memory_equal(values, want, sizeof want);
    cc_sorted_numbers(NULL, 0);
}

static void names_are_kept_once_in_the_order_of_their_bytes(void **state) {
    (void)state;
    const char *names[] = {"b", "B", "a10", "b", "a2", "B"};
    static const char *const want[] = {"B", "a10", "a2", "b"};
    assert_int_equal(cc_sorted_names(names, 6), 4);
    for (int i = 0; i < 4; i++) assert_string_equal(names[i], want[i]);
    assert_int_equal(cc_sorted_names(NULL, 0), 0);
}

static void a_name_is_found_where_it_lies(void **state) {
    (void)state;
    static const char *const names[] = {"a", "c", "e"};
    assert_int_equal(cc_sorted_find(names, 3, "a"), 0);
    assert_int_equal(cc_sorted_find(names, 3, "e"), 2);
    assert_int_equal(cc_sorted_find(names, 3, "d"), 3);
    assert_int_equal(cc_sorted_find(NULL, 0, "a"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_rise_and_equal_ones_stay),
        cmocka_unit_test(names_are_kept_once_in_the_order_of_their_bytes),
        cmocka_unit_test(a_name_is_found_where_it_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
