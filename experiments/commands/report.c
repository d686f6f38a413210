/* experiments/commands/report.c -- `calcade report`: tables, figures and page from a folder of results.
 *
 * With configs, the runs that they ask for are wanted too, as they ask for them now: one that is missing, or
 * was made from an older config, is named (report/check.h). Their tables look as the configs say now. */
#include <stdio.h>
#include <stdlib.h>
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/planning/planned.h"
#include "experiments/planning/report_blocks.h"
#include "report/report.h"

/* The runs that configs ask for, and what they are made of. */
typedef struct wanted {
    cc_config **configs;
    int config_count;
    cc_run_plan *plan;
    cc_arena *arena;
} wanted;

/* Plans the configs' runs and hands their identities, and what they say of their tables, to the report. */
static cc_status plan_configs(wanted *w, cc_report_options *options, const char **paths, int count) {
    if (count == 0) return CC_OK;
    w->configs = calloc((size_t)count, sizeof *w->configs);
    w->arena = cc_arena_create();
    if (!w->configs || !w->arena) return cc_fail_memory("configs", (size_t)count * sizeof *w->configs);
    for (; w->config_count < count; w->config_count++)
        CC_TRY(cc_config_load(&w->configs[w->config_count], paths[w->config_count], NULL, 0,
                              CC_CONFIG_RUNNABLE));
    cc_report_block *blocks;
    CC_TRY(cc_report_blocks_make(&blocks, &options->block_count, w->configs, count, w->arena));
    options->blocks = blocks;
    CC_TRY(cc_run_plan_create(&w->plan, w->configs, w->config_count, options->results, NULL, 0));
    return cc_planned_entries(&options->planned, &options->planned_count, w->plan, w->arena);
}

/* Takes one that was filled half way. */
static void wanted_deinit(wanted *w) {
    cc_run_plan_destroy(w->plan);
    for (int i = 0; i < w->config_count; i++) cc_config_destroy(w->configs[i]);
    free(w->configs);
    cc_arena_destroy(w->arena);
}

cc_status cc_command_report(int argc, char **argv) {
    cc_report_options options = {.results = "results/runs", .out = "report/out", .print = stdout};
    const cc_flag flags[] = {
        {"--results", CC_FLAG_TEXT, &options.results, 0, 0},
        {"--out", CC_FLAG_TEXT, &options.out, 0, 0},
        {"--kind", CC_FLAG_TEXT, &options.kind, 0, 0},
        {"--tables", CC_FLAG_TEXT, &options.tables, 0, 0},
        {"--strict", CC_FLAG_SWITCH, &options.strict, 0, 0},
        {NULL, CC_FLAG_SWITCH, NULL, 0, 0},
    };
    int path_count;
    const char *paths[argc];
    wanted w = {0};
    CC_TRY(cc_flags_read(argc, argv, flags, paths, &path_count, 0, argc));
    cc_status status = plan_configs(&w, &options, paths, path_count);
    if (status == CC_OK) status = cc_report_make(&options);
    wanted_deinit(&w);
    return status;
}
