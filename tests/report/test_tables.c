/* tests/report/test_tables.c -- the seven tables from runs whose scores are known. Intervals are those of
 * SciPy: scipy.stats.t.ppf times the standard error of the mean, on the logit scale (error / (m (1 - m))). */
#include "reports.h"
#include <hdf5.h>

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
    assert_has(output, "| 1 | 90.0 (n = 1) | 94.8 | -4.8 | 90.0 (n = 1) |");
    assert_has(output, "| 4 | 60.0 (n = 1) | 90.8 | -30.8 |");
    assert_has(output, "| Mean | 75.0 [50.1, 90.0] | 93.8 | -18.8 |");
    assert_has(output,
               "- Mean: the mean of the rows above, each weighing alike; its interval is over the patients");
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
    assert_has(output, "| Proposed method | 85.0 [3.7, 99.9] | 96.9 | -11.9 |");
    assert_has(output, "| With false positive removal step | **85.0** [3.7, 99.9] | 96.9 | -11.9 |");
    assert_has(output, "| Without false positive removal step | 75.0 [9.2, 98.9] | 96.6 | -21.6 |");
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
    assert_has(output, "| With histogram matching | 70.0 [0.5, 99.9] |");
    assert_has(output, "| Everything background | 0.0 |  |  | – |  |  | 0.0 |  |  |");
    assert_has(output, "| ROI and > 130 HU | 45.0 [5.9, 91.4] |  |  | 45.0 [5.9, 91.4] |");
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
         "holds. F1-score of With histogram matching minus Without histogram matching: +12.5 points "
         "\\[+10.5, "
         "+14.5], n = 6, 1 seed; p = 0.031; "},
        {{40, 44, 48, 52, 56, 60}, "does not hold. "},
        {{40, 65, 50, 75, 60, 85}, "not resolved. "},
    };
    for (size_t i = 0; i < 3; i++) {
        char claim[512];
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
    /* Max-T of all 64 patterns of signs (NumPy): of six differences of one sign 2/64, which the other
     * row's pattern reaches too: 4/64; of as many ups as downs 1. */
    assert_has(output,
               "first-ranked row (U-Net + ResNet-50) against the others, n = 6 patients, exact permutation "
               "test adjusted "
               "for all rows (max-T): U-Net + ResNet-34 p = 0.062; U-Net + EfficientNetB0 p = 1.000.");
}

static void verdicts_are_written_to_files_of_their_own(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *results = cc_test_folder(), *out = cc_test_folder();
    write_contest(results, (const int[]){60, 66, 72, 78, 84, 90});
    make(results, out);
    assert_has(reports_read(out, "tables/claims-table2-paper.md", arena),
               "| Histogram matching helps across scanners | holds | f1 |");
    assert_has(
        reports_read(out, "tables/claims-table2-paper.csv", arena),
        "\nHistogram matching helps across scanners,holds,f1,With histogram matching,Without histogram "
        "matching,+12.50,+10.54,+14.46,6,1,0.0312,0.0312,6.68,1.00,");
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
               "| Modified U-Net | 75.4 [0.7, 99.9] | 85.0 | -9.6 | 81.7 [52.0, 94.8] | 85.4 | -3.7 | "
               "72.2 [0.0, 100.0] | 96.8 | -24.6 |\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_have_a_mean_and_a_deviation),
        cmocka_unit_test(published_methods_stand_beside_the_own_run),
        cmocka_unit_test(trivial_rows_come_from_the_counts),
        cmocka_unit_test(claims_hold_fail_or_stay_open),
        cmocka_unit_test(the_footer_tests_each_row_against_the_first_ranked),
        cmocka_unit_test(verdicts_are_written_to_files_of_their_own),
        cmocka_unit_test(a_file_of_another_program_gives_exactly_its_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
