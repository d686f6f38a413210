/* tests/report/test_differences.c -- what rows differ in: the options of their configs, but for names, for
 * what varies within a row, and for what follows from another option. */
#include "support.h"
#include <string.h>
#include "report/tables/differences.h"

enum { ROWS = 3, RUNS = 3 };

/* A table of rows of runs with these configs; NULL: no run. */
typedef struct made {
    cc_table table;
    cc_table_row rows[ROWS];
    cc_report_run runs[ROWS][RUNS];
    const cc_report_run *of_row[ROWS][RUNS];
    cc_arena *arena;
    cc_differences found;
} made;

static const cc_spec_row row_of_runs = {.source = CC_SOURCE_RUNS, .label = "row"};

static void find(made *m, const char *configs[ROWS][RUNS]) {
    *m = (made){.arena = cc_arena_create(), .table = {.row_count = ROWS}};
    m->table.rows = m->rows;
    for (int r = 0; r < ROWS; r++) {
        m->rows[r].spec = &row_of_runs;
        m->rows[r].runs = m->of_row[r];
        for (int i = 0; i < RUNS && configs[r][i]; i++) {
            m->runs[r][i] = (cc_report_run){.path = "run.h5", .config = configs[r][i]};
            m->of_row[r][m->rows[r].run_count++] = &m->runs[r][i];
        }
    }
    assert_ok(cc_differences_find(&m->found, &m->table, m->arena));
}

/* "KEY: VALUE, VALUE, VALUE" for each key, "-" where there is none. */
static void assert_found(made *m, const char *want) {
    char got[1024] = "";
    const cc_differences *d = &m->found;
    for (size_t k = 0; k < d->key_count; k++) {
        strcat(strcat(got, d->keys[k]), ":");
        for (int r = 0; r < ROWS; r++) {
            const char *value = d->values[(size_t)r * d->key_count + k];
            strcat(strcat(got, " "), value ? value : "-");
        }
        strcat(got, "\n");
    }
    assert_string_equal(got, want);
    cc_arena_destroy(m->arena);
}

static void options_are_listed_in_the_order_of_the_configs(void **state) {
    (void)state;
    made m;
    find(&m, (const char *[ROWS][RUNS]){
                 {"net:\n  arch: unet\n  width: 32\noptimizer:\n  lr: 0.001\naugment: [hflip]\n"},
                 {"net:\n  arch: unet-bn\n  width: 32\noptimizer:\n  lr: 0.001\naugment: [hflip, rotate]\n"},
                 {"net:\n  arch: unet\n  width: 32\noptimizer:\n  lr: 0.01\naugment: [hflip]\n"}});
    assert_found(&m, "net.arch: unet unet-bn unet\noptimizer.lr: 0.001 0.001 0.01\n"
                     "augment: [hflip] [hflip, rotate] [hflip]\n");
}

static void names_and_folds_are_no_difference(void **state) {
    (void)state;
    made m;
    find(&m, (const char *[ROWS][RUNS]){
                 {"name: a\nvariant: x\nseed: 1\ndata:\n  fold: 1\n  folds: 4\nreport:\n  title: A\n"},
                 {"name: b\nvariant: y\nseed: 2\ndata:\n  fold: 2\n  folds: 4\nreport:\n  title: B\n"},
                 {"name: c\nvariant: z\nseed: 3\ndata:\n  fold: null\n  folds: 4\nreport:\n  title: C\n"}});
    assert_found(&m, "");
}

/* Seed and fold may differ within a row; another option that does is left out, though rows differ in it
 * too. */
static void an_option_that_varies_within_a_row_is_left_out(void **state) {
    (void)state;
    made m;
    find(&m, (const char *[ROWS][RUNS]){
                 {"seed: 1\nlr: 1\ndata:\n  fold: 1\n  split:\n    seed: 1\n",
                  "seed: 2\nlr: 1\ndata:\n  fold: 2\n  split:\n    seed: 7\n",
                  "seed: 3\nlr: 1\ndata:\n  fold: 1\n  split:\n    seed: 1\n  extra: 1\n"},
                 {"seed: 1\nlr: 2\ndata:\n  fold: 1\n  split:\n    seed: 2\n  extra: 2\n"},
                 {"seed: 1\nlr: 3\ndata:\n  fold: 1\n  split:\n    seed: 3\n  extra: 3\n"}});
    assert_found(&m, "lr: 1 2 3\n");
}

/* A loss has options of its own: they are there because of loss.type, which is listed. Where two rows
 * differ in one, it is a choice. */
static void an_option_that_follows_from_another_is_left_out(void **state) {
    (void)state;
    made m;
    find(&m, (const char *[ROWS][RUNS]){{"loss:\n  type: bce\n"},
                                        {"loss:\n  type: focal\n  alpha: 0.25\n  gamma: 2\n"},
                                        {"loss:\n  type: focal\n  alpha: 0.75\n  gamma: 2\n"}});
    assert_found(&m, "loss.type: bce focal focal\nloss.alpha: - 0.25 0.75\n");
}

static void a_list_of_maps_is_one_value(void **state) {
    (void)state;
    made m;
    find(&m, (const char *[ROWS][RUNS]){
                 {"loss:\n  terms: [{type: bce, weight: 0.5}, {type: dice, weight: 0.5}]\n"},
                 {"loss:\n  terms:\n  - {type: bce, weight: 0.5}\n  - type: dice\n    weight: 0.5\n"},
                 {"loss:\n  terms: [{type: bce, weight: 1}]\n"}});
    assert_found(&m, "loss.terms: [{type: bce, weight: 0.5}, {type: dice, weight: 0.5}] "
                     "[{type: bce, weight: 0.5}, {type: dice, weight: 0.5}] [{type: bce, weight: 1}]\n");
}

static void a_row_without_a_run_or_with_a_damaged_config_has_no_values(void **state) {
    (void)state;
    made m;
    find(&m, (const char *[ROWS][RUNS]){{"lr: 1\n"}, {NULL}, {"lr: 2\n"}});
    assert_found(&m, "lr: 1 - 2\n");
    find(&m, (const char *[ROWS][RUNS]){{"lr: 1\n"}, {"lr: [\n"}, {"lr: 2\n"}});
    assert_found(&m, "lr: 1 - 2\n");
    find(&m, (const char *[ROWS][RUNS]){{""}, {""}, {""}});
    assert_found(&m, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_listed_in_the_order_of_the_configs),
        cmocka_unit_test(names_and_folds_are_no_difference),
        cmocka_unit_test(an_option_that_varies_within_a_row_is_left_out),
        cmocka_unit_test(an_option_that_follows_from_another_is_left_out),
        cmocka_unit_test(a_list_of_maps_is_one_value),
        cmocka_unit_test(a_row_without_a_run_or_with_a_damaged_config_has_no_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
