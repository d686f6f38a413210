/* tests/experiments/config/test_config_stages.c -- options of the stages: which mean something where, their
 * defaults, and the runs that a stage stands on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "experiments/config/config.h"
#include "support.h"

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
    char parent[CC_PATH_MAX];
    const char *path = cc_test_path(folder, name);
    assert_ok(cc_path_folder(parent, path));
    assert_ok(cc_folder_make(parent));
    assert_ok(cc_file_write(path, text, strlen(text)));
    return path;
}

static cc_status load(const char *path, unsigned flags, const char *set) {
    cc_config_destroy(config);
    config = NULL;
    return cc_config_load(&config, path, &set, set ? 1 : 0, flags);
}

static cc_status parse(const char *text, unsigned flags) {
    cc_config_destroy(config);
    config = NULL;
    return cc_config_parse_text(&config, text, strlen(text), "t.yaml", NULL, flags);
}

static const cc_experiment_config *first(void) {
    return cc_config_get(config, 0);
}

static void each_stage_has_the_papers_defaults(void **state) {
    (void)state;
    assert_ok(parse("stage: false_positive\n", 0));
    assert_true(first()->preprocess.roi.unite && !first()->preprocess.histogram_matching);
    assert_int_equal(first()->preprocess.roi.opening, 7);
    assert_int_equal(first()->preprocess.roi.margin, 0);
    assert_string_equal(first()->preprocess.roi.mode, "blank");
    assert_int_equal(first()->windows.size, 96);
    assert_string_equal(first()->windows.output, "replace");
    assert_int_equal(first()->windows.augment_negative.count, 15);
    assert_string_equal(first()->windows.augment_negative.items[14], "rotate70");
    assert_ok(parse("stage: roi\n", 0));
    assert_null(first()->preprocess.roi.mode);
}

/* A config of one's own learns out of fold; the paper's way is stated, and a result that is older than
 * the option was made in it. */
static void stage_3_learns_out_of_fold_unless_a_config_or_an_older_result_says_otherwise(void **state) {
    (void)state;
    char *with, *without, *text;
    assert_ok(parse("stage: false_positive\n", 0));
    assert_true(first()->upstream.out_of_fold);
    assert_int_equal(first()->upstream.inner_folds, 4);
    assert_ok(cc_config_identity_text(&with, first(), arena));
    assert_ok(cc_config_print(&text, first(), arena));
    assert_ok(parse(text, CC_CONFIG_STORED));
    assert_true(first()->upstream.out_of_fold);
    assert_ok(parse("{stage: false_positive, upstream: {out_of_fold: false}}", 0));
    assert_false(first()->upstream.out_of_fold);
    assert_ok(cc_config_identity_text(&without, first(), arena));
    assert_non_null(strstr(with, "upstream:\n  out_of_fold: true\n  inner_folds: 4\n"));
    assert_null(strstr(without, "out_of_fold"));
    assert_null(strstr(without, "inner_folds"));
    assert_ok(parse("stage: false_positive\n", CC_CONFIG_STORED));
    assert_false(first()->upstream.out_of_fold);
    assert_error(parse("{stage: calcification, upstream: {out_of_fold: true}}", 0), CC_ECONFIG,
                 "upstream.out_of_fold means nothing where stage is calcification");
    assert_error(parse("{data: {split: {inner_folds: 3}}}", 0), CC_ECONFIG, "is no fold of");
    assert_error(parse("{data: {split: {inner_folds: 3, inner_fold: 3}}}", 0), CC_ECONFIG, "is no fold of");
}

static void an_option_of_another_stage_is_refused(void **state) {
    (void)state;
    assert_error(parse("preprocess: {roi: {opening: 3}}\n", 0), CC_ECONFIG,
                 "preprocess.roi.opening means nothing where stage is roi");
    assert_error(parse("{stage: calcification, windows: {size: 64}}", 0), CC_ECONFIG,
                 "windows.size means nothing where stage is calcification");
    assert_error(parse("{stage: calcification, preprocess: {roi: {mode: none, union: false}}}", 0),
                 CC_ECONFIG, "preprocess.roi.union means nothing where preprocess.roi.mode is none");
    assert_error(parse("{stage: cascade, train: {epochs: 3}}", 0), CC_ECONFIG,
                 "train.epochs means nothing where stage is cascade");
    assert_error(parse("{stage: cascade, net: {width: 8}}", 0), CC_ECONFIG,
                 "net.width means nothing where stage is cascade");
    assert_error(parse("{stage: roi, upstream: {reference: /x.yaml}}", 0), CC_ECONFIG,
                 "upstream.reference means nothing where preprocess.histogram_matching is false");
    assert_error(parse("{stage: calcification, preprocess: {roi: {mode: crop}}}", 0), CC_ECONFIG,
                 "preprocess.roi.crop is missing");
    assert_error(parse("{preprocess: {histogram_matching: 1}}", 0), CC_ECONFIG, "true or false, not \"1\"");
}

static void a_run_asks_for_the_runs_that_it_stands_on(void **state) {
    (void)state;
    const struct {
        const char *text, *wants;
    } cases[] = {
        {"stage: calcification", "upstream.roi is missing"},
        {"stage: calcification, preprocess: {roi: {mode: none}}", NULL},
        {"stage: roi, preprocess: {histogram_matching: true}", "upstream.reference is missing"},
        {"stage: false_positive, preprocess: {roi: {mode: none}}", "upstream.calcification is missing"},
        {"stage: cascade, preprocess: {roi: {mode: none}}", "upstream.calcification is missing"},
        {"stage: cascade, preprocess: {roi: {mode: none}}, upstream: {calcification: /c.yaml}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text, "{data: {root: /d}, %s}", cases[i].text);
        cc_status status = parse(text, CC_CONFIG_RUNNABLE);
        if (cases[i].wants)
            assert_error(status, CC_ECONFIG, cases[i].wants);
        else
            assert_ok(status);
    }
}

static void an_upstream_path_counts_from_the_file_that_gives_it(void **state) {
    (void)state;
    char *text, *again, *real = realpath(file("base/roi.yaml", "{}"), NULL), wants[CC_PATH_MAX];
    file("base/calcification.yaml", "stage: calcification\nupstream: {roi: roi.yaml#modified}\n");
    assert_ok(load(file("paper/t.yaml", "extends: ../base/calcification.yaml\n"), 0, NULL));
    snprintf(wants, sizeof wants, "%s#modified", real);
    free(real);
    assert_string_equal(first()->upstream.roi, wants);
    assert_ok(cc_config_print(&text, first(), arena));
    assert_non_null(strstr(text, wants));
    assert_ok(parse(text, 0));
    assert_ok(cc_config_print(&again, first(), arena));
    assert_string_equal(text, again);
    assert_ok(cc_config_identity_text(&text, first(), arena));
    assert_null(strstr(text, "upstream"));
}

static void a_wrong_upstream_path_is_named_with_its_line(void **state) {
    (void)state;
    const char *path = file("t.yaml", "stage: calcification\nupstream: {roi: lost.yaml}\n");
    assert_error(load(path, 0, NULL), CC_ECONFIG, "lost.yaml, which is no file");
    assert_non_null(strstr(cc_error_get()->where, "t.yaml:2"));
    assert_error(load(path, 0, "upstream.roi=t.yaml#a/b"), CC_ECONFIG, "FILE or FILE#VARIANT");
    assert_error(load(path, 0, "upstream.roi=#a"), CC_ECONFIG, "upstream.roi");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(each_stage_has_the_papers_defaults),
        CASE(stage_3_learns_out_of_fold_unless_a_config_or_an_older_result_says_otherwise),
        CASE(an_option_of_another_stage_is_refused),
        CASE(a_run_asks_for_the_runs_that_it_stands_on),
        CASE(an_upstream_path_counts_from_the_file_that_gives_it),
        CASE(a_wrong_upstream_path_is_named_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
