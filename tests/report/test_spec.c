/* tests/report/test_spec.c -- files of tables: each fault named with its line, published numbers found beside
 * the file, and rows bound to experiments with and without a kind. */
#include "reports.h"
#include "report/runs.h"
#include "report/tables/spec.h"

enum { OUTPUT = 1 << 16 };
static char output[OUTPUT];
static cc_arena *arena;

static int begin(void **state) {
    (void)state;
    arena = cc_arena_create();
    return arena ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    cc_arena_destroy(arena);
    return 0;
}

static void assert_refused(const char *text, const char *part) {
    cc_spec *specs;
    size_t count;
    assert_error(cc_specs_parse(&specs, &count, text, "t.yaml", arena), CC_ECONFIG, part);
}

static void faults_are_named_with_their_line_and_what_was_meant(void **state) {
    (void)state;
#define TABLE "tables:\n  - id: a\n    title: T\n    caption: C\n"
#define ROWS  "    rows:\n      - {label: x, experiment: e, variant: v}\n"
    assert_refused("table: []\n", "t.yaml:1: table is no key of a file of tables (did you mean tables?)");
    assert_refused("tables:\n  - id: a\n", "t.yaml:2: title is missing");
    assert_refused(TABLE "    colums: [f1]\n" ROWS,
                   "t.yaml:5: colums is no key of a table (did you mean columns?)");
    assert_refused(TABLE "    columns: [f2]\n" ROWS, "t.yaml:5: a column is \"f2\" (did you mean f1?)");
    assert_refused(TABLE "    columns: [f1, f1]\n" ROWS, "f1 is a column twice");
    assert_refused(TABLE "    convention: {average: patientmean}\n" ROWS, "did you mean patient_mean?");
    assert_refused(TABLE "    shape: score\n" ROWS, "did you mean scores?");
    assert_refused(TABLE ROWS "      - {label: y, experiment: e}\n", "t.yaml:7: variant is missing");
    assert_refused(TABLE ROWS "      - {label: y, summery: mean}\n", "did you mean summary?");
    assert_refused(TABLE ROWS "    baseline: y\n", "t.yaml:7: baseline: there is no row \"y\"");
    assert_refused(TABLE ROWS "    margin: 0\n", "margin is a number of percentage points");
    assert_refused(TABLE ROWS "    claims: [{text: t, a: y, score: f1, direction: higher}]\n",
                   "a: there is no row \"y\"");
    assert_refused(TABLE ROWS "    claims: [{text: t, a: x, score: f1, direction: up}]\n",
                   "one of lower or higher");
    assert_refused(TABLE ROWS "    published: none\n", "published is the number of a published table");
    assert_refused(TABLE ROWS "  - {id: a, title: T, caption: C, rows: []}\n", "two tables have the id a");
    assert_refused("tables: [{id: ../a, title: T, caption: C, rows: []}]\n",
                   "cannot name the files of a table");
    assert_refused("tables: [{id: study-a, title: T, caption: C, rows: []}]\n", "study-... is taken");
}

static void what_a_table_leaves_open_is_patients_with_truth(void **state) {
    (void)state;
    cc_spec *specs;
    size_t count;
    assert_ok(cc_specs_parse(&specs, &count, TABLE ROWS "    baseline: x\n    margin: 2\n", "t.yaml", arena));
    assert_int_equal(specs[0].convention.average, CC_AVERAGE_PATIENT);
    assert_int_equal(specs[0].convention.empty, CC_EMPTY_WITH_TRUTH);
    assert_int_equal(specs[0].column_count, 3);
    assert_string_equal(specs[0].baseline, "x");
    assert_true(specs[0].margin == 0.02);
    assert_false(specs[0].study);
}

static void a_row_takes_an_experiment_with_or_without_its_kind(void **state) {
    (void)state;
    cc_spec *specs;
    size_t count;
    assert_ok(cc_specs_parse(
        &specs, &count, TABLE ROWS "      - {label: y, experiment: real/f, variant: v}\n", "t.yaml", arena));
    const cc_spec_row *rows = specs[0].rows;
    assert_true(cc_report_row_takes(&rows[0], "e", "v", 0));
    assert_true(cc_report_row_takes(&rows[0], "twin/e", "v", 2));
    assert_false(cc_report_row_takes(&rows[0], "twin/x/e", "v", 0));
    assert_false(cc_report_row_takes(&rows[0], "e", "w", 0));
    assert_true(cc_report_row_takes(&rows[1], "real/f", "v", 0));
    assert_false(cc_report_row_takes(&rows[1], "twin/f", "v", 0));
    assert_false(cc_report_row_takes(&rows[1], "f", "v", 0));
}

/* Writes a file of tables, and what it names, into a folder of their own; the path of the former. */
static const char *write_tables(const char *tables, const char *published) {
    static char path[CC_PATH_MAX];
    const char *folder = cc_test_folder();
    assert_ok(cc_folder_make(cc_test_path(folder, "mine")));
    assert_ok(cc_file_write(cc_test_path(folder, "mine/numbers.yaml"), published, strlen(published)));
    snprintf(path, sizeof path, "%s", cc_test_path(folder, "mine/tables.yaml"));
    assert_ok(cc_file_write(path, tables, strlen(tables)));
    return path;
}

static const char numbers[] =
    "columns: [f1]\ntables: [{id: 4, title: T, rows: {Theirs: [81.2], x: [70.5]}}]\n";

static void published_numbers_that_there_are_not_are_named(void **state) {
    (void)state;
    cc_spec *specs;
    cc_published published;
    size_t count;
    const char *path = write_tables(TABLE ROWS "    published: 5\n"
                                               "published: numbers.yaml\n",
                                    numbers);
    assert_error(cc_specs_read(&specs, &count, &published, path, arena), CC_ECONFIG, "the published table 5");
    path = write_tables(TABLE ROWS "      - {label: Ours}\n    published: 4\n"
                                   "published: numbers.yaml\n",
                        numbers);
    assert_error(cc_specs_read(&specs, &count, &published, path, arena), CC_ECONFIG,
                 "no published row is called \"Ours\"");
    path = write_tables(TABLE ROWS "    published: 4\n"
                                   "published: none.yaml\n",
                        numbers);
    assert_error(cc_specs_read(&specs, &count, &published, path, arena), CC_ENOTFOUND, "mine/none.yaml");
    path = write_tables(TABLE ROWS, numbers);
    assert_ok(cc_specs_read(&specs, &count, &published, path, arena));
    assert_int_equal(published.table_count, 0);
}

/* One's own tables and what others publish, of experiments with a kind and without; not beside phantoms. */
static void a_report_has_the_tables_of_the_file_and_no_others(void **state) {
    (void)state;
    char flags[CC_PATH_MAX + 32];
    static const int percent[] = {60, 70};
    const char *results = cc_test_folder(), *out = cc_test_folder();
    reports_write_scores(results, "e", "v", 0, 'a', percent, 2);
    reports_write_scores(results, "twin/e", "v", 0, 'a', percent, 2);
    reports_write_scores(results, "twin/table2-matching", "with", 0, 'a', percent, 2);
    snprintf(flags, sizeof flags, "--tables %s",
             write_tables(TABLE ROWS "      - {label: Theirs}\n    published: 4\n"
                                     "published: numbers.yaml\n",
                          numbers));
    assert_int_equal(reports_make(output, OUTPUT, results, out, flags), 0);
    assert_has(output, "## a (other): T\n\n| | F1-score (%) | published | difference |");
    assert_has(output, "| x | 65.0");
    assert_has(output, "70.5 | -5.5");
    assert_has(output, "| Theirs |  | 81.2 |");
    assert_has(output, "## a (twin): T\n\n| | F1-score (%) | Precision (%) |");
    assert_has(output, "Runs in no table");
    assert_has(output, "table2-matching");
    assert_lacks(output, "The paper does not state");
    assert_has(reports_read(out, "index.html", arena), "Audit of the published tables");
    snprintf(flags, sizeof flags, "--tables %s", cc_test_path(out, "none.yaml"));
    assert_int_equal(reports_make(output, OUTPUT, results, out, flags), 1);
    snprintf(flags, sizeof flags, "--tables %s", write_tables("tables: 5\n", ""));
    assert_int_equal(reports_make(output, OUTPUT, results, out, flags), 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(faults_are_named_with_their_line_and_what_was_meant),
        CASE(what_a_table_leaves_open_is_patients_with_truth),
        CASE(a_row_takes_an_experiment_with_or_without_its_kind),
        CASE(published_numbers_that_there_are_not_are_named),
        CASE(a_report_has_the_tables_of_the_file_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
