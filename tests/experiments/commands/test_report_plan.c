/* tests/experiments/commands/test_report_plan.c -- what `calcade run` planned is what `calcade report
 * --strict` wants. */
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
    assert_failed(&o, 1, "seed-1.h5: is stale");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_done_run_is_what_its_config_asks_for),
    };
    return cmocka_run_group_tests(tests, runs_setup, NULL);
}
