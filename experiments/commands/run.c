/* experiments/commands/run.c -- `calcade run`: every variant of every config; what is done is skipped, what
 * was stopped goes on.
 *
 * The plan says what is to do (experiments/planning), the runner does it, here or in worker processes
 * (experiments/training/plan_runner.h). The table on standard output is read back from the files, so that it
 * shows what a later report will find. */
#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/log.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/commands/session.h"
#include "experiments/config/device.h"
#include "experiments/planning/cancel.h"
#include "experiments/planning/gpus.h"
#include "experiments/planning/interrupt.h"
#include "experiments/planning/plan_table.h"
#include "experiments/planning/sweep_task.h"
#include "experiments/training/plan_runner.h"
#include "metrics/overlap.h"
#include "nets/backends/cpu/blas.h"
#include "results/store.h"

/* The widths of the table's columns of text. */
typedef struct widths {
    int name, variant;
} widths;

/* As wide as the longest name, and at least as the head. */
static widths find_widths(const cc_run_plan *plan) {
    widths w = {10, 7};
    for (int i = 0; i < cc_run_plan_count(plan); i++) {
        const cc_experiment_config *config = cc_run_plan_get(plan, i)->config;
        int name = (int)strlen(config->name), variant = (int)strlen(config->variant);
        if (name > w.name) w.name = name;
        if (variant > w.variant) w.variant = variant;
    }
    return w;
}

/* The scores of the table, and the width of their columns, which their heads fill. */
static const cc_score shown[] = {CC_SCORE_F1, CC_SCORE_PRECISION, CC_SCORE_RECALL};
enum { SHOWN = sizeof shown / sizeof *shown };

static int column_width(cc_score score) {
    return (int)(strlen("pooled ") + strlen(cc_score_word(score)));
}

/* A score of 0/0 is no number. */
static void print_score(int width, double score) {
    if (isnan(score))
        printf("  %*s", width, "-");
    else
        printf("  %*.4f", width, score);
}

/* The run's line of the table on standard output, read back from its file. */
static cc_status print_run(const cc_planned_run *run, widths w) {
    cc_run stored;
    cc_scores scores;
    cc_counts sum = {0};
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    /* Pooled over the test set, from the counts of its slices. */
    cc_status status = cc_run_read(&stored, run->path, CC_RUN_BASIC, arena);
    for (size_t i = 0; status == CC_OK && i < stored.slice_count; i++) {
        const cc_run_slice *s = &stored.slices[i];
        cc_counts_add(&sum, &(cc_counts){s->tp, s->fp, s->fn, s->tn});
    }
    if (status == CC_OK) status = cc_scores_from_counts(&scores, &sum, CC_EMPTY_SKIP);
    if (status == CC_OK) {
        printf("%-*s  %-*s  %4" PRId64 "  %6" PRIu64, w.name, run->config->name, w.variant,
               run->config->variant, stored.fold, run->config->seed);
        for (size_t s = 0; s < SHOWN; s++) print_score(column_width(shown[s]), scores.value[shown[s]]);
        printf("  %s\n", run->path);
    }
    cc_arena_destroy(arena);
    return status;
}

/* All runs of the plan, done now or before. */
static cc_status print_table(const cc_run_plan *plan) {
    widths w = find_widths(plan);
    printf("%-*s  %-*s  fold    seed", w.name, "experiment", w.variant, "variant");
    for (size_t s = 0; s < SHOWN; s++) printf("  pooled %s", cc_score_word(shown[s]));
    printf("  file\n");
    for (int i = 0; i < cc_run_plan_count(plan); i++) CC_TRY(print_run(cc_run_plan_get(plan, i), w));
    return CC_OK;
}

/* What became of the runs: the table where all are there, else the failure. */
static cc_status report_outcome(const cc_run_plan *plan, const cc_run_end *ends) {
    int count = cc_run_plan_count(plan), number[CC_RUN_ENDS] = {0};
    for (int i = 0; i < count; i++) number[ends[i]]++;
    /* A second call of the same command does nothing; that should not look like a failure. */
    if (number[CC_RUN_WAS_THERE] == count)
        cc_log(CC_LOG_INFO,
               count == 1 ? "the run is done already: nothing to do"
                          : "all %d runs are done already: nothing to do",
               count);
    if (number[CC_RUN_FAILED] == 0 && number[CC_RUN_ELSEWHERE] > 0)
        return cc_fail(CC_EBUSY, "run", "the same command looks again",
                       "%d of %d runs are made by other processes, or wait for them",
                       number[CC_RUN_ELSEWHERE], count);
    if (number[CC_RUN_FAILED] == 0) return print_table(plan);
    return cc_fail(CC_EIO, "run", "see the warnings above; the same command tries again",
                   "%d of %d runs failed, %d left out", number[CC_RUN_FAILED], count,
                   number[CC_RUN_LEFT_OUT]);
}

/* What the command line asks for, and what comes of it. Each worker makes its own. */
typedef struct run_session {
    cc_session base;
    int jobs;
    cc_plan_runner_rules rules;
} run_session;

/* A worker's share of the threads, unless OMP_NUM_THREADS says how many a run has. */
static int share_threads(int jobs) {
    int all = cc_machine_threads(), share = all / jobs;
    if (jobs == 1 || getenv("OMP_NUM_THREADS")) return all;
    return share > 1 ? share : 1;
}

/* Said once: a run alone would have had more threads, and other bytes. */
static void log_thread_share(const run_session *r) {
    const cc_session *s = &r->base;
    const int all = cc_machine_threads();
    bool asked = false;
    for (int i = 0; i < cc_run_plan_count(s->plan); i++) {
        const cc_planned_run *run = cc_run_plan_get(s->plan, i);
        asked |= run->state != CC_RUN_DONE && run->config->train.threads == CC_THREADS_AUTO &&
                 !run->threads_of_checkpoint;
    }
    if (!asked || s->threads == all || !s->backend->by_threads) return;
    cc_log(CC_LOG_INFO,
           "%d runs at a time, %d thread%s each: results differ in rounding from runs with %d threads; "
           "train.threads states it",
           r->jobs, s->threads, s->threads == 1 ? "" : "s", all);
}

/* A line for each way in which results that are there differ from what would be made here. */
static void log_differences(const cc_run_plan *plan) {
    const int count = cc_run_plan_count(plan);
    for (int i = 0; i < count; i++) {
        const cc_planned_run *run = cc_run_plan_get(plan, i);
        char others[48] = "", how[64] = "removing it";
        int alike = 0, before = 0;
        if (run->state != CC_RUN_DONE || !run->difference[0]) continue;
        for (int k = 0; k < count; k++) {
            const cc_planned_run *other = cc_run_plan_get(plan, k);
            const bool same = other->state == CC_RUN_DONE && strcmp(other->difference, run->difference) == 0;
            before += same && k < i;
            alike += same;
        }
        if (before > 0) continue;
        /* One line for all results that differ in the same way. */
        if (alike > 1) snprintf(others, sizeof others, " and %d more", alike - 1);
        cc_machine made;
        if (run->here.threads > 0 && cc_machine_parse(&made, run->machine) &&
            cc_machine_is_same(&made, &run->here, true))
            snprintf(how, sizeof how, "--set train.threads=%d, or removing it,", run->here.threads);
        cc_log(CC_LOG_INFO, "%s%s: made with %s; kept as done (%s has it made anew)", run->path, others,
               run->difference, how);
    }
}

/* One run, in a worker. */
static int work(void *context, int worker, int index) {
    cc_session *s = &((run_session *)context)->base;
    cc_run_end end = CC_RUN_FAILED;
    if (!s->plan) {
        /* The first run of this worker: it opens a session of its own, as it was forked before this process
         * had any. */
        cc_log_set_level(CC_LOG_ERROR); /* the parent has said it */
        cc_interrupt_watch();
        cc_gpus_take(worker);
        cc_status status = cc_session_open(s);
        cc_log_set_level(CC_LOG_WARNING);
        if (status != CC_OK) {
            cc_session_close(s);
            return (int)cc_plan_runner_note_failure(s->out, status);
        }
    }
    cc_plan_runner_make(&end, s->plan, index, s->backend);
    return (int)end;
}

/* Plans, says what is special, and makes every run. */
static cc_status make_all(run_session *r, cc_jobs *jobs) {
    cc_session *s = &r->base;
    CC_TRY(cc_session_open(s));
    CC_TRY(cc_session_save(s, NULL));
    log_differences(s->plan);
    log_thread_share(r);
    size_t count = (size_t)cc_run_plan_count(s->plan);
    cc_run_end *ends = calloc(count, sizeof *ends);
    if (!ends) return cc_fail_memory("runs", count * sizeof *ends);
    cc_interrupt_watch();
    cc_blas_note_kernels();
    cc_status status = jobs ? cc_plan_runner_run_jobs(ends, s->plan, jobs, &r->rules)
                            : cc_plan_runner_run_here(ends, s->plan, s->backend, &r->rules);
    if (status == CC_OK) status = report_outcome(s->plan, ends);
    free(ends);
    return status;
}

/* --dry-run. */
static cc_status print_plan(cc_session *s) {
    CC_TRY(cc_session_open(s));
    log_differences(s->plan);
    return cc_plan_table_print(s->plan);
}

/* --plan: one run of a plan file. Paths of the command line are those of the folder that it is given in;
 * paths of configs, of the one that the plan was made in. */
static cc_status make_task(const char *file, long long task, const char *out, const char *device) {
    cc_status status = CC_OK;
    const cc_backend *backend;
    cc_sweep sweep;
    cc_sweep_run run = {0};
    cc_run_end end = CC_RUN_PENDING;
    char path[CC_PATH_MAX], results[CC_PATH_MAX], here[CC_PATH_MAX], cancelled[CC_PATH_MAX];
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a plan", 0);
    cc_interrupt_watch(); /* from the start: a scheduler may stop a job that has just begun */
    if (!getcwd(here, sizeof here)) CC_CHECK(cc_fail_errno(".", "find"));
    CC_CHECK(cc_path_join(path, here, file));
    if (out) CC_CHECK(cc_path_join(results, here, out));
    CC_CHECK(cc_sweep_read(&sweep, file, arena));
    CC_CHECK(cc_cancel_check(path));
    CC_CHECK(cc_cancel_path(cancelled, path));
    CC_CHECK(cc_device_find(&backend, device));
    if (chdir(sweep.tasks[0].folder) != 0) CC_CHECK(cc_fail_errno(sweep.tasks[0].folder, "go to"));
    CC_CHECK(cc_sweep_run_open(&run, &sweep, path, (int)task, out ? results : NULL, backend,
                               cc_machine_threads()));
    if (cc_run_plan_get(run.plan, run.index)->state != CC_RUN_DONE)
        CC_CHECK(cc_sweep_run_check_upstream(&run));
    cc_interrupt_watch_file(cancelled);
    cc_blas_note_kernels();
    CC_CHECK(cc_plan_runner_try(&end, run.plan, run.index, backend));
    cc_log(CC_LOG_INFO, "%s: run %lld is %s", file, task, end == CC_RUN_MADE ? "done" : "done already");
done:
    cc_sweep_run_close(&run);
    cc_arena_destroy(arena);
    return status;
}

/* A session, and what the command line alone asks. */
typedef struct values {
    run_session run;
    const char *plan;
    long long jobs, task, retries;
    bool dry_run;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {
    CC_FLAG_SET(values, run.base.sets),
    CC_FLAG_OUT(values, run.base.out),
    CC_FLAG_DEVICE(values, run.base.device),
    {.name = "--jobs",
     .kind = CC_FLAG_INTEGER,
     CC_FLAG_AT(values, jobs),
     .min = 1,
     .max = CC_JOBS_MAX,
     .value = "N",
     .meaning = "runs that are made at the same time, each in a process of its own; of several GPUs each "
                "process is shown one, in turn"},
    {.name = "--retries",
     .kind = CC_FLAG_INTEGER,
     CC_FLAG_AT(values, retries),
     .max = 100,
     .value = "N",
     .meaning = "how often a run that fails is begun again"},
    {.name = "--fail-fast",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, run.rules.fail_fast),
     .meaning = "begins no other run once one has failed"},
    CC_FLAG_FAST(values, run.base.fast),
    CC_FLAG_TF32(values, run.base.tf32),
    {.name = "--dry-run",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, dry_run),
     .meaning = "prints the plan, and what is done already; makes nothing"},
    {.name = "--plan",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, plan),
     .value = "FILE.jsonl",
     .completes = CC_COMPLETES_PATH,
     .meaning =
         "in place of configs: a file of calcade plan, of which --task names one run; exit status 4 where a "
         "run that it needs is not there yet"},
    {.name = "--task",
     .kind = CC_FLAG_INTEGER,
     CC_FLAG_AT(values, task),
     .max = INT32_MAX,
     .value = "N",
     .meaning = "the run of --plan that is made, counted from 0"},
    {0}};

/* What goes with --plan, and what does not: a plan says all the rest itself. */
static cc_status check_plan(const values *v) {
    const cc_session *s = &v->run.base;
    if (!v->plan && v->task >= 0) return cc_fail(CC_EUSAGE, "--task", NULL, "it names a run of --plan FILE");
    if (!v->plan && s->path_count == 0)
        return cc_fail(CC_EUSAGE, "run", "see calcade --help", "wants a config, or --plan FILE --task N");
    if (!v->plan) return CC_OK;
    if (v->task < 0) return cc_fail(CC_EUSAGE, "--plan", NULL, "wants --task N: which of its runs");
    if (s->path_count > 0 || s->sets.count > 0 || s->fast || s->tf32 || v->jobs > 1 || v->dry_run)
        return cc_fail(CC_EUSAGE, "--plan", "leave out all but --task, --out and --device",
                       "a plan holds its configs and what was set");
    return CC_OK;
}

static cc_status command(int argc, char **argv) {
    values v = {.run = {.base = {.device = "auto"}}, .jobs = 1, .task = -1};
    cc_session *s = &v.run.base;
    cc_status status = CC_OK;
    cc_jobs *jobs = NULL;
    s->paths = calloc((size_t)argc, sizeof *s->paths);
    if (!s->paths) CC_CHECK(cc_fail_memory("arguments", (size_t)argc * sizeof *s->paths));
    CC_CHECK(cc_flags_read(&v, argc, argv, flags, s->paths, &s->path_count, 0, argc));
    CC_CHECK(check_plan(&v));
    if (v.plan) CC_CHECK(make_task(v.plan, v.task, s->out, s->device));
    if (v.plan) goto done;
    if (!s->out) s->out = cc_session_results;
    v.run.jobs = (int)v.jobs;
    v.run.rules.retries = (int)v.retries;
    s->threads = share_threads(v.run.jobs);
    /* Workers are forked before anything is opened. */
    if (v.run.jobs > 1 && !v.dry_run) CC_CHECK(cc_jobs_start(&jobs, v.run.jobs, work, &v.run));
    CC_CHECK(v.dry_run ? print_plan(s) : make_all(&v.run, jobs));
done:
    cc_jobs_end(jobs);
    cc_session_close(s);
    free(s->paths);
    return status;
}

const cc_command cc_command_run = {
    .name = "run",
    .operands = {{"CONFIG...", CC_COMPLETES_CONFIG}},
    .flags = flags,
    .what =
        "trains and evaluates; what is done is skipped, what was stopped goes on; --dry-run prints the plan; "
        "--plan makes one run of a plan file; --fast and --tf32: train.plan and train.precision of whatever "
        "trains",
    .run = command,
};
