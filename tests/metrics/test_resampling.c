/* tests/metrics/test_resampling.c -- drawing with replacement, and intervals of given resamples (SciPy's
 * are compared by `calcade parity` with golden/rivals-scores.h5). */
#include "metrics/resampling.h"
#include <math.h>
#include <stdlib.h>
#include "support.h"

/* Each of 100,000 draws of 7 from 7: every place is taken 100,000 times on average, with a deviation of
 * 293. */
static void all_places_are_drawn_alike(void **state) {
    (void)state;
    double sums[7] = {0};
    uint32_t drawn[7];
    for (int i = 0; i < 100000; i++) {
        cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, (uint64_t)i);
        cc_resampling_draw(drawn, 7, &rng);
        for (int k = 0; k < 7; k++) {
            assert_true(drawn[k] < 7);
            sums[drawn[k]]++;
        }
    }
    for (int k = 0; k < 7; k++) assert_true(fabs(sums[k] - 100000) < 5 * 293);
}

/* 1001 values 0 to 1000 in disorder: percentiles 25 and 975. */
static void percentiles_do_not_depend_on_the_order(void **state) {
    (void)state;
    double values[1001], low, high;
    for (int i = 0; i <= 1000; i++) values[i] = i * 337 % 1001;
    cc_resampling_interval(&low, &high, CC_RESAMPLING_PERCENTILE, values, 1001, 0, 0);
    assert_true(fabs(low - 25) < 1e-9 && fabs(high - 975) < 1e-9);
    cc_resampling_interval(&low, &high, CC_RESAMPLING_BASIC, values, 1001, 600, 0);
    assert_true(fabs(low - 225) < 1e-9 && fabs(high - 1175) < 1e-9);
    /* Without bias and acceleration BCa is the percentile interval. */
    cc_resampling_interval(&low, &high, CC_RESAMPLING_BCA, values, 1001, 500, 0);
    assert_true(fabs(low - 25) < 1e-9 && fabs(high - 975) < 1e-9);
}

static void equal_values_and_few_of_them_have_percentiles_too(void **state) {
    (void)state;
    double same[50], low, high, two[] = {3, 1};
    for (int i = 0; i < 50; i++) same[i] = i % 3 == 0 ? 2 : 1;
    cc_resampling_interval(&low, &high, CC_RESAMPLING_PERCENTILE, same, 50, 0, 0);
    assert_true(low == 1 && high == 2);
    cc_resampling_interval(&low, &high, CC_RESAMPLING_PERCENTILE, two, 2, 0, 0);
    assert_true(fabs(low - 1.05) < 1e-12 && fabs(high - 2.95) < 1e-12);
    cc_resampling_interval(&low, &high, CC_RESAMPLING_BCA, two, 2, 9, 0); /* all below the estimate */
    assert_true(isnan(low) && isnan(high));
}

/* Equal to the estimate but for rounding: half of them counts as below. */
static void resamples_that_equal_the_estimate_count_half(void **state) {
    (void)state;
    const double values[] = {0.1 + 0.2, 0.3, 0.2, 0.4};
    assert_true(fabs(cc_resampling_bias(values, 4, 0.3)) < 1e-12);
    assert_true(fabs(cc_resampling_acceleration((double[]){-1, 0, 1}, 3)) < 1e-12);
    assert_true(fabs(cc_resampling_acceleration((double[]){-1, -1, 2}, 3) - 6 / (6 * pow(6, 1.5))) < 1e-12);
    assert_true(cc_resampling_acceleration((double[]){0, 0}, 2) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_places_are_drawn_alike),
        cmocka_unit_test(percentiles_do_not_depend_on_the_order),
        cmocka_unit_test(equal_values_and_few_of_them_have_percentiles_too),
        cmocka_unit_test(resamples_that_equal_the_estimate_count_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
