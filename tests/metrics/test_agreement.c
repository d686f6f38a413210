/* tests/metrics/test_agreement.c -- kappa, ICC and Bland-Altman against hand arithmetic and papers
 * (pingouin and scikit-learn are compared by `calcade parity` with golden/rivals-scores.h5). */
#include "metrics/agreement.h"
#include <math.h>
#include "support.h"

static void check_near(double got, double want) {
    if (!(fabs(got - want) < 1e-12)) fail_msg("%.15g instead of %.15g", got, want);
}

static double kappa(const int32_t *a, const int32_t *b, size_t count, int categories, cc_kappa weights) {
    double out = -9;
    assert_ok(cc_agreement_kappa(&out, a, b, count, categories, weights));
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
    assert_error(cc_agreement_kappa(&out, (int32_t[]){2}, (int32_t[]){0}, 1, 2, CC_KAPPA_LINEAR), CC_EINVAL,
                 "ratings 0 are 2 and 0");
    assert_error(cc_agreement_kappa(&out, (int32_t[]){0}, (int32_t[]){-1}, 1, 2, CC_KAPPA_LINEAR), CC_EINVAL,
                 "0 and -1");
    assert_error(cc_agreement_kappa(&out, NULL, NULL, 0, 2, CC_KAPPA_LINEAR), CC_EINVAL, "0 ratings");
    assert_true(out == -9);
}

/* The table of Shrout & Fleiss, Psychol. Bull. 86 (1979), 420-428, and their six values. */
static void icc_gives_the_values_of_the_paper(void **state) {
    (void)state;
    static const double table[] = {9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7};
    static const double want[CC_ICC_KINDS] = {0.17, 0.29, 0.71, 0.44, 0.62, 0.91};
    cc_icc icc[CC_ICC_KINDS];
    assert_ok(cc_agreement_icc(icc, table, 6, 4));
    for (int i = 0; i < CC_ICC_KINDS; i++) assert_true(fabs(icc[i].value - want[i]) <= 0.0051);
    assert_true(icc[CC_ICC_ONE_WAY].df2 == 18 && icc[CC_ICC_AGREEMENT].df2 == 15 && icc[0].df1 == 5);
}

/* 2 by 2: mean squares 6.25, 2.25 and 0.25; F 25 with 1 and 1 degrees of freedom: p is 1 - 2 atan(5) / (pi
 * / 2) / 2. */
static void icc_comes_from_mean_squares(void **state) {
    (void)state;
    cc_icc icc[CC_ICC_KINDS];
    assert_ok(cc_agreement_icc(icc, (double[]){1, 2, 3, 5}, 2, 2));
    check_near(icc[CC_ICC_AGREEMENT].value, 12.0 / 17);
    check_near(icc[CC_ICC_CONSISTENCY].value, 12.0 / 13);
    check_near(icc[CC_ICC_CONSISTENCY_MEAN].value, 24.0 / 25);
    check_near(icc[CC_ICC_ONE_WAY].f, 5); /* within subjects (2.25 + 0.25) / 2 */
    check_near(icc[CC_ICC_CONSISTENCY].f, 25);
    check_near(icc[CC_ICC_CONSISTENCY].p, 1 - atan(5) / (M_PI / 2));
}

static void icc_of_equal_values_is_nan_and_of_one_subject_refused(void **state) {
    (void)state;
    cc_icc icc[CC_ICC_KINDS];
    double equal[18]; /* whose means are not exactly equal */
    for (int i = 0; i < 18; i++) equal[i] = 0.1;
    assert_ok(cc_agreement_icc(icc, equal, 3, 6));
    for (int i = 0; i < CC_ICC_KINDS; i++) assert_true(isnan(icc[i].value) && isnan(icc[i].p));
    assert_ok(cc_agreement_icc(icc, (double[]){1, 1, 2, 2}, 2, 2));
    assert_true(icc[CC_ICC_AGREEMENT].value == 1 && isinf(icc[CC_ICC_AGREEMENT].f) &&
                icc[CC_ICC_AGREEMENT].p == 0);
    assert_error(cc_agreement_icc(icc, equal, 1, 4), CC_EINVAL, "fewer than 2 by 2");
    assert_error(cc_agreement_icc(icc, (double[]){1, 2, 3, NAN}, 2, 2), CC_EINVAL, "value 3");
}

/* Differences 1, -1, 3, 1: bias 1, SD root of 8 / 3; t of 3 degrees of freedom 3.182446305283708 (SciPy). */
static void limits_of_agreement_have_intervals(void **state) {
    (void)state;
    cc_bland_altman b;
    const double sd = sqrt(8.0 / 3), t = 3.182446305283708;
    assert_ok(cc_agreement_bland_altman(&b, (double[]){2, 3, 7, 5}, (double[]){1, 4, 4, 4}, 4));
    check_near(b.bias, 1);
    check_near(b.sd, sd);
    check_near(b.lower, 1 - 1.96 * sd);
    check_near(b.upper_interval[1], 1 + 1.96 * sd + t * sd * sqrt(0.75));
    check_near(b.bias_interval[0], 1 - t * sd / 2);
    assert_error(cc_agreement_bland_altman(&b, (double[]){1}, (double[]){1}, 1), CC_EINVAL, "fewer than 2");
    assert_error(cc_agreement_bland_altman(&b, (double[]){1, INFINITY}, (double[]){1, 2}, 2), CC_EINVAL,
                 "value 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kappa_weighs_disagreement_by_distance),
        cmocka_unit_test(a_category_that_nobody_gives_is_still_a_step),
        cmocka_unit_test(kappa_of_one_constant_rating_is_nan_and_a_rating_out_of_range_is_refused),
        cmocka_unit_test(icc_gives_the_values_of_the_paper),
        cmocka_unit_test(icc_comes_from_mean_squares),
        cmocka_unit_test(icc_of_equal_values_is_nan_and_of_one_subject_refused),
        cmocka_unit_test(limits_of_agreement_have_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
