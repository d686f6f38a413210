/* tests/experiments/commands/test_kills.c -- SIGKILL at random points of every command that writes: a cascade
 * from its first stage to its last with the runs out of fold, the same by several processes and from a plan
 * in a file, then report, export, predict, rescore, phantom and the others.
 *
 * Half of the kills come at a call that writes, drawn among all that the command makes (of a write, with half
 * of its bytes written; tests/failing_writes.c), the others at a time, drawn up to that which the command
 * takes: so that the short moments in which files change are met as often as the long ones between them.
 * After each kill every file under a final name must be whole: the one that was there, or the one that must
 * come. A few kills in a row make a round, after which the command goes undisturbed to its end: its results
 * must be those of a command that was never killed (weights, history, counts, masks and pictures to the bit;
 * other files to the byte), and beside them nothing may be left.
 *
 * $CALCADE_KILLS says how many kills (ten by default), $CALCADE_KILLS_OF limits them to the commands whose
 * names hold that text, $CALCADE_KILLS_SEED draws others. tests/soak/kills prints the table of many. */
#include <errno.h>
#include <sys/prctl.h>
#include "cascade_made.h"
#include "results/store.h"
#include "core/clock.h"
#include "core/rng.h"
#include "disturbed.h"

enum { ROUND_MAX = 5, HANGS_S = 300 };

static char base[256], state_file[512];
static cc_rng rng;

/* A shell line; $p is the program, $o the folder `out`, $c the folder of configs, $r finished runs of the
 * cascade, $m one of them, $s a scan. */
typedef struct scenario {
    const char *name, *line;
    const char *before; /* makes what is there already, or NULL */
    int share;          /* of all kills, in hundredths */
} scenario;

#define RUN "$p run --device cpu --out $o $c/"
static const scenario scenarios[] = {
    {"run, a cascade", RUN "cascade.yaml", NULL, 20},
    {"run --jobs 2, the same", RUN "cascade.yaml --jobs 2", NULL, 10},
    {"plan, run --plan --task",
     /* Planned again it would say what runs that are there took. */
     "cd $c && { [ -e $o/plan.jsonl ] || $p plan short.yaml -o $o/plan.jsonl --device cpu --out $o/runs; } "
     "&& "
     "for i in 0 1 2; do $p run --plan $o/plan.jsonl --task $i --device cpu || exit; done",
     NULL, 10},
    {"run over older results", RUN "first.yaml", RUN "first.yaml --set train.epochs=1", 10},
    {"report", "$p report --results $r --out $o/report", NULL, 10},
    {"rescore", "$p rescore $o/runs/test/*/*/fold-0/seed-1.h5", "cp -a $r $o/runs", 5},
    {"export", "$p export $m -o $o/w.safetensors", NULL, 5},
    {"export --light", "$p export --light $r -o $o/light", NULL, 5},
    {"predict", "$p predict $m $s --device cpu -o $o/mask.mhd", NULL, 5},
    {"phantom, ctheart", "$p phantom $o/p --patients 3 --size 64 --slices 2 --sheet $o/sheet.png", NULL, 5},
    {"phantom, orcascore", "$p phantom $o/p --layout orcascore --patients 3 --size 64 --slices 2", NULL, 5},
    {"split", "$p split $c/first.yaml -o $o/split.csv", NULL, 2},
    {"verify", "TMPDIR=$o $p verify $c/first.yaml --device cpu --results $r", NULL, 3},
    {"status", "$p status $c/cascade.yaml --out $o/runs", "mkdir $o/runs", 2},
    {"submit, cancel",
     "cd $c && $p submit cascade.yaml -o $o/plan.jsonl --executor print --device cpu --out $o/runs && "
     "$p cancel --plan $o/plan.jsonl",
     NULL, 3},
};
enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };

/* Waits for all that was started, grandchildren too, of which this process is the reaper; the status of the
 * first is kept. At `kill_at_s` (< 0: never) its whole group is killed. */
static int wait_all(pid_t first, double kill_at_s) {
    const double begun = cc_clock_s();
    cc_run_end_reader(); /* of this process: it would be waited for */
    int ended, status = -1;
    for (;;) {
        const pid_t pid = waitpid(-1, &ended, WNOHANG);
        if (pid == first) status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
        if (pid < 0 && errno == ECHILD) return status;
        if (pid != 0) continue;
        const double now = cc_clock_s() - begun;
        if ((kill_at_s >= 0 && now >= kill_at_s) || now > HANGS_S) {
            kill(-first, SIGKILL);
            kill_at_s = -1;
        }
        if (now > HANGS_S + 10) fail_msg("it hangs, and cannot be killed");
        poll(NULL, 0, 1);
    }
}

/* Runs a line in a session of its own, with a kill at the call `at` (0: none) or at that time (< 0: never).
 * *calls: how many it made. Its exit status, or 128 + SIGKILL; what it said is in base/said. */
static int run_line(int64_t *calls, const char *line, int64_t at, double kill_at_s) {
    int64_t counts[2] = {0, 0};
    char number[32], said[512];
    assert_ok(cc_file_write(state_file, counts, sizeof counts));
    snprintf(number, sizeof number, "%lld", (long long)at);
    snprintf(said, sizeof said, "%s/said", base);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const int to = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        setsid();
        dup2(to, STDOUT_FILENO);
        dup2(to, STDERR_FILENO);
        setenv("FAILING_FOLDER", out, 1);
        setenv("FAILING_STATE", state_file, 1);
        setenv("FAILING_AT", number, 1);
        setenv("FAILING_HOW", "kill", 1);
        setenv("LD_PRELOAD", CC_FAILING_WRITES, 1);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    const int status = wait_all(pid, kill_at_s);
    cc_arena *arena = cc_arena_create();
    char *bytes;
    size_t count;
    assert_ok(cc_file_read(&bytes, &count, state_file, sizeof counts, arena));
    memcpy(counts, bytes, sizeof counts);
    cc_arena_destroy(arena);
    *calls = counts[0];
    return status;
}

static void print_said(void) {
    static char text[1 << 16];
    char said[512];
    snprintf(said, sizeof said, "%s/said", base);
    runs_slurp(text, sizeof text, said);
    fprintf(stderr, "%s\n", text); /* whole, where cmocka's line would end early */
}

typedef struct tally {
    int kills, at_calls, rounds, wrong;
} tally;

/* One round of a command. False, and what is wrong, where a promise does not hold. */
static bool try_round(char *wrong, size_t capacity, tally *t, const scenario *s, int kills, int64_t calls,
                      double seconds) {
    char what[768];
    int64_t made;
    copy_all(start, out);
    t->rounds++;
    for (int k = 0; k < kills; k++) {
        const bool at_call = calls > 0 && cc_rng_below(&rng, 2) == 0;
        const int64_t at = at_call ? 1 + (int64_t)cc_rng_below(&rng, (uint64_t)calls) : 0;
        const double time = at_call ? -1 : seconds * (double)cc_rng_below(&rng, 1000) / 1000;
        const int status = run_line(&made, s->line, at, time);
        char where[64];
        if (at_call) snprintf(where, sizeof where, "killed at call %lld", (long long)at);
        if (!at_call) snprintf(where, sizeof where, "killed after %.3f s", time);
        if (status == 0) break; /* it came to its end before */
        if (status != 128 + SIGKILL) {
            print_said();
            return snprintf(wrong, capacity, "kill %d, to be %s: exit status %d", k + 1, where, status),
                   false;
        }
        t->kills++;
        t->at_calls += at_call;
        if (is_out_whole(what, sizeof what)) continue;
        return snprintf(wrong, capacity, "%s: %s", where, what), false;
    }
    const int status = run_line(&made, s->line, 0, -1);
    if (status != 0) print_said();
    if (status != 0) return snprintf(wrong, capacity, "the command behind: exit status %d", status), false;
    if (is_out_as(want, what, sizeof what)) return true;
    return snprintf(wrong, capacity, "behind the command behind %s", what), false;
}

/* What the command makes undisturbed is kept in `want`, what is there before it in `start`. */
static int64_t make_wanted(double *seconds, const scenario *s) {
    int64_t calls;
    remove_all(out);
    assert_int_equal(mkdir(out, 0777), 0);
    if (s->before) assert_int_equal(run_line(&calls, s->before, 0, -1), 0);
    copy_all(out, start);
    const double begun = cc_clock_s();
    const int status = run_line(&calls, s->line, 0, -1);
    *seconds = cc_clock_s() - begun;
    if (status != 0) print_said();
    assert_int_equal(status, 0);
    copy_all(out, want);
    return calls;
}

static void a_killed_command_goes_on_to_the_same_bytes_and_leaves_nothing(void **state) {
    (void)state;
    const char *stated = getenv("CALCADE_KILLS"), *only = getenv("CALCADE_KILLS_OF");
    const int all = stated ? atoi(stated) : 10;
    tally sum = {0};
    int upto = (int)cc_rng_below(&rng, 100);
    if (stated)
        print_message("| command | calls that write | kills | at a call | rounds | wrong | s |\n"
                      "|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < SCENARIOS; i++) {
        const scenario *s = &scenarios[i];
        if (only && !strstr(s->name, only)) continue;
        tally t = {0};
        double seconds;
        char wrong[1024];
        const double begun = cc_clock_s();
        /* Those in all * share / 100 steps of a staircase that begins at random: in sum they are all. */
        const int from = upto;
        upto += all * s->share;
        const int kills = only ? all : upto / 100 - from / 100;
        if (kills == 0) continue;
        const int64_t calls = make_wanted(&seconds, s);
        while (t.kills < kills && t.wrong < 3 && t.rounds < 10 * kills) {
            const int left = kills - t.kills, most = left < ROUND_MAX ? left : ROUND_MAX;
            if (try_round(wrong, sizeof wrong, &t, s, 1 + (int)cc_rng_below(&rng, (uint64_t)most), calls,
                          seconds))
                continue;
            t.wrong++;
            print_error("%s: %s\n", s->name, wrong);
        }
        if (stated)
            print_message("| %s | %lld | %d | %d | %d | %d | %.0f |\n", s->name, (long long)calls, t.kills,
                          t.at_calls, t.rounds, t.wrong, cc_clock_s() - begun);
        sum.kills += t.kills;
        sum.at_calls += t.at_calls;
        sum.rounds += t.rounds;
        sum.wrong += t.wrong;
    }
    if (stated)
        print_message("| all | | %d | %d | %d | %d | |\n", sum.kills, sum.at_calls, sum.rounds, sum.wrong);
    assert_int_equal(sum.wrong, 0);
    assert_true(sum.kills >= (stated ? 1 : all));
}

/* The cascade: reference, stage 1, stage 2 with its two runs out of fold, stage 3, and both cascades. */
static int setup(void **state) {
    const char *seed = getenv("CALCADE_KILLS_SEED");
    char path[CC_PATH_MAX];
    int64_t calls;
    rng = cc_rng_init(seed ? (uint64_t)atoll(seed) : 1, CC_PURPOSE_TEST, 0, 0);
    runs_setup(state);
    if (!getenv("CALCADE_KILLS")) cc_test_draw_quickly(); /* of many, some meet gnuplot itself */
    setenv("GOMP_SPINCOUNT", "1000", 1);                  /* else the program starts itself anew to set it */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    snprintf(base, sizeof base, "%s", cc_test_folder());
    snprintf(cascade_configs, sizeof cascade_configs, "%s", runs_folder());
    const struct {
        char *path;
        const char *name;
    } places[] = {{out, "out"}, {want, "want"}, {start, "start"}, {state_file, "state"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        snprintf(places[i].path, 512, "%s/%s", base, places[i].name);
    assert_int_equal(
        cc_test_run(NULL, 0,
                    "%s phantom %s-orca --patients 8 --size 64 --slices 6 --seed 4 --layout orcascore",
                    CC_PROGRAM, runs_data),
        0);
    cascade_write_configs();
    cascade_write("small.yaml", "extends: net.yaml\nname: test/small\nvariant: a\nstage: false_positive\n"
                                "windows: {size: 32, augment_negative: []}\n"
                                "upstream: {calcification: calcification.yaml, inner_folds: 2}\n"
                                "train: {epochs: 2, batch: 128}\n");
    /* A net that has hardly learnt marks nearly everything: bright pixels alone make fewer windows. */
    cascade_write("calcification.yaml", "extends: net.yaml\nname: test/calcification\nstage: calcification\n"
                                        "evaluate: {above_hu: 130}\n");
    cascade_write("short.yaml", "extends: roi.yaml\nvariant: null\n"
                                "matrix: [{variant: a, seed: 1}, {variant: b, seed: 2}]\n");
    assert_int_equal(cc_test_run(NULL, 0,
                                 "cd %s && sed -i 's/epochs: 3/epochs: 2/; s/size: 32/size: 16/; "
                                 "s/width: 4, depth: 3/width: 2, depth: 2/' *.yaml",
                                 cascade_configs),
                     0);
    snprintf(cascade_out, sizeof cascade_out, "%s/runs", base);
    setenv("p", CC_PROGRAM, 1);
    setenv("o", out, 1);
    setenv("c", cascade_configs, 1);
    setenv("r", cascade_out, 1);
    snprintf(path, sizeof path, "%s/train/ct_001/image/1-002.png", runs_data);
    setenv("s", path, 1);
    setenv("m", cascade_path(cascade_out, "first/default"), 1);
    const int status = run_line(&calls, "$p run --device cpu --out $r $c/cascade.yaml", 0, -1);
    if (status != 0) print_said();
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_command_goes_on_to_the_same_bytes_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
