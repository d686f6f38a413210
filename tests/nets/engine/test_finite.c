/* tests/nets/engine/test_finite.c -- what is no number is found, wherever it lies. */
#include "support.h"
#include <math.h>
#include <stdlib.h>
#include "nets/engine/finite.h"

static void the_first_that_is_no_number_is_found(void **state) {
    (void)state;
    static const float wrong[] = {NAN, -NAN, INFINITY, -INFINITY};
    enum { COUNT = 10000 };
    float *values = malloc(COUNT * sizeof *values);
    for (int i = 0; i < COUNT; i++)
        values[i] = i % 3 ? 3.4e38f : -1e-45f; /* the largest and the smallest are numbers */
    assert_int_equal(cc_find_not_finite(values, COUNT), COUNT);
    assert_int_equal(cc_find_not_finite(values, 0), 0);
    for (int i = COUNT - 1; i >= 0; i -= 7) {
        values[i] = wrong[i % 4];
        assert_int_equal(cc_find_not_finite(values, COUNT), i);
    }
    free(values);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_first_that_is_no_number_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
