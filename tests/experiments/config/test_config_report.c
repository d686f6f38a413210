/* tests/experiments/config/test_config_report.c -- the `report:` block of a config: checked against the
 * matrix, merged like any map, printed, and no part of a run. */
#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "experiments/config/config.h"
#include "support.h"

static const char base[] = "stage: roi\nnet: {arch: unet, width: 8, depth: 3}\n"
                           "matrix: {optimizer.lr: [1.0e-3, 0.01], seed: [1, 2]}\n";

static cc_config *config;
static cc_arena *arena;
static char folder[256];

static int begin(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    arena = cc_arena_create();
    return arena ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    cc_config_destroy(config);
    config = NULL;
    cc_arena_destroy(arena);
    return 0;
}

static const char *file(const char *name, const char *text) {
    const char *path = cc_test_path(folder, name);
    assert_ok(cc_file_write(path, text, strlen(text)));
    return path;
}

static cc_status load(const char *path, const char *set) {
    cc_config_destroy(config);
    config = NULL;
    return cc_config_load(&config, path, &set, set != NULL, 0);
}

/* The config of `base` and a block. */
static cc_status parse(const char *block) {
    const char *text = cc_arena_format(arena, "%s%s", base, block);
    cc_config_destroy(config);
    config = NULL;
    return cc_config_parse_text(&config, text, strlen(text), "t.yaml", NULL, 0);
}

static void assert_refused(const char *block, const char *part) {
    assert_error(parse(block), CC_ECONFIG, part);
}

static const cc_experiment_config *first(void) {
    return cc_config_get(config, 0);
}

static void an_unknown_key_is_refused_with_its_line_and_the_nearest(void **state) {
    (void)state;
    assert_refused("report:\n  titel: x\n",
                   "t.yaml:5: report.titel is no option (did you mean report.title?)");
    assert_refused("report:\n  convention:\n    empti: skip\n", "t.yaml:6");
    assert_refused("report: {claims: [{text: x, a: lr=0.01, score: f1, direktion: higher}]}\n",
                   "report.claims[0].direktion is no key of a claim (did you mean direction?)");
    assert_refused("report: {convention: {empty: wit_truth}}\n", "did you mean with_truth?");
    assert_refused("report: {columns: [f1, dise]}\n", "its item 2 is \"dise\"");
    assert_refused("report: {columns: []}\n", "a list of 1 to");
}

static void a_claim_says_what_of_whom_and_which_way(void **state) {
    (void)state;
    assert_refused("report: {claims: [{text: x, score: f1, direction: higher}]}\n",
                   "report.claims[0].a is missing");
    assert_refused("report: {claims: [{text: x, a: lr=0.01, direction: higher}]}\n", "score is missing");
    assert_refused("report: {claims: [{text: x, a: lr=0.01, score: f2, direction: higher}]}\n",
                   "did you mean f1?");
    assert_refused("report: {claims: [{text: x, a: lr=0.01, score: f1, direction: up}]}\n",
                   "higher or lower");
    assert_ok(parse("report: {claims: [{text: x, a: lr=0.01, score: f1, direction: lower}]}\n"));
    assert_int_equal(first()->report.claims.count, 1);
    assert_null(first()->report.claims.items[0].b);
}

/* Names of variants as the matrix makes them; 1.0e-3 keeps the letters that it is written with. */
static void variants_that_there_are_not_are_named(void **state) {
    (void)state;
    assert_refused("report:\n  labels:\n    lr=1.0e-3: slow\n    lr=0.02: fast\n",
                   "t.yaml:7: report.labels: there is no variant \"lr=0.02\" (did you mean lr=0.01?)");
    assert_refused("report:\n  baseline: default\n",
                   "t.yaml:5: report.baseline: there is no variant \"default\"");
    assert_refused("report: {claims: [{text: x, a: lr=0.01, b: lr=0.1, score: f1, direction: higher}]}\n",
                   "report.claims: there is no variant \"lr=0.1\"");
    assert_refused("report: {labels: {lr=0.01: x, lr=1.0e-3: x}}\n", "calls lr=0.01 and lr=1.0e-3 alike");
    assert_ok(parse("report: {labels: {lr=0.01: fast}, baseline: lr=1.0e-3}\n"));
    assert_string_equal(first()->report.labels.items[0].text, "fast");
}

static void a_matrix_cannot_change_the_table_of_its_variants(void **state) {
    (void)state;
    const char text[] = "matrix:\n  - {report.title: a}\n  - {report: {title: b}}\n";
    assert_error(load(file("m.yaml", text), NULL), CC_ECONFIG, "m.yaml:2");
}

static void blocks_of_files_that_extend_each_other_merge(void **state) {
    (void)state;
    file("base.yaml",
         cc_arena_format(arena, "%s%s", base, "report: {title: old, margin: 2, labels: {lr=0.01: fast}}\n"));
    const char *over =
        file("over.yaml", "extends: base.yaml\nreport: {title: new, labels: {lr=1.0e-3: slow}}\n");
    assert_ok(load(over, NULL));
    assert_string_equal(first()->report.title, "new");
    assert_true(first()->report.margin == 2);
    assert_int_equal(first()->report.labels.count, 2);
    assert_ok(load(over, "report.title=newest"));
    assert_string_equal(first()->report.title, "newest");
}

/* A command's own variants are not those that the block is about. */
static void variants_from_the_command_line_leave_the_block_alone(void **state) {
    (void)state;
    const char *path =
        file("own.yaml", cc_arena_format(arena, "%s%s", base, "report: {baseline: lr=0.01}\n"));
    assert_ok(load(path, NULL));
    assert_false(cc_config_has_own_variants(config));
    assert_ok(load(path, "matrix=null"));
    assert_true(cc_config_has_own_variants(config));
    assert_error(load(path, "report.baseline=lr=0.2"), CC_ECONFIG, "--set report.baseline=lr=0.2");
}

static const char block[] =
    "report:\n"
    "  title: \"Rates: \\\"slow\\\" & fast\"\n"
    "  caption: What it costs\n"
    "  columns: [recall, iou]\n"
    "  convention: {average: pooled, empty: one}\n"
    "  labels: {lr=0.01: \"fast, bold\"}\n"
    "  baseline: lr=1.0e-3\n"
    "  baselines: [background, roi_threshold]\n"
    "  claims: [{text: Fast wins, a: lr=0.01, b: lr=1.0e-3, score: recall, direction: higher}]\n"
    "  margin: 1.5\n"
    "  published: 3\n";

static void identities_and_run_files_do_not_hold_the_block(void **state) {
    (void)state;
    char *without, *with, *text;
    assert_ok(parse(""));
    assert_ok(cc_config_identity_text(&without, first(), arena));
    assert_ok(parse(block));
    assert_ok(cc_config_identity_text(&with, first(), arena));
    assert_string_equal(with, without);
    assert_ok(cc_config_run_text(&text, first(), arena));
    assert_null(strstr(text, "report"));
    assert_ok(cc_config_differences(&text, first(), first(), arena));
    assert_string_equal(text, "");
}

static void the_block_prints_and_reads_back_to_the_same_text(void **state) {
    (void)state;
    char *once, *twice;
    assert_ok(parse(block));
    assert_ok(cc_config_report_text(&once, first(), arena));
    assert_non_null(strstr(once, "  title: \"Rates: \\\"slow\\\" & fast\"\n"));
    assert_non_null(strstr(once, "  labels:\n    \"lr=0.01\": \"fast, bold\"\n"));
    assert_non_null(strstr(once, "  published: 3\n"));
    assert_ok(parse(once));
    assert_ok(cc_config_report_text(&twice, first(), arena));
    assert_string_equal(once, twice);
    assert_ok(parse(""));
    assert_ok(cc_config_report_text(&once, first(), arena));
    assert_string_equal(
        once, "report:\n  columns: [f1, precision, recall]\n  convention:\n    average: patient_mean\n"
              "    empty: with_truth\n  baselines: []\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(an_unknown_key_is_refused_with_its_line_and_the_nearest),
        CASE(a_claim_says_what_of_whom_and_which_way),
        CASE(variants_that_there_are_not_are_named),
        CASE(a_matrix_cannot_change_the_table_of_its_variants),
        CASE(blocks_of_files_that_extend_each_other_merge),
        CASE(variants_from_the_command_line_leave_the_block_alone),
        CASE(identities_and_run_files_do_not_hold_the_block),
        CASE(the_block_prints_and_reads_back_to_the_same_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
