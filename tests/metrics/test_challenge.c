/* tests/metrics/test_challenge.c -- lesions and volumes by the challenge's rule and by what is marked,
 * against what numpy and scipy.ndimage.label count, and of single groups. */
#include "metrics/challenge.h"
#include <math.h>
#include <stdio.h>
#include "made_scan.h"
#include "support.h"

static void check_tally(const char *name, const cc_challenge_tally *got, const double want[7]) {
    const double values[7] = {(double)got->lesions.truth,
                              (double)got->lesions.found,
                              (double)got->lesions.predicted,
                              (double)got->lesions.spurious,
                              got->tp_mm3,
                              got->fn_mm3,
                              got->fp_mm3};
    for (int i = 0; i < 7; i++)
        if (values[i] != want[i]) fail_msg("%s, value %d: %g instead of %g", name, i, values[i], want[i]);
}

/* The made scan above 400 HU: 81 groups. Truth: (x/4 + y/3 + z/2) % 4; prediction: the same one voxel to
 * the left, but the made mask at every seventh voxel. A voxel is 0.5 mm3. Numbers by scipy.ndimage.label
 * and numpy.bincount: lesions of the truth, found, predicted, spurious; mm3 found, missed, added; of all,
 * then of each artery. */
static void counts_are_those_of_scipy(void **state) {
    (void)state;
    static const struct {
        cc_challenge_rule rule;
        cc_challenge_labels labels;
        double tallies[4][7];
        int64_t truth_changed, prediction_changed;
    } want[] = {
        {CC_CHALLENGE_GROUPS, CC_CHALLENGE_NO_ARTERIES, {{57, 50, 56, 6, 54, 6, 6}}, 11, 16},
        {CC_CHALLENGE_MARKED, CC_CHALLENGE_NO_ARTERIES, {{60, 54, 60, 6, 52.5, 6, 5.5}}, 0, 0},
        {CC_CHALLENGE_GROUPS,
         CC_CHALLENGE_TRUTH_ARTERIES,
         {{57, 50, 56, 6, 54, 6, 6},
          {16, 16, 0, 0, 28.5, 0, 0},
          {17, 14, 0, 0, 9.5, 3.5, 0},
          {24, 20, 0, 0, 16, 2.5, 0}},
         33,
         16},
        {CC_CHALLENGE_MARKED,
         CC_CHALLENGE_TRUTH_ARTERIES,
         {{60, 54, 60, 6, 52.5, 6, 5.5},
          {20, 18, 0, 0, 18, 1, 0},
          {25, 23, 0, 0, 18, 2, 0},
          {29, 23, 0, 0, 16.5, 3, 0}},
         0,
         0},
        {CC_CHALLENGE_GROUPS,
         CC_CHALLENGE_ARTERIES,
         {{57, 50, 55, 5, 54, 6, 3},
          {16, 12, 18, 6, 16, 12.5, 4},
          {17, 11, 16, 5, 6, 7, 13},
          {24, 19, 21, 2, 15.5, 3, 2.5}},
         33,
         35},
        {CC_CHALLENGE_MARKED,
         CC_CHALLENGE_ARTERIES,
         {{60, 54, 60, 6, 52.5, 6, 5.5},
          {20, 14, 22, 8, 14, 5, 6},
          {25, 20, 24, 4, 14.5, 5.5, 4.5},
          {29, 22, 25, 3, 16, 3.5, 3}},
         0,
         0},
    };
    static made_scan scan;
    static uint8_t truth[MADE_VOXELS], prediction[MADE_VOXELS];
    make_scan(&scan);
    for (int i = 0; i < MADE_VOXELS; i++) {
        const int x = i % MADE_WIDTH, y = i / MADE_WIDTH % MADE_HEIGHT, z = i / (MADE_WIDTH * MADE_HEIGHT);
        truth[i] = (uint8_t)((x / 4 + y / 3 + z / 2) % 4);
        prediction[i] = i % 7 ? (uint8_t)(((x + 1) / 4 + y / 3 + z / 2) % 4) : scan.mask[i];
    }
    for (int i = 0; i < 6; i++) {
        cc_challenge got;
        char name[32];
        assert_ok(cc_challenge_measure(&got, scan.hu, truth, prediction, MADE_DEPTH, MADE_HEIGHT, MADE_WIDTH,
                                       0.5, 400, want[i].rule, want[i].labels));
        for (int a = 0; a < 4; a++) {
            snprintf(name, sizeof name, "case %d, artery %d", i, a);
            check_tally(name, a ? &got.artery[a - 1] : &got.all, want[i].tallies[a]);
        }
        for (int a = 0; a < 3; a++)
            assert_int_equal(got.artery[a].one_sided, want[i].labels == CC_CHALLENGE_TRUTH_ARTERIES);
        assert_int_equal(got.truth_changed, want[i].truth_changed);
        assert_int_equal(got.prediction_changed, want[i].prediction_changed);
    }
}

/* One row: a group of 4, of 3 and of 2 voxels, parted by 130 HU. */
static const float row_hu[] = {500, 500, 500, 500, 130, 200, 200, 200, 130, 300, 131};
enum { ROW = sizeof row_hu / sizeof *row_hu };

static cc_challenge measure_row(const uint8_t *truth, const uint8_t *prediction, cc_challenge_rule rule) {
    cc_challenge out;
    assert_ok(cc_challenge_measure(&out, row_hu, truth, prediction, 1, 1, ROW, 2, 130, rule,
                                   CC_CHALLENGE_ARTERIES));
    return out;
}

/* Half of the first group is enough, one of three voxels is not; of two labels with a voxel each the lower
 * wins. */
static void the_majority_labels_a_group(void **state) {
    (void)state;
    const uint8_t truth[ROW] = {1, 1, 1, 1, 0, 2, 2, 2, 0, 3, 3},
                  prediction[ROW] = {1, 1, 0, 0, 1, 2, 0, 0, 0, 2, 3};
    const cc_challenge groups = measure_row(truth, prediction, CC_CHALLENGE_GROUPS);
    check_tally("all", &groups.all, (double[]){3, 2, 2, 0, 12, 6, 0});
    check_tally("LAD", &groups.artery[0], (double[]){1, 1, 1, 0, 8, 0, 0});
    check_tally("LCX", &groups.artery[1], (double[]){1, 0, 1, 1, 0, 6, 4});
    check_tally("RCA", &groups.artery[2], (double[]){1, 0, 0, 0, 0, 4, 0});
    assert_int_equal(groups.truth_changed, 0);
    assert_int_equal(groups.prediction_changed, 2 + 1 + 1);
    const cc_challenge marked = measure_row(truth, prediction, CC_CHALLENGE_MARKED);
    check_tally("all", &marked.all, (double[]){3, 3, 3, 0, 10, 8, 0});
    check_tally("RCA", &marked.artery[2], (double[]){1, 1, 1, 0, 2, 2, 0});
}

static void empty_masks_have_no_lesions(void **state) {
    (void)state;
    const uint8_t none[ROW] = {0};
    for (int rule = 0; rule < 2; rule++) {
        const cc_challenge got = measure_row(none, none, (cc_challenge_rule)rule);
        check_tally("all", &got.all, (double[7]){0});
        check_tally("RCA", &got.artery[2], (double[7]){0});
    }
}

static void scans_add_up(void **state) {
    (void)state;
    const uint8_t truth[ROW] = {1, 1, 1, 1}, prediction[ROW] = {[5] = 1, 1, 0, 0, 1, 1},
                  most[ROW] = {1, 1, 1};
    cc_challenge sum = measure_row(truth, prediction, CC_CHALLENGE_GROUPS);
    const cc_challenge other = measure_row(most, truth, CC_CHALLENGE_GROUPS);
    cc_challenge_add(&sum, &other);
    check_tally("all", &sum.all, (double[]){2, 1, 3, 2, 8, 8, 6 + 4});
    check_tally("LAD", &sum.artery[0], (double[]){2, 1, 3, 2, 8, 8, 6 + 4});
    assert_int_equal(sum.prediction_changed, 1);
    assert_int_equal(sum.truth_changed, 1);
    cc_challenge_add(&sum, &sum);
    assert_int_equal(sum.prediction_changed, 2);
    /* Every number of a tally, none of them 0. */
    cc_challenge left = {.all = {{4, 3, 4, 2}, 6, 2, 3, false}};
    const cc_challenge right = {.all = {{1, 1, 2, 1}, 0.5, 0.25, 4, true}};
    cc_challenge_add(&left, &right);
    check_tally("by hand", &left.all, (double[]){5, 4, 6, 3, 6.5, 2.25, 7});
    assert_true(left.all.one_sided);
}

/* 3 of 4 lesions found, 2 of 4 predicted ones right (one prediction covers two lesions); 6 of 8 and of 9
 * mm3. */
static void scores_are_ratios_of_counts(void **state) {
    (void)state;
    const cc_challenge_tally t = {{4, 3, 4, 2}, 6, 2, 3, false};
    const cc_challenge_scores s = cc_challenge_score(&t, CC_EMPTY_SKIP);
    assert_true(s.lesion_sensitivity == 0.75 && s.lesion_ppv == 0.5 && fabs(s.lesion_f1 - 0.6) < 1e-15);
    assert_true(s.volume_sensitivity == 0.75 && s.volume_ppv == 6.0 / 9 &&
                fabs(s.volume_f1 - 12.0 / 17) < 1e-15);
    cc_challenge_tally one = t;
    one.one_sided = true;
    const cc_challenge_scores o = cc_challenge_score(&one, CC_EMPTY_ZERO);
    assert_true(o.lesion_sensitivity == 0.75 && o.volume_sensitivity == 0.75);
    assert_true(isnan(o.lesion_ppv) && isnan(o.lesion_f1) && isnan(o.volume_ppv) && isnan(o.volume_f1));
}

static void a_ratio_of_nothing_is_what_the_convention_says(void **state) {
    (void)state;
    const cc_challenge_tally none = {0}, missed = {.lesions = {.truth = 2}, .fn_mm3 = 5},
                             added = {.lesions = {.predicted = 1, .spurious = 1}, .fp_mm3 = 5};
    assert_true(isnan(cc_challenge_score(&none, CC_EMPTY_SKIP).lesion_f1));
    assert_true(cc_challenge_score(&none, CC_EMPTY_ONE).volume_f1 == 1);
    const cc_challenge_scores s = cc_challenge_score(&missed, CC_EMPTY_SKIP);
    assert_true(s.lesion_sensitivity == 0 && isnan(s.lesion_ppv) && s.lesion_f1 == 0);
    assert_true(s.volume_sensitivity == 0 && isnan(s.volume_ppv) && s.volume_f1 == 0);
    const cc_challenge_scores f = cc_challenge_score(&added, CC_EMPTY_ONE);
    assert_true(f.lesion_sensitivity == 1 && f.lesion_ppv == 0 && f.lesion_f1 == 0 && f.volume_f1 == 0);
}

static void labels_of_no_artery_are_refused(void **state) {
    (void)state;
    const uint8_t good[ROW] = {1, 2, 3}, bad[ROW] = {0, 4};
    cc_challenge out = {.truth_changed = -9};
    assert_error(cc_challenge_measure(&out, row_hu, good, bad, 1, 1, ROW, 1, 130, CC_CHALLENGE_GROUPS,
                                      CC_CHALLENGE_ARTERIES),
                 CC_EINVAL, "the prediction has the label 4 at voxel 1");
    assert_error(cc_challenge_measure(&out, row_hu, bad, good, 1, 1, ROW, 1, 130, CC_CHALLENGE_GROUPS,
                                      CC_CHALLENGE_TRUTH_ARTERIES),
                 CC_EINVAL, "the truth has the label 4");
    assert_error(cc_challenge_measure(&out, row_hu, good, good, 1, 1, ROW, 0, 130, CC_CHALLENGE_MARKED,
                                      CC_CHALLENGE_ARTERIES),
                 CC_EINVAL, "0 mm3");
    assert_error(cc_challenge_measure(&out, row_hu, good, good, 1, 0, ROW, 1, 130, CC_CHALLENGE_MARKED,
                                      CC_CHALLENGE_ARTERIES),
                 CC_EINVAL, "none or too many");
    assert_true(out.truth_changed == -9);
    assert_ok(cc_challenge_measure(&out, row_hu, good, bad, 1, 1, ROW, 1, 130, CC_CHALLENGE_GROUPS,
                                   CC_CHALLENGE_TRUTH_ARTERIES));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_those_of_scipy),
        cmocka_unit_test(the_majority_labels_a_group),
        cmocka_unit_test(empty_masks_have_no_lesions),
        cmocka_unit_test(scans_add_up),
        cmocka_unit_test(scores_are_ratios_of_counts),
        cmocka_unit_test(a_ratio_of_nothing_is_what_the_convention_says),
        cmocka_unit_test(labels_of_no_artery_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
