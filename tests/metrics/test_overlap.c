/* tests/metrics/test_overlap.c -- scores of counts and masks worked out by hand, conventions of averaging and
 * 0/0. */
#include "support.h"
#include <math.h>
#include "metrics/overlap.h"

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
    const double want[CC_EMPTIES] = {NAN, 0, 1, NAN};
    for (int e = 0; e < CC_EMPTIES; e++) {
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

/* In the second slice nothing is predicted: it has no precision, but a recall and an IoU of 0. */
static void a_row_without_one_score_counts_for_the_others(void **state) {
    (void)state;
    static const cc_count_row slices[] = {{0, {5, 2, 5, 8}}, {0, {0, 0, 5, 10}}};
    cc_scores s;
    assert_ok(cc_scores_average(&s, slices, 2, (cc_convention){CC_AVERAGE_SLICE, CC_EMPTY_SKIP}));
    check_score(&s, CC_SCORE_PRECISION, 5.0 / 7);
    check_score(&s, CC_SCORE_RECALL, 0.25);
    check_score(&s, CC_SCORE_IOU, 5.0 / 24);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_are_counted_pixel_by_pixel),
        cmocka_unit_test(scores_follow_their_definitions),
        cmocka_unit_test(zero_by_zero_takes_the_named_value),
        cmocka_unit_test(negative_counts_are_refused_and_nothing_is_written),
        cmocka_unit_test(each_average_weighs_pixels_patients_or_slices),
        cmocka_unit_test(a_row_without_one_score_counts_for_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
