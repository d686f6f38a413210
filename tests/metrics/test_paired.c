/* tests/metrics/test_paired.c -- comparisons of two variants against SciPy 1.17 (permutation_test,
 * ttest_1samp, t), statsmodels 0.15 (two-way ANOVA, ttost_paired, TTestPower) and all patterns of signs
 * counted one by one. */
#include "metrics/paired.h"
#include <math.h>
#include <string.h>
#include "support.h"

static void check_near(double got, double want, double bound) {
    if (!(fabs(got - want) < bound)) fail_msg("%.15g instead of %.15g", got, want);
}

/* The share of the 2^count patterns whose sum lies as far from 0 as that of the differences. */
static double count_two_sided(const double *d, int count) {
    double observed = 0, reach = 0;
    for (int i = 0; i < count; i++) observed += d[i];
    for (unsigned long pattern = 0; pattern < 1ul << count; pattern++) {
        double sum = 0;
        for (int i = 0; i < count; i++) sum += pattern >> i & 1 ? -d[i] : d[i];
        reach += fabs(sum) > fabs(observed) - 1e-9;
    }
    return reach / (double)(1ul << count);
}

/* Of 8 patients 5 differ, all to one side: 2 of 32 patterns, where the normal approximation of the signed
 * ranks says 0.037. */
static void zeros_and_ties_are_counted_exactly(void **state) {
    (void)state;
    cc_paired_result r;
    assert_ok(cc_paired_compare(&r, (double[]){0, 0.1, 0.1, 0.2, 0, 0.3, 0.1, 0}, 1, 8));
    check_near(r.p, 0.0625, 1e-15);
    check_near(r.p_least, 0.0625, 1e-15);
    assert_ok(cc_paired_compare(&r, (double[]){0, 0, 0}, 1, 3));
    assert_true(r.p == 1 && r.p_least == 1 && r.mean == 0 && isnan(r.effect) && r.rank_biserial == 0);
    assert_true(r.low == 0 && r.high == 0);
}

/* 0.1 + 0.2 is not 0.3 in binary: sums that differ by rounding alone count as equal. */
static void the_walk_over_halves_counts_what_counting_one_by_one_does(void **state) {
    (void)state;
    static const double d[] = {0.1,  0.2, -0.3, 0.1,  0.4, -0.1, 0.3, 0.2,
                               -0.2, 0.6, 0.1,  0.05, 0.7, -0.4, 0.1};
    for (int count = 1; count <= 15; count++) {
        cc_signs signs;
        assert_ok(cc_paired_signs(&signs, d, (size_t)count));
        check_near(signs.two_sided, count_two_sided(d, count), 1e-15);
        assert_true(signs.greater + signs.less > 1);
    }
}

/* More than 2^30 patterns are sampled; the sum of n signs has the standard deviation root of n. */
static void many_patients_are_sampled(void **state) {
    (void)state;
    double d[100];
    cc_signs one, two;
    for (int i = 0; i < 100; i++) d[i] = i < 60 ? 1 : -1;
    assert_ok(cc_paired_signs(&one, d, 100));
    assert_ok(cc_paired_signs(&two, d, 100));
    assert_memory_equal(&one, &two, sizeof one);
    /* scipy.stats.binomtest(60, 100).pvalue */
    check_near(one.two_sided, 0.05688793364098078, 0.004);
    for (int i = 0; i < 100; i++) d[i] = 1;
    assert_ok(cc_paired_signs(&one, d, 100));
    check_near(one.two_sided, 2.0 / CC_SIGNS_SAMPLED, 1e-15);
}

/* [seeds][patients]; mean squares by statsmodels' anova_lm: patients 0.012974, seeds 0.0005235, rest
 * 0.0046372. */
static const double seeds_alike[] = {0.149,  -0.044, 0.174, 0.015, 0.022, 0.096, -0.089, 0.03,
                                     -0.005, 0.241,  0.155, 0.016, 0.021, 0.064, -0.05,  0.013,
                                     0.048,  0.048,  0.177, 0.009, 0.022, 0.16,  0.016,  -0.007};

/* Seeds differ by less than the rest explains: the interval is that of the patients' means. */
static void seeds_without_effect_leave_the_interval_of_patients(void **state) {
    (void)state;
    cc_paired_result r;
    assert_ok(cc_paired_compare(&r, seeds_alike, 3, 8));
    check_near(r.mean, 0.053375, 1e-12);
    check_near(r.low, -0.0016036615419759842, 1e-12);
    check_near(r.high, 0.108353661541976, 1e-12);
    check_near(r.p, 0.0625, 1e-15);
    check_near(r.effect, 0.8116351951914408, 1e-12);
    check_near(r.rank_biserial, 0.7777777777777778, 1e-12);
    assert_true(r.patients == 8 && r.seeds == 3);
}

/* The same with 0.1 more in the first seed and 0.1 less in the last: MSs 0.0685, 2.49 degrees of freedom. */
static void seeds_that_differ_widen_the_interval(void **state) {
    (void)state;
    double d[24];
    for (int i = 0; i < 24; i++) d[i] = seeds_alike[i] + (i < 8 ? 0.1 : i < 16 ? 0 : -0.1);
    cc_paired_result r;
    assert_ok(cc_paired_compare(&r, d, 3, 8));
    check_near(r.low, -0.14955040057524027, 1e-12);
    check_near(r.high, 0.2563004005752403, 1e-12);
    check_near(r.p, 0.0625, 1e-15);
}

/* TTestPower().solve_power(nobs=n, alpha=0.05, power=0.8), times a standard deviation of 1. */
static void the_detectable_difference_is_that_of_a_t_test(void **state) {
    (void)state;
    cc_paired_result r;
    const double root = sqrt(0.75), d[] = {root, root, -root, -root}; /* n - 1: a variance of 1 */
    assert_ok(cc_paired_compare(&r, d, 1, 4));
    check_near(r.detectable, 2.1279493431921157, 1e-6);
    double many[30];
    for (int i = 0; i < 30; i++) many[i] = (i % 2 ? 1 : -1) * sqrt(29.0 / 30);
    assert_ok(cc_paired_compare(&r, many, 1, 30));
    check_near(r.detectable, 0.5292357045238948, 1e-6);
    assert_ok(cc_paired_compare(&r, d, 1, 1));
    assert_true(isnan(r.low) && isnan(r.high) && isnan(r.detectable) && isnan(r.effect) && r.p == 1);
}

static void equivalence_is_the_larger_of_two_one_sided_p(void **state) {
    (void)state;
    double p;
    assert_ok(cc_paired_equivalence(&p, seeds_alike, 3, 8, 0.08));
    check_near(p, 0.14489531190771912, 1e-12);
    assert_ok(cc_paired_equivalence(&p, (double[]){0.01, 0.01}, 1, 2, 0.02));
    assert_true(p == 0);
    assert_ok(cc_paired_equivalence(&p, (double[]){0.03, 0.03}, 1, 2, 0.02));
    assert_true(p == 1);
    assert_error(cc_paired_equivalence(&p, seeds_alike, 3, 1, 0.08), CC_EINVAL, "1 patients");
    assert_error(cc_paired_equivalence(&p, seeds_alike, 3, 8, 0), CC_EINVAL, "a margin of 0");
}

/* [rivals][patients]; adjusted p by all 512 patterns in NumPy; unadjusted 0.270, 0.020 and 0.410. */
static void the_highest_of_several_pays_for_their_number(void **state) {
    (void)state;
    static const double d[] = {0.084, -0.091, 0.101,  0.002, -0.033, 0.064, 0.085, 0.028,  -0.004,
                               0.021, 0.017,  0.09,   0.057, 0.03,   0.076, 0.01,  -0.026, 0.049,
                               0.029, -0.011, -0.039, 0.011, -0.125, 0.035, 0.025, -0.082, 0.003};
    double adjusted[3], one;
    cc_signs alone;
    assert_ok(cc_paired_max_t(adjusted, d, 3, 9));
    check_near(adjusted[0], 0.453125, 1e-15);
    check_near(adjusted[1], 0.046875, 1e-15);
    check_near(adjusted[2], 0.453125, 1e-15);
    /* Of one rival it is the permutation test. */
    assert_ok(cc_paired_max_t(&one, d, 1, 9));
    assert_ok(cc_paired_signs(&alone, d, 9));
    check_near(one, alone.two_sided, 1e-15);
    assert_ok(cc_paired_max_t(adjusted, (double[]){0, 0, 1, 2}, 2, 2));
    assert_true(adjusted[0] == 1 && adjusted[1] == 0.5);
}

static void the_highest_of_several_is_sampled_for_many_patients(void **state) {
    (void)state;
    double d[2 * 70], adjusted[2];
    for (int i = 0; i < 70; i++) d[i] = 1, d[70 + i] = i % 2 ? 1 : -1;
    assert_ok(cc_paired_max_t(adjusted, d, 2, 70));
    check_near(adjusted[0], 1.0 / CC_SIGNS_SAMPLED, 1e-15);
    assert_true(adjusted[1] == 1);
}

/* 15 patients, 16384 patterns: of one rival what counting one by one gives, ties of tenths included. */
static void patterns_of_many_patients_are_counted_one_by_one(void **state) {
    (void)state;
    static const double d[] = {0.1,  0.2, -0.3, 0.1,  0.4, -0.1, 0.3, 0.2,
                               -0.2, 0.6, 0.1,  0.05, 0.7, -0.4, 0.1};
    double adjusted;
    assert_ok(cc_paired_max_t(&adjusted, d, 1, 15));
    check_near(adjusted, count_two_sided(d, 15), 1e-15);
}

/* t of 4 degrees of freedom 2.776, standard deviation 0.0259, root of 1/5 + 1/4. */
static void folds_that_share_training_patients_have_a_wider_interval(void **state) {
    (void)state;
    double low, high;
    assert_ok(cc_paired_corrected_interval(&low, &high, (double[]){0.81, 0.79, 0.84, 0.8, 0.77}, 5, 1, 4));
    check_near(low, 0.7537904864390201, 1e-12);
    check_near(high, 0.8502095135609797, 1e-12);
    assert_error(cc_paired_corrected_interval(&low, &high, (double[]){1}, 1, 1, 4), CC_EINVAL, "1 folds");
}

static void what_is_no_number_is_refused_and_nothing_written(void **state) {
    (void)state;
    cc_paired_result r, before;
    double adjusted = 7;
    memset(&r, 7, sizeof r);
    before = r;
    assert_error(cc_paired_compare(&r, (double[]){1, NAN, 2, 3}, 2, 2), CC_EINVAL, "difference 1 of row 0");
    assert_error(cc_paired_compare(&r, NULL, 1, 0), CC_EINVAL, "1 by 0 are none");
    assert_memory_equal(&r, &before, sizeof r);
    assert_error(cc_paired_max_t(&adjusted, (double[]){INFINITY}, 1, 1), CC_EINVAL, "not a finite number");
    assert_true(adjusted == 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeros_and_ties_are_counted_exactly),
        cmocka_unit_test(the_walk_over_halves_counts_what_counting_one_by_one_does),
        cmocka_unit_test(many_patients_are_sampled),
        cmocka_unit_test(seeds_without_effect_leave_the_interval_of_patients),
        cmocka_unit_test(seeds_that_differ_widen_the_interval),
        cmocka_unit_test(the_detectable_difference_is_that_of_a_t_test),
        cmocka_unit_test(equivalence_is_the_larger_of_two_one_sided_p),
        cmocka_unit_test(the_highest_of_several_pays_for_their_number),
        cmocka_unit_test(the_highest_of_several_is_sampled_for_many_patients),
        cmocka_unit_test(patterns_of_many_patients_are_counted_one_by_one),
        cmocka_unit_test(folds_that_share_training_patients_have_a_wider_interval),
        cmocka_unit_test(what_is_no_number_is_refused_and_nothing_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
