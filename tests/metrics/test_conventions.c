/* tests/metrics/test_conventions.c -- every grouping of slices, of counts whose scores are known, against the
 * averages of metrics/overlap.h where both have one. */
#include "support.h"
#include <math.h>
#include "metrics/conventions.h"

/* Counts: F1 1, 0/0, 0, 0.5 by slice; patients 0 and 1 have two slices each. */
static const cc_overlap_row rows[] = {
    {0, {4, 0, 0, 7}}, {0, {0, 0, 0, 7}}, {1, {0, 2, 2, 7}}, {1, {1, 1, 1, 7}}};

static void assert_f1(cc_grouping grouping, size_t batch, cc_empty empty, double want) {
    cc_scores got;
    assert_ok(cc_scores_group(&got, rows, 4, grouping, batch, empty));
    if (!(fabs(got.value[CC_SCORE_F1] - want) < 1e-12))
        fail_msg("%s, batch %zu: %.9g, not %.9g", cc_grouping_name(grouping), batch, got.value[CC_SCORE_F1],
                 want);
}

static void every_grouping_is_the_mean_of_its_groups(void **state) {
    (void)state;
    assert_f1(CC_GROUP_POOLED, 0, CC_EMPTY_SKIP, 10 / 16.0);
    assert_f1(CC_GROUP_PATIENT, 0, CC_EMPTY_SKIP, (1 + 2 / 8.0) / 2);
    assert_f1(CC_GROUP_SLICE, 0, CC_EMPTY_SKIP, 1.5 / 3);
    assert_f1(CC_GROUP_SLICE, 0, CC_EMPTY_ZERO, 1.5 / 4);
    assert_f1(CC_GROUP_SLICE, 0, CC_EMPTY_ONE, 2.5 / 4);
    assert_f1(CC_GROUP_BATCH, 1, CC_EMPTY_ONE, 2.5 / 4);
    assert_f1(CC_GROUP_BATCH, 2, CC_EMPTY_SKIP, (1 + 2 / 8.0) / 2);
    assert_f1(CC_GROUP_BATCH, 3, CC_EMPTY_SKIP, (8 / 12.0 + 0.5) / 2);
    assert_f1(CC_GROUP_BATCH, 9, CC_EMPTY_SKIP, 10 / 16.0);
}

static void counts_score_as_overlap_scores_them(void **state) {
    (void)state;
    static const cc_grouping groupings[] = {CC_GROUP_POOLED, CC_GROUP_PATIENT, CC_GROUP_SLICE};
    cc_count_row counts[4];
    for (int i = 0; i < 4; i++)
        counts[i] = (cc_count_row){
            rows[i].patient,
            {(int64_t)rows[i].cells.tp, (int64_t)rows[i].cells.fp, (int64_t)rows[i].cells.fn, 7}};
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < 3; e++) {
            cc_scores want, got;
            assert_ok(cc_scores_average(&want, counts, 4, (cc_convention){(cc_average)a, (cc_empty)e}));
            assert_ok(cc_scores_group(&got, rows, 4, groupings[a], 0, (cc_empty)e));
            for (int s = 0; s < CC_SCORES; s++) assert_true(fabs(want.value[s] - got.value[s]) < 1e-12);
        }
}

static void nothing_gives_no_score_and_nonsense_is_refused(void **state) {
    (void)state;
    cc_scores got;
    assert_ok(cc_scores_group(&got, rows, 0, CC_GROUP_SLICE, 0, CC_EMPTY_ONE));
    assert_true(isnan(got.value[CC_SCORE_F1]));
    assert_error(
        cc_scores_group(&got, &(cc_overlap_row){0, {-1, 0, 0, 0}}, 1, CC_GROUP_POOLED, 0, CC_EMPTY_SKIP),
        CC_EINVAL, "row 0");
    assert_error(
        cc_scores_group(&got, &(cc_overlap_row){0, {NAN, 0, 0, 0}}, 1, CC_GROUP_POOLED, 0, CC_EMPTY_SKIP),
        CC_EINVAL, "row 0");
    assert_error(cc_scores_group(&got, rows, 4, CC_GROUP_BATCH, 0, CC_EMPTY_SKIP), CC_EINVAL, "batch");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_grouping_is_the_mean_of_its_groups),
        cmocka_unit_test(counts_score_as_overlap_scores_them),
        cmocka_unit_test(nothing_gives_no_score_and_nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
