/* tests/experiments/config/test_configs.c -- what configs/ promises: every file resolves, and stands on files
 * that do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "experiments/planning/upstream.h"
#include "support.h"

static const char *const names[] = {"table1-roi",           "roi",          "table2-matching",
                                    "table3-encoders",      "table4-folds", "table5-cascade",
                                    "table6-false-positive"};

static cc_upstream_files *files;
static cc_arena *arena;

static int begin(void **state) {
    (void)state;
    setenv("CTHEART_ROOT", "/data/ctheart", 1);
    setenv("ORCASCORE_ROOT", "/data/orcascore", 1);
    arena = cc_arena_create();
    return cc_upstream_files_create(&files, CC_CONFIG_RUNNABLE) == CC_OK && arena ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    cc_upstream_files_destroy(files);
    cc_arena_destroy(arena);
    return 0;
}

static cc_config *load(const char *folder, const char *name) {
    cc_config *config;
    char path[256];
    snprintf(path, sizeof path, "configs/%s/%s.yaml", folder, name);
    assert_ok(cc_config_load(&config, cc_test_source(path), NULL, 0, CC_CONFIG_RUNNABLE));
    return config;
}

/* All that a config stands on is there, and of its own kind: a twin never stands on a run of full size. */
static void follow(const cc_experiment_config *config, const char *folder) {
    char prefix[16];
    snprintf(prefix, sizeof prefix, "%s/", folder);
    assert_int_equal(strncmp(config->name, prefix, strlen(prefix)), 0);
    for (int kind = 0; kind < CC_UPSTREAMS; kind++) {
        const cc_experiment_config *up;
        assert_ok(cc_upstream_find(&up, files, (cc_upstream)kind, config));
        if (up) follow(up, folder);
    }
}

static void every_config_resolves_with_all_it_stands_on(void **state) {
    (void)state;
    const char *const folders[] = {"paper", "twin"};
    for (size_t f = 0; f < 2; f++)
        for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
            cc_config *config = load(folders[f], names[n]);
            for (int i = 0; i < cc_config_count(config); i++) follow(cc_config_get(config, i), folders[f]);
            cc_config_destroy(config);
        }
}

/* Those of rivals stand on runs of the paper, and of each other; their twins on twins. */
static void rivals_resolve_with_all_they_stand_on(void **state) {
    (void)state;
    static const char *const rivals[] = {"nnunet",
                                         "nnunet-3d",
                                         "gogin",
                                         "dense-ra-unet",
                                         "nnunet-ensemble",
                                         "gogin-vote",
                                         "future-calcification",
                                         "future-false-positive"};
    for (size_t n = 0; n < sizeof rivals / sizeof *rivals; n++) {
        cc_config *full = load("rivals", rivals[n]), *twin = load("twin/rivals", rivals[n]);
        assert_int_equal(cc_config_count(full), cc_config_count(twin));
        for (int i = 0; i < cc_config_count(full); i++) {
            const cc_experiment_config *a = cc_config_get(full, i), *b = cc_config_get(twin, i);
            assert_string_equal(a->variant, b->variant);
            assert_string_equal(a->stage, b->stage);
            for (int kind = 0; kind < CC_UPSTREAMS; kind++) {
                const cc_experiment_config *up, *up_of_twin;
                assert_ok(cc_upstream_find(&up, files, (cc_upstream)kind, a));
                assert_ok(cc_upstream_find(&up_of_twin, files, (cc_upstream)kind, b));
                if (up) follow(up, "paper");
                if (up_of_twin) follow(up_of_twin, "twin");
            }
        }
        cc_config_destroy(full);
        cc_config_destroy(twin);
    }
}

/* base*.yaml of the twins are pieces that the others extend: they print with these, not alone. Files of
 * tables are of the report (tests/report/test_spec.c). */
static void every_file_prints(void **state) {
    (void)state;
    char line[512];
    snprintf(line, sizeof line,
             "for f in %s/*/*.yaml %s/twin/rivals/*.yaml; do case $f in "
             "*/twin*/base*|*/report.yaml|*tables.yaml|*published.yaml) "
             "continue;; esac; " CC_PROGRAM " config $f >/dev/null || { echo $f; exit 1; }; done",
             cc_test_source("configs"), cc_test_source("configs"));
    assert_int_equal(cc_test_run(NULL, 0, "%s", line), 0);
}

static void paper_and_twin_have_the_same_variants(void **state) {
    (void)state;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        cc_config *paper = load("paper", names[n]), *twin = load("twin", names[n]);
        assert_int_equal(cc_config_count(paper), cc_config_count(twin));
        for (int i = 0; i < cc_config_count(paper); i++) {
            assert_string_equal(cc_config_get(paper, i)->variant, cc_config_get(twin, i)->variant);
            assert_string_equal(cc_config_get(paper, i)->stage, cc_config_get(twin, i)->stage);
        }
        cc_config_destroy(paper);
        cc_config_destroy(twin);
    }
}

static void table_2_differs_in_the_matching_only(void **state) {
    (void)state;
    char *text;
    cc_config *config = load("paper", "table2-matching");
    assert_ok(cc_config_differences(&text, cc_config_get(config, 1), cc_config_get(config, 0), arena));
    assert_string_equal(text, "preprocess.histogram_matching=true");
    cc_config_destroy(config);
}

/* A shell line of the program, with phantoms in the place of the studies' data. */
static void run_studies(char *output, size_t capacity, const char *data, const char *arguments) {
    const int status = cc_test_run(output, capacity, "cd %s && export CALCADE_STUDIES=%s && %s %s",
                                   cc_test_source("."), data, CC_PROGRAM, arguments);
    if (status) print_error("calcade %s:\n%s", arguments, output);
    assert_int_equal(status, 0);
}

static int count_of(const char *text, const char *part) {
    int count = 0;
    for (; (text = strstr(text, part)); text++) count++;
    return count;
}

/* The commands of configs/studies/README.md, on smaller phantoms, as far as nothing is trained. */
static void the_studies_plan_and_their_published_tables_agree(void **state) {
    (void)state;
    static char output[1 << 16];
    char data[256];
    snprintf(data, sizeof data, "%s", cc_test_folder());
    assert_int_equal(
        cc_test_run(NULL, 0, "%s phantom %s/hearts --patients 24 --size 64 --slices 2", CC_PROGRAM, data), 0);
    assert_int_equal(cc_test_run(NULL, 0,
                                 "%s phantom %s/scans --layout orcascore --patients 5 --size 64 --slices 2",
                                 CC_PROGRAM, data),
                     0);
    run_studies(output, sizeof output, data, "run --dry-run configs/studies/ablation.yaml");
    assert_int_equal(count_of(output, "to do"), 12);
    run_studies(output, sizeof output, data, "run --dry-run configs/studies/search.yaml");
    assert_int_equal(count_of(output, "to do"), 8);
    run_studies(output, sizeof output, data, "run --dry-run configs/studies/cross-validation.yaml");
    assert_int_equal(count_of(output, "to do"), 18);
    run_studies(output, sizeof output, data, "run --dry-run configs/studies/volumes.yaml");
    assert_int_equal(count_of(output, "to do"), 2);
    run_studies(output, sizeof output, data,
                "run --dry-run configs/studies/coca.yaml --set data.source=orcascore --set "
                "data.root=$CALCADE_STUDIES/scans");
    assert_int_equal(count_of(output, "to do"), 2);
    run_studies(output, sizeof output, data, "audit configs/studies/coca-published.yaml");
    assert_non_null(strstr(output, "4 tables, 20 rows; 0 findings"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(every_config_resolves_with_all_it_stands_on),
        CASE(rivals_resolve_with_all_they_stand_on),
        CASE(every_file_prints),
        CASE(paper_and_twin_have_the_same_variants),
        CASE(table_2_differs_in_the_matching_only),
        CASE(the_studies_plan_and_their_published_tables_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
