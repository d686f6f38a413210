/* tests/report/tables/test_calcium.c -- lesions and calcium scores of several runs: each patient counts
 * once. Kappa and the means by hand. */
#include "made_tables.h"
#include "report/tables/calcium.h"

/* A run of patients whose calcium is given. */
static cc_report_run *add_run(made *m, int64_t fold, int64_t seed, char first, const cc_run_patient *patients,
                              size_t count) {
    const int percent[MADE_PATIENTS] = {0};
    cc_report_run *run = made_run(m, "With", fold, seed, first, percent, count);
    cc_run_patient *rows = cc_arena_get_array(m->arena, count, sizeof *rows);
    memcpy(rows, patients, count * sizeof *rows);
    for (size_t p = 0; p < count; p++) rows[p].patient[0] = (char)(first + (char)p);
    run->patient_rows = rows;
    return run;
}

static void make_listing(cc_listing *listing, made *m) {
    const cc_published nothing = {0};
    m->spec.shape = CC_SHAPE_CALCIUM;
    assert_ok(cc_report_runs_index(&m->all, m->arena));
    assert_ok(cc_table_build(&m->table, &m->spec, "twin", &m->all, &nothing, m->arena));
    assert_ok(cc_table_listing_calcium(listing, &m->table, m->arena));
}

static void assert_line(cc_listing *listing, const char *const *texts, size_t count) {
    assert_int_equal(listing->rows, 1);
    for (size_t c = 0; c < count; c++) {
        const char *text = cc_listing_at(listing, 0, c)->text;
        assert_string_equal(text ? text : "–", texts[c]);
    }
}

/* Lesions true, found, predicted, false; Agatston score true, predicted. */
#define PATIENT(t, f, p, s, a, b)                                                                            \
    {                                                                                                        \
        .lesions_true = t, .lesions_found = f, .lesions_predicted = p, .lesions_false = s,                   \
        .agatston_true = a, .agatston_predicted = b                                                          \
    }

static void calcium_agrees_as_far_as_scores_and_categories_do(void **state) {
    (void)state;
    cc_run_patient patients[] = {PATIENT(4, 3, 5, 2, 10, 10), PATIENT(2, 2, 2, 0, 500, 500),
                                 PATIENT(-1, 0, 0, 0, NAN, 0)};
    for (int off = 0; off < 2; off++) {
        made m;
        cc_listing listing;
        made_init(&m);
        made_row(&m, "With");
        if (off) patients[1].agatston_predicted = 11; /* two categories off, of four */
        add_run(&m, 0, 1, 'a', patients, 3);
        make_listing(&listing, &m);
        if (!off)
            assert_line(&listing,
                        (const char *[]){"With", "6", "5", "1", "2", "2", "255.0", "255.0", "1.000", "1.000"},
                        10);
        else
            assert_string_equal(cc_listing_at(&listing, 0, 9)->text, "0.333");
        made_deinit(&m);
    }
}

static void three_copies_of_a_run_count_its_lesions_once(void **state) {
    (void)state;
    static const cc_run_patient patients[] = {PATIENT(20, 13, 15, 2, 10, 10), PATIENT(10, 8, 9, 1, 500, 500)};
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "With");
    for (int seed = 1; seed <= 3; seed++) add_run(&m, 0, seed, 'a', patients, 2);
    make_listing(&listing, &m);
    assert_line(&listing,
                (const char *[]){"With", "30", "21", "9", "3", "2", "255.0", "255.0", "1.000", "1.000"}, 10);
    assert_non_null(strstr(listing.caption, "the mean over the seeds of a fold, summed over folds"));
    made_deinit(&m);
}

/* Fold 1 with three seeds that find 1, 2 and 4 of 5; fold 2 with one that finds 3 of 6. */
static void folds_add_up_and_seeds_are_averaged(void **state) {
    (void)state;
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "With");
    const int found[] = {1, 2, 4};
    for (int seed = 1; seed <= 3; seed++)
        add_run(&m, 1, seed, 'a', (const cc_run_patient[]){PATIENT(5, found[seed - 1], 4, 0, 100, 90)}, 1);
    add_run(&m, 2, 1, 'b', (const cc_run_patient[]){PATIENT(6, 3, 3, 1, 200, 150)}, 1);
    make_listing(&listing, &m);
    assert_line(&listing, (const char *[]){"With", "11", "5.3", "5.7", "1", "2", "150.0", "120.0"}, 8);
    made_deinit(&m);
}

/* Of two patients' categories, one and four, one seed says the same (kappa 1), another one and one (kappa
 * 0). The mean of its predictions would be one and three: kappa 2/3. */
static void agreement_is_the_mean_over_seeds_not_that_of_their_mean(void **state) {
    (void)state;
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "With");
    add_run(&m, 0, 1, 'a',
            (const cc_run_patient[]){PATIENT(1, 1, 1, 0, 10, 10), PATIENT(1, 1, 1, 0, 500, 500)}, 2);
    add_run(&m, 0, 2, 'a', (const cc_run_patient[]){PATIENT(1, 1, 1, 0, 10, 10), PATIENT(1, 1, 1, 0, 500, 5)},
            2);
    make_listing(&listing, &m);
    assert_string_equal(cc_listing_at(&listing, 0, 9)->text, "0.500");
    made_deinit(&m);
}

static void a_row_whose_calcium_is_not_known_has_no_line(void **state) {
    (void)state;
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "With");
    add_run(&m, 0, 1, 'a', (const cc_run_patient[]){PATIENT(-1, -1, -1, -1, NAN, NAN)}, 1);
    make_listing(&listing, &m);
    assert_int_equal(listing.rows, 0);
    made_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calcium_agrees_as_far_as_scores_and_categories_do),
        cmocka_unit_test(three_copies_of_a_run_count_its_lesions_once),
        cmocka_unit_test(folds_add_up_and_seeds_are_averaged),
        cmocka_unit_test(agreement_is_the_mean_over_seeds_not_that_of_their_mean),
        cmocka_unit_test(a_row_whose_calcium_is_not_known_has_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
