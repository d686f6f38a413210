/* tests/experiments/commands/test_sweep.c -- a plan in a file: each of its runs made by a process of its own
 * comes out as those of one command, and what has changed meanwhile is noticed. */
#include <jansson.h>
#include "experiments/planning/claim.h"
#include "runs.h"

static char place[256];

/* A folder with configs: roi a and b, of which stage 2 needs a; c, which is a under another name. */
static int begin(void **state) {
    (void)state;
    char text[1024];
    snprintf(place, sizeof place, "%s", runs_folder());
    snprintf(text, sizeof text,
             "extends: %s\nname: t/roi\nvariant: null\ntrain: {epochs: 1}\n"
             "matrix: [{variant: a, net.width: 4}, {variant: b, net.width: 2}, {variant: c, net.width: 4}]\n",
             runs_config);
    runs_write(cc_test_path(place, "roi.yaml"), text);
    snprintf(text, sizeof text,
             "extends: %s\nname: t/next\nvariant: null\nstage: calcification\ntrain: {epochs: 1}\n"
             "preprocess: {roi: {mode: blank}}\nupstream: {roi: \"roi.yaml#a\"}\n",
             runs_config);
    runs_write(cc_test_path(place, "next.yaml"), text);
    return 0;
}

/* "cd PLACE && calcade ARGUMENTS". */
static void go(outcome *o, const char *arguments) {
    char line[4096];
    snprintf(line, sizeof line, "cd %s && %s %s", place, CC_PROGRAM, arguments);
    runs_shell(o, line);
}

static void go_ok(outcome *o, const char *arguments) {
    go(o, arguments);
    if (o->status != 0) print_error("calcade %s: %s", arguments, o->err);
    assert_int_equal(o->status, 0);
}

static void plan(const char *arguments) {
    char line[512];
    outcome o;
    snprintf(line, sizeof line, "plan next.yaml roi.yaml -o sweep.jsonl --device cpu --out runs %s",
             arguments);
    go_ok(&o, line);
}

/* run --task N, and its exit status. */
static int task(outcome *o, int number) {
    char line[128];
    snprintf(line, sizeof line, "run --plan sweep.jsonl --device cpu --task %d", number);
    go(o, line);
    return o->status;
}

/* In the order of the plan: roi a, which stage 2 needs; stage 2; roi b; roi c, the same as a. */
static const char *const files[] = {"t/roi/a/fold-0/seed-1.h5", "t/next/default/fold-0/seed-1.h5",
                                    "t/roi/b/fold-0/seed-1.h5", "t/roi/c/fold-0/seed-1.h5"};

static const char *path(const char *out, int index) {
    char name[160];
    snprintf(name, sizeof name, "%s/%s", out, files[index]);
    return cc_test_path(place, name);
}

static void every_line_is_a_run_behind_those_that_it_needs(void **state) {
    (void)state;
    char text[16384], *at = text;
    plan("");
    runs_slurp(text, sizeof text, cc_test_path(place, "sweep.jsonl"));
    for (int i = 0; i < 4; i++) {
        char *end = strchr(at, '\n');
        assert_non_null(end);
        json_t *line = json_loadb(at, (size_t)(end - at), 0, NULL);
        assert_non_null(line);
        assert_int_equal(json_integer_value(json_object_get(line, "index")), i);
        assert_string_equal(json_string_value(json_object_get(line, "file")), files[i]);
        assert_int_equal(strlen(json_string_value(json_object_get(line, "identity"))), 64);
        assert_int_equal(strlen(json_string_value(json_object_get(line, "data"))), 64);
        assert_true(json_is_null(json_object_get(line, "expected_seconds")));
        const json_t *upstream = json_object_get(line, "upstream");
        assert_int_equal(json_array_size(upstream), i == 1 || i == 3);
        if (i == 1 || i == 3) assert_int_equal(json_integer_value(json_array_get(upstream, 0)), 0);
        assert_true(json_is_null(json_object_get(line, "copy_of")) == (i != 3));
        json_decref(line);
        at = end + 1;
    }
    assert_int_equal(*at, 0);
    assert_int_equal(runs_count(place, "seed-*"), 0);
    assert_int_equal(runs_count(place, "planned.tsv"), 1);
}

static void one_process_a_run_gives_the_results_of_one_command(void **state) {
    (void)state;
    outcome o;
    plan("");
    assert_int_equal(task(&o, 1), 4);
    assert_says(
        o.err, "t/next default, seed 1: 1 run that it needs is not there yet: runs/t/roi/a/fold-0/seed-1.h5");
    assert_int_equal(task(&o, 3), 4); /* a copy waits for what it is of */
    for (int i = 0; i < 4; i++) assert_int_equal(task(&o, i), 0);
    assert_says(o.err, "is the same run as ");
    go_ok(&o, "run next.yaml roi.yaml --device cpu --out whole");
    for (int i = 0; i < 4; i++) {
        char one[CC_PATH_MAX];
        snprintf(one, sizeof one, "%s", path("runs", i));
        assert_same_run(one, path("whole", i));
    }
    assert_int_equal(task(&o, 0), 0); /* done is done */
    assert_says(o.err, "is done already");
    assert_null(strstr(o.err, "epoch"));
    plan("");
    char text[16384];
    runs_slurp(text, sizeof text, cc_test_path(place, "sweep.jsonl"));
    assert_null(strstr(text, "\"expected_seconds\":null")); /* now there are runs to go by */
    assert_int_equal(task(&o, 4), 2);
    assert_says(o.err, "has runs 0 to 3, not 4");
}

static void what_has_changed_since_the_plan_is_one_line(void **state) {
    (void)state;
    outcome o;
    plan("");
    /* Other words for the same: nothing has changed. */
    assert_int_equal(cc_test_run(NULL, 0, "echo '# a comment' >>%s", cc_test_path(place, "roi.yaml")), 0);
    assert_int_equal(task(&o, 2), 0);
    assert_int_equal(
        cc_test_run(NULL, 0, "sed -i 's/epochs: 1/epochs: 2/' %s", cc_test_path(place, "roi.yaml")), 0);
    assert_int_equal(task(&o, 0), 2);
    assert_failed(&o, 2, "sweep.jsonl: \"t/roi a, seed 1\" is no more what was planned: ");
    assert_int_equal(task(&o, 1), 2); /* its upstream config counts */
    assert_says(o.err, "\"t/roi a, seed 1\" is no more what was planned: ");
    plan("");
    assert_int_equal(
        cc_test_run(NULL, 0,
                    "sed -i '3{s/\"numerics\":[0-9]*/\"numerics\":1/;s/\"request\":\"./\"request\":\"x/}' %s",
                    cc_test_path(place, "sweep.jsonl")),
        0);
    assert_int_equal(task(&o, 2), 2);
    assert_says(o.err, "it was made by a calcade of numerics version 1");
    assert_int_equal(cc_test_run(NULL, 0, "sed -i 2d %s", cc_test_path(place, "sweep.jsonl")), 0);
    assert_int_equal(task(&o, 0), 2);
    assert_says(o.err, "sweep.jsonl:2: index is not the line's number");
}

/* Of a file whose time is another the bytes are looked at. */
static void data_that_changed_are_noticed_and_those_only_touched_are_not(void **state) {
    (void)state;
    outcome o;
    char data[CC_PATH_MAX], picture[CC_PATH_MAX];
    snprintf(data, sizeof data, "%s/data", place);
    assert_int_equal(cc_test_run(NULL, 0, "cp -r %s %s && sed -i '1a data: {root: data}' %s %s", runs_data,
                                 data, cc_test_path(place, "roi.yaml"), cc_test_path(place, "next.yaml")),
                     0);
    plan("");
    assert_int_equal(
        cc_test_run(picture, sizeof picture, "find %s -name '*.png' | sort | head -n 1 | tr -d '\\n'", data),
        0);
    assert_int_equal(cc_test_run(NULL, 0, "touch -d 2001-01-01 %s", picture), 0);
    assert_int_equal(task(&o, 2), 0);
    assert_int_equal(
        cc_test_run(NULL, 0, "find %s -path '*image*' -name '*.png' | sort | tail -n 1 | xargs -I{} cp {} %s",
                    data, picture),
        0);
    assert_int_equal(task(&o, 0), 2);
    assert_failed(&o, 2, "the data are not those that ");
}

static void what_another_process_has_is_put_back(void **state) {
    (void)state;
    outcome o;
    cc_claim *claim;
    char result[CC_PATH_MAX];
    plan("");
    snprintf(result, sizeof result, "%s", path("runs", 2));
    assert_ok(cc_claim_take(&claim, result, NULL));
    assert_int_equal(task(&o, 2), 75);
    assert_says(o.err, "another calcade is at work on this run: process ");
    go_ok(&o, "status --plan sweep.jsonl");
    assert_says(o.out, "    2  running   t/roi b, seed 1");
    assert_says(o.out, "4 runs: 1 running, 1 ready, 2 waiting\n");
    go(&o, "run next.yaml roi.yaml --device cpu --out runs");
    assert_failed(&o, 75, "run: 1 of 4 runs are made by other processes, or wait for them");
    cc_claim_release(claim);
    assert_int_equal(task(&o, 2), 0);
}

/* All that is left is others': one error line and the status by which a scheduler puts a job back, one after
 * the other and in several processes alike; nothing is there but their claims. */
static void where_all_runs_are_held_the_command_ends_as_busy(void **state) {
    (void)state;
    static const char *const ways[] = {"", "--jobs 2"};
    outcome o;
    char line[512];
    cc_claim *claims[4];
    for (int i = 0; i < 4; i++) assert_ok(cc_claim_take(&claims[i], path("held", i), NULL));
    for (int i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "run next.yaml roi.yaml --device cpu --out held %s", ways[i]);
        go(&o, line);
        assert_failed(&o, 75, "run: 4 of 4 runs are made by other processes, or wait for them");
        assert_string_equal(o.out, "");
        assert_int_equal(runs_count(cc_test_path(place, "held"), "seed-*"), 4);
    }
    for (int i = 0; i < 4; i++) cc_claim_release(claims[i]);
    go_ok(&o, line);
}

static void the_state_of_a_sweep_is_that_of_its_files(void **state) {
    (void)state;
    outcome o;
    plan("");
    go_ok(&o, "status --plan sweep.jsonl");
    assert_string_equal(o.out, "4 runs: 2 ready, 2 waiting\n");
    assert_int_equal(task(&o, 0), 0);
    assert_int_equal(
        cc_test_run(NULL, 0, "f=%s && mkdir -p ${f%%/*} && touch $f.checkpoint", path("runs", 3)), 0);
    go_ok(&o, "status --plan sweep.jsonl --all");
    assert_says(o.out, "    0  done      t/roi a, seed 1\n    1  ready     t/next default, seed 1\n    2  ");
    assert_says(o.out, "    3  stopped   t/roi c, seed 1\n");
    go_ok(&o, "status next.yaml roi.yaml --out runs --json");
    json_t *object = json_loads(o.out, 0, NULL);
    assert_non_null(object);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(object, "counts"), "done")), 1);
    assert_int_equal(json_array_size(json_object_get(object, "runs")), 4);
    json_decref(object);
    go_ok(&o, "run roi.yaml --device cpu --out runs --set train.epochs=2");
    go_ok(&o, "status --plan sweep.jsonl");
    assert_says(o.out, "    0  stale     t/roi a, seed 1\n");
}

/* The error of a run that failed is there until it succeeds. */
static void a_failed_run_leaves_its_last_error(void **state) {
    (void)state;
    outcome o;
    plan("");
    /* Something stands where its checkpoint goes. */
    assert_int_equal(cc_test_run(NULL, 0, "mkdir -p %s.checkpoint/x", path("runs", 2)), 0);
    assert_int_equal(task(&o, 2), 1);
    go_ok(&o, "status --plan sweep.jsonl");
    assert_says(o.out, "    2  failed    t/roi b, seed 1  ");
    assert_says(o.out, "seed-1.h5.checkpoint: cannot ");
    assert_int_equal(cc_test_run(NULL, 0, "rm -r %s.checkpoint", path("runs", 2)), 0);
    assert_int_equal(runs_count(place, "*.failed"), 1);
    go_ok(&o, "run roi.yaml --device cpu --out runs");
    assert_int_equal(runs_count(place, "*.failed"), 0);
}

static void a_cancelled_plan_makes_no_run_until_that_is_undone(void **state) {
    (void)state;
    outcome o;
    plan("");
    go_ok(&o, "cancel --plan sweep.jsonl");
    assert_int_equal(task(&o, 2), 75);
    assert_says(o.err, "its runs were cancelled");
    go_ok(&o, "cancel --plan sweep.jsonl --undo");
    assert_int_equal(task(&o, 2), 0);
}

/* Its training would take hours. */
static void a_run_at_work_is_stopped_by_cancel(void **state) {
    (void)state;
    outcome o;
    char line[4096];
    go_ok(&o, "plan roi.yaml -o sweep.jsonl --device cpu --out runs --set train.epochs=100000");
    snprintf(line, sizeof line,
             "cd %s && (%s run --plan sweep.jsonl --task 1 & p=$!; "
             "until ls runs/t/roi/b/fold-0/seed-1*.checkpoint >&2; do sleep 0.02; done 2>/dev/null; "
             "%s cancel --plan sweep.jsonl; wait $p)",
             place, CC_PROGRAM, CC_PROGRAM);
    runs_shell(&o, line);
    assert_failed(&o, 75, "stopped on request (the same command goes on after epoch ");
    assert_int_equal(runs_count(place, "*.claim"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_line_is_a_run_behind_those_that_it_needs, begin),
        cmocka_unit_test_setup(one_process_a_run_gives_the_results_of_one_command, begin),
        cmocka_unit_test_setup(what_has_changed_since_the_plan_is_one_line, begin),
        cmocka_unit_test_setup(data_that_changed_are_noticed_and_those_only_touched_are_not, begin),
        cmocka_unit_test_setup(what_another_process_has_is_put_back, begin),
        cmocka_unit_test_setup(where_all_runs_are_held_the_command_ends_as_busy, begin),
        cmocka_unit_test_setup(the_state_of_a_sweep_is_that_of_its_files, begin),
        cmocka_unit_test_setup(a_failed_run_leaves_its_last_error, begin),
        cmocka_unit_test_setup(a_cancelled_plan_makes_no_run_until_that_is_undone, begin),
        cmocka_unit_test_setup(a_run_at_work_is_stopped_by_cancel, begin),
    };
    return cmocka_run_group_tests(tests, runs_setup, NULL);
}
