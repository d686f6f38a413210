/* tests/report/tables/test_surfaces.c -- means of distances and shares, and the patients that they leave out.
 * Means and intervals by hand: t(0.975, 1) = 12.7062. */
#include "made_tables.h"
#include "report/tables/surfaces.h"

static void add_run(made *m, int64_t seed, const cc_run_patient *patients, size_t count) {
    const int percent[MADE_PATIENTS] = {0};
    cc_report_run *run = made_run(m, "With", 0, seed, 'a', percent, count);
    cc_run_patient *rows = cc_arena_get_array(m->arena, count, sizeof *rows);
    memcpy(rows, patients, count * sizeof *rows);
    for (size_t p = 0; p < count; p++) rows[p].patient[0] = (char)('a' + (char)p);
    run->patient_rows = rows;
}

static void make_listing(cc_listing *listing, made *m) {
    const cc_published nothing = {0};
    m->spec.shape = CC_SHAPE_SURFACES;
    assert_ok(cc_report_runs_index(&m->all, m->arena));
    assert_ok(cc_table_build(&m->table, &m->spec, "twin", &m->all, &nothing, m->arena));
    assert_ok(cc_table_listing_surfaces(listing, &m->table, m->arena));
}

#define PATIENT(hd95, assd, nsd)                                                                             \
    { .hausdorff_mm = assd, .hausdorff95_mm = hd95, .assd_mm = assd, .nsd_1mm = nsd }

/* Of the second seed patient c is missed altogether, d has nothing to find and nothing found. */
static void infinite_distances_are_counted_and_in_no_mean(void **state) {
    (void)state;
    static const cc_run_patient first[] = {PATIENT(1, 0.5, 0.75), PATIENT(4, 3, 0.5),
                                           PATIENT(NAN, INFINITY, 0), PATIENT(NAN, NAN, NAN)},
                                second[] = {PATIENT(3, 1.5, 0.25), PATIENT(4, 3, 0.5),
                                            PATIENT(NAN, INFINITY, 0), PATIENT(NAN, NAN, NAN)};
    /* a: 2, 1, 50 %; b: 4, 3, 50 %; c: none, none, 0 %. */
    static const char *const want[] = {"With", "3.00", "2", "2.00", "2", "33.3", "3", "1"};
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "With");
    add_run(&m, 1, first, 4);
    add_run(&m, 2, second, 4);
    make_listing(&listing, &m);
    assert_int_equal(listing.rows, 1);
    for (size_t c = 0; c < 8; c++) assert_string_equal(cc_listing_at(&listing, 0, c)->text, want[c]);
    assert_string_equal(cc_listing_at(&listing, 0, 1)->tail, "[0.00, 15.71]"); /* 3 +- 12.7062 * 1 */
    made_deinit(&m);
}

static void runs_that_store_none_make_no_line(void **state) {
    (void)state;
    static const cc_run_patient old[] = {PATIENT(NAN, NAN, NAN), PATIENT(NAN, NAN, NAN)};
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "With");
    add_run(&m, 1, old, 2);
    make_listing(&listing, &m);
    assert_int_equal(listing.rows, 0);
    made_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infinite_distances_are_counted_and_in_no_mean),
        cmocka_unit_test(runs_that_store_none_make_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
