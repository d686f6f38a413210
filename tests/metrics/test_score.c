/* tests/metrics/test_score.c -- the table of scores: each row's ratio against its formula written out, its
 * names, and what 0/0 counts as. */
#include "metrics/score.h"
#include <math.h>
#include <string.h>
#include "support.h"

static const cc_confusion cells = {.tp = 6, .fp = 2, .fn = 4, .tn = 88}, soft = {0.5, 0.25, 1.5, 7.75};

static void each_row_is_its_formula(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double numerator, denominator, of_soft_sums;
    } rows[] = {{"f1", 12, 18, 1 / 2.75},
                {"precision", 6, 8, 0.5 / 0.75},
                {"recall", 6, 10, 0.25},
                {"iou", 6, 12, 0.5 / 2.25},
                {"dice", 12, 18, 1 / 2.75}};
    assert_int_equal(CC_SCORES, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cc_score score;
        double numerator, denominator;
        assert_ok(cc_score_find(&score, rows[i].name));
        cc_score_terms(&numerator, &denominator, score, &cells);
        assert_true(numerator == rows[i].numerator && denominator == rows[i].denominator);
        assert_true(fabs(cc_score_ratio(score, &soft, CC_EMPTY_SKIP) - rows[i].of_soft_sums) < 1e-15);
        assert_string_equal(cc_score_name(score), rows[i].name);
        assert_true(cc_score_word(score)[0] && cc_score_heading(score)[0]);
    }
}

static void nothing_of_nothing_is_what_the_convention_says(void **state) {
    (void)state;
    const cc_confusion nothing = {.tn = 9};
    for (int s = 0; s < CC_SCORES; s++) {
        assert_true(isnan(cc_score_ratio((cc_score)s, &nothing, CC_EMPTY_SKIP)));
        assert_true(cc_score_ratio((cc_score)s, &nothing, CC_EMPTY_ZERO) == 0);
        assert_true(cc_score_ratio((cc_score)s, &nothing, CC_EMPTY_ONE) == 1);
    }
}

static void names_are_found_and_others_refused(void **state) {
    (void)state;
    cc_score score;
    cc_average average;
    cc_empty empty;
    for (int s = 0; s < CC_SCORES; s++) {
        assert_ok(cc_score_find(&score, cc_score_name((cc_score)s)));
        assert_int_equal(score, s);
    }
    assert_ok(cc_average_find(&average, "slice_mean"));
    assert_int_equal(average, CC_AVERAGE_SLICE);
    assert_ok(cc_empty_find(&empty, "one"));
    assert_int_equal(empty, CC_EMPTY_ONE);
    assert_error(cc_score_find(&score, "F1"), CC_EINVAL,
                 "\"F1\" is unknown (the first of 5 known is \"f1\")");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_its_formula),
        cmocka_unit_test(nothing_of_nothing_is_what_the_convention_says),
        cmocka_unit_test(names_are_found_and_others_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
