/* tests/experiments/commands/test_run_stop.c -- runs that are stopped, killed or started twice: they go on to
 * the same bytes. */
#include <pty.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <time.h>
#include "experiments/planning/claim.h"
#include "runs.h"

static char whole_run[CC_PATH_MAX]; /* made without a stop */

static int setup(void **state) {
    outcome o;
    runs_setup(state);
    const char *out = runs_folder();
    runs_ok(&o, out, "");
    snprintf(whole_run, sizeof whole_run, "%s", runs_path(out, 1));
    return 0;
}

/* Starts a run in OUT with those arguments, stops it by a signal once it has a checkpoint, and looks at what
 * it leaves. */
static void stop_by(outcome *o, const char *result, const char *out, const char *arguments, int number) {
    held h;
    held_start(&h, out, arguments);
    held_until_checkpoint(&h, result);
    held_end(o, &h, number);
    assert_false(cc_file_exists(result));
}

/* Its times are those of both parts; `between` lies between them. */
static void check_times(const char *result, time_t between) {
    cc_run run;
    double sum = 0;
    char text[32];
    struct tm parts;
    cc_arena *arena = cc_arena_create();
    runs_read(&run, result, arena);
    for (size_t i = 0; i < run.epoch_count; i++) sum += run.epochs[i].seconds;
    assert_true(run.provenance.seconds >= sum);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&between, &parts));
    assert_true(strcmp(run.provenance.started, text) <= 0);
    assert_true(strcmp(run.provenance.finished, text) >= 0);
    cc_arena_destroy(arena);
}

static void a_killed_run_goes_on_to_the_same_bytes(void **state) {
    (void)state;
    outcome o;
    char result[CC_PATH_MAX];
    const char *out = runs_folder();
    snprintf(result, sizeof result, "%s", runs_path(out, 1));
    stop_by(&o, result, out, "", SIGKILL);
    assert_int_equal(o.status, 128 + SIGKILL);
    assert_int_equal(cc_test_run(NULL, 0, "touch '%s.7.tmp' '%s.checkpoint.7.tmp'", result, result), 0);
    time_t between = time(NULL);
    poll(NULL, 0, 1100); /* times are stored in whole seconds: the second part starts in another one */
    runs_ok(&o, out, "");
    assert_says(o.err, "going on after epoch ");
    assert_null(strstr(o.err, "epoch 1/4:"));
    assert_same_run(result, whole_run);
    assert_int_equal(runs_count(out, "seed-*"), 1);
    check_times(result, between);
}

/* Killed behind the result's rename, a run leaves its checkpoint and its claim; a claim that somebody holds
 * is left. */
static void what_is_left_beside_a_finished_result_goes_with_the_next_command(void **state) {
    (void)state;
    outcome o;
    char result[CC_PATH_MAX];
    cc_claim *claim;
    const char *out = runs_folder();
    snprintf(result, sizeof result, "%s", runs_path(out, 1));
    runs_ok(&o, out, "--set train.epochs=1");
    assert_int_equal(cc_test_run(NULL, 0,
                                 "touch '%s.checkpoint' '%s.checkpoint.7.tmp' '%s.7.tmp' '%s.claim.7.tmp'",
                                 result, result, result, result),
                     0);
    assert_ok(cc_claim_take(&claim, result, NULL));
    runs_ok(&o, out, "--set train.epochs=1");
    assert_true(runs_count(out, "seed-*") > 2);
    cc_claim_release(claim);
    runs_ok(&o, out, "--set train.epochs=1");
    assert_says(o.err, "is done already");
    assert_int_equal(runs_count(out, "seed-*"), 1);
}

/* Whatever a training keeps between its steps and epochs is in the checkpoint, or follows from it. */
static void a_run_of_every_training_option_goes_on_to_the_same_bytes(void **state) {
    (void)state;
    static const char every[] =
#ifndef CC_SANITIZED /* an encoder's many weights take ten times as long as the rest */
        "--set net='{arch: unet-encoder, encoder: efficientnet-b0, drop_path: 0.5}' --set preprocess.size=32 "
#endif
        "--set optimizer.schedule='{type: plateau, warmup: 1, factor: 0.5, patience: 0}' "
        "--set optimizer.clip_norm=0.5 --set train.ema=0.8 --set train.epochs=3 "
        "--set augment_random.types='[affine, elastic, noise, blur, brightness, contrast, low_resolution, "
        "gamma]'";
    outcome o;
    char result[CC_PATH_MAX], four_workers[2048];
    const char *out = runs_folder(), *whole = runs_folder();
    snprintf(result, sizeof result, "%s", runs_path(out, 1));
    runs_ok(&o, whole, every);
    stop_by(&o, result, out, every, SIGKILL);
    snprintf(four_workers, sizeof four_workers, "%s --set train.workers=4", every);
    runs_ok(&o, out, four_workers); /* what is drawn at random too follows from epoch and item alone */
    assert_says(o.err, "going on after epoch ");
    assert_same_run(result, runs_path(whole, 1));
}

/* A timed plan depends on the clock: the second part must use the first one's. */
static void a_timed_plan_is_kept_when_its_run_goes_on(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_run run;
    held h;
    outcome o;
    char result[CC_PATH_MAX], checkpoint[CC_PATH_MAX], *bytes;
    size_t count;
    const char *out = runs_folder();
    snprintf(result, sizeof result, "%s", runs_path(out, 1));
    held_start(&h, out, "--set train.plan=timed");
    held_until_checkpoint(&h, result);
    held_end(&o, &h, SIGKILL);
    assert_ok(cc_path_append(checkpoint, result, ".checkpoint"));
    assert_ok(cc_file_read(&bytes, &count, checkpoint, 1 << 26, arena));
    runs_ok(&o, out, "--set train.plan=timed");
    assert_says(o.err, "going on after epoch ");
    runs_read(&run, result, arena);
    assert_says(run.plan, " forward ");
    assert_non_null(memmem(bytes, count, run.plan, strlen(run.plan)));
    cc_arena_destroy(arena);
}

static void a_stopped_run_says_where_it_goes_on_and_does(void **state) {
    (void)state;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        outcome o;
        char result[CC_PATH_MAX];
        const char *out = runs_folder();
        snprintf(result, sizeof result, "%s", runs_path(out, 1));
        stop_by(&o, result, out, "", numbers[i]);
        assert_failed(&o, 75,
                      "test/small a, seed 1: stopped on request (the same command goes on after epoch ");
        assert_int_equal(runs_count(out, "seed-*"), 1); /* the checkpoint: no claim, nothing half written */
        if (numbers[i] != SIGINT) continue;
        runs_ok(&o, out, "");
        assert_same_run(result, whole_run);
    }
}

static void a_checkpoint_of_no_use_is_said_and_training_starts_anew(void **state) {
    (void)state;
    static const struct {
        const char *change; /* of $c */
        const char *says;
    } cases[] = {
        {"truncate -s -1 $c", "seed-1.h5.checkpoint is damaged: training starts anew"},
        {"echo nothing >$c", "is damaged: training starts anew"},
    };
    outcome o;
    char result[CC_PATH_MAX];
    const char *out = runs_folder();
    snprintf(result, sizeof result, "%s", runs_path(out, 1));
    stop_by(&o, result, out, "", SIGKILL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *other = runs_folder();
        assert_int_equal(cc_test_run(NULL, 0, "cp -r %s/test %s && c=%s.checkpoint && %s", out, other,
                                     runs_path(other, 1), cases[i].change),
                         0);
        runs_ok(&o, other, "");
        assert_says(o.err, cases[i].says);
        assert_says(o.err, "epoch 1/4:");
        assert_same_run(runs_path(other, 1), whole_run);
    }
    runs_ok(&o, out, "--set loss.type=bce --set train.epochs=1");
    assert_says(o.err,
                "is of another config, other data or another version of calcade: training starts anew");
    assert_int_equal(runs_count(out, "seed-*"), 1);
}

/* Never half with one number of threads or instruction set and half with another. */
static void a_run_goes_on_with_the_threads_that_it_began_with_or_starts_anew(void **state) {
    (void)state;
    outcome o;
    char result[CC_PATH_MAX];
    const char *out = runs_folder(), *stated = runs_folder(), *elsewhere = runs_folder();
    snprintf(result, sizeof result, "%s", runs_path(out, 1));
    stop_by(&o, result, out, "", SIGKILL);
    assert_int_equal(
        cc_test_run(NULL, 0, "cp -r %s/test %s && cp -r %s/test %s", out, stated, out, elsewhere), 0);
    setenv("OMP_NUM_THREADS", "2", 1);
    runs_ok(&o, out, "");
    assert_says(o.err, ", with 1 thread as it began");
    assert_same_run(result, whole_run);
    setenv("OMP_NUM_THREADS", "1", 1);
    runs_ok(&o, stated, "--set train.threads=2");
    assert_says(o.err, "seed-1.h5.checkpoint was made with 1 thread, not 2: training starts anew");
    assert_says(o.err, "epoch 1/4:");
    setenv("ONEDNN_MAX_CPU_ISA", "SSE41", 1);
    runs_ok(&o, elsewhere, "");
    unsetenv("ONEDNN_MAX_CPU_ISA");
    assert_says(o.err, "seed-1.h5.checkpoint was made with oneDNN ");
    assert_says(o.err, "training starts anew");
    assert_says(o.err, "epoch 1/4:");
}

static void a_second_process_is_refused_and_a_dead_one_s_claim_is_not(void **state) {
    (void)state;
    held h;
    outcome o;
    char result[CC_PATH_MAX];
    const char *out = runs_folder();
    snprintf(result, sizeof result, "%s", runs_path(out, 1));
    held_start(&h, out, "");
    held_until_checkpoint(&h, result);
    runs_go(&o, out, "");
    assert_failed(&o, 75, "seed-1.h5: another calcade is at work on this run: process ");
    assert_null(strstr(o.err, "epoch"));
    runs_ok(&o, out, "--set seed=2 --set train.epochs=1");
    held_end(&o, &h, SIGKILL);
    runs_ok(&o, out, "");
    assert_same_run(result, whole_run);
    assert_int_equal(runs_count(out, "*.claim"), 0);
}

/* A run on a terminal of 80 columns that is its standard error. */
static pid_t start_on_terminal(int *terminal, const char *out) {
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    int slave;
    char line[4096];
    assert_int_equal(openpty(terminal, &slave, NULL, NULL, &size), 0);
    snprintf(line, sizeof line, "TERM=xterm exec %s run %s --out %s --set train.epochs=90000 >/dev/null",
             CC_PROGRAM, runs_config, out);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setsid();
        ioctl(slave, TIOCSCTTY, 0);
        dup2(slave, STDERR_FILENO);
        close(*terminal);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    close(slave);
    return child;
}

/* Columns of UTF-8 text. */
static size_t columns(const char *text, size_t bytes) {
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++) count += (text[i] & 0xc0) != 0x80;
    return count;
}

static void a_bar_fits_the_terminal_and_ctrl_c_takes_it_away(void **state) {
    (void)state;
    static char text[1 << 18];
    const char *const erase = "\r\033[2K", *last = NULL;
    size_t used = 0;
    int terminal, ended, bars = 0;
    pid_t child = start_on_terminal(&terminal, runs_folder());
    bool asked = false;
    for (ssize_t got; (got = read(terminal, text + used, sizeof text - 1 - used)) > 0;) {
        text[used += (size_t)got] = 0;
        if (!asked && strstr(text, "epoch 4/") && strstr(text, "F1 0."))
            asked = write(terminal, "\003", 1) == 1;
    }
    close(terminal);
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), 75);
    for (const char *at = text; (at = strstr(at, erase)); bars++) {
        at += strlen(erase);
        const char *end = strstr(at, erase), *newline = strchr(at, '\n');
        if (strncmp(at, "calcade: ", 9) == 0 || !end || (newline && newline < end)) continue;
        assert_in_range(columns(at, (size_t)(end - at)), 20, 79 + 2); /* ^C is echoed */
        last = end;
    }
    assert_true(bars > 4);
    assert_non_null(last);
    assert_says(text, "/s  ");
    assert_says(text, " left  epoch ");
    assert_says(text, "loss 0.");
    const char *error = strstr(text, "calcade: error: ");
    assert_non_null(error);
    assert_true(error[-1] == '\n' ||
                memcmp(error - strlen(erase), erase, strlen(erase)) == 0); /* no bar before it */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_run_goes_on_to_the_same_bytes),
        cmocka_unit_test(what_is_left_beside_a_finished_result_goes_with_the_next_command),
        cmocka_unit_test(a_run_of_every_training_option_goes_on_to_the_same_bytes),
        cmocka_unit_test(a_timed_plan_is_kept_when_its_run_goes_on),
        cmocka_unit_test(a_stopped_run_says_where_it_goes_on_and_does),
        cmocka_unit_test(a_checkpoint_of_no_use_is_said_and_training_starts_anew),
        cmocka_unit_test(a_run_goes_on_with_the_threads_that_it_began_with_or_starts_anew),
        cmocka_unit_test(a_second_process_is_refused_and_a_dead_one_s_claim_is_not),
        cmocka_unit_test(a_bar_fits_the_terminal_and_ctrl_c_takes_it_away),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
