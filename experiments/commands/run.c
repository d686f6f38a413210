/* calcade run: every variant of every config; what is done is skipped, what was stopped goes on. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "experiments/command.h"
#include "experiments/device.h"
#include "experiments/interrupt.h"
#include "experiments/trainer.h"
#include "metrics/overlap.h"
#include "results/store.h"

static cc_status load_configs(cc_config **configs, int *count, const char **paths, int path_count,
                              const cc_flag_texts *sets) {
    for (*count = 0; *count < path_count; ++*count)
        CC_TRY(cc_config_load(&configs[*count], paths[*count], sets->items, sets->count, CC_CONFIG_RUNNABLE));
    return CC_OK;
}

/* The run's line of the table on standard output, read back from its file. */
static cc_status print_run(const cc_planned_run *run) {
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
    if (status == CC_OK)
        printf("%-24s %-16s %6" PRIu64 "  %6.4f  %9.4f  %6.4f  %s\n", run->config->name, run->config->variant,
               run->config->seed, scores.value[CC_SCORE_F1], scores.value[CC_SCORE_PRECISION],
               scores.value[CC_SCORE_RECALL], run->path);
    cc_arena_destroy(arena);
    return status;
}

static cc_status run_all(const cc_run_plan *plan, const cc_backend *backend) {
    int count = cc_run_plan_count(plan), done = 0;
    for (int i = 0; i < count; i++) {
        const cc_planned_run *run = cc_run_plan_get(plan, i);
        if (run->state != CC_RUN_DONE) {
            CC_TRY(cc_train_run(run, backend));
            continue;
        }
        done++;
        cc_log(CC_LOG_INFO, "%s %s, seed %" PRIu64 ": done already, nothing to do", run->config->name,
               run->config->variant, run->config->seed);
    }
    if (done == count)
        cc_log(CC_LOG_INFO, "all %d run%s done already", count, count == 1 ? " was" : "s were");
    printf("%-24s %-16s %6s  %6s  %9s  %6s  %s\n", "experiment", "variant", "seed", "F1", "precision",
           "recall", "file (scores: pooled)");
    for (int i = 0; i < count; i++) CC_TRY(print_run(cc_run_plan_get(plan, i)));
    return CC_OK;
}

cc_status cc_command_run(int argc, char **argv) {
    cc_flag_texts sets = {0};
    const char *out = "results/runs", *device = "auto";
    const cc_flag flags[] = {{.name = "--set", .kind = CC_FLAG_TEXTS, .value = &sets},
                             {.name = "--out", .kind = CC_FLAG_TEXT, .value = &out},
                             {.name = "--device", .kind = CC_FLAG_TEXT, .value = &device},
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
    CC_CHECK(run_all(plan, backend));
done:
    cc_run_plan_destroy(plan);
    for (int i = 0; configs && i < config_count; i++) cc_config_destroy(configs[i]);
    free(configs);
    free(paths);
    return status;
}
