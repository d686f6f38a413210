/* What a plan promises: runs that others stand on come first, once; what cannot be is said before a training.
 */
#include "experiments/planning/run_plan.h"
#include "runs.h"

static char place[256];

static int begin(void **state) {
    (void)state;
    snprintf(place, sizeof place, "%s", runs_folder());
    return 0;
}

/* A config beside the others, of the test's small one. */
static const char *config_file(const char *name, const char *text) {
    char whole[2048];
    const char *path = cc_test_path(place, name);
    snprintf(whole, sizeof whole, "{extends: %s, %s}\n", runs_config, text);
    runs_write(path, whole);
    return path;
}

static void chain_files(const char *calcification) {
    char text[512];
    config_file("roi.yaml", "name: t/roi, variant: null, train: {epochs: 1}, "
                            "matrix: [{variant: a, net.width: 4}, {variant: b, net.width: 2}]");
    snprintf(text, sizeof text, "name: t/calc, stage: calcification, upstream: {roi: %s}", calcification);
    config_file("calc.yaml", text);
    config_file("false.yaml", "name: t/false, stage: false_positive, upstream: {roi: \"roi.yaml#a\", "
                              "calcification: calc.yaml, out_of_fold: false}, matrix: {data.fold: [0, 1]}");
}

static void dry_run(outcome *o, const char *arguments) {
    char line[4096];
    snprintf(line, sizeof line, "cd %s && %s run --dry-run --out runs %s", place, CC_PROGRAM, arguments);
    runs_shell(o, line);
}

static int lines_of(const char *text) {
    int lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++) lines++;
    return lines;
}

static void upstream_runs_come_first_and_once(void **state) {
    (void)state;
    outcome o;
    chain_files("roi.yaml#a");
    dry_run(&o, "false.yaml calc.yaml roi.yaml");
    assert_int_equal(o.status, 0);
    assert_int_equal(lines_of(o.out), 1 + 7); /* roi a, b; calc plain and two folds; false two folds */
    const char *a = strstr(o.out, "   1  roi "), *calc = strstr(o.out, "   2  calcification ");
    const char *last = strstr(o.out, "   3  false_positive");
    assert_true(a && calc && last && a < calc && calc < last);
    assert_says(last, "1 2  ");
    assert_says(o.out, "net.width=2");
    assert_int_equal(runs_count(place, "seed-*"), 0);
}

static void an_upstream_calcification_run_takes_the_fold(void **state) {
    (void)state;
    cc_config *config;
    cc_run_plan *plan;
    chain_files("roi.yaml#a");
    assert_ok(cc_config_load(&config, cc_test_path(place, "false.yaml"), NULL, 0, CC_CONFIG_RUNNABLE));
    assert_ok(cc_run_plan_create(&plan, &config, 1, cc_test_path(place, "runs"), &cc_backend_cpu, 1));
    assert_int_equal(cc_run_plan_count(plan), 5);
    for (int i = 0; i < 5; i++) {
        const cc_planned_run *run = cc_run_plan_get(plan, i);
        const cc_planned_run *up = run->upstream[CC_UPSTREAM_CALCIFICATION];
        if (strcmp(run->config->stage, "false_positive") != 0) continue;
        assert_int_equal(up->config->data.fold, run->config->data.fold);
        assert_int_equal(up->upstream[CC_UPSTREAM_ROI]->config->data.fold, CC_FOLD_NONE);
        assert_ptr_equal(up->upstream[CC_UPSTREAM_ROI], cc_run_plan_get(plan, 0));
    }
    cc_run_plan_destroy(plan);
    cc_config_destroy(config);
}

static void identity_of(char out[65], const char *name) {
    cc_config *config;
    cc_run_plan *plan;
    assert_ok(cc_config_load(&config, cc_test_path(place, name), NULL, 0, CC_CONFIG_RUNNABLE));
    assert_ok(cc_run_plan_create(&plan, &config, 1, cc_test_path(place, "runs"), &cc_backend_cpu, 1));
    snprintf(out, 65, "%s", cc_run_plan_get(plan, cc_run_plan_count(plan) - 1)->identity.hex);
    cc_run_plan_destroy(plan);
    cc_config_destroy(config);
}

static void another_upstream_is_another_run(void **state) {
    (void)state;
    char a[65], b[65], again[65];
    chain_files("roi.yaml#a");
    identity_of(a, "false.yaml");
    chain_files("roi.yaml#b");
    identity_of(b, "false.yaml");
    chain_files("roi.yaml#a");
    identity_of(again, "false.yaml");
    assert_string_not_equal(a, b);
    assert_string_equal(a, again);
}

static void what_cannot_stand_upstream_is_one_line(void **state) {
    (void)state;
    outcome o;
    const struct {
        const char *text, *says;
    } cases[] = {
        {"stage: calcification, upstream: {roi: roi.yaml}", "which has several variants: a, b"},
        {"stage: calcification, upstream: {roi: \"roi.yaml#c\"}", "the variant c of "},
        {"stage: calcification, upstream: {roi: calc.yaml}", "whose stage is calcification, not roi"},
        {"stage: false_positive, upstream: {roi: \"roi.yaml#a\", calcification: calc.yaml}, "
         "data: {split: {seed: 2}}",
         "data.split.seed is not that of "},
        {"stage: false_positive, upstream: {roi: \"roi.yaml#a\", calcification: calc.yaml}, "
         "data: {split: {file: x.csv}}",
         "data.split.file is not that of "},
        {"stage: false_positive, upstream: {roi: \"roi.yaml#a\", calcification: calc.yaml}, "
         "data: {split: {train: 1}}",
         "data.split.train is not that of "},
        {"stage: false_positive, upstream: {roi: \"roi.yaml#a\", calcification: calc.yaml}, "
         "data: {skip_broken: true}",
         "data.skip_broken is not that of "},
        {"preprocess: {histogram_matching: true}, upstream: {reference: x.yaml}", "upstream leads back to"},
        {"stage: calcification, upstream: {roi: lost.yaml}", "lost.yaml, which is no file"},
    };
    chain_files("roi.yaml#a");
    config_file("x.yaml", "name: t/x");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text, "name: t/x, %s", cases[i].text);
        config_file("x.yaml", text);
        dry_run(&o, "x.yaml");
        assert_failed(&o, 2, cases[i].says);
    }
}

static void overrides_are_not_for_upstream_configs(void **state) {
    (void)state;
    outcome o;
    chain_files("roi.yaml#a");
    dry_run(&o, "calc.yaml --set train.epochs=2");
    assert_int_equal(o.status, 0);
    dry_run(&o, "calc.yaml roi.yaml --set train.epochs=2");
    assert_failed(&o, 2, "two runs would write");
}

static void a_fault_of_a_later_variant_is_found_before_the_first_trains(void **state) {
    (void)state;
    outcome o;
    config_file("late.yaml", "name: t/late, variant: null, "
                             "matrix: [{variant: a}, {variant: b, preprocess.size: 50}]");
    char line[4096];
    snprintf(line, sizeof line, "cd %s && %s run --out runs late.yaml", place, CC_PROGRAM);
    runs_shell(&o, line);
    assert_failed(&o, 2, "50 is not a multiple of 4");
    assert_int_equal(runs_count(place, "seed-*"), 0);
}

static void a_run_of_two_names_is_trained_once(void **state) {
    (void)state;
    outcome o;
    char line[4096];
    cc_arena *arena = cc_arena_create();
    cc_run copy;
    config_file("one.yaml", "name: t/one, train: {epochs: 1}");
    config_file("two.yaml", "name: t/two, variant: b, train: {epochs: 1}");
    snprintf(line, sizeof line, "cd %s && %s run --out runs one.yaml two.yaml", place, CC_PROGRAM);
    runs_shell(&o, line);
    assert_int_equal(o.status, 0);
    assert_int_equal(runs_count(place, "seed-1.h5"), 2);
    const char *training = strstr(o.err, ": training ");
    assert_non_null(training);
    assert_null(strstr(training + 1, ": training "));
    const char *path = cc_test_path(place, "runs/t/two/b/fold-0/seed-1.h5");
    runs_read(&copy, path, arena);
    assert_string_equal(copy.experiment, "t/two");
    assert_string_equal(copy.variant, "b");
    assert_same_run(cc_test_path(place, "runs/t/one/a/fold-0/seed-1.h5"), path);
    runs_shell(&o, line);
    assert_says(o.err, "all 2 runs are done already");
    cc_arena_destroy(arena);
}

/* Made with two threads before the plan that has one: the run on top is of that file, and stays done. */
static void a_run_stands_on_the_file_that_is_there(void **state) {
    (void)state;
    outcome o;
    char line[4096], first[65];
    cc_run read;
    cc_arena *arena = cc_arena_create();
    config_file("first.yaml", "name: t/first, train: {epochs: 1}");
    config_file("then.yaml", "name: t/then, preprocess: {histogram_matching: true}, "
                             "upstream: {reference: first.yaml}, train: {epochs: 1, plan: timed}");
    snprintf(line, sizeof line,
             "cd %s && %s run --out runs first.yaml --set train.threads=2 && %s run --out runs then.yaml",
             place, CC_PROGRAM, CC_PROGRAM);
    runs_shell(&o, line);
    if (o.status != 0) print_error("%s", o.err);
    assert_int_equal(o.status, 0);
    assert_says(o.err, "first/a/fold-0/seed-1.h5: made with 2 threads, not 1; kept as done");
    runs_read(&read, cc_test_path(place, "runs/t/first/a/fold-0/seed-1.h5"), arena);
    snprintf(first, sizeof first, "%s", read.provenance.identity);
    runs_read(&read, cc_test_path(place, "runs/t/then/a/fold-0/seed-1.h5"), arena);
    assert_string_equal(read.provenance.upstream[CC_UPSTREAM_REFERENCE], first);
    assert_int_equal(read.provenance.threads, 1);
    assert_says(read.provenance.machine,
                "; plan "); /* chosen by the clock: part of what the bytes depend on */
    runs_shell(&o, line);
    assert_says(o.err, "all 2 runs are done already");
    dry_run(&o, "then.yaml");
    assert_says(o.out, "     1        2  done     -  ");
    assert_says(o.out, "     1        1  done     1  ");
    cc_arena_destroy(arena);
}

static void a_failed_run_fails_only_what_needs_it(void **state) {
    (void)state;
    outcome o;
    char line[4096];
    config_file("bad.yaml", "name: t/bad, train: {epochs: 1, batch: 1000}");
    config_file("needs.yaml", "name: t/needs, train: {epochs: 1}, preprocess: {histogram_matching: true}, "
                              "upstream: {reference: bad.yaml}");
    config_file("good.yaml", "name: t/good, train: {epochs: 1}");
    snprintf(line, sizeof line, "cd %s && %s run --out runs needs.yaml good.yaml", place, CC_PROGRAM);
    runs_shell(&o, line);
    assert_failed(&o, 1, "1 of 3 runs failed, 1 left out");
    assert_says(o.err, "do not fill a batch of 1000");
    assert_says(o.err, "needs/a/fold-0/seed-1.h5 is left out");
    assert_int_equal(runs_count(place, "seed-1.h5"), 1);
}

static void jobs_change_no_byte(void **state) {
    (void)state;
    outcome o;
    char line[4096], one[CC_PATH_MAX];
    config_file("first.yaml", "name: t/first, train: {epochs: 2}");
    config_file("then.yaml",
                "name: t/then, variant: null, preprocess: {histogram_matching: true}, "
                "upstream: {reference: first.yaml}, train: {epochs: 2}, matrix: {seed: [1, 2, 3]}");
    for (int jobs = 1; jobs <= 3; jobs += 2) {
        snprintf(line, sizeof line, "cd %s && %s run --out runs%d --jobs %d then.yaml", place, CC_PROGRAM,
                 jobs, jobs);
        runs_shell(&o, line);
        if (o.status != 0) print_error("%s", o.err);
        assert_int_equal(o.status, 0);
        assert_int_equal(lines_of(o.out), 1 + 4);
        assert_says(o.err, "seed 1: 1 of 4 runs done, ");
        assert_says(o.err, "4 of 4 runs done, 0 running, 0 left");
        assert_says(o.err, " left; about 0:");
    }
    for (int seed = 1; seed <= 3; seed++) {
        char name[64];
        snprintf(name, sizeof name, "runs1/t/then/default/fold-0/seed-%d.h5", seed);
        snprintf(one, sizeof one, "%s", cc_test_path(place, name));
        name[4] = '3';
        assert_same_run(one, cc_test_path(place, name));
    }
    runs_shell(&o, line);
    assert_says(o.err, "all 4 runs are done already");
}

static void jobs_fail_only_what_needs_them(void **state) {
    (void)state;
    outcome o;
    char line[4096];
    config_file("bad.yaml", "name: t/bad, train: {epochs: 1, batch: 1000}");
    config_file("needs.yaml", "name: t/needs, train: {epochs: 1}, preprocess: {histogram_matching: true}, "
                              "upstream: {reference: bad.yaml}");
    config_file("good.yaml", "name: t/good, train: {epochs: 1}");
    snprintf(line, sizeof line, "cd %s && %s run --jobs 2 --out runs needs.yaml good.yaml", place,
             CC_PROGRAM);
    runs_shell(&o, line);
    assert_failed(&o, 1, "1 of 3 runs failed, 1 left out");
    assert_says(o.err, "do not fill a batch of 1000");
    assert_int_equal(runs_count(place, "seed-1.h5"), 1);
    snprintf(line, sizeof line, "cd %s && %s run --jobs 2 --out runs good.yaml --set data.root=/lost", place,
             CC_PROGRAM);
    runs_shell(&o, line);
    assert_failed(&o, 1, "/lost");
    snprintf(line, sizeof line, "%s run --jobs 0 %s/good.yaml", CC_PROGRAM, place);
    runs_shell(&o, line);
    assert_failed(&o, 2, "--jobs");
}

/* Their training would take hours. */
static void jobs_stop_on_request(void **state) {
    (void)state;
    outcome o;
    char line[4096];
    config_file("long.yaml", "name: t/long, variant: null, train: {epochs: 100000}, matrix: {seed: [1, 2]}");
    snprintf(line, sizeof line,
             "cd %s && (%s run --jobs 2 --out runs long.yaml & p=$!; "
             "until ls runs/t/long/default/fold-0/seed-1*.checkpoint >&2; do sleep 0.02; done 2>/dev/null; "
             "kill -TERM $p; wait $p)",
             place, CC_PROGRAM);
    runs_shell(&o, line);
    assert_failed(&o, 75, "stopped on request");
    assert_int_equal(runs_count(place, "*.claim"), 0);
    assert_int_equal(runs_count(place, "seed-*.h5"), 0);
}

#define CASE(name) cmocka_unit_test_setup(name, begin)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(upstream_runs_come_first_and_once),
        CASE(an_upstream_calcification_run_takes_the_fold),
        CASE(another_upstream_is_another_run),
        CASE(what_cannot_stand_upstream_is_one_line),
        CASE(overrides_are_not_for_upstream_configs),
        CASE(a_fault_of_a_later_variant_is_found_before_the_first_trains),
        CASE(a_run_of_two_names_is_trained_once),
        CASE(a_run_stands_on_the_file_that_is_there),
        CASE(a_failed_run_fails_only_what_needs_it),
        CASE(jobs_fail_only_what_needs_them),
        CASE(jobs_stop_on_request),
    };
    const struct CMUnitTest optimised[] = {
        CASE(jobs_change_no_byte),
    };
    return cc_test_run_group(tests, optimised, runs_setup, NULL);
}
