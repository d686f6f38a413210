/* tests/report/tables/test_patients.c -- all rows of a table are scored on one set of patients, each of
 * them once. */
#include "made_tables.h"

static cc_spec_claim claims[1];

/* Two variants find nothing in patient h, who has no truth; the third marks one pixel there. */
static void make_false_pixel(made *m) {
    made_init(m);
    made_row(m, "b0");
    made_row(m, "b3");
    made_row(m, "b5");
    made_run(m, "b0", 0, 1, 'a', (const int[]){50, 52, 54, 56, 58, 60, 62, EMPTY}, 8);
    made_run(m, "b3", 0, 1, 'a', (const int[]){40, 42, 44, 46, 48, 50, 52, EMPTY}, 8);
    made_run(m, "b5", 0, 1, 'a', (const int[]){53, 55, 57, 59, 61, 63, 65, FALSE_PIXEL}, 8);
}

static void one_false_pixel_brings_no_row_another_patient(void **state) {
    (void)state;
    made m;
    make_false_pixel(&m);
    made_table(&m);
    assert_int_equal(m.table.patient_count, 7);
    /* 59 over the seven; over eight, the one false pixel counting as a score of 0, it would be 413 / 8 =
     * 51.6. */
    assert_near(made_value(&m, 0, CC_SCORE_F1), 56, 1e-9);
    assert_near(made_value(&m, 2, CC_SCORE_F1), 59, 1e-9);
    assert_ptr_equal(cc_table_best(&m.table, CC_SCORE_F1, NULL), &m.table.rows[2]);
    for (int r = 0; r < 3; r++) assert_false(m.table.rows[r].other_patients);
    made_deinit(&m);

    /* Where 0/0 is skipped the row is over another set, and says so. */
    make_false_pixel(&m);
    m.spec.convention.empty = CC_EMPTY_SKIP;
    made_table(&m);
    assert_near(made_value(&m, 2, CC_SCORE_F1), 413 / 8.0, 1e-9);
    assert_int_equal(cc_table_estimate(&m.table, &m.table.rows[2])->patients[CC_SCORE_F1], 8);
    assert_int_equal(cc_table_estimate(&m.table, &m.table.rows[0])->patients[CC_SCORE_F1], 7);
    made_deinit(&m);
}

static void patients_without_truth_are_reported_apart(void **state) {
    (void)state;
    made m;
    make_false_pixel(&m);
    made_table(&m);
    assert_int_equal(m.table.rows[2].without_truth.patients, 1);
    assert_near(m.table.rows[2].without_truth.specificity, 0.999, 1e-12);
    assert_near(m.table.rows[2].without_truth.false_lesions, 1, 1e-12);
    assert_near(m.table.rows[0].without_truth.specificity, 1, 1e-12);
    assert_non_null(strstr(made_note(&m, "Patients without truth (n = 1)"),
                           "b0: 100.0000 %, 0.00; b3: 100.0000 %, 0.00; b5: 99.9000 %, 1.00."));
    made_deinit(&m);
}

static void a_cell_over_other_patients_says_how_many(void **state) {
    (void)state;
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "a");
    made_row(&m, "b");
    made_run(&m, "a", 0, 1, 'a', (const int[]){MISSED, 60, 70, 80}, 4);
    made_run(&m, "b", 0, 1, 'a', (const int[]){50, 60, 70, 80}, 4);
    made_table(&m);
    assert_ok(cc_table_listing(&listing, &m.table, m.arena));
    assert_non_null(strstr(listing.caption, "n = 4 patients"));
    assert_non_null(strstr(cc_listing_at(&listing, 0, 2)->tail, "(n = 3)"));
    for (size_t c = 1; c <= 3; c++) {
        assert_null(strstr(cc_listing_at(&listing, 1, c)->tail, "n ="));
        if (c != 2) assert_null(strstr(cc_listing_at(&listing, 0, c)->tail, "n ="));
    }
    made_deinit(&m);
}

static void a_row_of_other_patients_is_marked_and_has_no_rank(void **state) {
    (void)state;
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "a");
    made_row(&m, "b");
    made_row(&m, "c");
    claims[0] = (cc_spec_claim){"c is better", "c", "a", CC_SCORE_F1, true};
    m.spec.claims = claims;
    m.spec.claim_count = 1;
    made_run(&m, "a", 0, 1, 'a', (const int[]){50, 52, 54, 56, 58, 60, 62}, 7);
    made_run(&m, "b", 0, 1, 'a', (const int[]){51, 53, 55, 57, 59, 61, 63}, 7);
    made_run(&m, "c", 0, 1, 'a', (const int[]){ABSENT, 90, 90, 90, 90, 90, 90, 90}, 8);
    made_table(&m);
    assert_int_equal(m.table.patient_count, 7);
    assert_false(m.table.rows[0].other_patients || m.table.rows[1].other_patients);
    assert_true(m.table.rows[2].other_patients);
    assert_ptr_equal(cc_table_best(&m.table, CC_SCORE_F1, NULL), &m.table.rows[1]);
    assert_non_null(strstr(made_note(&m, "c: OTHER PATIENTS"), "without a; with h."));
    /* Compared on b to g. */
    assert_int_equal(m.table.claims[0].result.patients, 6);
    assert_ok(cc_table_listing(&listing, &m.table, m.arena));
    assert_string_equal(cc_listing_at(&listing, 2, 0)->tail, "(other patients)");
    assert_non_null(strstr(cc_listing_at(&listing, 2, 1)->tail, "(n = 7)"));
    assert_false(cc_listing_at(&listing, 2, 1)->strong);
    made_deinit(&m);
}

static void folds_are_over_their_own_patients_and_the_mean_over_all(void **state) {
    (void)state;
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "a")->fold = 1;
    m.rows[0].label = "1";
    made_row(&m, "a")->fold = 2;
    m.rows[1].label = "2";
    *made_row(&m, "a") = (cc_spec_row){.source = CC_SOURCE_MEAN, .label = "Mean"};
    made_run(&m, "a", 1, 1, 'a', (const int[]){50, 60, 70}, 3);
    made_run(&m, "a", 2, 1, 'd', (const int[]){80, 90}, 2);
    made_table(&m);
    assert_true(m.table.folds);
    assert_int_equal(m.table.patient_count, 5);
    assert_false(m.table.rows[0].other_patients);
    assert_near(made_value(&m, 2, CC_SCORE_F1), (60 + 85) / 2.0, 1e-9);
    assert_ok(cc_table_listing(&listing, &m.table, m.arena));
    assert_non_null(strstr(cc_listing_at(&listing, 0, 1)->tail, "(n = 3)"));
    assert_null(strstr(cc_listing_at(&listing, 2, 1)->tail, "(n ="));
    assert_non_null(strstr(listing.caption, "n = 5 patients of all folds"));
    made_deinit(&m);
}

/* Fold 1 was run with three seeds, fold 2 with one. */
static void a_fold_weighs_once_however_many_seeds_it_has(void **state) {
    (void)state;
    made m;
    made_init(&m);
    made_row(&m, "a");
    *made_row(&m, "a") = (cc_spec_row){.source = CC_SOURCE_BACKGROUND, .label = "nothing"};
    for (int seed = 1; seed <= 3; seed++) made_run(&m, "a", 1, seed, 'a', (const int[]){60, 60}, 2);
    made_run(&m, "a", 2, 1, 'c', (const int[]){80, 80}, 2);
    made_table(&m);
    assert_near(made_value(&m, 0, CC_SCORE_F1), 70, 1e-9);
    assert_near(cc_table_run_weight(&m.table.rows[0], &m.runs[0]), 1 / 3.0, 1e-12);
    assert_int_equal(cc_table_fold_count(&m.table.rows[0]), 2);
    assert_int_equal(cc_table_estimate(&m.table, &m.table.rows[1])->patients[CC_SCORE_F1], 4);
    made_note(&m, "a: the mean of n = 4 runs (fold 1 seed 1, fold 1 seed 2, fold 1 seed 3, fold 2 seed 1).");
    made_deinit(&m);
}

static void a_row_takes_any_number_of_runs(void **state) {
    (void)state;
    made m;
    made_init(&m);
    made_row(&m, "a");
    for (int fold = 1; fold <= 5; fold++)
        for (int seed = 1; seed <= 20; seed++)
            made_run(&m, "a", fold, seed, (char)('a' + 2 * fold), (const int[]){50 + seed, 50 + seed}, 2);
    made_table(&m);
    assert_int_equal(m.table.rows[0].run_count, 100);
    assert_near(made_value(&m, 0, CC_SCORE_F1), 60.5, 1e-9);
    made_note(&m, "a: the mean of n = 100 runs (5 folds; 20 seeds in all).");
    made_deinit(&m);
}

static void what_all_rows_are_the_mean_of_is_said_once(void **state) {
    (void)state;
    for (int other = 0; other < 2; other++) {
        made m;
        made_init(&m);
        made_row(&m, "a");
        made_row(&m, "b");
        for (int seed = 1; seed <= 2; seed++) {
            made_run(&m, "a", 0, seed, 'a', (const int[]){60, 60}, 2);
            made_run(&m, "b", 0, seed + other, 'a', (const int[]){60, 60}, 2);
        }
        made_table(&m);
        made_note(&m, other ? "b: the mean of n = 2 runs (seed 2, seed 3)."
                            : "Each row: the mean of n = 2 runs (seed 1, seed 2).");
        if (other) made_note(&m, "a: the mean of n = 2 runs (seed 1, seed 2).");
        made_deinit(&m);
    }
}

static void a_table_of_one_seed_says_so_once(void **state) {
    (void)state;
    made m;
    size_t said = 0;
    make_false_pixel(&m);
    made_table(&m);
    for (size_t n = 0; n < m.table.notes.count; n++)
        said += strstr(m.table.notes.items[n], "One seed a row") != NULL;
    assert_int_equal(said, 1);
    made_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_false_pixel_brings_no_row_another_patient),
        cmocka_unit_test(patients_without_truth_are_reported_apart),
        cmocka_unit_test(a_cell_over_other_patients_says_how_many),
        cmocka_unit_test(a_row_of_other_patients_is_marked_and_has_no_rank),
        cmocka_unit_test(folds_are_over_their_own_patients_and_the_mean_over_all),
        cmocka_unit_test(a_fold_weighs_once_however_many_seeds_it_has),
        cmocka_unit_test(a_row_takes_any_number_of_runs),
        cmocka_unit_test(what_all_rows_are_the_mean_of_is_said_once),
        cmocka_unit_test(a_table_of_one_seed_says_so_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
