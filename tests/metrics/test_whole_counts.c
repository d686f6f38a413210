/* tests/metrics/test_whole_counts.c -- whether printed scores can come from whole counts: against all counts
 * of small numbers of items, and numbers worked out by hand. */
#include "metrics/whole_counts.h"
#include <math.h>
#include <stddef.h>
#include "support.h"

enum { MOST = 5 };

/* The scores of counts, in percent; NaN where 0/0. */
static void scores_of(double out[CC_COUNTED_SCORES], double tp, double fp, double fn, double tn) {
    out[CC_COUNTED_SENSITIVITY] = 100 * tp / (tp + fn);
    out[CC_COUNTED_SPECIFICITY] = 100 * tn / (tn + fp);
    out[CC_COUNTED_PRECISION] = 100 * tp / (tp + fp);
    out[CC_COUNTED_NPV] = 100 * tn / (tn + fn);
    out[CC_COUNTED_ACCURACY] = 100 * (tp + tn) / (tp + tn + fp + fn);
    out[CC_COUNTED_BALANCED_ACCURACY] = 0.5 * (out[CC_COUNTED_SENSITIVITY] + out[CC_COUNTED_SPECIFICITY]);
    out[CC_COUNTED_F1] = 200 * tp / (2 * tp + fp + fn);
    out[CC_COUNTED_IOU] = 100 * tp / (tp + fp + fn);
}

static cc_range printed(double value, int decimals) {
    const double unit = pow(10, decimals);
    return cc_range_printed(round(value * unit) / unit, decimals);
}

/* By trying all counts. */
static bool possible(const cc_counted_row *row) {
    double scores[CC_COUNTED_SCORES];
    for (long long tp = 0; tp <= row->positives; tp++)
        for (long long fp = 0; fp <= row->negatives; fp++) {
            bool fits = true;
            scores_of(scores, (double)tp, (double)fp, (double)(row->positives - tp),
                      (double)(row->negatives - fp));
            for (int i = 0; i < CC_COUNTED_SCORES && fits; i++)
                fits = !row->given[i] || isnan(scores[i]) ||
                       cc_range_meet(row->range[i], (cc_range){scores[i], scores[i]});
            if (fits) return true;
        }
    return false;
}

/* Every subset of two scores of every counts, as they are and with the second one changed. */
static void it_says_what_trying_all_counts_says(void **state) {
    (void)state;
    static const double changes[] = {0, 1, -3, 10};
    size_t impossible = 0;
    for (int tp = 0; tp <= MOST; tp++)
        for (int fp = 0; fp <= MOST; fp++)
            for (int fn = 0; fn <= MOST; fn++)
                for (int tn = 0; tn <= MOST; tn++)
                    for (int i = 0; i < CC_COUNTED_SCORES; i++)
                        for (int j = 0; j < CC_COUNTED_SCORES; j++) {
                            double scores[CC_COUNTED_SCORES];
                            scores_of(scores, tp, fp, fn, tn);
                            if (i == j || isnan(scores[i]) || isnan(scores[j])) continue;
                            for (int change = 0; change < 4; change++) {
                                const double changed = scores[j] + changes[change];
                                if (changed < 0 || changed > 100) continue;
                                cc_counted_row row = {.positives = tp + fn, .negatives = fp + tn};
                                row.given[i] = row.given[j] = true;
                                row.range[i] = printed(scores[i], 1);
                                row.range[j] = printed(changed, 1);
                                const bool want = possible(&row);
                                assert_int_equal(cc_whole_counts_possible(&row), want);
                                if (change == 0) assert_true(want);
                                impossible += !want;
                            }
                        }
    assert_true(impossible > 10000);
}

/* 9 of 12 are 75.0 %, 10 are 83.3 %. */
static void one_score_has_steps(void **state) {
    (void)state;
    cc_counted_row row = {.positives = 12, .negatives = 0, .given = {[CC_COUNTED_SENSITIVITY] = true}};
    row.range[CC_COUNTED_SENSITIVITY] = cc_range_printed(80.0, 1);
    assert_false(cc_whole_counts_possible(&row));
    row.range[CC_COUNTED_SENSITIVITY] = cc_range_printed(83.3, 1);
    assert_true(cc_whole_counts_possible(&row));
    row.range[CC_COUNTED_SENSITIVITY] = cc_range_printed(80, 0);
    assert_false(cc_whole_counts_possible(&row));
}

/* The example of mlscorecheck 1.0.3, check_1_testset_no_kfold, whose scores may be wrong by 0.01. */
static void scores_that_are_possible_one_by_one_need_not_be_so_together(void **state) {
    (void)state;
    cc_counted_row row = {.positives = 530, .negatives = 902};
    row.given[CC_COUNTED_ACCURACY] = row.given[CC_COUNTED_SENSITIVITY] = row.given[CC_COUNTED_SPECIFICITY] =
        row.given[CC_COUNTED_F1] = true;
    row.range[CC_COUNTED_ACCURACY] = (cc_range){61, 63};
    row.range[CC_COUNTED_SENSITIVITY] = (cc_range){21, 23};
    row.range[CC_COUNTED_SPECIFICITY] = (cc_range){85, 87};
    row.range[CC_COUNTED_F1] = (cc_range){29, 31};
    assert_true(cc_whole_counts_possible(&row));
    row.range[CC_COUNTED_ACCURACY] = (cc_range){91, 93};
    assert_false(cc_whole_counts_possible(&row));
}

static void large_numbers_take_no_long_search(void **state) {
    (void)state;
    cc_counted_row row = {
        .positives = 2147483647, .negatives = 2147483647, .given = {[CC_COUNTED_F1] = true}};
    row.range[CC_COUNTED_F1] = cc_range_printed(50.0, 1);
    assert_true(cc_whole_counts_possible(&row));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_trying_all_counts_says),
        cmocka_unit_test(one_score_has_steps),
        cmocka_unit_test(scores_that_are_possible_one_by_one_need_not_be_so_together),
        cmocka_unit_test(large_numbers_take_no_long_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
