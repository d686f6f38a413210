/* tests/metrics/test_distributions.c -- tails and quantiles against SciPy 1.17 (stats.norm, t, f, chi2,
 * studentized_range, nct). */
#include "metrics/distributions.h"
#include <math.h>
#include "support.h"

/* Relative to the number: small tails keep their digits. */
static void check(double got, double want) {
    if (!(fabs(got - want) < 1e-10 * fabs(want))) fail_msg("%.15g instead of %.15g", got, want);
}

static void normal_quantiles_reach_far_into_the_tails(void **state) {
    (void)state;
    check(cc_normal_quantile(1e-300), -37.0470962993612);
    check(cc_normal_quantile(1e-10), -6.361340902404056);
    check(cc_normal_quantile(0.025), -1.9599639845400545);
    check(cc_normal_quantile(0.3), -0.5244005127080409);
    check(cc_normal_quantile(0.8), 0.8416212335729143);
    check(cc_normal_quantile(0.999), 3.090232306167813);
    check(cc_normal_probability(-8), 6.22096057427174e-16);
    assert_true(cc_normal_quantile(0) == -INFINITY && cc_normal_quantile(1) == INFINITY);
    assert_true(isnan(cc_normal_quantile(NAN)) && isnan(cc_normal_quantile(1.5)));
}

static void students_t_takes_degrees_of_freedom_that_are_not_whole(void **state) {
    (void)state;
    check(cc_student_tail(2.5, 7), 0.020496109292876444);
    check(cc_student_tail(-1.2, 3.4), 0.8464877994960169);
    check(cc_student_tail(40, 2), 0.0003122073360923703);
    check(cc_student_tail(0.1, 1e4), 0.4601731650155375);
    check(cc_student_tail(6, 200), 4.557560174405173e-09);
    check(cc_student_quantile(0.975, 1), 12.706204736174694);
    check(cc_student_quantile(0.975, 7), 2.364624251592784);
    check(cc_student_quantile(0.975, 2.37), 3.7189208397974567);
    check(cc_student_quantile(0.1, 5), -1.4758840488244813);
    check(cc_student_quantile(0.9999, 1), 3183.098757118502);
    check(cc_student_quantile(0.975, 1e5), 1.9599877075346095);
    assert_true(cc_student_quantile(0.5, 3) == 0 && isnan(cc_student_quantile(0.975, NAN)));
}

static void f_and_chi_square_have_their_tails(void **state) {
    (void)state;
    check(cc_f_tail(3.2, 4, 20), 0.034831623728782526);
    check(cc_f_tail(300, 23, 24), 2.735554107899866e-24);
    check(cc_f_tail(0.5, 1.5, 7), 0.5759256923441585);
    assert_true(cc_f_tail(INFINITY, 2, 3) == 0 && cc_f_tail(0, 2, 3) == 1 && isnan(cc_f_tail(NAN, 2, 3)));
    check(cc_chi_square_tail(4.44, 3), 0.21770499602596555);
    check(cc_chi_square_tail(0.001, 1), 0.9747728793699604);
    check(cc_chi_square_tail(90, 5), 6.719319364852582e-18);
    check(cc_chi_square_tail(17, 17.5), 0.4888656874978823);
}

/* SciPy's own integration is good to about 1e-9. */
static void the_studentised_range_is_integrated(void **state) {
    (void)state;
    static const struct {
        double q;
        int count;
        double tail;
    } cases[] = {{3.3, 3, 0.05131090641818992},
                 {0.5, 10, 0.9999985866194843},
                 {6, 5, 0.00021424261433133918},
                 {2.77, 2, 0.050149596320254175}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double got = cc_studentized_range_tail(cases[i].q, cases[i].count);
        if (!(fabs(got - cases[i].tail) < 1e-9)) fail_msg("%.15g instead of %.15g", got, cases[i].tail);
    }
    assert_true(fabs(cc_studentized_range_quantile(0.05, 7) - 4.169554155006547) < 1e-8);
    assert_true(cc_studentized_range_tail(0, 4) == 1);
}

static void power_is_that_of_the_noncentral_t(void **state) {
    (void)state;
    assert_true(fabs(cc_noncentral_t_power(2.3646, 7, 2.5) - 0.5762365023129553) < 1e-9);
    assert_true(fabs(cc_noncentral_t_power(12.706, 1, 3) - 0.1861349877293725) < 1e-9);
    assert_true(fabs(cc_noncentral_t_power(2, 60, 0) - 0.05003304365145747) < 1e-9);
    assert_true(fabs(cc_noncentral_t_power(2.2, 10, 4) - 0.9517673486199386) < 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_quantiles_reach_far_into_the_tails),
        cmocka_unit_test(students_t_takes_degrees_of_freedom_that_are_not_whole),
        cmocka_unit_test(f_and_chi_square_have_their_tails),
        cmocka_unit_test(the_studentised_range_is_integrated),
        cmocka_unit_test(power_is_that_of_the_noncentral_t),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
