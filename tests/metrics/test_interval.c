/* tests/metrics/test_interval.c -- values and intervals of scores over folds, seeds and patients. */
#include "metrics/interval.h"
#include <math.h>
#include "support.h"

static const cc_convention pooled = {CC_AVERAGE_POOLED, CC_EMPTY_SKIP};
static const cc_convention by_patient = {CC_AVERAGE_PATIENT, CC_EMPTY_SKIP};

static void check_near(double got, double want) {
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) < 1e-12))
        fail_msg("%.15g instead of %.15g", got, want);
}

static void check_score(const cc_scores *scores, cc_score score, double want) {
    check_near(scores->value[score], want);
}

static void an_interval_is_the_same_every_time_and_holds_its_value(void **state) {
    (void)state;
    cc_count_row many[30];
    for (uint32_t i = 0; i < 30; i++) many[i] = (cc_count_row){i / 3, {40 + i, 7 * (i % 4), 20 - i / 2, 500}};
    for (int a = 0; a < CC_AVERAGES; a++) {
        cc_convention convention = {(cc_average)a, CC_EMPTY_SKIP};
        cc_estimate one, two;
        cc_scores plain;
        assert_ok(cc_estimate_make(&one, &(cc_sample){many, 30, 0, 1}, 1, convention, 500));
        assert_ok(cc_estimate_make(&two, &(cc_sample){many, 30, 0, 1}, 1, convention, 500));
        assert_ok(cc_scores_average(&plain, many, 30, convention));
        assert_memory_equal(&one.low, &two.low, sizeof one.low);
        assert_memory_equal(&one.high, &two.high, sizeof one.high);
        for (int s = 0; s < CC_SCORES; s++) {
            assert_true(fabs(one.value.value[s] - plain.value[s]) < 1e-12);
            assert_true(one.has_interval[s]);
            assert_true(one.low.value[s] < plain.value[s] && plain.value[s] < one.high.value[s]);
            assert_true(one.low.value[s] > 0.4 && one.high.value[s] < 1);
        }
    }
}

/* Two patients with scores 1 and 0: the error of the mean is 0.5, that of its logit 2, and t of 1 degree of
 * freedom 12.7: as good as all numbers. */
static void an_interval_of_two_extremes_spans_them(void **state) {
    (void)state;
    cc_count_row two[] = {{0, {5, 0, 0, 0}}, {1, {0, 5, 5, 0}}};
    cc_estimate e;
    assert_ok(cc_estimate_make(&e, &(cc_sample){two, 2, 0, 1}, 1, by_patient, CC_BOOTSTRAP_RESAMPLES));
    assert_true(e.value.value[CC_SCORE_F1] == 0.5);
    assert_true(e.low.value[CC_SCORE_F1] < 1e-10 && e.high.value[CC_SCORE_F1] > 1 - 1e-10);
}

static void one_patient_has_no_interval(void **state) {
    (void)state;
    cc_count_row one[] = {{4, {5, 1, 1, 0}}, {4, {0, 5, 5, 0}}};
    cc_estimate e;
    assert_ok(cc_estimate_make(&e, &(cc_sample){one, 2, 0, 1}, 1, pooled, 100));
    assert_false(e.has_interval[CC_SCORE_F1]);
    assert_true(isnan(e.low.value[CC_SCORE_F1]));
    check_score(&e.value, CC_SCORE_F1, 10.0 / 22);
}

static void several_runs_give_the_mean_of_their_scores(void **state) {
    (void)state;
    cc_count_row a[] = {{0, {1, 1, 0, 0}}, {1, {1, 0, 0, 0}}}, b[] = {{0, {0, 1, 1, 0}}, {1, {1, 0, 0, 0}}};
    cc_sample runs[] = {{a, 2, 0, 1}, {b, 2, 0, 2}};
    cc_estimate e;
    assert_ok(cc_estimate_make(&e, runs, 2, pooled, 100));
    check_score(&e.value, CC_SCORE_PRECISION, (2.0 / 3 + 0.5) / 2);
}

/* A run of which nothing is known to be true scores what `empty` says, and leaves the other's score alone. */
static void an_empty_run_takes_the_named_value(void **state) {
    (void)state;
    cc_count_row some[] = {{0, {1, 1, 1, 0}}, {1, {1, 1, 1, 0}}}, none[] = {{0, {0, 0, 0, 9}}};
    cc_sample runs[] = {{some, 2, 0, 1}, {none, 1, 0, 2}};
    static const double want[] = {0.5, 0.25, 0.75};
    for (int empty = CC_EMPTY_SKIP; empty <= CC_EMPTY_ONE; empty++) {
        cc_estimate e;
        assert_ok(cc_estimate_make(&e, runs, 2, (cc_convention){CC_AVERAGE_POOLED, (cc_empty)empty}, 100));
        check_score(&e.value, CC_SCORE_F1, want[empty]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_is_the_same_every_time_and_holds_its_value),
        cmocka_unit_test(an_interval_of_two_extremes_spans_them),
        cmocka_unit_test(one_patient_has_no_interval),
        cmocka_unit_test(several_runs_give_the_mean_of_their_scores),
        cmocka_unit_test(an_empty_run_takes_the_named_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
