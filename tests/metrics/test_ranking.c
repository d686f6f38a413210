/* tests/metrics/test_ranking.c -- ranks under resampling against a million multinomial resamples of NumPy. */
#include "metrics/ranking.h"
#include <math.h>
#include "support.h"

/* Rows 0 and 1 change places, row 2 never comes near. Standard errors are about 0.0034. */
static void ranks_are_as_stable_as_the_patients_let_them_be(void **state) {
    (void)state;
    static const double scores[] = {0.9, 0.8, 0.7, 0.95, 0.85, 0.82, 0.75, 0.9, 0.5, 0.6, 0.4, 0.7};
    double first[3], low[3], high[3], again[3];
    assert_ok(cc_ranking_stability(first, low, high, scores, 3, 4, 20000));
    assert_true(fabs(first[0] - 0.640678) < 0.017 && fabs(first[1] - 0.359322) < 0.017 && first[2] == 0);
    assert_true(fabs(first[0] + first[1] - 1) < 1e-12);
    for (int r = 0; r < 2; r++) assert_true(low[r] == 1 && high[r] == 2);
    assert_true(low[2] == 3 && high[2] == 3);
    assert_ok(cc_ranking_stability(again, low, high, scores, 3, 4, 20000));
    assert_memory_equal(first, again, sizeof first);
}

static void equal_rows_share_the_first_place(void **state) {
    (void)state;
    /* Equal but for the order of their sums. */
    static const double scores[] = {0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0, 0, 0};
    double first[3], low[3], high[3];
    assert_ok(cc_ranking_stability(first, low, high, scores, 3, 3, 100));
    assert_true(fabs(first[0] - 0.5) < 1e-12 && fabs(first[1] - 0.5) < 1e-12 && first[2] == 0);
    assert_true(low[0] == 1.5 && high[0] == 1.5 && low[2] == 3);
}

static void no_rows_and_no_numbers_are_refused(void **state) {
    (void)state;
    double first = 7, low, high;
    assert_error(cc_ranking_stability(&first, &low, &high, NULL, 0, 3, 10), CC_EINVAL, "0 rows");
    assert_error(cc_ranking_stability(&first, &low, &high, (double[]){1, NAN}, 1, 2, 10), CC_EINVAL,
                 "score 1 of row 0");
    assert_true(first == 7);
    assert_ok(cc_ranking_stability(&first, &low, &high, (double[]){1, 2}, 1, 2, 10));
    assert_true(first == 1 && low == 1 && high == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_are_as_stable_as_the_patients_let_them_be),
        cmocka_unit_test(equal_rows_share_the_first_place),
        cmocka_unit_test(no_rows_and_no_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
