/* tests/report/test_study.c -- an experiment that no table names is a table by itself once it has two runs: a
 * row a variant, in the order of its numbers, or as its block says. */
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
    assert_has(output, "study-rates (other): Rates");
    const char *first = strstr(output, "| lr=2 |"), *second = strstr(output, "| lr=10 |");
    assert_non_null(first);
    assert_non_null(second);
    assert_true(first < second);
    char line[256];
    snprintf(line, sizeof line, "%.*s", (int)strcspn(first, "\n"), first);
    assert_has(line, "**90.0** [");
    snprintf(line, sizeof line, "%.*s", (int)strcspn(second, "\n"), second);
    assert_has(line, "60.0");
    assert_has(output, "lr=10: the mean of n = 2 runs (seed 1, seed 2)");
    assert_lacks(output, "Runs in no table");
}

/* Where a row stands among the lines of the output. */
static const char *row_of(const char *label) {
    char start[128];
    snprintf(start, sizeof start, "\n| %s |", label);
    const char *found = strstr(output, start);
    if (!found) fail_msg("no row \"%s\" in:\n%s", label, output);
    return found;
}

static void write_block(const char *results, const char *experiment, const char *text) {
    const cc_report_block block = {.experiment = experiment, .text = text};
    assert_ok(cc_report_block_write(results, &block));
}

static void write_three(const char *results, const char *experiment) {
    write_run(results, experiment, "lr=0.1", 1, 4);
    write_run(results, experiment, "lr=0.2", 1, 6);
    write_run(results, experiment, "lr=0.3", 1, 8);
}

static void a_block_says_order_labels_columns_and_rows_without_a_net(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    write_three(results, "rates");
    write_block(results, "rates",
                "variants: [lr=0.3, lr=0.1, lr=0.4]\nreport:\n  title: How fast\n  caption: Of rates.\n"
                "  columns: [iou]\n  labels: {lr=0.3: fast, lr=0.1: slow}\n"
                "  baselines: [background]\n  convention: {average: pooled, empty: zero}\n");
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), ""), 0);
    assert_has(output, "How fast");
    assert_has(output, "Of rates. Scores in %: pooled over all pixels, 0/0 counted as 0");
    assert_has(output, "| | IoU (%) |");
    assert_lacks(output, "lr=0.4");
    /* Those that the matrix does not know come last, a row without a net behind them. */
    assert_true(row_of("fast") < row_of("slow"));
    assert_true(row_of("slow") < row_of("lr=0.2"));
    assert_true(row_of("lr=0.2") < row_of("Everything background"));
}

static void a_block_names_variants_in_claims_and_as_its_baseline(void **state) {
    (void)state;
    cc_spec *specs = NULL;
    size_t count = 0;
    cc_arena *arena = cc_arena_create();
    const char *results = cc_test_folder();
    const cc_report_block block = {
        "twin/rates",
        "report:\n  labels: {lr=0.1: slow}\n  baseline: lr=0.1\n  margin: 2.5\n"
        "  claims: [{text: It pays, a: lr=0.3, b: lr=0.1, score: f1, direction: higher}]\n",
        "rates.yaml"};
    const cc_manifest planned = {0};
    const cc_study_sources from = {&planned, results, &block, 1};
    write_three(results, "twin/rates");
    /* What configs say now stands over what lies beside the runs. */
    write_block(results, "twin/rates", "report: {title: Old, baseline: lr=0.2}\n");
    assert_ok(cc_study_specs_add(&specs, &count, &from, arena));
    assert_int_equal(count, 1);
    assert_true(specs[0].study);
    assert_string_equal(specs[0].title, "Rates");
    assert_string_equal(specs[0].baseline, "slow");
    assert_true(specs[0].margin == 0.025);
    assert_int_equal(specs[0].claim_count, 1);
    assert_string_equal(specs[0].claims[0].a, "lr=0.3");
    assert_string_equal(specs[0].claims[0].b, "slow");
    cc_arena_destroy(arena);
}

static void experiments_of_two_kinds_have_a_block_each(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    write_three(results, "twin/rates");
    write_three(results, "real/rates");
    write_block(results, "real/rates", "report: {title: Of patients, labels: {lr=0.1: slow}}\n");
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), ""), 0);
    assert_has(output, "(real): Of patients");
    assert_has(output, "(twin): Rates");
    row_of("slow");
    row_of("lr=0.1");
}

/* Beside runs on patients there is no column for numbers that nobody published. */
static void what_is_damaged_in_a_block_is_named_and_the_table_is_there(void **state) {
    (void)state;
    static const char *const texts[][2] = {
        {"variants: [lr=0.3\n", "rates: what its report.yaml says is passed over"},
        {"report: {titel: x}\n", "titel is no key of a report block"},
        {"report: {baseline: lr=9}\n", "there is no run of a variant \"lr=9\""},
        {"report: {labels: {lr=0.3: fast}, columns: [f9]}\n", "a column is \"f9\""}};
    const char *results = cc_test_folder();
    write_three(results, "real/rates");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_block(results, "real/rates", texts[i][0]);
        assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), ""), 0);
        assert_has(output, texts[i][1]);
        assert_has(output, "| | F1-score (%) | Precision (%) | Recall (%) |");
        row_of("lr=0.2");
    }
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
    assert_int_equal(reports_make(output, OUTPUT, results, cc_test_folder(), "--strict"), 3);
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
    const cc_study_sources from = {.planned = &planned, .results = cc_test_folder()};
    assert_ok(cc_study_specs_add(&specs, &count, &from, arena));
    assert_int_equal(count, 1);
    assert_int_equal(specs[0].row_count, CC_STUDY_ROWS_MAX);
    assert_string_equal(specs[0].rows[10].label, "lr=10");
    specs = NULL;
    count = 0;
    planned.count = VARIANTS;
    assert_ok(cc_study_specs_add(&specs, &count, &from, arena));
    assert_int_equal(count, 0);
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matrix_is_a_table_in_the_order_of_its_numbers),
        cmocka_unit_test(a_block_says_order_labels_columns_and_rows_without_a_net),
        cmocka_unit_test(a_block_names_variants_in_claims_and_as_its_baseline),
        cmocka_unit_test(experiments_of_two_kinds_have_a_block_each),
        cmocka_unit_test(what_is_damaged_in_a_block_is_named_and_the_table_is_there),
        cmocka_unit_test(an_experiment_of_one_run_stays_in_the_list),
        cmocka_unit_test(a_table_of_the_paper_stays_as_it_is),
        cmocka_unit_test(a_planned_variant_without_a_file_is_a_row_without_a_score),
        cmocka_unit_test(a_search_of_thousands_is_no_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
