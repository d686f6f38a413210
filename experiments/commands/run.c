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
#include "core/log.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/config/device.h"
#include "experiments/planning/interrupt.h"
#include "experiments/planning/plan_table.h"
#include "experiments/planning/planned.h"
#include "experiments/planning/report_blocks.h"
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
    if (number[CC_RUN_FAILED] == 0) return print_table(plan);
    return cc_fail(CC_EIO, "run", "see the warnings above; the same command tries again",
                   "%d of %d runs failed, %d that need them were left out", number[CC_RUN_FAILED], count,
                   number[CC_RUN_LEFT_OUT]);
}

/* What the command line asks for, and what comes of it. Each worker makes its own. */
typedef struct session {
    const char **paths, *out, *device;
    cc_flag_texts sets;
    bool fast, tf32;
    int path_count, jobs, config_count;
    int threads; /* of a run whose config states none */
    cc_config **configs;
    cc_run_plan *plan;
    const cc_backend *backend;
} session;

/* Finds the device, reads the configs and plans their runs. */
static cc_status session_open(session *s) {
    unsigned flags = CC_CONFIG_RUNNABLE | (s->fast ? CC_CONFIG_FAST : 0) | (s->tf32 ? CC_CONFIG_TF32 : 0);
    CC_TRY(cc_device_find(&s->backend, s->device));
    s->configs = calloc((size_t)s->path_count, sizeof *s->configs);
    if (!s->configs) return cc_fail_memory("configurations", (size_t)s->path_count * sizeof *s->configs);
    for (int i = 0; i < s->path_count; i++, s->config_count++)
        CC_TRY(cc_config_load(&s->configs[i], s->paths[i], s->sets.items, s->sets.count, flags));
    return cc_run_plan_create(&s->plan, s->configs, s->config_count, s->out, s->backend, s->threads);
}

/* Takes one that was opened half way, or closed. */
static void session_close(session *s) {
    cc_run_plan_destroy(s->plan);
    for (int i = 0; i < s->config_count; i++) cc_config_destroy(s->configs[i]);
    free(s->configs);
    s->plan = NULL;
    s->configs = NULL;
    s->config_count = 0;
}

/* A worker's share of the threads, unless OMP_NUM_THREADS says how many a run has. */
static int share_threads(int jobs) {
    int all = cc_machine_threads(), share = all / jobs;
    if (jobs == 1 || getenv("OMP_NUM_THREADS")) return all;
    return share > 1 ? share : 1;
}

/* Said once: a run alone would have had more threads, and other bytes. */
static void log_thread_share(const session *s) {
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
           s->jobs, s->threads, s->threads == 1 ? "" : "s", all);
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
static int work(void *context, int index) {
    session *s = context;
    cc_run_end end = CC_RUN_FAILED;
    if (!s->plan) {
        /* The first run of this worker: it opens a session of its own, as it was forked before this process
         * had any. */
        cc_log_set_level(CC_LOG_ERROR); /* the parent has said it */
        cc_interrupt_watch();
        cc_status status = session_open(s);
        cc_log_set_level(CC_LOG_WARNING);
        if (status != CC_OK) {
            session_close(s);
            return (int)cc_plan_runner_note_failure(s->out, status);
        }
    }
    cc_plan_runner_make(&end, s->plan, index, s->backend);
    return (int)end;
}

/* Plans, says what is special, and makes every run. */
static cc_status make_all(session *s, cc_jobs *jobs) {
    CC_TRY(session_open(s));
    CC_TRY(cc_planned_save(s->plan, s->out));
    CC_TRY(cc_report_blocks_save(s->configs, s->config_count, s->out));
    log_differences(s->plan);
    log_thread_share(s);
    size_t count = (size_t)cc_run_plan_count(s->plan);
    cc_run_end *ends = calloc(count, sizeof *ends);
    if (!ends) return cc_fail_memory("runs", count * sizeof *ends);
    cc_interrupt_watch();
    cc_blas_note_kernels();
    cc_status status = jobs ? cc_plan_runner_run_jobs(ends, s->plan, jobs)
                            : cc_plan_runner_run_here(ends, s->plan, s->backend);
    if (status == CC_OK) status = report_outcome(s->plan, ends);
    free(ends);
    return status;
}

/* --dry-run. */
static cc_status print_plan(session *s) {
    CC_TRY(session_open(s));
    log_differences(s->plan);
    return cc_plan_table_print(s->plan);
}

/* A session, and what the command line alone asks. */
typedef struct values {
    session session;
    long long jobs;
    bool dry_run;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {
    CC_FLAG_SET(values, session.sets),
    {.name = "--out",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, session.out),
     .value = "DIR",
     .completes = CC_COMPLETES_FOLDER,
     .meaning = "the folder of the run files; results/runs where it is not given"},
    CC_FLAG_DEVICE(values, session.device),
    {.name = "--jobs",
     .kind = CC_FLAG_INTEGER,
     CC_FLAG_AT(values, jobs),
     .min = 1,
     .max = CC_JOBS_MAX,
     .value = "N",
     .meaning = "runs that are made at the same time, each in a process of its own"},
    {.name = "--fast",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, session.fast),
     .meaning = "sets train.plan to fast in whatever trains"},
    {.name = "--tf32",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, session.tf32),
     .meaning = "sets train.precision to tf32 in whatever trains in f32"},
    {.name = "--dry-run",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, dry_run),
     .meaning = "prints the plan, and what is done already; makes nothing"},
    {0}};

static cc_status command(int argc, char **argv) {
    values v = {.session = {.out = "results/runs", .device = "auto"}, .jobs = 1};
    session *s = &v.session;
    cc_status status = CC_OK;
    cc_jobs *jobs = NULL;
    s->paths = calloc((size_t)argc, sizeof *s->paths);
    if (!s->paths) CC_CHECK(cc_fail_memory("arguments", (size_t)argc * sizeof *s->paths));
    CC_CHECK(cc_flags_read(&v, argc, argv, flags, s->paths, &s->path_count, 1, argc));
    s->jobs = (int)v.jobs;
    s->threads = share_threads(s->jobs);
    /* Workers are forked before anything is opened. */
    if (s->jobs > 1 && !v.dry_run) CC_CHECK(cc_jobs_start(&jobs, s->jobs, work, s));
    CC_CHECK(v.dry_run ? print_plan(s) : make_all(s, jobs));
done:
    cc_jobs_end(jobs);
    session_close(s);
    free(s->paths);
    return status;
}

const cc_command cc_command_run = {
    .name = "run",
    .operands = {{"CONFIG...", CC_COMPLETES_CONFIG}},
    .flags = flags,
    .what =
        "trains and evaluates; what is done is skipped, what was stopped goes on; --dry-run prints the plan; "
        "--fast and --tf32: train.plan and train.precision of whatever trains",
    .run = command,
};
