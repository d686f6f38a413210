/* tests/experiments/runs.h -- `calcade run` of a small net on a small phantom, as a user or a fault would
 * have it. */
#ifndef CC_TESTS_EXPERIMENTS_RUNS_H
#define CC_TESTS_EXPERIMENTS_RUNS_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "core/file.h"
#include "nets/backends/cpu/blas.h"
#include "results/store.h"
#include "support.h"

/* The test program's own place: the phantom in it is made once. One thread: small nets gain nothing from
 * more, and a busy machine makes them wait for each other. */
static char runs_data[256], runs_config[256];

/* A fresh folder, whose name lasts. */
static inline const char *runs_folder(void) {
    static char names[64][64];
    static int count;
    assert_true(count < 64);
    snprintf(names[count], sizeof names[count], "%s", cc_test_folder());
    return names[count++];
}

static inline void runs_write(const char *path, const char *text) {
    assert_ok(cc_file_write(path, text, strlen(text)));
}

static inline int runs_setup(void **state) {
    char text[1024];
    (void)state;
    setenv("OMP_NUM_THREADS", "1", 1);
    const char *dir = cc_test_folder();
    snprintf(runs_data, sizeof runs_data, "%s", cc_test_path(dir, "phantom"));
    snprintf(runs_config, sizeof runs_config, "%s", cc_test_path(dir, "small.yaml"));
    assert_int_equal(
        cc_test_run(NULL, 0, "%s phantom %s --patients 4 --size 64 --slices 3", CC_PROGRAM, runs_data), 0);
    snprintf(text, sizeof text,
             "name: test/small\nvariant: a\nstage: roi\n"
             "data: {source: ctheart, root: %s, split: {train: 2, validation: 1, test: 1}}\n"
             "augment: [hflip]\n"
             "net: {arch: unet-bn, width: 4, depth: 3}\n"
             "loss: {type: dice}\noptimizer: {type: adam, lr: 1.0e-2}\n"
             "train: {epochs: 4, batch: 4, workers: 1}\n",
             runs_data);
    runs_write(runs_config, text);
    return 0;
}

/* Where a run of that config with that seed lies. */
static inline const char *runs_path(const char *out, int seed) {
    char name[128];
    snprintf(name, sizeof name, "test/small/a/fold-0/seed-%d.h5", seed);
    return cc_test_path(out, name);
}

typedef struct outcome {
    int status;
    char out[16384], err[16384];
} outcome;

static inline void runs_slurp(char *text, size_t capacity, const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, capacity - 1, file)] = 0;
    fclose(file);
}

/* A shell line, its standard output and error apart. */
static inline void runs_shell(outcome *o, const char *line) {
    static char out[256], err[256];
    if (!out[0]) {
        const char *dir = cc_test_folder();
        snprintf(out, sizeof out, "%s", cc_test_path(dir, "out"));
        snprintf(err, sizeof err, "%s", cc_test_path(dir, "err"));
    }
    o->status = cc_test_run(NULL, 0, "((%s) >%s 2>%s)", line, out, err);
    runs_slurp(o->out, sizeof o->out, out);
    runs_slurp(o->err, sizeof o->err, err);
}

/* calcade run SMALL --out OUT ARGUMENTS */
static inline void runs_go(outcome *o, const char *out, const char *arguments) {
    char line[4096];
    snprintf(line, sizeof line, "%s run %s --device cpu --out %s %s", CC_PROGRAM, runs_config, out,
             arguments);
    runs_shell(o, line);
}

static inline void runs_ok(outcome *o, const char *out, const char *arguments) {
    runs_go(o, out, arguments);
    if (o->status != 0) print_error("%s", o->err);
    assert_int_equal(o->status, 0);
}

static inline void assert_says(const char *text, const char *part) {
    if (!strstr(text, part)) print_error("\"%s\" is not in:\n%s\n", part, text);
    assert_non_null(strstr(text, part));
}

/* It failed with that status, the last line of standard error being its one error line, with that part. */
static inline void assert_failed(const outcome *o, int status, const char *part) {
    const char *prefix = "calcade: error: ", *error = strstr(o->err, prefix);
    if (o->status != status || !error)
        print_error("exit status %d, standard error:\n%s\n", o->status, o->err);
    assert_int_equal(o->status, status);
    assert_non_null(error);
    assert_true(error == o->err || error[-1] == '\n');
    assert_ptr_equal(strchr(error, '\n'), error + strlen(error) - 1);
    assert_says(error, part);
}

static inline void runs_read(cc_run *run, const char *path, cc_arena *arena) {
    assert_ok(cc_run_read(run, path, CC_RUN_MODEL | CC_RUN_EXAMPLES, arena));
}

/* Two files say the same, but for times. */
static inline void assert_same_run(const char *path_a, const char *path_b) {
    cc_run a, b;
    char file[CC_PATH_MAX];
    snprintf(file, sizeof file, "%s", path_a);
    cc_arena *arena = cc_arena_create();
    runs_read(&a, file, arena);
    runs_read(&b, path_b, arena);
    assert_int_equal(a.slice_count, b.slice_count);
    assert_memory_equal(a.slices, b.slices, a.slice_count * sizeof *a.slices);
    assert_int_equal(a.epoch_count, b.epoch_count);
    for (size_t i = 0; i < a.epoch_count; i++) {
        cc_run_epoch x = a.epochs[i], y = b.epochs[i];
        x.seconds = y.seconds = 0;
        assert_memory_equal(&x, &y, sizeof x);
    }
    assert_int_equal(a.best_epoch, b.best_epoch);
    assert_int_equal(a.tensor_count, b.tensor_count);
    for (size_t i = 0; i < a.tensor_count; i++) {
        size_t count = 1;
        assert_string_equal(a.tensors[i].name, b.tensors[i].name);
        for (int d = 0; d < a.tensors[i].rank; d++) count *= a.tensors[i].dims[d];
        assert_memory_equal(a.tensors[i].data, b.tensors[i].data, count * sizeof(float));
    }
    assert_int_equal(a.example_count, b.example_count);
    for (size_t i = 0; i < a.example_count; i++) {
        const cc_run_example *x = &a.examples[i], *y = &b.examples[i];
        size_t pixels = (size_t)x->height * x->width;
        assert_memory_equal(x->prediction, y->prediction, pixels);
        assert_true(!x->probability == !y->probability);
        if (x->probability) assert_memory_equal(x->probability, y->probability, pixels * sizeof(float));
    }
    assert_string_equal(a.provenance.identity, b.provenance.identity);
    cc_arena_destroy(arena);
}

/* The files and folders below a folder whose path matches find's pattern. */
static inline int runs_count(const char *dir, const char *pattern) {
    char text[64];
    assert_int_equal(cc_test_run(text, sizeof text, "find %s -name '%s' | wc -l", dir, pattern), 0);
    return atoi(text);
}

/* Of a run that failed nothing is there but the line that says why (`calcade status` shows it). */
static inline void runs_left_no_file(const char *folder) {
    assert_int_equal(runs_count(folder, "seed-*"), runs_count(folder, "seed-*.failed"));
}

/* A run that cannot come to its end: its standard error is a pipe with room for a few lines, so that it waits
 * within its first epochs until somebody reads. */
typedef struct held {
    pid_t pid;
    int errors;
} held;

static int held_room = 300; /* bytes of its lines */

static inline void held_start(held *h, const char *out, const char *arguments) {
    char line[4096], filler[1 << 16];
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    int capacity = fcntl(ends[1], F_SETPIPE_SZ, 1);
    assert_in_range(capacity, held_room + 1, sizeof filler);
    memset(filler, '\n', sizeof filler);
    ssize_t fill = capacity - held_room;
    assert_int_equal(write(ends[1], filler, (size_t)fill), fill);
    snprintf(line, sizeof line, "exec %s run %s --device cpu --out %s %s >/dev/null", CC_PROGRAM, runs_config,
             out, arguments);
    h->pid = fork();
    assert_true(h->pid >= 0);
    if (h->pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        /* The kernels that it would choose, as if a person had: its line about them would take others'
         * room. */
        (void)cc_blas_choose_kernels();
        unsetenv("CALCADE_CORETYPE");
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    h->errors = ends[0];
}

/* Until its first epoch has a checkpoint. */
static inline void held_until_checkpoint(const held *h, const char *result) {
    char path[CC_PATH_MAX];
    snprintf(path, sizeof path, "%s.checkpoint", result);
    for (int i = 0; i < 30000 && !cc_file_exists(path); i++) {
        assert_int_equal(waitpid(h->pid, NULL, WNOHANG), 0);
        poll(NULL, 0, 2);
    }
    if (cc_file_exists(path)) return;
    char said[1 << 16];
    kill(h->pid, SIGKILL);
    ssize_t got = read(h->errors, said, sizeof said - 1);
    said[got > 0 ? got : 0] = 0;
    fail_msg("no checkpoint; it said: %s", said + strspn(said, "\n"));
}

/* Sends a signal, then reads what it says until it ends; its exit status or 128 + signal, and its lines. */
static inline void held_end(outcome *o, held *h, int number) {
    size_t used = 0;
    char buffer[4096];
    int ended;
    *o = (outcome){0};
    assert_int_equal(kill(h->pid, number), 0);
    for (ssize_t got; (got = read(h->errors, buffer, sizeof buffer)) > 0;)
        for (ssize_t i = 0; i < got; i++)
            if ((buffer[i] != '\n' || used > 0) && used + 1 < sizeof o->err) o->err[used++] = buffer[i];
    close(h->errors);
    assert_int_equal(waitpid(h->pid, &ended, 0), h->pid);
    o->status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
}

/* A run to which the shell line CHANGE happens after its first epoch, to its end. */
static inline void held_through(outcome *o, const char *out, const char *change) {
    held h;
    char result[CC_PATH_MAX];
    snprintf(result, sizeof result, "%s", runs_path(out, 1));
    held_start(&h, out, "");
    held_until_checkpoint(&h, result);
    assert_int_equal(cc_test_run(NULL, 0, "%s", change), 0);
    held_end(o, &h, 0);
}

/* Of runs_config, killed after its first epoch and run again in the folder `out`, with two threads that load:
 * the result is that of `whole`, a run that nobody stopped. */
static inline void held_goes_on_as(const char *whole, const char *out) {
    held h;
    outcome o;
    char result[CC_PATH_MAX];
    snprintf(result, sizeof result, "%s", runs_path(out, 1));
    held_start(&h, out, "");
    held_until_checkpoint(&h, result);
    held_end(&o, &h, SIGKILL);
    assert_int_equal(o.status, 128 + SIGKILL);
    runs_ok(&o, out, "--set train.workers=2");
    assert_says(o.err, "going on after epoch ");
    assert_same_run(result, whole);
}

/* Of runs_config with four threads that load (with two: above): the result is that of `whole`. */
static inline void runs_same_with_workers(const char *whole) {
    outcome o;
    const char *out = runs_folder();
    runs_ok(&o, out, "--set train.workers=4");
    assert_same_run(runs_path(out, 1), whole);
}

#endif
