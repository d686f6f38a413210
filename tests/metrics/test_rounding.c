/* tests/metrics/test_rounding.c -- ranges of printed numbers: against their ends worked out by hand, and
 * averages of all small cases, which must lie within them. */
#include "metrics/rounding.h"
#include <math.h>
#include "metrics/overlap.h"
#include "support.h"

static void check_range(cc_range got, double low, double high) {
    if (!(fabs(got.low - low) < 1e-9 && fabs(got.high - high) < 1e-9))
        fail_msg("%.15g to %.15g instead of %.15g to %.15g", got.low, got.high, low, high);
}

static void a_printed_number_is_any_that_rounds_to_it(void **state) {
    (void)state;
    check_range(cc_range_printed(95.8, 1), 95.75, 95.85);
    check_range(cc_range_printed(95, 0), 94.5, 95.5);
    check_range(cc_range_printed(-0.25, 2), -0.255, -0.245);
}

static void ranges_that_touch_meet(void **state) {
    (void)state;
    assert_true(cc_range_meet(cc_range_printed(95.8, 1), cc_range_printed(95.9, 1)));
    assert_true(cc_range_meet((cc_range){0, 9}, (cc_range){4, 5}));
    assert_false(cc_range_meet((cc_range){0, 1}, (cc_range){1.001, 2}));
    assert_false(cc_range_meet((cc_range){1.001, 2}, (cc_range){0, 1}));
}

static void a_mean_adds_the_ends(void **state) {
    (void)state;
    const cc_range items[] = {{1, 2}, {4, 7}};
    check_range(cc_range_mean(items, 2), 2.5, 4.5);
}

/* By hand: least 3 and 5 (2 apart), most 2 and 6; of three, least 2, 3, 4; most 1, 2 or 4, 5. */
static void a_deviation_has_its_least_and_most(void **state) {
    (void)state;
    cc_range two[] = {{5, 6}, {2, 3}}, three[] = {{1, 2}, {4, 5}, {2, 4}}, wide[] = {{0, 2}, {1, 3}};
    check_range(cc_range_deviation(two, 2, true), sqrt(2), sqrt(8));
    check_range(cc_range_deviation(two, 2, false), 1, 2);
    check_range(cc_range_deviation(wide, 2, false), 0, 1.5);
    const cc_range got = cc_range_deviation(three, 3, true);
    check_range((cc_range){got.low, 0}, 1, 0);
    assert_true(got.high >= sqrt(13.0 / 3)); /* 1, 2, 5: above, for the widths differ */
}

/* 1, 3 and 10, of which only the middle one would move, and cannot. */
static void the_least_deviation_has_every_number_at_its_nearest(void **state) {
    (void)state;
    cc_range items[] = {{10, 20}, {0, 1}, {2, 3}};
    const cc_range got = cc_range_deviation(items, 3, false);
    check_range((cc_range){got.low, 0}, sqrt(134.0 / 9), 0);
}

/* A brute force over the 2^n ends. */
static void the_greatest_deviation_is_that_of_the_best_corner(void **state) {
    (void)state;
    enum { N = 9 };
    cc_range items[N];
    double most = 0;
    for (int i = 0; i < N; i++) items[i] = cc_range_printed(90 + (i * 7 % N) * 0.13, 1);
    for (int corner = 0; corner < 1 << N; corner++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < N; i++) sum += corner >> i & 1 ? items[i].high : items[i].low;
        for (int i = 0; i < N; i++) {
            double away = (corner >> i & 1 ? items[i].high : items[i].low) - sum / N;
            squares += away * away;
        }
        most = fmax(most, squares);
    }
    const cc_range got = cc_range_deviation(items, N, false);
    assert_true(fabs(got.high - sqrt(most / N)) < 1e-9);
}

static void a_pooled_f1_is_the_harmonic_mean(void **state) {
    (void)state;
    check_range(cc_range_f1_pooled((cc_range){50, 50}, (cc_range){100, 100}), 200.0 / 3, 200.0 / 3);
    check_range(cc_range_f1_pooled((cc_range){0, 60}, (cc_range){0, 60}), 0, 60);
}

/* Patients without overlap but for one, and one of precision 1: both ends are come near to. */
static void an_averaged_f1_lies_between_p_plus_r_minus_1_and_the_harmonic_mean(void **state) {
    (void)state;
    check_range(cc_range_f1_averaged((cc_range){80, 80}, (cc_range){70, 70}), 50, 2 * 80 * 70 / 150.0);
    check_range(cc_range_f1_averaged((cc_range){30, 30}, (cc_range){60, 60}), 0, 40);
    const cc_count_row rows[] = {
        {0, {1000000, 0, 0, 0}}, {1, {1, 0, 999999, 0}}, {2, {1, 999999, 0, 0}}, {3, {1000000, 0, 0, 0}}};
    cc_scores s;
    assert_ok(cc_scores_average(&s, rows, 4, (cc_convention){CC_AVERAGE_PATIENT, CC_EMPTY_SKIP}));
    const double p = 100 * s.value[CC_SCORE_PRECISION], r = 100 * s.value[CC_SCORE_RECALL],
                 f1 = 100 * s.value[CC_SCORE_F1];
    const cc_range allowed = cc_range_f1_averaged((cc_range){p, p}, (cc_range){r, r});
    assert_true(allowed.low <= f1 && f1 < allowed.low + 0.001);
    assert_true(f1 < allowed.high - 10);
}

/* Dice 0.8: IoU 0.8 / 1.2 = 2/3 where all cases are alike, 0.8 where four of five are 1 and one is 0. */
static void an_averaged_iou_lies_between_d_over_2_minus_d_and_d(void **state) {
    (void)state;
    check_range(cc_range_iou_pooled((cc_range){80, 80}), 200.0 / 3, 200.0 / 3);
    check_range(cc_range_iou_averaged((cc_range){80, 80}), 200.0 / 3, 80);
    check_range(cc_range_iou_averaged((cc_range){0, 100}), 0, 100);
    check_range(cc_range_iou_of_pooled((cc_range){80, 80}, (cc_range){80, 80}), 200.0 / 3, 200.0 / 3);
    check_range(cc_range_iou_of_averaged((cc_range){80, 80}, (cc_range){70, 70}), 50, 70);
}

/* Every mixture of up to three cases out of all counts to 4 lies within; both ends are reached. */
static void averages_of_all_small_cases_lie_within(void **state) {
    (void)state;
    enum { MOST = 4, CASES = 3 };
    double seen_low = 1e9, seen_high = 1e9;
    uint32_t draw = 1;
    for (int trial = 0; trial < 20000; trial++) {
        double p = 0, r = 0, d = 0, j = 0, c = 0, a = 0;
        for (int i = 0; i < CASES; i++) {
            double n[4];
            for (int k = 0; k < 4; k++) {
                draw = draw * 1664525u + 1013904223u;
                n[k] = (double)(draw >> 16) / 65536 * (MOST + 1);
                n[k] = (double)(int)n[k];
            }
            const double tp = n[0], fp = n[1], fn = n[2] + (tp + n[2] == 0), tn = n[3] + (fp + n[3] == 0);
            p += 100 * (tp + fp > 0 ? tp / (tp + fp) : 0) / CASES;
            r += 100 * tp / (tp + fn) / CASES;
            d += 200 * tp / (2 * tp + fp + fn) / CASES;
            j += 100 * tp / (tp + fp + fn) / CASES;
            c += 100 * tn / (tn + fp) / CASES;
            a += 100 * (tp + tn) / (tp + tn + fp + fn) / CASES;
        }
        const cc_range P = {p, p}, R = {r, r}, D = {d, d}, C = {c, c};
        assert_true(cc_range_meet((cc_range){j, j}, cc_range_iou_averaged(D)));
        assert_true(cc_range_meet((cc_range){j, j}, cc_range_iou_of_averaged(P, R)));
        assert_true(cc_range_meet((cc_range){d, d}, cc_range_f1_averaged(P, R)));
        assert_true(cc_range_meet((cc_range){a, a}, cc_range_accuracy_averaged(R, C)));
        if (d > 0 && d < 100) {
            seen_low = fmin(seen_low, j - cc_range_iou_averaged(D).low);
            seen_high = fmin(seen_high, cc_range_iou_averaged(D).high - j);
        }
    }
    assert_true(seen_low < 1e-9 && seen_high < 1e-9);
}

/* Sensitivity 0.9 of 10, specificity 0.8 of 90: 81 of 100 are right. */
static void a_pooled_accuracy_lies_between_sensitivity_and_specificity(void **state) {
    (void)state;
    const cc_range allowed = cc_range_accuracy_pooled((cc_range){90, 90}, (cc_range){80, 80});
    check_range(allowed, 80, 90);
    assert_true(cc_range_meet(allowed, (cc_range){81, 81}));
    check_range(cc_range_accuracy_averaged((cc_range){90, 90}, (cc_range){80, 80}), 70, 100);
}

/* Of 0, 0, 100, 100 the mean is 50, the deviation 50 by n and 57.735 by n - 1; of 0 and 100 70.711 by n -
 * 1. */
static void a_deviation_has_its_most_for_a_mean(void **state) {
    (void)state;
    check_range(cc_range_deviation_of_mean((cc_range){50, 50}, 4), 0, 57.7350269189626);
    check_range(cc_range_deviation_of_mean((cc_range){50, 50}, 0), 0, 70.7106781186548);
    check_range(cc_range_deviation_of_mean((cc_range){90, 95}, 1000000000), 0, 30.000000015);
    check_range(cc_range_deviation_of_mean((cc_range){40, 60}, 2), 0, 70.7106781186548);
    check_range(cc_range_deviation_of_mean((cc_range){100, 100}, 5), 0, 0);
}

/* GRIM's own example: a mean of 5.19 cannot be of 28 whole numbers (145/28 is 5.179, 146/28 5.214). */
static void a_mean_of_whole_numbers_is_a_multiple_of_one_case(void **state) {
    (void)state;
    assert_false(cc_range_holds_mean_of_whole(cc_range_printed(5.19, 2), 28));
    assert_true(cc_range_holds_mean_of_whole(cc_range_printed(5.18, 2), 28));
    assert_true(cc_range_holds_mean_of_whole(cc_range_printed(5.21, 2), 28));
    assert_true(cc_range_holds_mean_of_whole(cc_range_printed(5.19, 2), 100));
    for (int n = 1; n <= 60; n++)
        for (int k = 0; k <= 3 * n; k++) {
            const double rounded = round(100.0 * k / n) / 100;
            assert_true(cc_range_holds_mean_of_whole(cc_range_printed(rounded, 2), n));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_printed_number_is_any_that_rounds_to_it),
        cmocka_unit_test(ranges_that_touch_meet),
        cmocka_unit_test(a_mean_adds_the_ends),
        cmocka_unit_test(a_deviation_has_its_least_and_most),
        cmocka_unit_test(the_least_deviation_has_every_number_at_its_nearest),
        cmocka_unit_test(the_greatest_deviation_is_that_of_the_best_corner),
        cmocka_unit_test(a_pooled_f1_is_the_harmonic_mean),
        cmocka_unit_test(an_averaged_f1_lies_between_p_plus_r_minus_1_and_the_harmonic_mean),
        cmocka_unit_test(an_averaged_iou_lies_between_d_over_2_minus_d_and_d),
        cmocka_unit_test(averages_of_all_small_cases_lie_within),
        cmocka_unit_test(a_pooled_accuracy_lies_between_sensitivity_and_specificity),
        cmocka_unit_test(a_deviation_has_its_most_for_a_mean),
        cmocka_unit_test(a_mean_of_whole_numbers_is_a_multiple_of_one_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
