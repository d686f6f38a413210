/* tests/experiments/training/test_preemption.c -- a training that is stopped between any two of its steps, or
 * while an epoch is validated, goes on to the bytes of one that nothing disturbed.
 *
 * Each part runs in a process of its own, which sends itself SIGUSR1 when the backend begins its n-th pass:
 * so the places are exact, and none depends on time. */
#include <omp.h>
#include "core/log.h"
#include "experiments/planning/interrupt.h"
#include "experiments/training/checkpoint.h"
#include "experiments/training/pipeline.h"
#include "runs.h"

/* Passes until the signal: 0, 1, ... is that of the pass that begins with none left; negative: none is sent.
 */
static int passes_left = -1;

static void count_pass(void) {
    if (passes_left-- == 0) raise(SIGUSR1);
    cc_backend_cpu.enter();
}

/* One process: every run of the config that is not there yet, up to a signal. Its exit status. */
static int make(const char *out, const char *const *sets, int threads, int passes) {
    int ended;
    pid_t pid = fork(); /* OpenMP is not used on this side */
    assert_true(pid >= 0);
    if (pid > 0) {
        assert_int_equal(waitpid(pid, &ended, 0), pid);
        assert_true(WIFEXITED(ended));
        return WEXITSTATUS(ended);
    }
    cc_backend backend = cc_backend_cpu;
    cc_config *config;
    cc_run_plan *plan;
    int count = 0;
    bool made;
    while (sets && sets[count]) count++;
    backend.enter = count_pass;
    passes_left = passes;
    cc_log_set_level(CC_LOG_ERROR);
    cc_interrupt_watch();
    cc_status status = cc_config_load(&config, runs_config, sets, count, CC_CONFIG_RUNNABLE);
    if (status == CC_OK) status = cc_run_plan_create(&plan, &config, 1, out, &backend, threads);
    for (int i = 0; status == CC_OK && i < cc_run_plan_count(plan); i++) {
        status = cc_run_plan_refresh(plan, i);
        const cc_planned_run *run = cc_run_plan_get(plan, i);
        if (status == CC_OK && run->state != CC_RUN_DONE) status = cc_pipeline_run(&made, run, &backend);
    }
    char line[2048];
    cc_error_line(line, sizeof line);
    if (status != CC_OK && status != CC_EINTERRUPTED) fprintf(stderr, "%s\n", line);
    _exit(cc_status_exit(status));
}

/* The same run whole, and stopped again and again at other places: each process begins `more` passes more
 * than the one before, so that in the end one comes through. */
static void check(const char *const *sets, int threads, const char *file, int first, int more,
                  int least_stops) {
    const char *whole = runs_folder(), *parts = runs_folder();
    int stops = 0, status;
    char path[CC_PATH_MAX];
    assert_int_equal(make(whole, sets, threads, -1), 0);
    while ((status = make(parts, sets, threads, first + stops * more)) == 75) stops++;
    assert_int_equal(status, 0);
    assert_true(stops >= least_stops);
    snprintf(path, sizeof path, "%s", cc_test_path(parts, file));
    assert_same_run(path, cc_test_path(whole, file));
    assert_int_equal(runs_count(parts, "*.checkpoint"), 0);
    assert_int_equal(runs_count(parts, "*.claim"), 0);
}

static const char small[] = "test/small/a/fold-0/seed-1.h5";

/* A training step is two passes, forward and backward. */
static void it_may_be_stopped_after_any_step(void **state) {
    (void)state;
    check(NULL, 1, small, 2, 1, 5);
}

static void a_moving_average_and_what_is_drawn_at_random_go_on(void **state) {
    (void)state;
    static const char *const sets[] = {
        "train.ema=0.8", "augment_random.types=[affine, noise, gamma]",
        "optimizer.schedule={type: plateau, warmup: 1, factor: 0.5, patience: 0}", "train.workers=2", NULL};
    check(sets, 1, small, 3, 1, 4);
}

static void two_threads_go_on(void **state) {
    (void)state;
    static const char *const sets[] = {"train.ema=0.8", NULL};
    check(sets, 2, small, 4, 1, 3);
}

/* Three steps are six passes: the seventh is of the first epoch's validation. */
static void it_may_be_stopped_while_an_epoch_is_validated(void **state) {
    (void)state;
    static const char *const sets[] = {"train.ema=0.8", NULL};
    const char *whole = runs_folder(), *parts = runs_folder();
    char path[CC_PATH_MAX], *bytes;
    size_t count;
    int64_t state_at[3]; /* of the header, behind its title: epoch, best epoch, step */
    cc_arena *arena = cc_arena_create();
    assert_int_equal(make(whole, sets, 1, -1), 0);
    assert_int_equal(make(parts, sets, 1, 6), 75);
    snprintf(path, sizeof path, "%s.checkpoint", cc_test_path(parts, small));
    assert_ok(cc_file_read(&bytes, &count, path, 1 << 26, arena));
    memcpy(state_at, bytes + sizeof(cc_checkpoint_title) + (-sizeof(cc_checkpoint_title) & 7),
           sizeof state_at);
    assert_int_equal(state_at[0], 0); /* no whole epoch, as it has no score yet; but all of its steps */
    assert_int_equal(state_at[2], 3);
    assert_int_equal(make(parts, sets, 1, 0), 75); /* and again, at its first pass */
    assert_int_equal(make(parts, sets, 1, -1), 0);
    snprintf(path, sizeof path, "%s", cc_test_path(parts, small));
    assert_same_run(path, cc_test_path(whole, small));
    cc_arena_destroy(arena);
}

/* Stage 3 with its nets of stage 2 out of fold: stopped within each of them, and while they predict. */
static void runs_out_of_fold_go_on(void **state) {
    (void)state;
    char text[1024], roi_config[256];
    const char *folder = runs_folder();
    snprintf(roi_config, sizeof roi_config, "%s", runs_config);
    assert_int_equal(
        cc_test_run(NULL, 0,
                    "%s phantom %s-orca --patients 12 --size 64 --slices 6 --seed 4 --layout orcascore",
                    CC_PROGRAM, runs_data),
        0);
    snprintf(text, sizeof text,
             "data: {source: orcascore, root: %s-orca, split: {train: 6, validation: 3, test: 3}}\n"
             "preprocess: {roi: {mode: none}}\nnet: {arch: unet-bn, width: 2, depth: 2}\n"
             "optimizer: {lr: 1.0e-2}\ntrain: {epochs: 2, batch: 2, workers: 1}\n",
             runs_data);
    runs_write(cc_test_path(folder, "net.yaml"), text);
    runs_write(cc_test_path(folder, "calcification.yaml"),
               "extends: net.yaml\nname: test/calcification\n"
               "stage: calcification\nresults: {threshold: 0.05}\nevaluate: {above_hu: 130}\n");
    runs_write(cc_test_path(folder, "small.yaml"),
               "extends: net.yaml\nname: test/small\nvariant: a\n"
               "stage: false_positive\nwindows: {size: 32, augment_negative: []}\ntrain: {batch: 32}\n"
               "upstream: {calcification: calcification.yaml, inner_folds: 3}\n");
    snprintf(runs_config, sizeof runs_config, "%s", cc_test_path(folder, "small.yaml"));
    check(NULL, 1, small, 20, 20, 5);
    snprintf(runs_config, sizeof runs_config, "%s", roi_config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_may_be_stopped_after_any_step),
        cmocka_unit_test(a_moving_average_and_what_is_drawn_at_random_go_on),
        cmocka_unit_test(two_threads_go_on),
        cmocka_unit_test(it_may_be_stopped_while_an_epoch_is_validated),
        cmocka_unit_test(runs_out_of_fold_go_on),
    };
    return cmocka_run_group_tests(tests, runs_setup, NULL);
}
