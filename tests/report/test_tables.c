/* tests/report/test_tables.c -- the seven tables, and those of stages and calcium, from runs whose scores are
 * known. */
#include "reports.h"
#include <hdf5.h>
#include <math.h>
#include "report/tables/calcium.h"
#include "report/tables/stages.h"

enum { OUTPUT = 1 << 17 };
static char output[OUTPUT];

static void make(const char *results, const char *out) {
    if (reports_make(output, OUTPUT, results, out, "") != 0) fail_msg("%s", output);
}

static void folds_have_a_mean_and_a_deviation(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    const int percents[] = {90, 80, 70, 60};
    for (int fold = 1; fold <= 4; fold++)
        reports_write_scores(results, "paper/table4-folds", "efficientnet-b0", fold, (char)('a' + fold),
                             &percents[fold - 1], 1);
    make(results, cc_test_folder());
    assert_has(output, "| 1 | 90.0 | 94.8 | -4.8 | 90.0 |");
    assert_has(output, "| 4 | 60.0 | 90.8 | -30.8 |");
    assert_has(output, "| Mean | 75.0 [65.0, 85.0] | 93.8 | -18.8 |");
    assert_has(output,
               "- Mean: the mean of the rows above; its interval is by bootstrap over the patients of all");
    assert_has(output, "| Standard Deviation | 12.9 | 2.4 | +10.5 | 12.9 | 1.2 |");
    assert_lacks(output, "**");
}

static void published_methods_stand_beside_the_own_run(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    reports_write_scores(results, "paper/table5-cascade", "with", 0, 'a', (int[]){90, 80}, 2);
    reports_write_scores(results, "paper/table5-cascade", "without", 0, 'a', (int[]){70, 80}, 2);
    make(results, cc_test_folder());
    assert_has(output, "| \\[3] Gogin et al., as published |  | 97.5 |  |  | 99.5 |  |  | 96.8 |  |\n");
    assert_has(output, "| Proposed method | 85.0 [80.0, 90.0] | 96.9 | -11.9 |");
    assert_has(output, "| With false positive removal step | **85.0** [80.0, 90.0] | 96.9 | -11.9 |");
    assert_has(output, "| Without false positive removal step | 75.0 [70.0, 80.0] | 96.6 | -21.6 |");
}

static void trivial_rows_come_from_the_counts(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    static const cc_run_slice slices[] = {{"a", 1, 60, 40, 40, 860, 0, 0, 0},
                                          {"b", 1, 80, 20, 20, 880, 0, 0, 0}};
    static const cc_run_baseline baselines[] = {{"other", "a", 1, 1, 1, 1},
                                                {"roi_threshold", "a", 50, 50, 50, 850},
                                                {"roi_threshold", "b", 40, 60, 60, 840}};
    reports_write(results, (cc_run){.experiment = "paper/table2-matching",
                                    .variant = "with",
                                    .slices = slices,
                                    .slice_count = 2,
                                    .baselines = baselines,
                                    .baseline_count = 3});
    make(results, cc_test_folder());
    assert_has(output, "| Without histogram matching | – | 12.3 | – |");
    assert_has(output, "| With histogram matching | 70.0 [60.0, 80.0] |");
    assert_has(output, "| Everything background | 0.0 [0.0, 0.0] |  |  | – |  |  | 0.0 [0.0, 0.0] |  |  |");
    assert_has(output, "| ROI and > 130 HU | 45.0 [40.0, 50.0] |  |  | 45.0 [40.0, 50.0] |");
}

/* Six patients: `b` is ten points better on each, `c` better on some. */
static void write_contest(const char *results, const int *with) {
    const int without[] = {50, 55, 60, 65, 70, 75};
    reports_write_scores(results, "paper/table2-matching", "without", 0, 'a', without, 6);
    reports_write_scores(results, "paper/table2-matching", "with", 0, 'a', with, 6);
}

static void claims_hold_fail_or_stay_open(void **state) {
    (void)state;
    static const struct {
        int with[6];
        const char *verdict;
    } cases[] = {
        {{60, 66, 72, 78, 84, 90},
         "holds. F1-score of With histogram matching minus Without histogram matching, by patient: +12.5 "},
        {{40, 44, 48, 52, 56, 60}, "does not hold. "},
        {{40, 65, 50, 75, 60, 85}, "not resolved by so few patients. "},
    };
    for (size_t i = 0; i < 3; i++) {
        char claim[256];
        const char *results = cc_test_folder();
        write_contest(results, cases[i].with);
        make(results, cc_test_folder());
        snprintf(claim, sizeof claim, "- Claim: \"Histogram matching helps across scanners\": %s",
                 cases[i].verdict);
        assert_has(output, claim);
    }
}

static void the_footer_tests_each_row_against_the_first_ranked(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    const int best[] = {60, 66, 72, 78, 84, 90}, worse[] = {50, 55, 60, 65, 70, 75},
              mixed[] = {61, 65, 73, 77, 85, 89};
    reports_write_scores(results, "paper/table3-encoders", "resnet-34", 0, 'a', worse, 6);
    reports_write_scores(results, "paper/table3-encoders", "resnet-50", 0, 'a', best, 6);
    reports_write_scores(results, "paper/table3-encoders", "efficientnet-b0", 0, 'a', mixed, 6);
    make(results, cc_test_folder());
    /* Exact two-sided p of six pairs of one sign: 2/64, doubled by Holm; of as many ups as downs: 1. */
    assert_has(output,
               "against the first-ranked row (U-Net + ResNet-50), Holm over the table's rows: U-Net + "
               "ResNet-34 p = 0.062 (6 patients); U-Net + EfficientNetB0 p = 1.000 (6 patients).");
}

/* --- stages and calcium, which no run of this test stores: from structures --- */

static const cc_listing *build_listing(cc_listing *listing, cc_spec_shape shape, cc_report_run *run,
                                       cc_status (*fill)(cc_listing *, const cc_table *, cc_arena *),
                                       cc_arena *arena) {
    cc_spec_row row = {.source = CC_SOURCE_RUNS, .label = "With"};
    cc_spec spec = {.shape = shape, .id = "x", .title = "", .caption = "", .rows = &row, .row_count = 1};
    cc_table_row *filled = cc_arena_get(arena, sizeof *filled);
    static const cc_report_run *runs[1];
    runs[0] = run;
    *filled = (cc_table_row){
        .spec = &row, .runs = runs, .run_count = 1, .seeds = (const int64_t[]){0}, .seed_count = 1};
    cc_table table = {
        .spec = &spec, .kind = "paper", .rows = filled, .row_count = 1, .notes = {.arena = arena}};
    assert_ok(fill(listing, &table, arena));
    return listing;
}

static void assert_row(cc_listing *listing, size_t row, const char *const *texts, size_t count) {
    for (size_t c = 0; c < count; c++) {
        const char *text = cc_listing_at(listing, row, c)->text;
        assert_string_equal(text ? text : "–", texts[c]);
    }
}

static void stages_tell_where_lesions_are_lost_and_made(void **state) {
    (void)state;
    cc_listing listing;
    cc_arena *arena = cc_arena_create();
    static const cc_run_stage stages[] = {{"roi", "a", 90, 0, 10, 0, 10, 9, 0},
                                          {"roi", "b", 50, 0, 0, 0, 5, 5, 0},
                                          {"calcification", "a", 80, 30, 20, 0, 10, 7, 4},
                                          {"calcification", "b", 45, 10, 5, 0, 5, 5, 2},
                                          {"false_positive", "a", 78, 5, 22, 0, 10, 6, 1},
                                          {"false_positive", "b", 45, 0, 5, 0, 5, 5, 0}};
    const char *const names[] = {"a", "b"};
    cc_report_run run = {.stages = stages, .stage_count = 6, .patients = names, .patient_count = 2};
    build_listing(&listing, CC_SHAPE_STAGES, &run, cc_table_listing_stages, arena);
    assert_int_equal(listing.rows, 4);
    assert_row(&listing, 0,
               (const char *[]){"Lesions, all patients", "15", "1", "2", "1", "11", "6", "5", "1"}, 9);
    assert_row(&listing, 1,
               (const char *[]){"Pixels, all patients", "150", "10", "15", "2", "123", "40", "35", "5"}, 9);
    assert_row(&listing, 3, (const char *[]){"Lesions, b", "5", "0", "0", "0", "5", "2", "2", "0"}, 9);
    run.stage_count = 0;
    assert_int_equal(build_listing(&listing, CC_SHAPE_STAGES, &run, cc_table_listing_stages, arena)->rows, 0);
    cc_arena_destroy(arena);
}

static void calcium_agrees_as_far_as_scores_and_categories_do(void **state) {
    (void)state;
    cc_listing listing;
    cc_arena *arena = cc_arena_create();
    cc_run_patient patients[] = {{.patient = "a",
                                  .lesions_true = 4,
                                  .lesions_found = 3,
                                  .lesions_predicted = 5,
                                  .lesions_false = 2,
                                  .agatston_true = 10,
                                  .agatston_predicted = 10},
                                 {.patient = "b",
                                  .lesions_true = 2,
                                  .lesions_found = 2,
                                  .lesions_predicted = 2,
                                  .agatston_true = 500,
                                  .agatston_predicted = 500},
                                 {.patient = "c", .lesions_true = -1, .agatston_true = NAN}};
    cc_report_run run = {.patient_rows = patients, .patient_count = 3};
    build_listing(&listing, CC_SHAPE_CALCIUM, &run, cc_table_listing_calcium, arena);
    assert_int_equal(listing.rows, 1);
    assert_row(&listing, 0,
               (const char *[]){"With", "6", "5", "1", "2", "2", "255.0", "255.0", "1.000", "1.000"}, 10);
    patients[1].agatston_predicted = 11; /* two categories off, of four */
    build_listing(&listing, CC_SHAPE_CALCIUM, &run, cc_table_listing_calcium, arena);
    assert_string_equal(cc_listing_at(&listing, 0, 9)->text, "0.333");
    run.patient_count = 0;
    assert_int_equal(build_listing(&listing, CC_SHAPE_CALCIUM, &run, cc_table_listing_calcium, arena)->rows,
                     0);
    cc_arena_destroy(arena);
}

/* --- a file of another program --- */

static void put_attribute(hid_t file, const char *name, hid_t type, const void *value) {
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0 && H5Awrite(attribute, type, value) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

static void put_word(hid_t file, const char *name, const char *word) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(word) + 1);
    put_attribute(file, name, type, word);
    H5Tclose(type);
}

typedef struct foreign {
    int32_t fn, tp, tn, fp;
    char patient[5];
    int16_t slice;
} foreign;

/* As results/README.md describes it, and in no other way like ours: other types, another order, one more
 * field, big-endian on disk, no digest. */
static void write_foreign(const char *path) {
    static const foreign rows[] = {
        {10, 80, 890, 20, "p01", 1}, {0, 0, 1000, 0, "p01", 2}, {40, 50, 900, 10, "p02", 1}};
    const int32_t one = 1, zero = 0;
    const hsize_t count = 3;
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), name = H5Tcopy(H5T_C_S1);
    H5Tset_size(name, sizeof rows->patient);
    put_word(file, "format", "calcade-run");
    put_word(file, "experiment", "paper/table1-roi");
    put_word(file, "variant", "modified");
    put_word(file, "stage", "roi");
    put_attribute(file, "version", H5T_NATIVE_INT32, &one);
    put_attribute(file, "fold", H5T_NATIVE_INT32, &zero);
    put_attribute(file, "seed", H5T_NATIVE_INT32, &one);
    hid_t memory = H5Tcreate(H5T_COMPOUND, sizeof *rows), stored = H5Tcreate(H5T_COMPOUND, 23);
    static const struct {
        const char *name;
        size_t offset;
    } counts[] = {{"fn", offsetof(foreign, fn)},
                  {"tp", offsetof(foreign, tp)},
                  {"tn", offsetof(foreign, tn)},
                  {"fp", offsetof(foreign, fp)}};
    for (size_t i = 0; i < 4; i++) {
        H5Tinsert(memory, counts[i].name, counts[i].offset, H5T_NATIVE_INT32);
        H5Tinsert(stored, counts[i].name, 4 * i, H5T_STD_I32BE);
    }
    H5Tinsert(memory, "patient", offsetof(foreign, patient), name);
    H5Tinsert(stored, "patient", 16, name);
    H5Tinsert(memory, "slice", offsetof(foreign, slice), H5T_NATIVE_INT16);
    H5Tinsert(stored, "slice", 21, H5T_STD_I16BE);
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t set = H5Dcreate2(file, "slices", stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(set >= 0 && H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Tclose(memory);
    H5Tclose(stored);
    H5Tclose(name);
    assert_true(H5Fclose(file) >= 0);
}

static void a_file_of_another_program_gives_exactly_its_table(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    write_foreign(cc_test_path(results, "any name.h5"));
    make(results, cc_test_folder());
    /* 160/190 and 100/150; 80/100 and 50/60; 80/90 and 50/90. */
    assert_has(output,
               "| Modified U-Net | 75.4 [66.7, 84.2] | 85.0 | -9.6 | 81.7 [80.0, 83.3] | 85.4 | -3.7 | "
               "72.2 [55.6, 88.9] | 96.8 | -24.6 |\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_have_a_mean_and_a_deviation),
        cmocka_unit_test(published_methods_stand_beside_the_own_run),
        cmocka_unit_test(trivial_rows_come_from_the_counts),
        cmocka_unit_test(claims_hold_fail_or_stay_open),
        cmocka_unit_test(the_footer_tests_each_row_against_the_first_ranked),
        cmocka_unit_test(stages_tell_where_lesions_are_lost_and_made),
        cmocka_unit_test(calcium_agrees_as_far_as_scores_and_categories_do),
        cmocka_unit_test(a_file_of_another_program_gives_exactly_its_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
