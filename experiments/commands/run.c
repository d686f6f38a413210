/* calcade run: every variant of every config; what is done is skipped, what was stopped goes on. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "experiments/command.h"
#include "experiments/device.h"
#include "experiments/interrupt.h"
#include "experiments/plan_table.h"
#include "experiments/result.h"
#include "experiments/trainer.h"
#include "metrics/overlap.h"
#include "results/store.h"

static cc_status load_configs(cc_config **configs, int *count, const char **paths, int path_count,
                              const cc_flag_texts *sets) {
    for (*count = 0; *count < path_count; ++*count)
        CC_TRY(cc_config_load(&configs[*count], paths[*count], sets->items, sets->count, CC_CONFIG_RUNNABLE));
    return CC_OK;
}

/* The widths of the table's columns of text. */
typedef struct widths {
    int name, variant;
} widths;

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
    cc_status status = cc_run_read(&stored, run->path, CC_RUN_BASIC, arena);
    for (size_t i = 0; status == CC_OK && i < stored.slice_count; i++) {
        const cc_run_slice *s = &stored.slices[i];
        cc_counts_add(&sum, &(cc_counts){s->tp, s->fp, s->fn, s->tn});
    }
    if (status == CC_OK) status = cc_scores_from_counts(&scores, &sum, CC_EMPTY_SKIP);
    if (status == CC_OK) {
        printf("%-*s  %-*s  %4" PRId64 "  %6" PRIu64, w.name, run->config->name, w.variant,
               run->config->variant, stored.fold, run->config->seed);
        print_score(9, scores.value[CC_SCORE_F1]);
        print_score(16, scores.value[CC_SCORE_PRECISION]);
        print_score(13, scores.value[CC_SCORE_RECALL]);
        printf("  %s\n", run->path);
    }
    cc_arena_destroy(arena);
    return status;
}

static cc_status print_table(const cc_run_plan *plan) {
    widths w = find_widths(plan);
    printf("%-*s  %-*s  fold    seed  pooled F1  pooled precision  pooled recall  file\n", w.name,
           "experiment", w.variant, "variant");
    for (int i = 0; i < cc_run_plan_count(plan); i++) CC_TRY(print_run(cc_run_plan_get(plan, i), w));
    return CC_OK;
}

typedef enum run_end { RUN_THERE, RUN_MADE, RUN_FAILED, RUN_LEFT } run_end;

/* Whether a run that this one needs has not come to its end. */
static bool lacks_upstream(const cc_planned_run *run, const cc_run_plan *plan, const run_end *ends) {
    for (int i = 0; i < cc_run_plan_count(plan); i++) {
        const cc_planned_run *other = cc_run_plan_get(plan, i);
        bool needed = run->same_as == other;
        for (int kind = 0; kind < CC_UPSTREAMS; kind++) needed = needed || run->upstream[kind] == other;
        if (other == run) return false;
        if (needed && ends[i] >= RUN_FAILED) return true;
    }
    return false;
}

static cc_status make_run(run_end *end, const cc_planned_run *run, const cc_backend *backend) {
    bool made = false;
    cc_status status = CC_OK;
    if (run->state != CC_RUN_DONE)
        status = run->same_as ? cc_result_copy(&made, run) : cc_train_run(&made, run, backend);
    *end = status != CC_OK ? RUN_FAILED : made ? RUN_MADE : RUN_THERE;
    return status;
}

/* A run that fails ends those that need it; the others go on. A request to stop ends all. */
static cc_status make_runs(run_end *ends, const cc_run_plan *plan, const cc_backend *backend) {
    int count = cc_run_plan_count(plan);
    for (int i = 0; i < count; i++) {
        const cc_planned_run *run = cc_run_plan_get(plan, i);
        char line[2048];
        if (lacks_upstream(run, plan, ends)) {
            ends[i] = RUN_LEFT;
            cc_log(CC_LOG_WARNING, "%s is left out: a run that it needs has failed", run->path);
            continue;
        }
        cc_status status = make_run(&ends[i], run, backend);
        if (status == CC_EINTERRUPTED || (status != CC_OK && count == 1)) return status;
        if (ends[i] == RUN_THERE && count > 1) cc_log(CC_LOG_INFO, "%s is there already", run->path);
        if (ends[i] != RUN_FAILED) continue;
        cc_error_line(line, sizeof line);
        cc_log(CC_LOG_WARNING, "%s has failed: %s", run->path, line);
    }
    return CC_OK;
}

static cc_status say_end(const cc_run_plan *plan, const run_end *ends) {
    int count = cc_run_plan_count(plan), number[RUN_LEFT + 1] = {0};
    for (int i = 0; i < count; i++) number[ends[i]]++;
    if (number[RUN_THERE] == count)
        cc_log(CC_LOG_INFO,
               count == 1 ? "the run is done already: nothing to do"
                          : "all %d runs are done already: nothing to do",
               count);
    if (number[RUN_FAILED] == 0) return print_table(plan);
    return cc_fail(CC_EIO, "run", "see the warnings above; the same command tries again",
                   "%d of %d runs failed, %d that need them were left out", number[RUN_FAILED], count,
                   number[RUN_LEFT]);
}

static cc_status run_all(const cc_run_plan *plan, const cc_backend *backend) {
    size_t count = (size_t)cc_run_plan_count(plan);
    run_end *ends = calloc(count, sizeof *ends);
    if (!ends) return cc_fail_memory("runs", count * sizeof *ends);
    cc_status status = make_runs(ends, plan, backend);
    if (status == CC_OK) status = say_end(plan, ends);
    free(ends);
    return status;
}

cc_status cc_command_run(int argc, char **argv) {
    cc_flag_texts sets = {0};
    bool dry_run = false;
    const char *out = "results/runs", *device = "auto";
    const cc_flag flags[] = {{.name = "--set", .kind = CC_FLAG_TEXTS, .value = &sets},
                             {.name = "--out", .kind = CC_FLAG_TEXT, .value = &out},
                             {.name = "--device", .kind = CC_FLAG_TEXT, .value = &device},
                             {.name = "--dry-run", .kind = CC_FLAG_SWITCH, .value = &dry_run},
                             {0}};
    cc_status status = CC_OK;
    int path_count, config_count = 0;
    cc_run_plan *plan = NULL;
    const cc_backend *backend;
    const char **paths = calloc((size_t)argc, sizeof *paths);
    cc_config **configs = calloc((size_t)argc, sizeof *configs);
    if (!paths || !configs) CC_CHECK(cc_fail_memory("arguments", (size_t)argc * sizeof *paths));
    CC_CHECK(cc_flags_read(argc, argv, flags, paths, &path_count, 1, argc));
    CC_CHECK(cc_device_find(&backend, device));
    CC_CHECK(load_configs(configs, &config_count, paths, path_count, &sets));
    CC_CHECK(cc_run_plan_create(&plan, configs, config_count, out));
    cc_interrupt_watch();
    CC_CHECK(dry_run ? cc_plan_table_print(plan) : run_all(plan, backend));
done:
    cc_run_plan_destroy(plan);
    for (int i = 0; configs && i < config_count; i++) cc_config_destroy(configs[i]);
    free(configs);
    free(paths);
    return status;
}
