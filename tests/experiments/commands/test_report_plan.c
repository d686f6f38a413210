/* tests/experiments/commands/test_report_plan.c -- what `calcade run` planned is what `calcade report
 * --strict` wants, and what a config says of its table is what the table is like. */
#include "runs.h"

static void report(outcome *o, const char *results, const char *arguments) {
    char line[4096];
    snprintf(line, sizeof line, "%s report --strict --results %s --out %s %s", CC_PROGRAM, results,
             runs_folder(), arguments);
    runs_shell(o, line);
}

/* runs_config with another learning rate. */
static const char *write_changed(void) {
    static char path[256];
    char text[4096];
    const char *dir = runs_folder();
    snprintf(path, sizeof path, "%s", cc_test_path(dir, "changed.yaml"));
    snprintf(text, sizeof text, "extends: %s\noptimizer: {lr: 1.0e-3}\n", runs_config);
    runs_write(path, text);
    return path;
}

static void a_done_run_is_what_its_config_asks_for(void **state) {
    (void)state;
    outcome o;
    const char *out = runs_folder();
    runs_ok(&o, out, "--set train.epochs=1");
    report(&o, out, "");
    assert_int_equal(o.status, 0);
    runs_ok(&o, out, "");
    report(&o, out, runs_config);
    assert_int_equal(o.status, 0);
    report(&o, out, write_changed());
    assert_failed(&o, 3, "seed-1.h5: is stale");
}

/* What lies beside the runs tells a report that knows no config; a config that it is given stands over
 * that. */
static void a_table_looks_as_its_config_says(void **state) {
    (void)state;
    outcome o;
    char first[256], second[256], text[512], line[4096];
    const char *dir = runs_folder(), *out = runs_folder();
    snprintf(first, sizeof first, "%s", cc_test_path(dir, "first.yaml"));
    snprintf(second, sizeof second, "%s", cc_test_path(dir, "second.yaml"));
    snprintf(text, sizeof text,
             "extends: %s\ntrain: {epochs: 1}\nvariant: null\n"
             "matrix: [{variant: b, seed: 1}, {variant: a, seed: 1}, {variant: a, seed: 2}]\n"
             "report: {title: As planned, labels: {b: The last letter}}\n",
             runs_config);
    runs_write(first, text);
    runs_write(second, "extends: first.yaml\nreport: {title: As changed}\n");
    snprintf(line, sizeof line, "%s run %s --device cpu --out %s", CC_PROGRAM, first, out);
    runs_shell(&o, line);
    assert_int_equal(o.status, 0);
    runs_slurp(text, sizeof text, cc_test_path(out, "test/small/report.yaml"));
    assert_says(text, "variants:\n  - \"b\"\n  - \"a\"\nreport:\n  title: \"As planned\"\n");
    report(&o, out, "");
    assert_int_equal(o.status, 0);
    assert_says(o.out, "As planned");
    assert_true(strstr(o.out, "\n| The last letter |") < strstr(o.out, "\n| a |"));
    report(&o, out, second);
    assert_int_equal(o.status, 0);
    assert_says(o.out, "As changed");
    /* Another title is no other run, and variants of a command's own are no other table. */
    snprintf(line, sizeof line, "%s run %s --device cpu --out %s --set matrix=null --set seed=9", CC_PROGRAM,
             second, out);
    runs_shell(&o, line);
    assert_int_equal(o.status, 0);
    report(&o, out, "");
    assert_says(o.out, "As planned");
}

static int setup(void **state) {
    cc_test_draw_quickly();
    return runs_setup(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_done_run_is_what_its_config_asks_for),
        cmocka_unit_test(a_table_looks_as_its_config_says),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
