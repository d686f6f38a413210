/* tests/report/test_pivot.c -- a matrix of two options is a table of rows and columns, on the page too;
 * other tables are not. */
#include "matrices.h"

static char options[256];

/* Two patients with these F1, in percent: the cell is their mean. */
static void write_run(const char *results, const char *variant, const char *net, const char *rate, int a,
                      int b) {
    snprintf(options, sizeof options, "net:\n  arch: %s\noptimizer:\n  lr: %s\n", net, rate);
    matrix_write(results, "grid", variant, 1, options, (const int[]){10 * a, 10 * b}, 2);
}

/* Rates in numeric order, nets in that of the rows; the cell without a run is a dash, the highest bold.
 * Means by hand. */
static void two_options_are_rows_and_columns(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    write_run(results, "a", "unet-bn", "0.01", 50, 60);
    write_run(results, "b", "unet", "0.01", 40, 60);
    write_run(results, "c", "unet-bn", "0.002", 70, 80);
    write_run(results, "d", "unet", "0.002", 60, 80);
    write_run(results, "e", "unet-bn", "1.0e-05", 20, 30);
    const char *out = matrix_report(results);
    const char *text = reports_read(out, "tables/pivot-study-grid-other.md", arena);
    assert_has(text,
               "| optimizer.lr | net.arch = unet-bn | net.arch = unet |\n|---|---:|---:|\n| 1.0e-05 | 25.0 ");
    assert_has(text, "\n| 0.002 | **75.0** ");
    assert_has(text, " | 70.0 ");
    assert_has(text, "\n| 0.01 | 55.0 ");
    assert_has(text, " | – |\n| 0.002 ");
    assert_has(text, "Combinations without a run: 1 of 6.");
    text = reports_read(out, "tables/pivot-study-grid-other.csv", arena);
    assert_has(text, "optimizer.lr,net.arch,row,runs,f1_patient_mean_empty_");
    assert_has(text, "\n1.0e-05,unet-bn,e,1,25.000000,");
    assert_has(text, "\n0.002,unet,d,1,70.000000,");
    assert_true(is_file(out, "tables/pivot-study-grid-other.tex"));
    assert_true(is_file(out, "tables/pivot-study-grid-other.html"));
    text = reports_read(out, "index.html", arena);
    assert_has(text, ">net.arch = unet-bn</th>");
    assert_has(text, "What each option changes in F1-score");
    cc_arena_destroy(arena);
}

/* A config may hold what Markdown takes for a table's frame. */
static void a_level_cannot_break_the_table(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    cc_arena *arena = cc_arena_create();
    write_run(results, "a", "'x|y'", "1", 50, 60);
    write_run(results, "b", "unet", "1", 40, 60);
    write_run(results, "c", "'x|y'", "2", 70, 80);
    write_run(results, "d", "unet", "2", 60, 80);
    write_run(results, "e", "unet", "3", 60, 80);
    const char *text = reports_read(matrix_report(results), "tables/pivot-study-grid-other.md", arena);
    assert_has(text, "| net.arch = x\\|y |");
    cc_arena_destroy(arena);
}

static void one_option_and_a_list_of_variants_have_none(void **state) {
    (void)state;
    const char *results = cc_test_folder();
    write_run(results, "a", "unet", "1", 50, 60);
    write_run(results, "b", "unet", "2", 40, 60);
    assert_false(is_file(matrix_report(results), "tables/pivot-study-grid-other.md"));
    /* Each of four variants changes one thing more: 4 of 3 x 3 combinations. */
    write_run(results, "c", "unet-bn", "2", 40, 60);
    write_run(results, "d", "attention-unet", "3", 40, 60);
    const char *out = matrix_report(results);
    assert_false(is_file(out, "tables/pivot-study-grid-other.md"));
    assert_false(is_file(out, "tables/effects-study-grid-other.md"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_options_are_rows_and_columns),
        cmocka_unit_test(a_level_cannot_break_the_table),
        cmocka_unit_test(one_option_and_a_list_of_variants_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
