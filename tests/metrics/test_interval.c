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

/* One run of `count` patients with these scores of precision, in thousandths exactly. */
static cc_sample make_run(cc_count_row *rows, const double *scores, size_t count, uint32_t first,
                          int64_t fold, int64_t seed) {
    for (size_t i = 0; i < count; i++) {
        const int64_t tp = llround(1000 * scores[i]);
        rows[i] = (cc_count_row){first + (uint32_t)i, {tp, 1000 - tp, 0, 0}};
    }
    return (cc_sample){rows, count, fold, seed};
}

/* SciPy: t of 7 degrees of freedom on the logit of the mean; stats.bootstrap of 400,000 resamples, BCa. */
static const double eight[] = {0.95, 0.91, 0.88, 0.97, 0.45, 0.9, 0.86, 0.93};

static void one_run_has_students_t_on_the_logit_and_bca(void **state) {
    (void)state;
    cc_count_row rows[8];
    const cc_sample run = make_run(rows, eight, 8, 0, 0, 1);
    cc_estimate e;
    assert_ok(cc_estimate_make(&e, &run, 1, by_patient, CC_BOOTSTRAP_RESAMPLES));
    check_score(&e.value, CC_SCORE_PRECISION, 0.85625);
    check_score(&e.low, CC_SCORE_PRECISION, 0.6555093044862266);
    check_score(&e.high, CC_SCORE_PRECISION, 0.9490988772850569);
    assert_true(fabs(e.bca_low.value[CC_SCORE_PRECISION] - 0.67) < 0.004);
    assert_true(fabs(e.bca_high.value[CC_SCORE_PRECISION] - 0.92375) < 0.002);
    assert_true(e.patients[CC_SCORE_PRECISION] == 8 && e.folds == 1 && e.seeds == 1);
    assert_ok(cc_estimate_make(&e, &run, 1, by_patient, 0));
    assert_true(isnan(e.bca_low.value[CC_SCORE_PRECISION]) && e.has_interval[CC_SCORE_PRECISION]);
}

/* Pixels pooled: 200 of 263; pseudo-values from leaving one patient out, by NumPy. */
static void pooled_scores_vary_by_pseudo_values(void **state) {
    (void)state;
    const cc_count_row four[] = {
        {0, {40, 10, 0, 0}}, {1, {7, 3, 0, 0}}, {2, {120, 20, 0, 0}}, {3, {33, 30, 0, 0}}};
    cc_estimate e;
    assert_ok(cc_estimate_make(&e, &(cc_sample){four, 4, 0, 1}, 1, pooled, 0));
    check_score(&e.value, CC_SCORE_PRECISION, 200.0 / 263);
    check_score(&e.low, CC_SCORE_PRECISION, 0.30250139367432904);
    check_score(&e.high, CC_SCORE_PRECISION, 0.9587421161427786);
}

/* The differences of tests/metrics/test_paired.c above 0.6: there is the variance, here its logit. */
static void patients_and_seeds_are_crossed(void **state) {
    (void)state;
    static const double d[3][8] = {{0.249, 0.056, 0.274, 0.115, 0.122, 0.196, 0.011, 0.13},
                                   {-0.005, 0.241, 0.155, 0.016, 0.021, 0.064, -0.05, 0.013},
                                   {-0.052, -0.052, 0.077, -0.091, -0.078, 0.06, -0.084, -0.107}};
    cc_count_row rows[3][8];
    cc_sample runs[3];
    cc_estimate e;
    for (int s = 0; s < 3; s++) {
        double scores[8];
        for (int p = 0; p < 8; p++) scores[p] = 0.6 + d[s][p];
        runs[2 - s] = make_run(rows[s], scores, 8, 0, 1, s + 1); /* in any order */
    }
    assert_ok(cc_estimate_make(&e, runs, 3, by_patient, 0));
    check_score(&e.value, CC_SCORE_PRECISION, 0.653375);
    check_score(&e.low, CC_SCORE_PRECISION, 0.43484640689376697);
    check_score(&e.high, CC_SCORE_PRECISION, 0.8219946273154983);
    assert_true(e.seeds == 3 && e.folds == 1 && e.patients[CC_SCORE_PRECISION] == 8);
}

/* Within folds of 3 the variance is 0.01: of the mean of both 0.01 / 6, with 4 degrees of freedom. */
static void patients_vary_within_their_folds(void **state) {
    (void)state;
    cc_count_row a[3], b[3];
    const cc_sample runs[] = {make_run(a, (double[]){0.9, 0.8, 0.7}, 3, 0, 1, 1),
                              make_run(b, (double[]){0.6, 0.5, 0.4}, 3, 3, 2, 1)};
    cc_estimate e;
    assert_ok(cc_estimate_make(&e, runs, 2, by_patient, 0));
    check_score(&e.value, CC_SCORE_PRECISION, 0.65);
    check_score(&e.low, CC_SCORE_PRECISION, 0.530164996385659);
    check_score(&e.high, CC_SCORE_PRECISION, 0.753482298230812);
    assert_true(e.folds == 2 && e.patients[CC_SCORE_PRECISION] == 6);
}

/* Folds of one patient: one stratum, in which they vary about the mean of all, t of 2 degrees of freedom. */
static void folds_of_one_patient_are_joined(void **state) {
    (void)state;
    cc_count_row a[1], b[1], c[1];
    const cc_sample runs[] = {make_run(a, (double[]){0.9}, 1, 0, 1, 1),
                              make_run(b, (double[]){0.6}, 1, 1, 2, 1),
                              make_run(c, (double[]){0.3}, 1, 2, 3, 1)};
    cc_estimate e;
    assert_ok(cc_estimate_make(&e, runs, 3, by_patient, 0));
    check_score(&e.low, CC_SCORE_PRECISION, 0.06299064566685718);
    check_score(&e.high, CC_SCORE_PRECISION, 0.9709889204639132);
}

/* A patient in two folds is one patient: with the same score in both the interval is that of one fold. */
static void a_patient_of_several_folds_counts_once(void **state) {
    (void)state;
    cc_count_row a[8], b[8];
    const cc_sample runs[] = {make_run(a, eight, 8, 0, 1, 1), make_run(b, eight, 8, 0, 2, 1)};
    cc_estimate e;
    assert_ok(cc_estimate_make(&e, runs, 2, by_patient, 0));
    assert_true(e.patients[CC_SCORE_PRECISION] == 8);
    check_score(&e.low, CC_SCORE_PRECISION, 0.6555093044862266);
}

/* Fold 1 has three seeds (0.9, 0.6, 0.3), fold 2 one (0.2): (0.6 + 0.2) / 2, not the mean 0.5 of four
 * runs. */
static void a_fold_weighs_as_much_however_many_seeds_it_has(void **state) {
    (void)state;
    cc_count_row rows[4][2];
    const double score[] = {0.9, 0.6, 0.3, 0.2};
    cc_sample runs[4];
    for (int r = 0; r < 4; r++)
        runs[r] = make_run(rows[r], (double[]){score[r], score[r]}, 2, r < 3 ? 0 : 2, r < 3 ? 1 : 2, r + 1);
    for (int a = 0; a < CC_AVERAGES; a++) {
        cc_estimate e;
        assert_ok(cc_estimate_make(&e, runs, 4, (cc_convention){(cc_average)a, CC_EMPTY_SKIP}, 100));
        check_score(&e.value, CC_SCORE_PRECISION, 0.4);
        assert_true(e.folds == 2 && e.seeds == 4);
    }
}

/* Copies of a run say nothing new: with its own seed they are one run. */
/* Two folds of one patient, each trained twice. NumPy and SciPy, from the definition: the variance of the
 * seeds in each fold, that of the two folds' scores about the value, Satterthwaite's degrees of freedom. */
static void seeds_vary_within_folds_of_one_patient(void **state) {
    (void)state;
    static const double scores[2][2] = {{0.9, 0.7}, {0.6, 0.5}}; /* [fold][seed] */
    cc_count_row rows[4];
    cc_sample runs[4];
    cc_estimate e;
    for (int i = 0; i < 4; i++)
        runs[i] = make_run(&rows[i], &scores[i / 2][i % 2], 1, (uint32_t)(i / 2), 1 + i / 2, 1 + i % 2);
    assert_ok(cc_estimate_make(&e, runs, 4, by_patient, 0));
    check_score(&e.value, CC_SCORE_PRECISION, 0.675);
    check_score(&e.low, CC_SCORE_PRECISION, 0.031804341039477);
    check_score(&e.high, CC_SCORE_PRECISION, 0.9924423334230085);
}

/* Of a third patient nothing was marked: no precision, while the recall is 0. */
static void a_patient_without_the_score_leaves_it_as_it_is(void **state) {
    (void)state;
    const cc_count_row rows[] = {{0, {40, 10, 5, 0}}, {1, {7, 3, 2, 0}}, {2, {0, 0, 9, 0}}};
    cc_estimate with, without;
    assert_ok(cc_estimate_make(&without, &(cc_sample){rows, 2, 0, 1}, 1, pooled, 0));
    assert_ok(cc_estimate_make(&with, &(cc_sample){rows, 3, 0, 1}, 1, pooled, 0));
    assert_int_equal(with.patients[CC_SCORE_PRECISION], 2);
    assert_int_equal(with.patients[CC_SCORE_RECALL], 3);
    check_score(&with.value, CC_SCORE_PRECISION, without.value.value[CC_SCORE_PRECISION]);
    check_score(&with.low, CC_SCORE_PRECISION, without.low.value[CC_SCORE_PRECISION]);
    check_score(&with.high, CC_SCORE_PRECISION, without.high.value[CC_SCORE_PRECISION]);
}

/* One patient has the score under one seed alone: which of the two does not matter. */
static void seeds_may_stand_in_any_order(void **state) {
    (void)state;
    const cc_count_row some[] = {{0, {0, 0, 9, 0}}, {1, {70, 30, 0, 0}}, {2, {95, 5, 0, 0}}},
                       all[] = {{0, {60, 40, 0, 0}}, {1, {90, 10, 0, 0}}, {2, {80, 20, 0, 0}}};
    cc_estimate one, other;
    assert_ok(cc_estimate_make(&one, (cc_sample[]){{some, 3, 0, 1}, {all, 3, 0, 2}}, 2, by_patient, 0));
    assert_ok(cc_estimate_make(&other, (cc_sample[]){{some, 3, 0, 2}, {all, 3, 0, 1}}, 2, by_patient, 0));
    check_score(&one.low, CC_SCORE_PRECISION, other.low.value[CC_SCORE_PRECISION]);
    check_score(&one.high, CC_SCORE_PRECISION, other.high.value[CC_SCORE_PRECISION]);
}

static void copies_of_a_run_leave_the_interval_as_it_is(void **state) {
    (void)state;
    cc_count_row rows[8];
    const cc_sample run = make_run(rows, eight, 8, 0, 0, 1), copies[] = {run, run, run};
    cc_estimate one, three;
    assert_ok(cc_estimate_make(&one, &run, 1, by_patient, 200));
    assert_ok(cc_estimate_make(&three, copies, 3, by_patient, 200));
    check_score(&three.low, CC_SCORE_PRECISION, one.low.value[CC_SCORE_PRECISION]);
    check_score(&three.bca_high, CC_SCORE_PRECISION, one.bca_high.value[CC_SCORE_PRECISION]);
}

/* Clopper & Pearson's one-sided bound for n of n: 0.05^(1/8) = 0.6877 (Beta quantile, SciPy). */
static void equal_scores_have_the_interval_of_what_may_have_been_missed(void **state) {
    (void)state;
    const double ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    double middle[8];
    for (int i = 0; i < 8; i++) middle[i] = 0.6;
    cc_count_row rows[8];
    cc_estimate e;
    cc_sample run = make_run(rows, ones, 8, 0, 0, 1);
    assert_ok(cc_estimate_make(&e, &run, 1, by_patient, 100));
    assert_true(fabs(e.low.value[CC_SCORE_PRECISION] - 0.6876560219336322) < 1e-12);
    check_score(&e.high, CC_SCORE_PRECISION, 1);
    assert_true(isnan(e.bca_low.value[CC_SCORE_PRECISION]) || e.bca_low.value[CC_SCORE_PRECISION] == 1);
    run = make_run(rows, middle, 8, 0, 0, 1);
    assert_ok(cc_estimate_make(&e, &run, 1, by_patient, 0));
    assert_true(fabs(e.low.value[CC_SCORE_PRECISION] - 0.6 * 0.6876560219336322) < 1e-12);
    assert_true(fabs(e.high.value[CC_SCORE_PRECISION] - (1 - 0.4 * 0.6876560219336322)) < 1e-12);
}

/* Patient 2 has no truth: a false pixel there changes nothing where only patients with truth count. */
static void patients_without_truth_are_left_out_by_name(void **state) {
    (void)state;
    const cc_count_row clean[] = {{0, {4, 0, 4, 9}}, {1, {2, 0, 0, 9}}, {2, {0, 0, 0, 9}}},
                       spotted[] = {{0, {4, 0, 4, 9}}, {1, {2, 0, 0, 9}}, {2, {0, 1, 0, 8}}};
    const cc_convention with_truth = {CC_AVERAGE_PATIENT, CC_EMPTY_WITH_TRUTH};
    cc_estimate a, b, skip;
    assert_ok(cc_estimate_make(&a, &(cc_sample){clean, 3, 0, 1}, 1, with_truth, 0));
    assert_ok(cc_estimate_make(&b, &(cc_sample){spotted, 3, 0, 1}, 1, with_truth, 0));
    assert_ok(cc_estimate_make(&skip, &(cc_sample){spotted, 3, 0, 1}, 1, by_patient, 0));
    check_score(&a.value, CC_SCORE_F1, (8.0 / 12 + 1) / 2);
    check_score(&b.value, CC_SCORE_F1, (8.0 / 12 + 1) / 2);
    check_score(&skip.value, CC_SCORE_F1, (8.0 / 12 + 1 + 0) / 3);
    assert_true(a.patients[CC_SCORE_F1] == 2 && b.patients[CC_SCORE_F1] == 2 &&
                skip.patients[CC_SCORE_F1] == 3);
}

/* Every convention at once is the same as one by one; only the one that is shown is resampled. */
static void all_conventions_at_once_are_each_alone(void **state) {
    (void)state;
    cc_count_row rows[2][12];
    for (uint32_t i = 0; i < 12; i++)
        for (uint32_t r = 0; r < 2; r++)
            rows[r][i] =
                (cc_count_row){i / 3, {i % 4 ? 10 + i : 0, i % 5 ? 7 * r : 0, i % 4 ? 5 + i / 2 : 0, 100}};
    const cc_sample runs[] = {{rows[0], 12, 1, 1}, {rows[1], 12, 1, 2}};
    cc_estimate all[CC_AVERAGES][CC_EMPTIES];
    const cc_convention shown = {CC_AVERAGE_PATIENT, CC_EMPTY_WITH_TRUTH};
    assert_ok(cc_estimate_make_all(all, runs, 2, shown, 300));
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++) {
            const bool resampled = a == CC_AVERAGE_PATIENT && e == CC_EMPTY_WITH_TRUTH;
            cc_estimate one;
            cc_scores plain[2];
            assert_ok(cc_estimate_make(&one, runs, 2, (cc_convention){(cc_average)a, (cc_empty)e},
                                       resampled ? 300 : 0));
            for (int r = 0; r < 2; r++)
                assert_ok(
                    cc_scores_average(&plain[r], rows[r], 12, (cc_convention){(cc_average)a, (cc_empty)e}));
            for (int s = 0; s < CC_SCORES; s++) {
                check_near(all[a][e].value.value[s], one.value.value[s]);
                check_near(all[a][e].value.value[s], (plain[0].value[s] + plain[1].value[s]) / 2);
                check_near(all[a][e].low.value[s], one.low.value[s]);
                check_near(all[a][e].bca_low.value[s], one.bca_low.value[s]);
                assert_true(isnan(all[a][e].bca_low.value[s]) == !resampled);
            }
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_is_the_same_every_time_and_holds_its_value),
        cmocka_unit_test(an_interval_of_two_extremes_spans_them),
        cmocka_unit_test(one_patient_has_no_interval),
        cmocka_unit_test(several_runs_give_the_mean_of_their_scores),
        cmocka_unit_test(an_empty_run_takes_the_named_value),
        cmocka_unit_test(one_run_has_students_t_on_the_logit_and_bca),
        cmocka_unit_test(pooled_scores_vary_by_pseudo_values),
        cmocka_unit_test(patients_and_seeds_are_crossed),
        cmocka_unit_test(patients_vary_within_their_folds),
        cmocka_unit_test(folds_of_one_patient_are_joined),
        cmocka_unit_test(a_patient_of_several_folds_counts_once),
        cmocka_unit_test(a_fold_weighs_as_much_however_many_seeds_it_has),
        cmocka_unit_test(seeds_vary_within_folds_of_one_patient),
        cmocka_unit_test(a_patient_without_the_score_leaves_it_as_it_is),
        cmocka_unit_test(seeds_may_stand_in_any_order),
        cmocka_unit_test(copies_of_a_run_leave_the_interval_as_it_is),
        cmocka_unit_test(equal_scores_have_the_interval_of_what_may_have_been_missed),
        cmocka_unit_test(patients_without_truth_are_left_out_by_name),
        cmocka_unit_test(all_conventions_at_once_are_each_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
