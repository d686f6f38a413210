/* tests/report/test_report.c -- `calcade report` as a whole: known counts give the expected tables, damaged
 * files and missing runs are named, and every format is escaped. */
#include "reports.h"
#include <math.h>
#include <sys/stat.h>
#include "report/tables/spec.h"
#include "report/text.h"
#include "results/published.h"

static const cc_run_epoch epochs[] = {{1, 0.9, 0.8, 0.5, 0.5, 0.5, 1e-4, 1},
                                      {2, 0.5, 0.6, 0.75, 0.7, 0.8, 1e-4, 1}};

/* Two patients: F1 80 % and 40 %, precision 100 % and 50 %, recall 66.7 % and 33.3 %. */
static const cc_run_slice original[] = {{"a", 1, 10, 0, 5, 85, 0, 0, 0}, {"b", 1, 10, 10, 20, 60, 0, 0, 0}};
/* One patient alone: F1 85 %, precision 85 %, recall 85 %. */
static const cc_run_slice modified[] = {{"a", 1, 17, 3, 3, 77, 0, 0, 0}};

static void write_run(const char *results, const char *experiment, const char *variant, int64_t seed,
                      const cc_run_slice *slices, size_t count, const cc_run_example *examples) {
    reports_write(results, (cc_run){.experiment = experiment,
                                    .variant = variant,
                                    .seed = seed,
                                    .stage = "roi",
                                    .best_epoch = 2,
                                    .epochs = epochs,
                                    .epoch_count = 2,
                                    .slices = slices,
                                    .slice_count = count,
                                    .examples = examples,
                                    .example_count = examples ? 1 : 0});
}

static const char *write_results(void) {
    const char *results = cc_test_folder();
    write_run(results, "paper/table1-roi", "original", 1, original, 2, NULL);
    write_run(results, "paper/table1-roi", "modified", 1, modified, 1, NULL);
    return results;
}

static int report(char *output, size_t capacity, const char *results, const char *out) {
    return reports_make(output, capacity, results, out, "");
}

static void known_counts_give_exactly_the_expected_table(void **state) {
    (void)state;
    static char output[1 << 16];
    cc_arena *arena = cc_arena_create();
    const char *results = write_results(), *out = cc_test_folder();
    assert_int_equal(report(output, sizeof output, results, out), 0);
    assert_has(
        output,
        "| Original U-Net | 60.0 [40.0, 80.0] | 63.0 | -3.0 | 75.0 [50.0, 100.0] | 83.2 | -8.2 | "
        "50.0 [33.3, 66.7] | 93.3 | -43.3 |\n"
        "| Modified U-Net | **85.0** | 85.0 | +0.0 | **85.0** | 85.4 | -0.4 | **85.0** | 96.8 | -11.8 |\n"
        "| Everything background | 0.0 [0.0, 0.0] |  |  | – |  |  | 0.0 [0.0, 0.0] |  |  |\n");
    assert_has(output, "mean over patients, 0/0 left out");
    assert_has(output, "No interval where the test set has fewer than two patients.");
    assert_has(reports_read(out, "tables/table1-paper.md", arena), "| Original U-Net | 60.0 [40.0, 80.0] |");
    assert_has(reports_read(out, "tables/table1-paper.tex", arena),
               "Original U-Net & 60.0 [40.0, 80.0] & 63.0 & $-$3.0 & 75.0");
    assert_has(reports_read(out, "figures/curves-table1-paper.svg", arena), "Modified U-Net");
    assert_memory_equal(reports_read(out, "figures/curves-table1-paper.png", arena), "\x89PNG", 4);
    cc_arena_destroy(arena);
}

/* The value under a head of the CSV's first row. */
static double csv_value(const char *csv, const char *head) {
    const char *line = strchr(csv, '\n') + 1, *at = strstr(csv, head);
    assert_true(at && at < line);
    for (const char *c = csv; c < at; c++)
        if (*c == ',') line = strchr(line, ',') + 1;
    return atof(line);
}

static void the_csv_carries_every_convention(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *results = cc_test_folder(), *out = cc_test_folder();
    /* Slices: F1 100 %, 0/0, 0 %; patients: a 100 %, b 0 %. */
    const cc_run_slice slices[] = {
        {"a", 1, 4, 0, 0, 6, 0, 0, 0}, {"a", 2, 0, 0, 0, 10, 0, 0, 0}, {"b", 1, 0, 2, 2, 6, 0, 0, 0}};
    write_run(results, "paper/table1-roi", "original", 3, slices, 3, NULL);
    assert_int_equal(report(NULL, 0, results, out), 0);
    const char *csv = reports_read(out, "tables/table1-paper.csv", arena);
    assert_true(fabs(csv_value(csv, "f1_pooled_empty_skip_percent") - 100 * 8 / 12.0) < 1e-5);
    assert_true(csv_value(csv, "f1_patient_mean_empty_skip_percent") == 50);
    assert_true(csv_value(csv, "f1_patient_mean_empty_skip_low") == 0);
    assert_true(csv_value(csv, "f1_patient_mean_empty_skip_high") == 100);
    assert_true(csv_value(csv, "f1_slice_mean_empty_skip_percent") == 50);
    assert_true(fabs(csv_value(csv, "f1_slice_mean_empty_zero_percent") - 100 / 3.0) < 1e-5);
    assert_true(fabs(csv_value(csv, "f1_slice_mean_empty_one_percent") - 200 / 3.0) < 1e-5);
    assert_has(csv, "\ntable1,paper,Modified U-Net,table1-roi,modified,0,0,85.000000,85.400000,96.800000,,,");
    cc_arena_destroy(arena);
}

static void kinds_never_share_a_table_and_a_missing_run_is_a_dash(void **state) {
    (void)state;
    static char output[1 << 16];
    const char *results = cc_test_folder();
    write_run(results, "twin/table1-roi", "original", 1, original, 2, NULL);
    write_run(results, "paper/table1-roi", "modified", 1, modified, 1, NULL);
    assert_int_equal(report(output, sizeof output, results, cc_test_folder()), 0);
    assert_has(output, "## table1 (paper)");
    assert_has(output, "## table1 (twin)");
    assert_has(output, "| Original U-Net | – | 63.0 | – |");
    assert_has(output, "| Modified U-Net | – | – | – |");
    assert_has(output, "no run of twin/table1-roi, variant modified, was found.");
}

/* Phantoms are not patients: the paper's numbers stand beside none of a twin's, in no format. */
static void a_twin_is_not_set_beside_the_paper(void **state) {
    (void)state;
    static char output[1 << 16];
    cc_arena *arena = cc_arena_create();
    const char *results = cc_test_folder(), *out = cc_test_folder();
    write_run(results, "twin/table1-roi", "original", 1, original, 2, NULL);
    write_run(results, "twin/table1-roi", "modified", 1, modified, 1, NULL);
    write_run(results, "twin/table5-cascade", "with", 1, modified, 1, NULL);
    assert_int_equal(report(output, sizeof output, results, out), 0);
    assert_has(output, "| | F1-score (%) | Precision (%) | Recall (%) |\n|---|---:|---:|---:|\n"
                       "| Original U-Net | 60.0 [40.0, 80.0] | 75.0 [50.0, 100.0] | 50.0 [33.3, 66.7] |\n");
    assert_lacks(output, "paper |");
    assert_lacks(output, "difference |");
    assert_lacks(output, "as published");
    assert_lacks(reports_read(out, "tables/table1-twin.csv", arena), "63.0");
    assert_lacks(reports_read(out, "tables/table1-twin.tex", arena), "63.0");
    assert_lacks(reports_read(out, "tables/conventions-table1-twin.md", arena), "nearest to the paper");
    assert_lacks(reports_read(out, "tables/conventions-table1-twin.csv", arena), "to the paper");
    cc_arena_destroy(arena);
}

static void several_seeds_are_averaged_and_named(void **state) {
    (void)state;
    static char output[1 << 16];
    const char *results = write_results();
    const cc_run_slice worse[] = {{"a", 1, 15, 5, 5, 75, 0, 0, 0}};
    write_run(results, "paper/table1-roi", "modified", 2, worse, 1, NULL);
    assert_int_equal(report(output, sizeof output, results, cc_test_folder()), 0);
    assert_has(output, "| Modified U-Net | **80.0** | 85.0 | -5.0 |");
    assert_has(output, "the mean of n = 2 runs (seed 1, seed 2)");
}

static void a_run_in_no_table_is_listed_and_its_examples_drawn(void **state) {
    (void)state;
    static char output[1 << 16];
    cc_arena *arena = cc_arena_create();
    static const float image[12] = {-1000, 40, 50, 60};
    static const uint8_t truth[12] = {0, 1, 1}, prediction[12] = {0};
    const cc_run_example example = {"roi", "'it's\\n `a`", 1, 3, 4, image, truth, prediction, NULL, {0, 0}};
    const char *results = cc_test_folder(), *out = cc_test_folder();
    write_run(results, "real/heart_ct", "unet", 5, original, 2, &example);
    assert_int_equal(report(output, sizeof output, results, out), 0);
    assert_has(
        output,
        "| real/heart\\_ct | unet | 0 | 5 | 2 | 2 | 2 | 2 | 53.3 | 66.7 | 44.4 | 60.0 | 75.0 | 50.0 |");
    assert_has(reports_read(out, "runs.md", arena), "| real/heart\\_ct | unet | 0 | 5 |");
    assert_memory_equal(reports_read(out, "figures/examples-real-heart_ct-unet-fold-0-seed-5.png", arena),
                        "\x89PNG", 4);
    cc_arena_destroy(arena);
}

static void a_damaged_file_is_named_and_the_rest_reported(void **state) {
    (void)state;
    static char output[1 << 16];
    cc_arena *arena = cc_arena_create();
    const char *results = write_results(), *out = cc_test_folder();
    assert_int_equal(
        cc_test_run(NULL, 0,
                    "cd %s/paper/table1-roi && printf x | dd of=modified/fold-0/seed-1.h5 bs=1 seek=900 "
                    "conv=notrunc",
                    results),
        0);
    assert_int_equal(report(output, sizeof output, results, out), 0);
    assert_has(output, "modified/fold-0/seed-1.h5: is damaged");
    assert_has(output, "| Original U-Net | 60.0");
    assert_has(output, "| Modified U-Net | – |");
    assert_has(reports_read(out, "runs.md", arena), "modified/fold-0/seed-1.h5: is damaged");
    cc_arena_destroy(arena);
}

static void results_are_opened_read_only(void **state) {
    (void)state;
    char before[4096], after[4096];
    const char *results = write_results();
    const char *list = "cd %s && find . -type f -exec sha256sum {} + -exec stat -c '%%n %%Y %%a' {} + | sort";
    assert_int_equal(cc_test_run(NULL, 0, "chmod -R a-w %s", results), 0);
    cc_test_run(before, sizeof before, list, results);
    assert_int_equal(report(NULL, 0, results, cc_test_folder()), 0);
    cc_test_run(after, sizeof after, list, results);
    assert_string_equal(before, after);
    assert_int_equal(cc_test_run(NULL, 0, "chmod -R u+w %s", results), 0);
}

static void reports_of_the_same_files_are_the_same(void **state) {
    (void)state;
    const char *results = write_results(), *one = cc_test_folder(), *two = cc_test_folder();
    assert_int_equal(report(NULL, 0, results, one), 0);
    assert_int_equal(report(NULL, 0, results, two), 0);
    assert_int_equal(cc_test_run(NULL, 0, "diff -r %s %s", one, two), 0);
}

static void no_results_and_no_gnuplot_each_give_one_line(void **state) {
    (void)state;
    char output[4096];
    assert_int_equal(report(output, sizeof output, "/nowhere", cc_test_folder()), 1);
    assert_string_equal(
        output, "calcade: error: /nowhere: holds no run file (*.h5) (calcade run CONFIG makes some)\n");
    assert_int_equal(cc_test_run(output, sizeof output,
                                 "{ PATH=/nowhere %s report --results %s --out %s >/dev/null; }", CC_PROGRAM,
                                 write_results(), cc_test_folder()),
                     1);
    assert_has(output, "calcade: error: gnuplot: figures need it, and it is not here (install it");
    assert_lacks(output, "\ncalcade");
}

/* A gnuplot that ends well, having drawn nothing, or half: the disk was full, or somebody killed its own
 * child. */
static void a_figure_that_is_not_whole_is_an_error_and_is_not_there(void **state) {
    (void)state;
    static const char *const scripts[] = {
        "exit 0",
        "printf '\\211PNG\\r\\n\\032\\nhalf' >$png; printf '<svg></svg>' >$svg",
        "printf '%sIEND\\256B`\\202' \"$(printf '\\0')\" >$png; printf '<svg>' >$svg",
    };
    char output[4096], text[1024];
    const char *bin = cc_test_folder(), *results = write_results();
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        const char *out = cc_test_folder(), *program = cc_test_path(bin, "gnuplot");
        snprintf(text, sizeof text,
                 "#!/bin/sh\npng=$(sed -n \"s/^figure_png = '\\(.*\\)'/\\1/p\" $1)\n"
                 "svg=$(sed -n \"s/^figure_svg = '\\(.*\\)'/\\1/p\" $1)\n%s\n",
                 scripts[i]);
        assert_ok(cc_file_write(program, text, strlen(text)));
        assert_int_equal(chmod(program, 0755), 0);
        assert_int_equal(cc_test_run(output, sizeof output,
                                     "{ PATH=%s:$PATH %s report --results %s --out %s >/dev/null; }", bin,
                                     CC_PROGRAM, results, out),
                         1);
        assert_has(output, "gnuplot did not draw it to its end");
        assert_has(output, out);
        assert_lacks(output, "\ncalcade: error");
        assert_int_equal(
            cc_test_run(NULL, 0, "test -z \"$(find %s/figures -name '.*' -o -size 0 -type f)\"", out), 0);
    }
}

static void escapes_keep_their_format(void **state) {
    (void)state;
    cc_text text = {0};
    cc_text_add_latex(&text, "a_b & 5% {x}\\~^$#");
    assert_string_equal(text.bytes,
                        "a\\_b \\& 5\\% \\{x\\}\\textbackslash{}\\textasciitilde{}\\textasciicircum{}\\$\\#");
    cc_text_deinit(&text);
    cc_text_add_csv(&text, "say \"a,b\"");
    cc_text_add_csv(&text, "plain");
    assert_string_equal(text.bytes, "\"say \"\"a,b\"\"\"plain");
    cc_text_deinit(&text);
    cc_text_add_markdown(&text, "a|b <i> *x*");
    assert_string_equal(text.bytes, "a\\|b &lt;i> \\*x\\*");
    cc_text_deinit(&text);
    cc_text_add_html(&text, "<b a=\"1\">&'\x01");
    assert_string_equal(text.bytes, "&lt;b a=&quot;1&quot;&gt;&amp;&#39; ");
    cc_text_deinit(&text);
    cc_text_add_base64(&text, "fooba", 5);
    cc_text_add_base64(&text, "f", 1);
    assert_string_equal(text.bytes, "Zm9vYmE=Zg==");
    cc_text_deinit(&text);
    cc_text_add_gnuplot(&text, "'it's\n`x` \"@a\\ 5%\xff");
    assert_string_equal(text.bytes, "\"\\047it\\047s \\140x\\140 \\042\\100a\\134 5%\xef\xbf\xbd\"");
    cc_text_deinit(&text);
    cc_text_add_gnuplot_tic(&text, "5%d");
    assert_string_equal(text.bytes, "\"5%%d\"");
    cc_text_deinit(&text);
    cc_text_add_html(&text, "caf\xe9 \xc3\xa9\t\x1b");
    assert_string_equal(text.bytes, "caf\xef\xbf\xbd \xc3\xa9\t ");
    cc_text_deinit(&text);
}

static void specifications_are_checked_with_their_line(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_spec *specs;
    cc_published published;
    size_t count;
    assert_ok(cc_specs_get(&specs, &count, &published, arena));
    assert_true(count >= 1);
    assert_string_equal(specs[0].id, "table1");
    assert_error(cc_specs_parse(&specs, &count, "tables:\n  - id: x\n", "t.yaml", arena), CC_ECONFIG,
                 "t.yaml:2");
    assert_error(cc_specs_parse(&specs, &count, "tables: 5\n", "t.yaml", arena), CC_ECONFIG, "t.yaml:1");
    cc_arena_destroy(arena);
}

static void the_published_values_are_the_papers(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_published published;
    assert_ok(cc_published_get(&published, arena));
    assert_int_equal(published.table_count, 7);
    assert_true(cc_published_value(&published, 1, "Original U-Net", "recall") == 93.3);
    assert_true(cc_published_value(&published, 7, "[3]", "precision") == 99.5);
    assert_true(isnan(cc_published_value(&published, 1, "nobody", "f1")));
    assert_error(cc_published_parse(
                     &published, "columns: [a, b, c]\ntables:\n  - {id: 1, title: t, rows: {r: [1, 2]}}\n",
                     strlen("columns: [a, b, c]\ntables:\n  - {id: 1, title: t, rows: {r: [1, 2]}}\n"),
                     "p.yaml", arena),
                 CC_ECONFIG, "p.yaml:3");
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_counts_give_exactly_the_expected_table),
        cmocka_unit_test(the_csv_carries_every_convention),
        cmocka_unit_test(kinds_never_share_a_table_and_a_missing_run_is_a_dash),
        cmocka_unit_test(a_twin_is_not_set_beside_the_paper),
        cmocka_unit_test(several_seeds_are_averaged_and_named),
        cmocka_unit_test(a_run_in_no_table_is_listed_and_its_examples_drawn),
        cmocka_unit_test(a_damaged_file_is_named_and_the_rest_reported),
        cmocka_unit_test(results_are_opened_read_only),
        cmocka_unit_test(reports_of_the_same_files_are_the_same),
        cmocka_unit_test(no_results_and_no_gnuplot_each_give_one_line),
        cmocka_unit_test(a_figure_that_is_not_whole_is_an_error_and_is_not_there),
        cmocka_unit_test(escapes_keep_their_format),
        cmocka_unit_test(specifications_are_checked_with_their_line),
        cmocka_unit_test(the_published_values_are_the_papers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
