/* tests/experiments/commands/test_allocations.c -- requests for memory fail, one after the other, in commands
 * that read configs, datasets and results and write results and reports, under tests/failing_allocations.c.
 *
 * Each command runs in a child of its own. Where a request fails, the command ends in a status with a message
 * of one line, or does without what it wanted the memory for; it never crashes, and gives back all that
 * calcade's own code asked for. By default a sample of the requests is tried; tests/soak/allocations tries
 * all. */
#include <ftw.h>
#include "failing_allocations.h"
#include "runs.h"
#include "datasets/volume_file.h"
#include "experiments/commands/command.h"
#include "results/paths.h"
#include "results/store.h"

static char base[256], err[512], config[512], runs[512], model[CC_PATH_MAX], scan[1024];

/* $c: the config, $r: finished runs, $m: one of them, $s: a scan, $b: the base folder, $n: a fresh name. */
typedef struct scenario {
    const char *arguments;
    bool net;  /* it runs one, and keeps scratch memory of each thread for the life of the program */
    bool hdf5; /* reads or writes run files: HDF5 1.10 itself does not look whether it was given memory */
} scenario;

static const scenario scenarios[] = {
    {"config $c", false, false},
    {"config --reference", false, false},
    {"config --schema", false, false},
    {"check $c --json", false, false},
    {"split $c -o $b/split.csv", false, false},
    {"info $b/a.mha --json", false, false},
    {"info $b/a.nii.gz", false, false},
    {"info $s", false, false},
    {"score $b/a.mha --json", false, false},
    {"phantom $n --patients 1 --size 64 --slices 1", false, false},
    {"compare $m $m --json", false, true},
    {"export $m -o $b/w.safetensors", false, true},
    {"export --light $r -o $n", false, true},
    {"rescore $m --json", false, true},
    {"report --results $r --out $n", false, true},
    {"audit --json", false, false},
    {"bench infer --net unet:4x3 --size 32 --batch 1 --steps 1 --device cpu --json", true, false},
};
enum { SCENARIOS = sizeof scenarios / sizeof *scenarios, WORDS = 16 };

/* $CALCADE_SOAK: all requests of the commands whose arguments begin with that text; "all" for all of them. */
static const char *soak(void) {
    return getenv("CALCADE_SOAK");
}

static int split_arguments(char *words[WORDS], char *text, size_t capacity, const char *arguments) {
    size_t used = 0;
    for (const char *at = arguments; *at && used + 512 < capacity; at++) {
        char name[64];
        const char *put = NULL;
        if (*at == '$') {
            snprintf(name, sizeof name, "%s/new", base);
            at++;
            put = *at == 'c'   ? config
                  : *at == 'r' ? runs
                  : *at == 'm' ? model
                  : *at == 's' ? scan
                  : *at == 'b' ? base
                               : name;
        }
        used += (size_t)(put ? snprintf(text + used, capacity - used, "%s", put)
                             : snprintf(text + used, capacity - used, "%c", *at));
    }
    int count = 0;
    for (char *word = strtok(text, " "); word && count < WORDS - 1; word = strtok(NULL, " "))
        words[count++] = word;
    words[count] = NULL;
    return count;
}

typedef struct outcome_of {
    failing_counts counts;
    cc_status status;
    char line[2048];
    uintptr_t callers[8];
    int caller_count;
    bool crashed, exited; /* the program ended before the command did: at all; by exit */
} outcome_of;

/* A library that ends the program must not take what belongs to the test with it. */
static void leave(void) {
    _exit(98);
}

/* In the child: the command, as main calls it. */
static _Noreturn void run_command(int result, const char *arguments, failing_where where, int64_t at) {
    char text[4096], *words[WORDS];
    outcome_of o = {.status = CC_OK};
    const int count = split_arguments(words, text, sizeof text, arguments);
    const int nowhere = open("/dev/null", O_WRONLY), said = open(err, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    dup2(nowhere, STDOUT_FILENO);
    dup2(said, STDERR_FILENO);
    atexit(leave);
    /* cmocka's handlers would take a crash for a test that failed. */
    static const int crashes[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) signal(crashes[i], SIG_DFL);
    alarm(60);
    failing_start(where, at, false);
    o.status = cc_command_find(words[0])->run(count, words);
    cc_run_end_reader(); /* kept for the next file, until a process ends */
    o.counts = failing_stop();
    o.caller_count = failing_kept(o.callers, 8);
    if (o.status != CC_OK) cc_error_line(o.line, sizeof o.line);
    const bool told = write(result, &o, sizeof o) == sizeof o;
    _exit(told ? 0 : 1);
}

static int remove_entry(const char *path, const struct stat *entry, int kind, struct FTW *place) {
    (void)entry, (void)kind, (void)place;
    return remove(path);
}

static void remove_new(void) {
    char path[512];
    snprintf(path, sizeof path, "%s/new", base);
    if (cc_file_exists(path) || cc_folder_exists(path)) nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* What is wrong with how it ended; "" where all holds. */
static void try_request(outcome_of *o, char *wrong, size_t capacity, const scenario *s, failing_where where,
                        int64_t at) {
    int ends[2], how = 0;
    memset(o, 0, sizeof *o);
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) run_command(ends[1], s->arguments, where, at);
    close(ends[1]);
    const bool told = read(ends[0], o, sizeof *o) == sizeof *o;
    close(ends[0]);
    waitpid(child, &how, 0);
    wrong[0] = 0;
    remove_new();
    o->crashed = !told && !(WIFSIGNALED(how) && WTERMSIG(how) == SIGALRM);
    o->exited = WIFEXITED(how) && !told;
    if (!told) {
        char said[4096];
        runs_slurp(said, sizeof said, err);
        snprintf(wrong, capacity, "it ends by %s: %.300s",
                 WIFSIGNALED(how) ? strsignal(WTERMSIG(how)) : "exit", said);
    } else if (o->status != CC_OK && (!o->line[0] || strchr(o->line, '\n')))
        snprintf(wrong, capacity, "status %s without a line: \"%.200s\"", cc_status_name(o->status), o->line);
    else if (o->counts.kept > 0 && !s->net) {
        size_t used = (size_t)snprintf(wrong, capacity, "%lld pieces are not given back, asked for at",
                                       (long long)o->counts.kept);
        for (int i = 0; i < o->caller_count && used < capacity; i++)
            used +=
                (size_t)snprintf(wrong + used, capacity - used, " %#llx", (unsigned long long)o->callers[i]);
    }
}

/* At most `most` requests, evenly chosen; 0: all. The number of those that break a promise. */
static int try_scenario(const scenario *s, failing_where where, int most) {
    outcome_of o;
    char wrong[1024];
    int tried = 0, refused = 0, crashed = 0, bad = 0;
    const char *arguments = s->arguments;
    try_request(&o, wrong, sizeof wrong, s, where, 0);
    if (o.status != CC_OK || wrong[0]) print_error("%s: undisturbed: %s %s\n", arguments, o.line, wrong);
    assert_true(o.status == CC_OK && !wrong[0]);
    const int64_t requests = o.counts.requests,
                  step = most && requests > most ? (requests + most - 1) / most : 1;
    for (int64_t at = 1; at <= requests; at += step, tried++) {
        try_request(&o, wrong, sizeof wrong, s, where, at);
        refused += o.status != CC_OK;
        crashed += o.crashed;
        /* Some library exits where threads start: libgomp does so when it lacks memory. */
        if (o.crashed && where == FAILING_ALL && (s->hdf5 || o.exited)) continue;
        if (wrong[0] && (bad++ < 5 || soak()))
            print_error("%s, request %lld: %s\n", arguments, (long long)at, wrong);
    }
    print_message(
        "%-44s %s %7lld requests, %6d failed: %6d ended it, %6d it did without, %d ended the program; %d "
        "wrong\n",
        arguments, where == FAILING_OWN ? "own" : "all", (long long)requests, tried, refused,
        tried - refused - crashed, crashed, bad);
    return bad;
}

static int try_all(failing_where where, int most) {
    int wrong = 0;
    for (int i = 0; i < SCENARIOS; i++) {
        /* By hand alone: one such request in eight left the program waiting, and why is not known. */
        if (where == FAILING_ALL && scenarios[i].net && !soak()) continue;
        if (!soak() || strcmp(soak(), "all") == 0 ||
            strncmp(scenarios[i].arguments, soak(), strlen(soak())) == 0)
            wrong += try_scenario(&scenarios[i], where, soak() ? 0 : most);
    }
    return wrong;
}

static void a_request_of_calcade_that_fails_is_an_error_and_no_leak(void **state) {
    (void)state;
    assert_int_equal(try_all(FAILING_OWN, 8), 0);
}

/* But where HDF5 does not look, and where a library exits: what is on disk is whole then, too. */
static void a_request_of_a_library_that_fails_is_no_crash(void **state) {
    (void)state;
    assert_int_equal(try_all(FAILING_ALL, 8), 0);
}

static int setup(void **state) {
    (void)state;
    char text[2048];
    cc_test_draw_quickly();
    setenv("OMP_NUM_THREADS", "1", 1);
    setenv("GOMP_SPINCOUNT", "1000", 1);
    snprintf(base, sizeof base, "%s", cc_test_folder());
    snprintf(config, sizeof config, "%s/small.yaml", base);
    snprintf(err, sizeof err, "%s/err", base);
    snprintf(runs, sizeof runs, "%s/runs", base);
    snprintf(scan, sizeof scan, "%s/phantom/train/ct_001/image/1-002.png", base);
    snprintf(text, sizeof text,
             "name: twin/table1-roi\nvariant: modified\nstage: roi\n"
             "data: {source: ctheart, root: %s/phantom, split: {train: 1, validation: 1, test: 1}}\n"
             "net: {arch: unet-bn, width: 2, depth: 2}\noptimizer: {type: adam, lr: 1.0e-2}\n"
             "train: {epochs: 2, batch: 2, workers: 1}\n",
             base);
    runs_write(config, text);
    static float voxels[16 * 16 * 4];
    const cc_volume volume = {
        .grid = {.dims = {16, 16, 4}, .spacing_mm = {1, 1, 3}, .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}},
        .voxels = voxels};
    for (int i = 0; i < 16 * 16 * 4; i++) voxels[i] = (float)(i % 7 == 0 ? 200 : 40);
    assert_ok(cc_volume_write(cc_test_path(base, "a.mha"), &volume, "int16"));
    assert_ok(cc_volume_write(cc_test_path(base, "a.nii.gz"), &volume, "int16"));
    if (cc_test_run(text, sizeof text,
                    "%s phantom %s/phantom --patients 3 --size 64 --slices 3 && "
                    "%s run %s --device cpu --out %s 2>&1",
                    CC_PROGRAM, base, CC_PROGRAM, config, runs) != 0) {
        print_error("%s", text);
        return 1;
    }
    return cc_run_path(model, runs, "twin/table1-roi", "modified", 0, 1) == CC_OK ? 0 : 1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_of_calcade_that_fails_is_an_error_and_no_leak),
        cmocka_unit_test(a_request_of_a_library_that_fails_is_no_crash),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
