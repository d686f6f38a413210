/* tests/report/test_h5py.c -- run files of a Python script that shares nothing with calcade give exactly the
 * tables that are stored beside it, and the means that it has computed itself. Skips where there is no
 * h5py. */
#include "reports.h"

#define H5PY "tests/report/h5py"

enum { OUTPUT = 1 << 17 };
static char output[OUTPUT], rows[1 << 12];

static const char *python(void) {
    static const char *const found[] = {"/usr/bin/python3", "python3"};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        if (cc_test_run(NULL, 0, "%s -c 'import h5py'", found[i]) == 0) return found[i];
    return NULL;
}

/* Whether a row's cells, from `at` on, begin with the three scores, bold or not. */
static bool has_scores(const char *at, char want[4][64]) {
    for (int score = 1; score < 4; score++) {
        at += 2 * (strncmp(at, "**", 2) == 0);
        if (strncmp(at, want[score], strlen(want[score])) != 0) return false;
        if (!strchr(at, '|')) return false;
        at = strchr(at, '|') + 2;
    }
    return true;
}

/* "LABEL<tab>F1<tab>PRECISION<tab>RECALL" stands in some table. */
static void assert_row(const char *report, const char *row, int length) {
    char line[256], want[4][64];
    snprintf(line, sizeof line, "%.*s", length, row);
    assert_int_equal(
        sscanf(line, "%63[^\t]\t%63[^\t]\t%63[^\t]\t%63[^\t]", want[0], want[1], want[2], want[3]), 4);
    snprintf(line, sizeof line, "| %s | ", want[0]);
    for (const char *at = report; (at = strstr(at, line));)
        if (has_scores(at += strlen(line), want)) return;
    fail_msg("no row %.*s in:\n%s", length, row, report);
}

static void a_script_s_results_give_exactly_their_tables(void **state) {
    (void)state;
    static const char *const tables[] = {"table4-twin.md", "table5-twin.md", "table7-twin.md",
                                         "stages-twin.md", "calcium-twin.md"};
    const char *results = cc_test_folder(), *out = cc_test_folder();
    if (!python()) {
        print_message("skipped: no python3 with h5py here\n");
        skip();
    }
    char made[CC_PATH_MAX];
    cc_arena *arena = cc_arena_create();
    snprintf(made, sizeof made, "%s", cc_test_path(out, "tables"));
    assert_int_equal(cc_test_run(rows, sizeof rows, "%s " H5PY "/write_results.py %s", python(), results), 0);
    if (reports_make(output, OUTPUT, results, out, "--strict") != 0) fail_msg("%s", output);
    for (const char *row = rows; *row; row += strcspn(row, "\n") + 1)
        assert_row(output, row, (int)strcspn(row, "\n"));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        assert_same_lines(tables[i], reports_read(H5PY, tables[i], arena),
                          reports_read(made, tables[i], arena));
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_script_s_results_give_exactly_their_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
