/* tests/metrics/test_statistics.c -- Wilcoxon, Holm, McNemar, Friedman and Spearman against numbers of SciPy,
 * statsmodels and hand arithmetic. */
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

/* statsmodels 0.15, mcnemar of [[10, 15], [4, 11]] and of [[8, 3], [3, 9]]. */
static void mcnemar_has_an_exact_and_two_approximate_p(void **state) {
    (void)state;
    cc_mcnemar m;
    assert_ok(cc_statistics_mcnemar(&m, 15, 4));
    check_near(m.p, 0.019210815429687500);
    check_near(m.corrected, 100.0 / 19);
    check_near(m.corrected_p, erfc(sqrt(50.0 / 19)));
    check_near(m.plain, 121.0 / 19);
    check_near(m.plain_p, erfc(sqrt(60.5 / 19)));
    assert_ok(cc_statistics_mcnemar(&m, 3, 3));
    assert_true(m.p == 1 && m.plain == 0 && m.plain_p == 1);
    check_near(m.corrected, 1.0 / 6);
    assert_ok(cc_statistics_mcnemar(&m, 0, 0));
    assert_true(m.p == 1 && m.corrected_p == 1 && m.plain_p == 1);
    assert_error(cc_statistics_mcnemar(&m, -1, 3), CC_EINVAL, "-1 and 3 pairs");
}

/* Ranks 1 2 3, 1 2 3, 2 1 3, 1.5 1.5 3: sums 5.5, 6.5, 12; 12 / 48 * 216.5 - 48 = 6.125, over 1 - 6 / 96.
 * Two degrees of freedom: p is exp(-x / 2). */
static void friedman_is_corrected_for_ties(void **state) {
    (void)state;
    static const double values[] = {1, 2, 3, 4, 5, 6, 8, 7, 9, 1, 1, 2};
    double statistic, p, ranks[3];
    assert_ok(cc_statistics_friedman(&statistic, &p, ranks, values, 4, 3));
    check_near(statistic, 6.125 / (1 - 6.0 / 96));
    check_near(p, exp(-statistic / 2));
    check_near(ranks[0], 5.5 / 4);
    check_near(ranks[2], 3);
    assert_ok(cc_statistics_friedman(&statistic, &p, ranks, zeros, 4, 3));
    assert_true(statistic == 0 && p == 1 && ranks[1] == 2);
    assert_error(cc_statistics_friedman(&statistic, &p, ranks, zeros, 4, 1), CC_EINVAL, "1 variants");
}

/* The critical difference of 4 variants and 10 blocks by SciPy's studentized_range: 1.48323119 (Demsar's q
 * 2.569). */
static void nemenyi_compares_all_pairs_of_mean_ranks(void **state) {
    (void)state;
    const double distance = cc_statistics_nemenyi_distance(0.05, 10, 4);
    assert_true(fabs(distance - 1.4832311) < 1e-6);
    assert_true(fabs(cc_statistics_nemenyi(-distance, 10, 4) - 0.05) < 1e-9);
    assert_true(cc_statistics_nemenyi(0, 10, 4) == 1);
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
        cmocka_unit_test(mcnemar_has_an_exact_and_two_approximate_p),
        cmocka_unit_test(friedman_is_corrected_for_ties),
        cmocka_unit_test(nemenyi_compares_all_pairs_of_mean_ranks),
        cmocka_unit_test(spearman_gives_ties_their_mean_rank),
        cmocka_unit_test(too_few_values_and_such_as_are_not_finite_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
