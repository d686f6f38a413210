/* tests/metrics/test_overlap.c -- scores of counts and masks worked out by hand, conventions of averaging and
 * 0/0, and the bootstrap over patients. */
#include "support.h"
#include <math.h>
#include "metrics/interval.h"

static const cc_convention pooled = {CC_AVERAGE_POOLED, CC_EMPTY_SKIP};
static const cc_convention by_patient = {CC_AVERAGE_PATIENT, CC_EMPTY_SKIP};

static void check_score(const cc_scores *scores, cc_score score, double want) {
    if (isnan(want))
        assert_true(isnan(scores->value[score]));
    else
        assert_true(fabs(scores->value[score] - want) < 1e-12);
}

static void masks_are_counted_pixel_by_pixel(void **state) {
    (void)state;
    uint8_t prediction[] = {1, 7, 0, 0, 255, 0}, truth[] = {1, 0, 3, 0, 255, 0};
    cc_counts c = cc_counts_from_masks(prediction, truth, 6);
    assert_int_equal(c.tp, 2);
    assert_int_equal(c.fp, 1);
    assert_int_equal(c.fn, 1);
    assert_int_equal(c.tn, 2);
}

static void scores_follow_their_definitions(void **state) {
    (void)state;
    cc_scores s;
    assert_ok(cc_scores_from_counts(&s, &(cc_counts){6, 2, 4, 100}, CC_EMPTY_SKIP));
    check_score(&s, CC_SCORE_F1, 12.0 / 18);
    check_score(&s, CC_SCORE_PRECISION, 0.75);
    check_score(&s, CC_SCORE_RECALL, 0.6);
    check_score(&s, CC_SCORE_IOU, 0.5);
}

static void zero_by_zero_takes_the_named_value(void **state) {
    (void)state;
    const double want[] = {NAN, 0, 1};
    for (int e = 0; e < 3; e++) {
        cc_scores s;
        assert_ok(cc_scores_from_counts(&s, &(cc_counts){0, 0, 5, 9}, (cc_empty)e));
        check_score(&s, CC_SCORE_F1, 0);
        check_score(&s, CC_SCORE_RECALL, 0);
        check_score(&s, CC_SCORE_PRECISION, want[e]);
    }
}

static void negative_counts_are_refused_and_nothing_is_written(void **state) {
    (void)state;
    cc_scores s = {{7, 7, 7, 7}};
    assert_error(cc_scores_from_counts(&s, &(cc_counts){1, -1, 0, 0}, CC_EMPTY_ONE), CC_EINVAL, "negative");
    cc_count_row rows[] = {{0, {5, 0, 0, 0}}, {0, {1, -1, 0, 0}}};
    assert_error(cc_scores_average(&s, rows, 2, pooled), CC_EINVAL, "negative");
    assert_true(s.value[0] == 7);
}

/* Patient 3: (2,0,0), (0,2,0) -> pooled 2,2,0; patient 8: (4,0,4). */
static const cc_count_row rows[] = {{3, {2, 0, 0, 8}}, {8, {4, 0, 4, 2}}, {3, {0, 2, 0, 8}}};

static void each_average_weighs_pixels_patients_or_slices(void **state) {
    (void)state;
    cc_scores s;
    assert_ok(cc_scores_average(&s, rows, 3, pooled));
    check_score(&s, CC_SCORE_F1, 12.0 / 18);
    assert_ok(cc_scores_average(&s, rows, 3, by_patient));
    check_score(&s, CC_SCORE_F1, 2.0 / 3);
    check_score(&s, CC_SCORE_PRECISION, 0.75);
    assert_ok(cc_scores_average(&s, rows, 3, (cc_convention){CC_AVERAGE_SLICE, CC_EMPTY_SKIP}));
    check_score(&s, CC_SCORE_F1, (1 + 2.0 / 3) / 3);
    check_score(&s, CC_SCORE_RECALL, 0.75);
    assert_ok(cc_scores_average(&s, rows, 0, by_patient));
    check_score(&s, CC_SCORE_F1, NAN);
}

static void an_interval_is_the_same_every_time_and_holds_its_value(void **state) {
    (void)state;
    cc_count_row many[30];
    for (uint32_t i = 0; i < 30; i++) many[i] = (cc_count_row){i / 3, {40 + i, 7 * (i % 4), 20 - i / 2, 500}};
    for (int a = 0; a < CC_AVERAGES; a++) {
        cc_convention convention = {(cc_average)a, CC_EMPTY_SKIP};
        cc_estimate one, two;
        cc_scores plain;
        assert_ok(cc_estimate_bootstrap(&one, &(cc_sample){many, 30}, 1, convention, 500));
        assert_ok(cc_estimate_bootstrap(&two, &(cc_sample){many, 30}, 1, convention, 500));
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

/* Two patients with scores 1 and 0: the resamples' means are 0, 0.5 and 1 with shares 1/4, 1/2, 1/4. */
static void an_interval_of_two_extremes_spans_them(void **state) {
    (void)state;
    cc_count_row two[] = {{0, {5, 0, 0, 0}}, {1, {0, 5, 5, 0}}};
    cc_estimate e;
    assert_ok(cc_estimate_bootstrap(&e, &(cc_sample){two, 2}, 1, by_patient, CC_BOOTSTRAP_RESAMPLES));
    assert_true(e.value.value[CC_SCORE_F1] == 0.5);
    assert_true(e.low.value[CC_SCORE_F1] == 0 && e.high.value[CC_SCORE_F1] == 1);
}

static void one_patient_has_no_interval(void **state) {
    (void)state;
    cc_count_row one[] = {{4, {5, 1, 1, 0}}, {4, {0, 5, 5, 0}}};
    cc_estimate e;
    assert_ok(cc_estimate_bootstrap(&e, &(cc_sample){one, 2}, 1, pooled, 100));
    assert_false(e.has_interval[CC_SCORE_F1]);
    assert_true(isnan(e.low.value[CC_SCORE_F1]));
    check_score(&e.value, CC_SCORE_F1, 10.0 / 22);
}

static void several_runs_give_the_mean_of_their_scores(void **state) {
    (void)state;
    cc_count_row a[] = {{0, {1, 1, 0, 0}}, {1, {1, 0, 0, 0}}}, b[] = {{0, {0, 1, 1, 0}}, {1, {1, 0, 0, 0}}};
    cc_sample runs[] = {{a, 2}, {b, 2}};
    cc_estimate e;
    assert_ok(cc_estimate_bootstrap(&e, runs, 2, pooled, 100));
    check_score(&e.value, CC_SCORE_PRECISION, (2.0 / 3 + 0.5) / 2);
}

/* Folds of patients who score alike: between the folds the patients differ all the same. */
static void folds_have_the_interval_of_all_their_patients(void **state) {
    (void)state;
    enum { FOLDS = 4, EACH = 2 };
    cc_count_row tests[FOLDS][EACH];
    cc_sample runs[FOLDS];
    double values[FOLDS * EACH], low, high;
    for (uint32_t p = 0; p < FOLDS * EACH; p++) {
        const int64_t tp = 90 - 20 * (p / EACH);
        tests[p / EACH][p % EACH] = (cc_count_row){p, {tp, 100 - tp, 100 - tp, 0}};
        values[p] = 0.01 * (double)tp;
        runs[p / EACH] = (cc_sample){tests[p / EACH], EACH};
    }
    assert_ok(cc_interval_of_mean(&low, &high, values, FOLDS * EACH, 500));
    for (int a = 0; a < CC_AVERAGES; a++) {
        cc_estimate e;
        assert_ok(cc_estimate_bootstrap(&e, runs, FOLDS, (cc_convention){(cc_average)a, CC_EMPTY_SKIP}, 500));
        check_score(&e.value, CC_SCORE_F1, 0.6);
        check_score(&e.low, CC_SCORE_F1, low);
        check_score(&e.high, CC_SCORE_F1, high);
    }
}

/* A run of which nothing is known to be true scores what `empty` says, and leaves the other's score alone. */
static void an_empty_run_takes_the_named_value(void **state) {
    (void)state;
    cc_count_row some[] = {{0, {1, 1, 1, 0}}, {1, {1, 1, 1, 0}}}, none[] = {{0, {0, 0, 0, 9}}};
    cc_sample runs[] = {{some, 2}, {none, 1}};
    static const double want[] = {0.5, 0.25, 0.75};
    for (int empty = CC_EMPTY_SKIP; empty <= CC_EMPTY_ONE; empty++) {
        cc_estimate e;
        assert_ok(
            cc_estimate_bootstrap(&e, runs, 2, (cc_convention){CC_AVERAGE_POOLED, (cc_empty)empty}, 100));
        check_score(&e.value, CC_SCORE_F1, want[empty]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_are_counted_pixel_by_pixel),
        cmocka_unit_test(scores_follow_their_definitions),
        cmocka_unit_test(zero_by_zero_takes_the_named_value),
        cmocka_unit_test(negative_counts_are_refused_and_nothing_is_written),
        cmocka_unit_test(each_average_weighs_pixels_patients_or_slices),
        cmocka_unit_test(an_interval_is_the_same_every_time_and_holds_its_value),
        cmocka_unit_test(an_interval_of_two_extremes_spans_them),
        cmocka_unit_test(one_patient_has_no_interval),
        cmocka_unit_test(several_runs_give_the_mean_of_their_scores),
        cmocka_unit_test(folds_have_the_interval_of_all_their_patients),
        cmocka_unit_test(an_empty_run_takes_the_named_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
