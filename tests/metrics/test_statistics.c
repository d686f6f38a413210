/* tests/metrics/test_statistics.c -- Wilcoxon, Holm, kappa, ICC and Spearman against numbers of SciPy,
 * scikit-learn and papers. */
#include "metrics/statistics.h"
#include <math.h>
#include "support.h"

static const double zeros[60];

static void check_near(double got, double want) {
    if (!(fabs(got - want) < 1e-12)) fail_msg("%.15g instead of %.15g", got, want);
}

/* p of differences, against zeros. */
static double wilcoxon(const double *d, size_t count, cc_wilcoxon method) {
    double p = -1;
    assert_ok(cc_statistics_wilcoxon(&p, d, zeros, count, method));
    return p;
}

/* 2/2^5; and 14 of the 2^6 sets of ranks sum to at most 6. */
static void few_pairs_have_the_exact_p(void **state) {
    (void)state;
    check_near(wilcoxon((double[]){5, 1, 2, 4, 3}, 5, CC_WILCOXON_AUTO), 2.0 / 32);
    check_near(wilcoxon((double[]){1, 2, 3, 4, 5, -6}, 6, CC_WILCOXON_AUTO), 28.0 / 64);
    check_near(wilcoxon((double[]){-1, -2, -3, -4, -5, 6}, 6, CC_WILCOXON_AUTO), 28.0 / 64);
    check_near(wilcoxon((double[]){1, 2, -3}, 3, CC_WILCOXON_AUTO), 1);
}

/* Ranks 2.5 each: mean 5, variance (4*5*9 - (4^3 - 4)/2)/24 = 6.25, z = (5 - 2.5 - 0.5)/2.5. */
static void ties_and_zeros_go_by_the_normal_distribution(void **state) {
    (void)state;
    check_near(wilcoxon((double[]){1, 1, 1, -1}, 4, CC_WILCOXON_AUTO), erfc(0.8 / sqrt(2)));
    check_near(wilcoxon((double[]){0, 2, 1, 3}, 4, CC_WILCOXON_AUTO), erfc(2.5 / sqrt(3.5) / sqrt(2)));
    check_near(wilcoxon((double[]){2, 1, 3}, 3, CC_WILCOXON_NORMAL), erfc(2.5 / sqrt(3.5) / sqrt(2)));
    check_near(wilcoxon((double[]){1, 2, -3}, 3, CC_WILCOXON_NORMAL), 1);
}

static void many_pairs_go_by_the_normal_distribution(void **state) {
    (void)state;
    double d[51];
    for (int i = 0; i < 51; i++) d[i] = i + 1;
    check_near(wilcoxon(d, 50, CC_WILCOXON_AUTO), ldexp(1, -49));
    assert_true(wilcoxon(d, 51, CC_WILCOXON_AUTO) == wilcoxon(d, 51, CC_WILCOXON_NORMAL));
    assert_true(wilcoxon(d, 50, CC_WILCOXON_AUTO) != wilcoxon(d, 50, CC_WILCOXON_NORMAL));
}

static void no_difference_at_all_is_p_1(void **state) {
    (void)state;
    check_near(wilcoxon(zeros, 7, CC_WILCOXON_AUTO), 1);
}

static void holm_multiplies_from_the_smallest_and_never_falls(void **state) {
    (void)state;
    double p[] = {0.01, 0.04, 0.03, 0.005, 0.9}, want[] = {0.04, 0.09, 0.09, 0.025, 0.9};
    assert_ok(cc_statistics_holm(p, p, 5));
    for (int i = 0; i < 5; i++) check_near(p[i], want[i]);
    double high[] = {0.6, 0.5};
    assert_ok(cc_statistics_holm(high, high, 2));
    assert_true(high[0] == 1 && high[1] == 1);
    assert_error(cc_statistics_holm(high, (double[]){0.1, 1.5}, 2), CC_EINVAL, "p 1 is 1.5");
    assert_error(cc_statistics_holm(high, (double[]){NAN}, 1), CC_EINVAL, "p 0");
    assert_ok(cc_statistics_holm(high, high, 0));
}

static void the_deviation_divides_by_n_minus_1(void **state) {
    (void)state;
    double mean, sd;
    assert_ok(cc_statistics_mean_sd(&mean, &sd, (double[]){2, 4, 4, 4, 5, 5, 7, 9}, 8));
    check_near(mean, 5);
    check_near(sd, sqrt(32.0 / 7));
    assert_ok(cc_statistics_mean_sd(&mean, &sd, (double[]){3}, 1));
    assert_true(mean == 3 && isnan(sd));
}

static double kappa(const int32_t *a, const int32_t *b, size_t count, int categories, cc_kappa weights) {
    double out = -9;
    assert_ok(cc_statistics_kappa(&out, a, b, count, categories, weights));
    return out;
}

/* Linear: seen 2, by chance 16/4; quadratic: 4 and 26/4; unweighted: 1 and 11/4. */
static void kappa_weighs_disagreement_by_distance(void **state) {
    (void)state;
    const int32_t a[] = {0, 1, 2, 2}, b[] = {0, 1, 2, 0};
    check_near(kappa(a, b, 4, 3, CC_KAPPA_UNWEIGHTED), 7.0 / 11);
    check_near(kappa(a, b, 4, 3, CC_KAPPA_LINEAR), 0.5);
    check_near(kappa(a, b, 4, 3, CC_KAPPA_QUADRATIC), 5.0 / 13);
    check_near(kappa(a, a, 4, 3, CC_KAPPA_QUADRATIC), 1);
}

/* Category 2 is never given: seen 2, by chance 10/3. */
static void a_category_that_nobody_gives_is_still_a_step(void **state) {
    (void)state;
    check_near(kappa((int32_t[]){0, 1, 3}, (int32_t[]){0, 1, 1}, 3, 4, CC_KAPPA_LINEAR), 0.4);
}

static void kappa_of_one_constant_rating_is_nan_and_a_rating_out_of_range_is_refused(void **state) {
    (void)state;
    double out = -9;
    assert_true(isnan(kappa((int32_t[]){1, 1}, (int32_t[]){1, 1}, 2, 2, CC_KAPPA_LINEAR)));
    assert_error(cc_statistics_kappa(&out, (int32_t[]){2}, (int32_t[]){0}, 1, 2, CC_KAPPA_LINEAR), CC_EINVAL,
                 "ratings 0 are 2 and 0");
    assert_error(cc_statistics_kappa(&out, (int32_t[]){0}, (int32_t[]){-1}, 1, 2, CC_KAPPA_LINEAR), CC_EINVAL,
                 "0 and -1");
    assert_error(cc_statistics_kappa(&out, NULL, NULL, 0, 2, CC_KAPPA_LINEAR), CC_EINVAL, "0 ratings");
    assert_true(out == -9);
}

/* 2 by 2: mean squares 6.25, 2.25 and 0.25. The table of Shrout & Fleiss (1979): ICC(2,1) = 0.29. */
static void icc_is_that_of_absolute_agreement(void **state) {
    (void)state;
    static const double table[] = {9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7};
    double out;
    assert_ok(cc_statistics_icc(&out, (double[]){1, 2, 3, 5}, 2, 2));
    check_near(out, 12.0 / 17);
    assert_ok(cc_statistics_icc(&out, table, 6, 4));
    assert_true(fabs(out - 0.29) < 0.005);
    double equal[18]; /* whose means are not exactly equal */
    for (int i = 0; i < 18; i++) equal[i] = 0.1;
    assert_ok(cc_statistics_icc(&out, equal, 3, 6));
    assert_true(isnan(out));
    assert_error(cc_statistics_icc(&out, table, 1, 4), CC_EINVAL, "fewer than 2 by 2");
}

static void spearman_gives_ties_their_mean_rank(void **state) {
    (void)state;
    double out;
    assert_ok(cc_statistics_spearman(&out, (double[]){1, 2, 2, 4}, (double[]){10, 30, 20, 1e9}, 4));
    check_near(out, 4.5 / sqrt(4.5 * 5));
    assert_ok(cc_statistics_spearman(&out, (double[]){1, 2, 3}, (double[]){9, 5, -4}, 3));
    check_near(out, -1);
    assert_ok(cc_statistics_spearman(&out, (double[]){1, 2, 3}, zeros, 3));
    assert_true(isnan(out));
}

static void too_few_values_and_such_as_are_not_finite_are_refused(void **state) {
    (void)state;
    double out = -9, sd;
    assert_error(cc_statistics_wilcoxon(&out, zeros, zeros, 0, CC_WILCOXON_AUTO), CC_EINVAL, "fewer than 1");
    assert_error(cc_statistics_wilcoxon(&out, zeros, (double[]){1, NAN}, 2, CC_WILCOXON_AUTO), CC_EINVAL,
                 "value 1 is not a finite number");
    assert_error(cc_statistics_mean_sd(&out, &sd, (double[]){INFINITY}, 1), CC_EINVAL, "value 0");
    assert_error(cc_statistics_icc(&out, (double[]){1, 2, 3, NAN}, 2, 2), CC_EINVAL, "value 3");
    assert_error(cc_statistics_spearman(&out, zeros, zeros, 1), CC_EINVAL, "fewer than 2");
    assert_true(out == -9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_pairs_have_the_exact_p),
        cmocka_unit_test(ties_and_zeros_go_by_the_normal_distribution),
        cmocka_unit_test(many_pairs_go_by_the_normal_distribution),
        cmocka_unit_test(no_difference_at_all_is_p_1),
        cmocka_unit_test(holm_multiplies_from_the_smallest_and_never_falls),
        cmocka_unit_test(the_deviation_divides_by_n_minus_1),
        cmocka_unit_test(kappa_weighs_disagreement_by_distance),
        cmocka_unit_test(a_category_that_nobody_gives_is_still_a_step),
        cmocka_unit_test(kappa_of_one_constant_rating_is_nan_and_a_rating_out_of_range_is_refused),
        cmocka_unit_test(icc_is_that_of_absolute_agreement),
        cmocka_unit_test(spearman_gives_ties_their_mean_rank),
        cmocka_unit_test(too_few_values_and_such_as_are_not_finite_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
