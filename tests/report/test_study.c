/* tests/report/test_study.c -- an experiment that no table names is a table by itself once it has two runs: a row a
 * variant, in the order of its numbers. */
#include "reports.h"
#include "results/manifest.h"
#include "report/tables/study.h"

enum { OUTPUT = 1 << 16 };
static char output[OUTPUT];

static const char any[] = "3333333333333333333333333333333333333333333333333333333333333333";

static void write_run(const char *results, const char *experiment, const char *variant, int64_t seed,
                      int64_t tp) {
    const cc_run_slice slices[] = {{"a", 1, tp, 10 - tp, 0, 9, 0, 0, 0},
                                   {"b", 1, tp, 10 - tp, 0, 9, 0, 0, 0}};
    reports_write(results, (cc_run){.experiment = experiment,
                                    .variant = variant,
                                    .seed = seed,
                                    .provenance = {.identity = any},
                                    .slices = slices,
                                    .slice_count = 2});
}

/* Precision is tp / 10 by hand, its mean over two seeds that of theirs. */
static void a_matrix_is_a_table_in_the_order_of_its_numbers(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    write_run(results, "rates", "lr=10", 1, 4);
    write_run(results, "rates", "lr=10", 2, 8);
    write_run(results, "rates", "lr=2", 1, 9);
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), ""), 0);
    assert_has(output, "rates (other)");
    const char *first = strstr(output, "| lr=2 |"), *second = strstr(output, "| lr=10 |");
    assert_non_null(first);
    assert_non_null(second);
    assert_true(first < second);
    char line[256];
    snprintf(line, sizeof line, "%.*s", (int)strcspn(first, "\n"), first);
    assert_has(line, "**90.0** [");
    snprintf(line, sizeof line, "%.*s", (int)strcspn(second, "\n"), second);
    assert_has(line, " 60.0");
    assert_has(output, "lr=10: the mean of n = 2 runs (seed 1, seed 2)");
    assert_lacks(output, "Runs in no table");
}

static void an_experiment_of_one_run_stays_in_the_list(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    write_run(results, "twin/alone", "default", 1, 5);
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), ""), 0);
    assert_has(output, "Runs in no table");
    assert_lacks(output, "study-");
}

/* A name without a kind is not taken for the paper's experiment of that name, nor added to its table. */
static void a_table_of_the_paper_stays_as_it_is(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    write_run(results, "twin/table2-matching", "without", 1, 5);
    write_run(results, "twin/table2-matching", "with", 1, 6);
    write_run(results, "table2-matching", "with", 1, 7);
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), ""), 0);
    assert_has(output, "(twin)");
    assert_lacks(output, "(other)");
    assert_has(output, "Runs in no table");
}

static void a_planned_variant_without_a_file_is_a_row_without_a_score(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    const cc_manifest_entry planned[] = {{any, "real/study", "loss=bce", 0, 1},
                                         {any, "real/study", "loss=dice", 0, 1}};
    write_run(results, "real/study", "loss=dice", 1, 5);
    assert_ok(cc_manifest_merge(results, planned, 2));
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), ""), 0);
    assert_has(output, "loss=bce: no run of real/study, variant loss=bce, was found.");
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), "--strict"), 1);
    assert_has(output, "is missing");
}

static void a_search_of_thousands_is_no_table(void **state) {
    (void)state;
    cc_spec *specs = NULL;
    size_t count = 0;
    cc_arena *arena = cc_arena_create();
    enum { VARIANTS = CC_STUDY_ROWS_MAX + 1 };
    static cc_manifest_entry entries[VARIANTS];
    for (int i = 0; i < VARIANTS; i++)
        entries[i] = (cc_manifest_entry){any, "search", cc_arena_format(arena, "lr=%d", i), 0, 1};
    cc_manifest planned = {entries, CC_STUDY_ROWS_MAX};
    assert_ok(cc_study_specs_add(&specs, &count, &planned, cc_test_folder(), arena));
    assert_int_equal(count, 1);
    assert_int_equal(specs[0].row_count, CC_STUDY_ROWS_MAX);
    assert_string_equal(specs[0].rows[10].label, "lr=10");
    specs = NULL;
    count = 0;
    planned.count = VARIANTS;
    assert_ok(cc_study_specs_add(&specs, &count, &planned, cc_test_folder(), arena));
    assert_int_equal(count, 0);
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matrix_is_a_table_in_the_order_of_its_numbers),
        cmocka_unit_test(an_experiment_of_one_run_stays_in_the_list),
        cmocka_unit_test(a_table_of_the_paper_stays_as_it_is),
        cmocka_unit_test(a_planned_variant_without_a_file_is_a_row_without_a_score),
        cmocka_unit_test(a_search_of_thousands_is_no_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
