/* tests/experiments/config/test_schema.c -- the JSON Schema takes what the program takes and refuses what it
 * refuses, by the verdict of a third party's validator (validate.py: python3-jsonschema, python3-yaml; skips
 * with a line where they are absent). */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "experiments/config/config.h"
#include "experiments/config/config_values.h"
#include "experiments/config/options_lookup.h"
#include "experiments/config/schema.h"
#include "support.h"

static cc_arena *arena;

static int begin(void **state) {
    (void)state;
    arena = cc_arena_create();
    setenv("CALCADE_TEST_SET", "set", 1);
    unsetenv("CALCADE_TEST_UNSET");
    return arena ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    cc_arena_destroy(arena);
    return 0;
}

/* Debian's python3 where it has the modules, else the first of the path; skips where neither has. */
static const char *validator(void) {
    static const char *const pythons[] = {"/usr/bin/python3", "python3"};
    for (size_t i = 0; i < sizeof pythons / sizeof *pythons; i++)
        if (cc_test_run(NULL, 0, "%s -c 'import yaml, jsonschema'", pythons[i]) == 0)
            return cc_arena_format(arena, "%s -W ignore %s", pythons[i],
                                   cc_test_source("tests/experiments/config/validate.py"));
    print_message("skipped: no python3 with jsonschema and yaml here\n");
    skip();
    return NULL;
}

/* The program's schema as a file. */
static const char *schema_file(void) {
    char *text;
    const char *path = cc_test_path(cc_test_folder(), "schema.json");
    assert_ok(cc_schema_print(&text, arena));
    assert_ok(cc_file_write(path, text, strlen(text)));
    return path;
}

/* The configs of this project: not what tables and published numbers are read from. */
static void list_configs(glob_t *out) {
    assert_int_equal(glob(cc_test_source("configs/*/*.yaml"), 0, NULL, out), 0);
    (void)glob(cc_test_source("configs/*/*/*.yaml"), GLOB_APPEND, NULL, out); /* perhaps none */
}

static bool is_config(const char *path) {
    static const char *const others[] = {"report.yaml", "published.yaml", "tables.yaml"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (cc_path_ends_with(path, others[i])) return false;
    return true;
}

static void the_committed_schema_is_that_of_the_table(void **state) {
    (void)state;
    char *want, *got;
    size_t bytes;
    assert_ok(cc_schema_print(&want, arena));
    assert_ok(cc_file_read(&got, &bytes, cc_test_source("configs/schema.json"), 1 << 20, arena));
    if (bytes != strlen(want) || memcmp(got, want, bytes) != 0)
        fail_msg("configs/schema.json is stale: calcade config --schema > configs/schema.json");
}

static void every_config_names_the_schema_and_follows_it(void **state) {
    (void)state;
    static const char modeline[] = "# yaml-language-server: $schema=";
    static char said[1 << 16];
    static char line[1 << 14];
    char *text, folder[CC_PATH_MAX], path[CC_PATH_MAX], real[PATH_MAX], schema[PATH_MAX];
    size_t bytes, configs = 0;
    glob_t found;
    list_configs(&found);
    assert_non_null(realpath(cc_test_source("configs/schema.json"), schema));
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (!is_config(found.gl_pathv[i])) continue;
        assert_ok(cc_file_read(&text, &bytes, found.gl_pathv[i], 1 << 20, arena));
        if (bytes < sizeof modeline || strncmp(text, modeline, strlen(modeline)) != 0)
            fail_msg("%s does not begin with \"%s...\"", found.gl_pathv[i], modeline);
        const char *named = text + strlen(modeline);
        assert_ok(cc_path_folder(folder, found.gl_pathv[i]));
        assert_ok(cc_path_join(path, folder, cc_arena_copy_n(arena, named, strcspn(named, "\n"))));
        assert_non_null(realpath(path, real));
        assert_string_equal(real, schema);
        snprintf(line + strlen(line), sizeof line - strlen(line), " %s", found.gl_pathv[i]);
        configs++;
    }
    globfree(&found);
    assert_true(configs >= 26);
    const char *python = validator();
    assert_int_equal(cc_test_run(said, sizeof said, "%s %s%s", python, schema_file(), line), 0);
    if (strstr(said, "bad ")) fail_msg("%s", strstr(said, "bad "));
}

/* A report of two variants with one claim. */
#define REPORT(claim)                                                                                        \
    "matrix: [{variant: u}, {variant: v, seed: 2}]\nreport: {labels: {u: A}, baseline: v, claims: [" claim   \
    "]}"

/* Whole files, and whether both take them. */
static const struct {
    bool right;
    const char *yaml;
} cases[] = {
    {true, "{}"},
    {true, "name: 2024\nvariant: 7"},
    {true, "data: null\nnet: {arch: null, decoder: ~}"},
    {true, "data: {root: \"${CALCADE_TEST_SET}/a\", fold: 0, split: {seed: 9223372036854775807}}"},
    {true, "data: {root: \"$5/${CALCADE_TEST_UNSET:-a}/b\"}"},
    {true, "extends: null"},
    {true, "extends: base.yaml"},
    {true, "extends: [base.yaml, base.yaml]\nmatrix: null"},
    {true, "matrix: {net.arch: [unet, unet-bn], optimizer.lr: [1.0e-3, 1.0e-4]}"},
    {true, "matrix: {optimizer.lr: {log: [1.0e-5, 0.01]}, net.width: {integer: [4, 64]}, samples: 2}"},
    {true,
     "matrix: {optimizer.lr: {linear: [1, 2]}, seed: [1, 2], samples: 2, search: random, search_seed: 3}"},
    {true, "matrix: {optimizer.lr: [1, 9], net.width: {integer_log: [4, 64]}, samples: 2}"},
    {true, "matrix: {net.arch: [unet, unet-bn], samples: 2, search: null, search_seed: null}"},
    {true, "matrix: {augment: [[], [hflip]], net: [{arch: unet}, null]}"},
    {true, "matrix: [{variant: a, net: {arch: unet}}, {variant: b, loss.type: bce}]"},
    {true, "loss: {type: sum, terms: [{type: bce, weight: 0.5}, {type: sum, terms: [{type: dice}]}]}"},
    {true,
     "net: {arch: unet-encoder, encoder: resnet-34, decoder: {upsample: transpose, channels: [8, 8, 8, 8]}}"},
    {true, "train: {early_stopping: {monitor: validation.loss, mode: min, patience: null}, ema: 0.99}"},
    {true, "augment: [hflip, rotate1, rotate99, rotate359]\npreprocess: {window_hu: [-200, 800.5]}"},
    {true, REPORT("{text: It helps, a: u, b: v, score: f1, direction: higher}")},
    {true, REPORT("{text: 5, a: v, score: precision, direction: lower, b: null}")},
    {true, "report: {columns: [f1], convention: {average: pooled}, baselines: [background], margin: 2}"},
    /* another kind of value */
    {false, "[1, 2]"},
    {false, "text"},
    {false, "seed: one"},
    {false, "seed: \"1\""},
    {false, "seed: 1.5"},
    {false, "stage: 3"},
    {false, "net: unet"},
    {false, "net: [unet]"},
    {false, "augment: hflip"},
    {false, "preprocess: {histogram_matching: 1}"},
    {false, "optimizer: {lr: fast}"},
    {false, "data: {root: [a]}"},
    {false, "data: {root: \"\"}"},
    {false, "data: {root: \"${CALCADE_TEST_SET\"}"},
    {false, "data: {root: \"${5}\"}"},
    {false, "extends: {a: 1}"},
    {false, "extends: []"},
    {false, "extends: [null]"},
    /* no such key */
    {false, "sede: 1"},
    {false, "net: {archh: unet}"},
    {false, "net.arch: unet"},
    {false, "loss: {weight: 1}"},
    {false, "loss: {type: sum, terms: [{typ: bce}]}"},
    {false, "matrix: {net.archh: [unet]}"},
    {false, "matrix: {extends: [base.yaml]}"},
    {false, "matrix: [{variant: a, net.archh: unet}]"},
    /* out of range, or no choice */
    {false, "seed: -1"},
    {false, "data: {folds: 1}"},
    {false, "data: {folds: 101}"},
    {false, "optimizer: {lr: 0}"},
    {false, "train: {ema: 1}"},
    {false, "net: {arch: u-net}"},
    {false, "variant: a/b"},
    {false, "name: ../a"},
    {false, "augment: [hflip, hflip]"},
    {false, "augment: [rotate0]"},
    {false, "augment: [rotate360]"},
    {false, "preprocess: {window_hu: [1]}"},
    {false, "loss: {type: sum, terms: []}"},
    {false, "loss: {type: sum, terms: [null]}"},
    {false, "report: {columns: []}"},
    {false, "report: {columns: [f2]}"},
    {false, "report: {margin: 0}"},
    {false, "report: {titel: A}"},
    {false, "report: {title: [A]}"},
    {false, "report: {labels: [A]}"},
    {false, "report: {labels: {a/b: A}}"},
    {false, "report: {labels: {default: [A]}}"},
    {false, REPORT("{text: It helps, a: u, score: f1}")},
    {false, REPORT("{text: It helps, a: u, score: f2, direction: higher}")},
    {false, REPORT("{text: It helps, a: u, score: f1, direction: up}")},
    {false, REPORT("{text: It helps, a: u, c: v, score: f1, direction: higher}")},
    /* no matrix */
    {false, "matrix: {report: [null]}"},
    {false, "matrix: {report.title: [A]}"},
    {false, "matrix: {}"},
    {false, "matrix: []"},
    {false, "matrix: 3"},
    {false, "matrix: [3]"},
    {false, "matrix: {net.arch: unet}"},
    {false, "matrix: {net.arch: []}"},
    {false, "matrix: {optimizer.lr: [1.0e-3, 0]}"},
    {false, "matrix: {optimizer.lr: {log: [1.0e-5, 0.01]}}"},
    {false, "matrix: {optimizer.lr: {lgo: [1.0e-5, 0.01]}, samples: 2}"},
    {false, "matrix: {optimizer.lr: {log: [1, 2], linear: [1, 2]}, samples: 2}"},
    {false, "matrix: {optimizer.lr: {log: [1, 2, 3]}, samples: 2}"},
    {false, "matrix: {optimizer.lr: {log: [0, 1]}, samples: 2}"},
    {false, "matrix: {optimizer.weight_decay: {log: [0, 1]}, samples: 2}"},
    {false, "matrix: {net.width: {linear: [4, 64]}, samples: 2}"},
    {false, "matrix: {optimizer.lr: {integer: [1, 9]}, samples: 2}"},
    {false, "matrix: {net.width: {integer: [0, 64]}, samples: 2}"},
    {false, "matrix: {net.width: {integer: [4.5, 64]}, samples: 2}"},
    {false, "matrix: {net.arch: {integer: [4, 64]}, samples: 2}"},
    {false, "matrix: {net: {integer: [4, 64]}, samples: 2}"},
    {false, "matrix: {seed: {integer: [4, 64]}, net.width: [4, 8], samples: 2}"},
    {false, "matrix: {net.width: {integer: [4, 64]}, samples: 0}"},
    {false, "matrix: {net.width: {integer: [4, 64]}, samples: null}"},
    {false, "matrix: {net.width: {integer: [4, 64]}, samples: 2, search: halton}"},
    {false, "matrix: {net.width: {integer: [4, 64]}, samples: 2, search_seed: -1}"},
    {false, "matrix: {samples: 2}"},
    {false, "matrix: {net.arch: [unet, unet-bn], search: random}"},
};
enum { CASES = sizeof cases / sizeof *cases };

static void program_and_validator_agree_on_whole_files(void **state) {
    (void)state;
    static char said[1 << 16];
    const char *python = validator(), *folder = cc_arena_copy(arena, cc_test_folder());
    char line[CASES * 16 + 64] = "";
    assert_ok(cc_file_write(cc_test_path(folder, "base.yaml"), "seed: 2\n", 8));
    for (int i = 0; i < CASES; i++) {
        cc_config *config = NULL;
        char name[16];
        snprintf(name, sizeof name, "c%d.yaml", i);
        const char *path = cc_test_path(folder, name);
        assert_ok(cc_file_write(path, cases[i].yaml, strlen(cases[i].yaml)));
        cc_status status = cc_config_load(&config, path, NULL, 0, 0);
        cc_config_destroy(config);
        if (status != (cases[i].right ? CC_OK : CC_ECONFIG))
            fail_msg("the program %s: %s\n%s", status == CC_OK ? "takes" : "refuses", cases[i].yaml,
                     status == CC_OK ? "" : cc_error_get()->what);
        snprintf(line + strlen(line), sizeof line - strlen(line), " %s", name);
    }
    const char *schema = cc_arena_copy(arena, schema_file());
    assert_int_equal(cc_test_run(said, sizeof said, "cd %s && %s %s%s", folder, python, schema, line), 0);
    const char *verdict = said;
    for (int i = 0; i < CASES; i++, verdict = strchr(verdict, '\n') + 1) {
        assert_true(strncmp(verdict, "ok ", 3) == 0 || strncmp(verdict, "bad ", 4) == 0);
        if ((verdict[0] == 'o') != cases[i].right)
            fail_msg("the schema %s: %s\n%.300s", verdict[0] == 'o' ? "takes" : "refuses", cases[i].yaml,
                     verdict);
    }
}

/* Values of one option, and what the program says of each. */
typedef struct values {
    FILE *asked; /* "KEY<TAB>YAML" lines */
    char texts[16384][64];
    bool taken[16384];
    const char *keys[16384];
    int count;
} values;

/* Whether any row of a key takes a value. */
static bool is_taken(const char *key, const char *text) {
    static cc_experiment_config scratch;
    cc_yaml *node;
    assert_ok(cc_yaml_parse(&node, text, strlen(text), "test", arena));
    for (int i = cc_option_find(key); i < cc_option_count(); i++) {
        const cc_option *o = cc_option_get(i);
        if (strcmp(o->key, key) != 0) continue;
        cc_status status = cc_config_read_value(&scratch, o, key, node, arena);
        if (status == CC_OK) return true;
        assert_int_equal(status, CC_ECONFIG);
        /* A path of the right form: which files there are is no matter of a schema. */
        if (strstr(cc_error_get()->what, "is no file")) return true;
    }
    return false;
}

__attribute__((format(printf, 3, 4))) static void ask(values *v, const char *key, const char *format, ...) {
    va_list args;
    assert_true(v->count < 16384);
    va_start(args, format);
    vsnprintf(v->texts[v->count], sizeof v->texts[0], format, args);
    va_end(args);
    v->keys[v->count] = key;
    v->taken[v->count] = is_taken(key, v->texts[v->count]);
    fprintf(v->asked, "%s\t%s\n", key, v->texts[v->count++]);
}

/* Kinds of values, and the edges of the row's range, number of items and choices. */
static void ask_all(values *v, const cc_option *o) {
    static const char *const kinds[] = {"true",
                                        "0",
                                        "1",
                                        "-1",
                                        "1.5",
                                        "-0.25",
                                        "\"1\"",
                                        "word",
                                        "a b",
                                        "-a",
                                        ".a",
                                        "a/b",
                                        "/a/b",
                                        "\"\"",
                                        "[]",
                                        "[1]",
                                        "[0.5]",
                                        "{}",
                                        "{a: 1}",
                                        "[a]",
                                        "[hflip]",
                                        "[hflip, vflip]",
                                        "[hflip, hflip]",
                                        "[rotate07]",
                                        "[rotate360]",
                                        "[[1]]",
                                        "\"${CALCADE_TEST_SET}\"",
                                        "\"${CALCADE_TEST_UNSET:-a}\"",
                                        "\"${CALCADE_TEST_SET\"",
                                        "\"${}\"",
                                        "\"a$b\"",
                                        "[null]"};
    char low[32], high[32];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) ask(v, o->key, "%s", kinds[i]);
    for (int i = 0; o->choices[i]; i++) {
        ask(v, o->key, "%s", o->choices[i]);
        ask(v, o->key, "%sx", o->choices[i]);
    }
    for (int beyond = -1; beyond <= 1; beyond++) {
        cc_option_format_real(low, o->min + beyond);
        cc_option_format_real(high, o->max + beyond);
        ask(v, o->key, "%s", low);
        ask(v, o->key, "%s", high);
        ask(v, o->key, "[%s, %s]", low, high);
        /* As many items as the bound says, one less and one more. */
        for (int bound = 0; bound < 2; bound++) {
            char list[64] = "[";
            int items = (bound ? o->most : o->least) + beyond;
            for (int i = 0; i < items && items < 20; i++)
                snprintf(list + strlen(list), sizeof list - strlen(list), "%s%d", i ? ", " : "", i + 1);
            ask(v, o->key, "%s]", list);
        }
    }
}

/* Whether a kind is made of maps: the whole files above have those. */
static bool is_of_parts(cc_option_kind kind) {
    return kind == CC_OPTION_LOSSES || kind == CC_OPTION_LABELS || kind == CC_OPTION_CLAIMS;
}

static void program_and_validator_agree_on_every_options_values(void **state) {
    (void)state;
    static values v;
    static char said[1 << 16];
    const char *python = validator(), *path = cc_arena_copy(arena, cc_test_path(cc_test_folder(), "values"));
    v.asked = fopen(path, "w");
    assert_non_null(v.asked);
    for (int i = 0; i < cc_option_count(); i++)
        if (!is_of_parts(cc_option_get(i)->kind)) ask_all(&v, cc_option_get(i));
    assert_int_equal(fclose(v.asked), 0);
    assert_int_equal(cc_test_run(said, sizeof said, "%s %s --values <%s", python, schema_file(), path), 0);
    const char *verdict = said;
    int taken = 0;
    for (int i = 0; i < v.count; i++, verdict = strchr(verdict, '\n') + 1) {
        assert_true(strncmp(verdict, "ok\n", 3) == 0 || strncmp(verdict, "bad\n", 4) == 0);
        if ((verdict[0] == 'o') != v.taken[i])
            fail_msg("%s: %s: the program %s it, the schema does not", v.keys[i], v.texts[i],
                     v.taken[i] ? "takes" : "refuses");
        taken += v.taken[i];
    }
    assert_true(taken > 3 * cc_option_count() && v.count - taken > taken);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(the_committed_schema_is_that_of_the_table),
        CASE(every_config_names_the_schema_and_follows_it),
        CASE(program_and_validator_agree_on_whole_files),
        CASE(program_and_validator_agree_on_every_options_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
