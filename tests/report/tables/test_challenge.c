/* tests/report/tables/test_challenge.c -- the challenge's counts of several runs, and the scores of their
 * sums. Values by hand. */
#include <string.h>
#include "made_tables.h"
#include "report/tables/challenge.h"

static void add_run(made *m, int64_t fold, int64_t seed, const cc_run_challenge *rows, size_t count) {
    const int percent[] = {50};
    cc_report_run *run = made_run(m, "With", fold, seed, (char)('a' + fold), percent, 1);
    run->challenge = rows;
    run->challenge_count = count;
}

static void seeds_are_averaged_and_folds_summed(void **state) {
    (void)state;
    /* All arteries, then LAD, of one patient: true, found, predicted, false; mm3 found, missed, added. */
    static const cc_run_challenge one[] = {{"b", 0, 4, 2, 3, 1, 30, 10, 20, 0, 0},
                                           {"b", 1, 2, 1, -1, -1, 5, 15, NAN, -1, -1}},
                                  two[] = {{"b", 0, 4, 4, 5, 1, 40, 0, 10, 0, 0},
                                           {"b", 1, 2, 2, -1, -1, 20, 0, NAN, -1, -1}},
                                  other[] = {{"c", 0, 2, 0, 0, 0, 0, 60, 0, 0, 0}};
    /* Fold 1: the mean of one and two: 4 true, 3 found, 4 predicted, 1 false; 35, 5, 15 mm3. Fold 2 adds 2
     * true, none found, 60 mm3 missed: sensitivity 3/6, PPV 3/4, F1 2/(6/3 + 4/3) = 60 %; volume 35/100,
     * 35/50, 70/150. */
    static const char *const want[2][11] = {
        {"With", "6", "3", "1", "50.0", "75.0", "60.0", "100.0", "35.0", "70.0", "46.7"},
        {"With, LAD", "2", "1.5", NULL, "75.0", NULL, NULL, "20.0", "62.5", NULL, NULL}};
    const cc_published nothing = {0};
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "With");
    m.spec.shape = CC_SHAPE_CHALLENGE;
    add_run(&m, 1, 1, one, 2);
    add_run(&m, 1, 2, two, 2);
    add_run(&m, 2, 1, other, 1);
    assert_ok(cc_report_runs_index(&m.all, m.arena));
    assert_ok(cc_table_build(&m.table, &m.spec, "twin", &m.all, &nothing, m.arena));
    assert_ok(cc_table_listing_challenge(&listing, &m.table, m.arena));
    assert_int_equal(listing.rows, 2);
    for (size_t r = 0; r < 2; r++)
        for (size_t c = 0; c < 11; c++) {
            const char *text = cc_listing_at(&listing, r, c)->text;
            assert_string_equal(text ? text : "-", want[r][c] ? want[r][c] : "-");
        }
    assert_non_null(strstr(listing.caption, "The nets name no artery"));
    made_deinit(&m);
}

/* A net that names arteries has false lesions in each; 1 true, 1 found, 2 predicted, 1 false: PPV 50 %. */
static void a_net_that_names_arteries_adds_lesions_to_each(void **state) {
    (void)state;
    static const cc_run_challenge rows[] = {{"b", 0, 4, 2, 3, 1, 30, 10, 20, 0, 0},
                                            {"b", 1, 1, 1, 2, 1, 5, 0, 15, -1, -1}};
    static const char *const want[11] = {"With, LAD", "1",   "1",     "1",    "100.0", "50.0",
                                         "66.7",      "5.0", "100.0", "25.0", "40.0"};
    const cc_published nothing = {0};
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "With");
    m.spec.shape = CC_SHAPE_CHALLENGE;
    add_run(&m, 1, 1, rows, 2);
    assert_ok(cc_report_runs_index(&m.all, m.arena));
    assert_ok(cc_table_build(&m.table, &m.spec, "twin", &m.all, &nothing, m.arena));
    assert_ok(cc_table_listing_challenge(&listing, &m.table, m.arena));
    for (size_t c = 0; c < 11; c++) assert_string_equal(cc_listing_at(&listing, 1, c)->text, want[c]);
    assert_non_null(strstr(listing.caption, "artery is that of most of its voxels, in the truth and in the"));
    made_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(seeds_are_averaged_and_folds_summed),
                                       cmocka_unit_test(a_net_that_names_arteries_adds_lesions_to_each)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
