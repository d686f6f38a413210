/* tests/experiments/commands/test_writes.c -- every call that writes fails once, in turn: a small run, the
 * same over an older result, export, predict, report, phantom, split, verify, plans and their runs, each
 * under tests/failing_writes.c. The command then ends with status 1 and one error line that names the file,
 * or with status 0 and the right bytes; no file is half there under its final name; and the same command,
 * undisturbed, then makes what an undisturbed one makes, and leaves nothing else. By default a sample of the
 * calls is tried. tests/soak/writes tries all of them, with every kind of failure. */
#include "disturbed.h"
#include "results/paths.h"

enum { FAULTS = 5 };

/* Where all happens, beside the folders of disturbed.h: the calls on `out` fail. */
static char base[256], state_file[512], config[512], other_config[512], runs[512], model[CC_PATH_MAX],
    scan[1024];

/* What is run; "$o" stands for the folder `out`. */
typedef struct scenario {
    const char *name;
    /* of calcade, with $c, $d (configs), $o, $r (finished runs), $m (one of them), $s (a scan), $p
     * (calcade) */
    const char *arguments;
    const char *before; /* arguments of a command that makes what is there already, or NULL */
} scenario;

static const scenario scenarios[] = {
    {"run", "run $c --device cpu --out $o", NULL},
    {"run over an older result", "run $c --device cpu --out $o", "run $d --device cpu --out $o"},
    {"two equal runs", "run $c $e --device cpu --out $o", NULL},
    {"export", "export $m -o $o/w.safetensors", NULL},
    {"export --light", "export --light $r -o $o/light", NULL},
    {"predict to .mhd", "predict $m $s --device cpu -o $o/mask.mhd", NULL},
    {"predict to .nii.gz", "predict $m $s --device cpu -o $o/mask.nii.gz", NULL},
    {"report", "report --results $r --out $o/report", NULL},
    {"split", "split $c -o $o/split.csv", NULL},
    {"phantom, ctheart", "phantom $o/p --patients 2 --size 64 --slices 2 --sheet $o/sheet.png", NULL},
    {"phantom, orcascore", "phantom $o/p --layout orcascore --patients 2 --size 64 --slices 2", NULL},
    {"plan", "plan $c -o $o/plan.jsonl --device cpu --out $o/runs", NULL},
    {"run --plan --task", "run --plan $o/plan.jsonl --task 0 --device cpu",
     "plan $c -o $o/plan.jsonl --device cpu --out $o/runs"},
    {"status", "status $c --out $o/runs", "plan $c -o $o/plan.jsonl --device cpu --out $o/runs"},
    {"submit", "submit $c -o $o/plan.jsonl --executor print --device cpu --out $o/runs", NULL},
    {"cancel", "cancel --plan $o/plan.jsonl", "plan $c -o $o/plan.jsonl --device cpu --out $o/runs"},
    {"cancel --undo", "cancel --undo --plan $o/plan.jsonl",
     "plan $c -o $o/plan.jsonl --device cpu --out $o/runs && $p cancel --plan $o/plan.jsonl"},
    {"verify", "verify $c --device cpu --results $r", NULL},
};
enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };

/* How a call fails. */
typedef struct fault {
    const char *name, *how;
    bool stays;     /* all behind it that take space fail as well */
    bool must_pass; /* a caller has to go on with the rest */
} fault;

static const fault faults[FAULTS] = {
    {"no space, once", "ENOSPC", false, false},       {"I/O error, once", "EIO", false, false},
    {"no space from then on", "ENOSPC", true, false}, {"half of the bytes", "short", false, true},
    {"interrupted", "EINTR", false, false},
};

/* $CALCADE_SOAK: every call fails, in the ways whose names hold that text; "all" for all of them; with
 * $CALCADE_SOAK_OF of the commands whose names hold that one. */
static bool all_calls(void) {
    return getenv("CALCADE_SOAK") != NULL;
}

static bool is_wanted(int number, int f) {
    const char *soak = getenv("CALCADE_SOAK"), *only = getenv("CALCADE_SOAK_OF");
    if (only && !strstr(scenarios[number].name, only)) return false;
    if (!soak) return f == 0 || f == number % FAULTS;
    return strcmp(soak, "all") == 0 || strstr(faults[f].name, soak);
}

/* "$c" and the like in a command's arguments become their paths. */
static void expand(char *to, size_t capacity, const char *arguments) {
    const struct {
        char letter;
        const char *text;
    } names[] = {{'c', config},     {'d', other_config}, {'e', base},  {'o', out},
                 {'p', CC_PROGRAM}, {'r', runs},         {'m', model}, {'s', scan}};
    size_t used = 0;
    for (const char *a = arguments; *a; a++) {
        const char *text = NULL;
        for (size_t i = 0; a[0] == '$' && i < sizeof names / sizeof *names; i++)
            if (a[1] == names[i].letter) text = names[i].text;
        bool copy = text && a[1] == 'e'; /* the config whose run is a copy of the first's */
        used += text ? (size_t)snprintf(to + used, capacity - used, "%s%s", text, copy ? "/copy.yaml" : "")
                     : (size_t)snprintf(to + used, capacity - used, "%c", *a);
        a += text != NULL;
        assert_true(used < capacity);
    }
}

/* Runs a command, of its calls below a folder the one of number `at` failing as `f` says (0: none). The
 * number of calls comes back. */
static int64_t run_disturbed(outcome *o, const char *arguments, const char *below, const fault *f,
                             int64_t at) {
    char line[8192], expanded[4096];
    int64_t counts[2] = {0, 0};
    expand(expanded, sizeof expanded, arguments);
    assert_ok(cc_file_write(state_file, counts, sizeof counts));
    /* Sanitized, AddressSanitizer is preloaded into gnuplot too, which does not free all that it takes. */
    const bool gnuplot_leaks = strncmp(arguments, "report", 6) == 0;
    snprintf(line, sizeof line,
             "env TMPDIR=%s FAILING_FOLDER=%s FAILING_STATE=%s FAILING_AT=%lld FAILING_HOW=%s %s %s "
             "LD_PRELOAD='%s' %s %s",
             out, below, state_file, (long long)at, f->how, f->stays ? "FAILING_ON=1" : "",
             gnuplot_leaks ? "ASAN_OPTIONS=detect_leaks=0" : "", CC_FAILING_WRITES, CC_PROGRAM, expanded);
    runs_shell(o, line);
    cc_arena *arena = cc_arena_create();
    char *bytes;
    size_t count;
    assert_ok(cc_file_read(&bytes, &count, state_file, sizeof counts, arena));
    memcpy(counts, bytes, sizeof counts);
    cc_arena_destroy(arena);
    return counts[0];
}

static void run_alone(outcome *o, const char *arguments) {
    char line[8192], expanded[4096];
    expand(expanded, sizeof expanded, arguments);
    snprintf(line, sizeof line, "TMPDIR=%s %s %s", out, CC_PROGRAM, expanded);
    runs_shell(o, line);
}

/* One error line, the last one, which names a file of `out`; warnings before it may, where several runs
 * failed. */
static bool is_one_line(char *wrong, size_t capacity, const outcome *o) {
    static const char prefix[] = "calcade: error: ";
    const char *error = strstr(o->err, prefix), *end = error ? strchr(error, '\n') : NULL;
    wrong[0] = 0;
    if (o->status != 1)
        snprintf(wrong, capacity, "exit status %d: %.300s", o->status, o->err);
    else if (!error || !end || end[1] || strstr(error + 1, prefix))
        snprintf(wrong, capacity, "standard error is \"%.500s\"", o->err);
    else if (!strstr(o->err, out))
        snprintf(wrong, capacity, "no file is named: \"%.500s\"", error);
    return !wrong[0];
}

typedef struct tally {
    int64_t calls;
    int tried, failed, passed, wrong;
} tally;

/* The call `at` fails; whether all that is promised holds, else what does not. */
static bool try_call(char *wrong, size_t capacity, tally *t, const scenario *s, const fault *f, int64_t at) {
    outcome o;
    copy_all(start, out);
    run_disturbed(&o, s->arguments, out, f, at);
    t->tried++;
    t->passed += o.status == 0;
    t->failed += o.status != 0;
    if (o.status != 0 && f->must_pass)
        return snprintf(wrong, capacity, "exit status %d: %.300s", o.status, o.err), false;
    if (o.status != 0 && !is_one_line(wrong, capacity, &o)) return false;
    if (!is_out_whole(wrong, capacity) || (o.status == 0 && !is_out_done(wrong, capacity))) return false;
    char what[512];
    if (is_out_as(o.status == 0 ? want : start, what, sizeof what))
        return true; /* nothing is left to go on from */
    run_alone(&o, s->arguments);
    if (o.status != 0)
        return snprintf(wrong, capacity, "the next command: status %d: %.300s", o.status, o.err), false;
    if (is_out_as(want, what, sizeof what)) return true;
    snprintf(wrong, capacity, "after the next command %s", what);
    return false;
}

/* What the command makes undisturbed is kept in `want`; what is there before it in `start`. */
static int64_t make_wanted(const scenario *s) {
    outcome o;
    remove_all(out);
    assert_int_equal(mkdir(out, 0777), 0);
    if (s->before) {
        run_alone(&o, s->before);
        assert_int_equal(o.status, 0);
    }
    copy_all(out, start);
    int64_t calls = run_disturbed(&o, s->arguments, out, &faults[0], 0);
    if (o.status != 0) print_error("%s", o.err);
    assert_int_equal(o.status, 0);
    copy_all(out, want);
    return calls;
}

/* Tries at most `most` calls, evenly chosen, the first of them depending on `phase`. */
static int try_scenario(const scenario *s, const fault *f, int most, int phase) {
    tally t = {.calls = make_wanted(s)};
    char wrong[1024];
    int64_t step = most > 0 && t.calls > most ? (t.calls + most - 1) / most : 1;
    assert_true(t.calls > 0);
    for (int64_t at = 1 + phase % step; at <= t.calls; at += step) {
        if (try_call(wrong, sizeof wrong, &t, s, f, at)) continue;
        if (t.wrong++ < 5 || all_calls())
            print_error("%s, %s, call %lld: %s\n", s->name, f->name, (long long)at, wrong);
    }
    print_message("%-26s %-22s %4lld calls, %4d tried: %4d failed, %4d went through; %d wrong\n", s->name,
                  f->name, (long long)t.calls, t.tried, t.failed, t.passed, t.wrong);
    return t.wrong;
}

static void a_write_that_fails_is_an_error_or_does_no_harm(void **state) {
    (void)state;
    /* Of each scenario some calls lack space once; the other ways to fail go round among the scenarios.
     * Sanitized, where every run takes long, the first way stands for all. */
#ifdef CC_SANITIZED
    enum { RUN = 2, ONCE = 1, OTHERWISE = 0 };
#else
    enum { RUN = 8, ONCE = 1, OTHERWISE = 1 };
#endif
    int wrong = 0;
    for (int k = 0; k < SCENARIOS; k++)
        for (int i = 0; i < FAULTS; i++)
            if (is_wanted(k, i) && (all_calls() || i == 0 || (OTHERWISE > 0 && (k + i) % 3 == 0)))
                wrong += try_scenario(&scenarios[k], &faults[i],
                                      all_calls() ? 0
                                      : i > 0     ? OTHERWISE
                                      : k == 0    ? RUN
                                                  : ONCE,
                                      3 * k + i);
    assert_int_equal(wrong, 0);
}

/* A disk that takes a write and keeps zeros: what is read back before the result gets its name is not what
 * was meant. Two of the last calls write the result; a checkpoint of zeros is one that is not gone on
 * with. */
static void a_result_that_reads_back_otherwise_is_not_there(void **state) {
    (void)state;
    const fault zeros = {"zeros", "zeros", false, false};
    char below[CC_PATH_MAX], result[CC_PATH_MAX], wrong[1024];
    outcome o;
    int noticed = 0;
    make_wanted(&scenarios[0]);
    assert_ok(cc_run_path(result, out, "twin/table1-roi", "modified", 0, 1));
    assert_ok(cc_path_folder(below, result));
    copy_all(start, out);
    int64_t calls = run_disturbed(&o, scenarios[0].arguments, below, &zeros, 0);
    for (int64_t at = calls - 9; at <= calls; at++) {
        copy_all(start, out);
        run_disturbed(&o, scenarios[0].arguments, below, &zeros, at);
        if (o.status == 0) {
            assert_true(is_out_done(wrong, sizeof wrong));
            continue;
        }
        noticed++;
        assert_failed(&o, 1, "what was written reads back otherwise");
        assert_false(cc_file_exists(result));
        run_alone(&o, scenarios[0].arguments);
        assert_true(is_out_as(want, wrong, sizeof wrong));
    }
    assert_int_equal(noticed, 2);
}

/* Else the first file that is opened takes their place, and messages go into it. */
static void a_closed_standard_stream_is_no_place_for_a_file(void **state) {
    (void)state;
    static const char *const closed[] = {"2>&-", "<&- 2>&-", "<&- >&- 2>&-"};
    char line[4096], arguments[2048], wrong[1024];
    outcome o;
    make_wanted(&scenarios[0]);
    expand(arguments, sizeof arguments, scenarios[0].arguments);
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        copy_all(start, out);
        snprintf(line, sizeof line, "%s %s %s", CC_PROGRAM, arguments, closed[i]);
        runs_shell(&o, line);
        assert_int_equal(o.status, i == 2); /* its table cannot be printed */
        if (!is_out_as(want, wrong, sizeof wrong)) fail_msg("%s: %s", closed[i], wrong);
    }
}

static void standard_output_that_is_full_is_one_error_of_every_command(void **state) {
    (void)state;
    static const char *const commands[] = {
        "--help",
        "--version",
        "run --help",
        "run $c --device cpu --out $o",
        "run $c --out $o --dry-run",
        "predict $m $s -o $o/m.mha",
        "predict $m $s -o $o/m.mha --json",
        "config $c",
        "config --reference",
        "config --schema",
        "completion bash",
        "man",
        "compare $m $m",
        "compare $m $m --json",
        "check $c",
        "check $c --json",
        "nets",
        "nets unet:4x3",
        "nets unet:4x3 --size 64 --memory 4",
        "phantom $o/p --patients 1 --size 64 --slices 1",
        "bench infer --net unet:4x3 --size 32 --batch 1 --steps 1",
        "bench infer --net unet:4x3 --size 32 --batch 1 --steps 1 --json",
        "score $o/ct.mha",
        "score $o/ct.mha --json",
        "info $s",
        "info $s --json",
        "export $m -o $o/w.safetensors",
        "export --light $r -o $o/light",
        "report --results $r --out $o/report",
        "audit",
        "audit --json",
    };
    char line[8192], expanded[4096];
    int wrong = 0;
    outcome o;
    remove_all(out);
    assert_int_equal(mkdir(out, 0777), 0);
    assert_int_equal(
        cc_test_run(NULL, 0,
                    "cd %s && %s phantom q --layout orcascore --patients 1 --size 64 --slices 2 && "
                    "%s predict %s %s -o ct.mha",
                    out, CC_PROGRAM, CC_PROGRAM, model, scan),
        0);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        expand(expanded, sizeof expanded, commands[i]);
        for (int closed = 0; closed < 2; closed++) {
            if (!all_calls() && closed != (int)(i % 2)) continue; /* else one way a command */
            snprintf(line, sizeof line, "%s %s %s", CC_PROGRAM, expanded, closed ? ">&-" : ">/dev/full");
            runs_shell(&o, line);
            const char *error = strstr(o.err, "calcade: error: ");
            bool good = o.status == 1 && error && strchr(error, '\n') == error + strlen(error) - 1 &&
                        strstr(error, "standard output: cannot write: ");
            if (good) continue;
            wrong++;
            print_error("%s: status %d, \"%.300s\"\n", line, o.status, o.err);
        }
    }
    assert_int_equal(wrong, 0);
}

static int setup(void **state) {
    (void)state;
    outcome o;
    char text[2048];
    setenv("OMP_NUM_THREADS", "1", 1);
    setenv("GOMP_SPINCOUNT", "1000", 1); /* else the program starts itself anew to set it */
    if (!all_calls()) cc_test_draw_quickly();
    snprintf(base, sizeof base, "%s", cc_test_folder());
    const struct {
        char *path;
        const char *name;
    } places[] = {{out, "out"},          {want, "want"},         {start, "start"},
                  {state_file, "state"}, {config, "small.yaml"}, {other_config, "other.yaml"},
                  {runs, "runs"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        snprintf(places[i].path, 512, "%s/%s", base, places[i].name);
    snprintf(scan, sizeof scan, "%s/phantom/train/ct_001/image/1-002.png", base);
    snprintf(text, sizeof text, "%s phantom %s/phantom --patients 3 --size 64 --slices 3", CC_PROGRAM, base);
    runs_shell(&o, text);
    assert_int_equal(o.status, 0);
    snprintf(text, sizeof text,
             "name: twin/table1-roi\nvariant: modified\nstage: roi\n"
             "data: {source: ctheart, root: %s/phantom, split: {train: 1, validation: 1, test: 1}}\n"
             "net: {arch: unet-bn, width: 2, depth: 2}\noptimizer: {type: adam, lr: 1.0e-2}\n"
             "train: {epochs: 2, batch: 2, workers: 1}\n",
             base);
    runs_write(config, text);
    runs_write(other_config, "extends: small.yaml\noptimizer: {lr: 2.0e-2}\n");
    snprintf(text, sizeof text, "%s/copy.yaml", base);
    runs_write(text, "extends: small.yaml\nvariant: copy\n");
    snprintf(text, sizeof text, "%s run %s --device cpu --out %s", CC_PROGRAM, config, runs);
    runs_shell(&o, text);
    if (o.status != 0) print_error("%s", o.err);
    assert_int_equal(o.status, 0);
    return cc_run_path(model, runs, "twin/table1-roi", "modified", 0, 1) == CC_OK ? 0 : 1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_that_fails_is_an_error_or_does_no_harm),
        cmocka_unit_test(a_result_that_reads_back_otherwise_is_not_there),
        cmocka_unit_test(a_closed_standard_stream_is_no_place_for_a_file),
        cmocka_unit_test(standard_output_that_is_full_is_one_error_of_every_command),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
