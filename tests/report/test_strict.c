/* tests/report/test_strict.c -- report --strict: what a cell lacks is named, with its file; without --strict
 * it is a dash and a note. */
#include "reports.h"
#include "core/version.h"
#include "results/manifest.h"

enum { OUTPUT = 1 << 16 };
static char output[OUTPUT];

static const char one[] = "1111111111111111111111111111111111111111111111111111111111111111";
static const char two[] = "2222222222222222222222222222222222222222222222222222222222222222";

/* Folds 1 to `last` of table 4, planned and made. */
static const char *write_folds(int64_t last) {
    const char *results = cc_test_folder();
    for (int64_t fold = 1; fold <= last; fold++)
        reports_write_scores(results, "twin/table4-folds", "efficientnet-b0", fold, 'a', (int[]){90, 80}, 2);
    return results;
}

static void write_identified(const char *results, const char *identity, int64_t numerics) {
    static const cc_run_slice slices[] = {{"a", 1, 5, 1, 1, 9, 0, 0, 0}, {"b", 1, 5, 1, 1, 9, 0, 0, 0}};
    const char *const variants[] = {"without", "with"};
    for (int v = 0; v < 2; v++)
        reports_write(results, (cc_run){.experiment = "twin/table2-matching",
                                        .variant = variants[v],
                                        .seed = 1,
                                        .provenance = {.identity = identity, .numerics_version = numerics},
                                        .slices = slices,
                                        .slice_count = 2});
}

static int strict(const char *results) {
    return reports_make(output, OUTPUT, results, cc_test_folder(), "--strict");
}

static void a_whole_table_passes(void **state) {
    (void)state;
    assert_int_equal(strict(write_folds(4)), 0);
}

static void a_missing_fold_is_named(void **state) {
    (void)state;
    const char *results = write_folds(3);
    assert_int_equal(strict(results), 3);
    assert_has(output, "table4 (twin), row 4: ");
    assert_has(output, "twin/table4-folds/efficientnet-b0/fold-4/seed-*.h5: is missing");
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), ""), 0);
    assert_has(output, "| 4 | – |");
    assert_has(output, "- 4: no run of twin/table4-folds, variant efficientnet-b0, fold 4, was found.");
    assert_has(output, "- Mean: over 3 of 4 rows.");
}

static void a_planned_run_without_a_file_is_named(void **state) {
    (void)state;
    const char *results = write_folds(4);
    const cc_manifest_entry entry = {one, "twin/table4-folds", "efficientnet-b0", 2, 7};
    assert_ok(cc_manifest_merge(results, &entry, 1));
    assert_int_equal(strict(results), 3);
    assert_has(output, "table4 (twin), row 2: ");
    assert_has(output, "/fold-2/seed-7.h5: is missing");
}

static void a_flipped_byte_is_named_with_its_cell(void **state) {
    (void)state;
    const char *results = write_folds(4);
    assert_int_equal(cc_test_run(NULL, 0,
                                 "cd %s/twin/table4-folds/efficientnet-b0/fold-3 && "
                                 "printf '\\377' | dd of=seed-1.h5 bs=1 seek=1000 conv=notrunc",
                                 results),
                     0);
    assert_int_equal(strict(results), 3);
    assert_has(output, "calcade: error: report --strict: table4 (twin), row 3: ");
    assert_has(output, "fold-3/seed-1.h5: is damaged");
    assert_lacks(output, "row 3: results");
}

static void a_changed_config_makes_a_run_stale(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    write_identified(results, one, CC_NUMERICS_VERSION);
    const cc_manifest_entry entries[] = {{one, "twin/table2-matching", "without", 0, 1},
                                         {two, "twin/table2-matching", "with", 0, 1}};
    assert_ok(cc_manifest_merge(results, entries, 2));
    assert_int_equal(strict(results), 3);
    assert_has(output, "calcade: error: report --strict: table2 (twin), row With histogram matching: ");
    assert_has(output, "with/fold-0/seed-1.h5: is stale");
    assert_lacks(output, "row Without");
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), ""), 0);
    assert_has(output, "| With histogram matching | – |");
    assert_has(output, "seed-1.h5 is stale: the config, the data or the numerics changed");
}

/* Where a run was made is no part of what was asked for. */
static void a_run_made_elsewhere_is_not_stale(void **state) {
    (void)state;
    static const cc_run_slice slices[] = {{"a", 1, 5, 1, 1, 9, 0, 0, 0}, {"b", 1, 5, 1, 1, 9, 0, 0, 0}};
    const char *results = cc_test_folder(), *const variants[] = {"without", "with"};
    for (int v = 0; v < 2; v++)
        reports_write(results, (cc_run){.experiment = "twin/table2-matching",
                                        .variant = variants[v],
                                        .seed = 1,
                                        .provenance = {.identity = two,
                                                       .request = one,
                                                       .machine = "cpu; threads 1; a library",
                                                       .threads = 1,
                                                       .numerics_version = CC_NUMERICS_VERSION},
                                        .slices = slices,
                                        .slice_count = 2});
    const cc_manifest_entry entries[] = {{one, "twin/table2-matching", "without", 0, 1},
                                         {one, "twin/table2-matching", "with", 0, 1}};
    assert_ok(cc_manifest_merge(results, entries, 2));
    assert_int_equal(strict(results), 0);
    assert_lacks(output, "stale");
    const char *page = cc_test_folder();
    assert_int_equal(reports_make(output, OUTPUT, results, page, ""), 0);
    assert_int_equal(cc_test_run(NULL, 0,
                                 "grep -q '<dt>machine</dt><dd>cpu; threads 1; a library</dd>' %s/index.html",
                                 page),
                     0);
}

static void other_numerics_make_a_run_stale(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    write_identified(results, one, CC_NUMERICS_VERSION + 1);
    assert_int_equal(strict(results), 3);
    assert_has(output, "is stale: its numerics are version");
}

static void a_run_of_another_kind_in_its_place_is_named(void **state) {
    (void)state;
    const char *results = write_folds(4);
    assert_int_equal(cc_test_run(NULL, 0,
                                 "mkdir -p %s/paper && cp -r %s/twin/table4-folds %s/paper/ && "
                                 "rm -r %s/twin/table4-folds/efficientnet-b0/fold-2",
                                 results, results, results, results),
                     0);
    assert_int_equal(strict(results), 3);
    assert_has(output,
               "paper/table4-folds/efficientnet-b0/fold-2/seed-1.h5: lies at the place of another run: "
               "it is twin/table4-folds, variant efficientnet-b0");
}

static void two_files_of_one_run_fill_no_cell(void **state) {
    (void)state;
    const char *results = write_folds(4);
    assert_int_equal(
        cc_test_run(NULL, 0, "cd %s && cp twin/table4-folds/efficientnet-b0/fold-1/seed-1.h5 b.h5", results),
        0);
    assert_int_equal(strict(results), 3);
    assert_has(output, "is the same run as");
    assert_has(output, "| 1 | – |");
}

static void rows_that_are_optional_and_tables_without_runs_are_not_wanted(void **state) {
    (void)state;
    const char *results = write_folds(4);
    reports_write_scores(results, "twin/table1-roi", "original", 0, 'a', (int[]){60, 70}, 2);
    reports_write_scores(results, "twin/table1-roi", "modified", 0, 'a', (int[]){80, 90}, 2);
    assert_int_equal(strict(results), 0);
    assert_lacks(output, "focal");
}

static void one_kind_can_be_asked_for_alone(void **state) {
    (void)state;
    const char *results = write_folds(4);
    reports_write_scores(results, "paper/table1-roi", "original", 0, 'a', (int[]){60, 70}, 2);
    assert_int_equal(strict(results), 3);
    assert_has(output, "table1 (paper), row Modified U-Net: ");
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), "--strict --kind twin"), 0);
    assert_lacks(output, "(paper)");
}

static int setup(void **state) {
    (void)state;
    cc_test_draw_quickly();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_table_passes),
        cmocka_unit_test(a_missing_fold_is_named),
        cmocka_unit_test(a_planned_run_without_a_file_is_named),
        cmocka_unit_test(a_flipped_byte_is_named_with_its_cell),
        cmocka_unit_test(a_changed_config_makes_a_run_stale),
        cmocka_unit_test(a_run_made_elsewhere_is_not_stale),
        cmocka_unit_test(other_numerics_make_a_run_stale),
        cmocka_unit_test(a_run_of_another_kind_in_its_place_is_named),
        cmocka_unit_test(two_files_of_one_run_fill_no_cell),
        cmocka_unit_test(rows_that_are_optional_and_tables_without_runs_are_not_wanted),
        cmocka_unit_test(one_kind_can_be_asked_for_alone),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
