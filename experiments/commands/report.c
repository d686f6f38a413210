/* experiments/commands/report.c -- `calcade report`: tables, figures and page from a folder of results.
 *
 * With configs, the runs that they ask for are wanted too, as they ask for them now: one that is missing, or
 * was made from an older config, is named (report/check.h). Their tables look as the configs say now. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* What the command line says. */
typedef struct values {
    cc_report_options report;
    cc_flag_texts tolerances;
    const char *ci;
} values;

/* "f1=0.5": a score and what it may move by. */
static cc_status read_tolerances(cc_report_options *out, const cc_flag_texts *texts) {
    for (int i = 0; i < texts->count; i++) {
        const char *text = texts->items[i], *equals = strchr(text, '=');
        char name[32] = "", *end = NULL;
        cc_score score;
        if (equals) snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
        /* strtod takes "nan" and "inf" too: the range refuses them. */
        const double points = equals ? strtod(equals + 1, &end) : -1;
        if (!equals || end == equals + 1 || *end || !(points >= 0 && points <= 100) ||
            cc_score_find(&score, name) != CC_OK)
            return cc_fail(CC_EUSAGE, "report --tolerance", "as in f1=0.5; points from 0 to 100",
                           "\"%s\" is not SCORE=POINTS", text);
        out->tolerances[score] = points;
    }
    if (texts->count && !out->against)
        return cc_fail(CC_EUSAGE, "report --tolerance", "add --against DIR",
                       "there is nothing to compare with");
    return CC_OK;
}

/* The name of a CI system; NULL: none. */
static cc_status read_ci(cc_report_options *out, const char *name) {
    if (!name) return CC_OK;
    if (strcmp(name, "github") == 0)
        out->ci = CC_CI_GITHUB;
    else if (strcmp(name, "gitlab") == 0)
        out->ci = CC_CI_GITLAB;
    else
        return cc_fail(CC_EUSAGE, "report --ci", "github or gitlab", "\"%s\" is neither", name);
    return CC_OK;
}

/* In the order of the help. */
static const cc_flag flags[] = {
    {.name = "--results",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, report.results),
     .value = "DIR",
     .completes = CC_COMPLETES_FOLDER,
     .meaning = "the folder of the run files; results/runs where it is not given"},
    {.name = "--out",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, report.out),
     .value = "DIR",
     .completes = CC_COMPLETES_FOLDER,
     .meaning = "the folder of the report; report/out where it is not given"},
    {.name = "--kind",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, report.kind),
     .value = "KIND",
     .meaning = "tables of the experiments KIND/NAME alone, as in twin"},
    {.name = "--tables",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, report.tables),
     .value = "FILE",
     .completes = CC_COMPLETES_CONFIG,
     .meaning = "tables of yours, and what is published beside them, in place of the paper's"},
    {.name = "--strict",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, report.strict),
     .meaning = "exit status 3 where a run is missing, stale or damaged; the report is made all the same"},
    {.name = "--against",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, report.against),
     .value = "DIR",
     .completes = CC_COMPLETES_FOLDER,
     .meaning =
         "the run files of an earlier state, light ones too: what changed since is listed; exit status 3 "
         "where a number is missing, lost a run or left its tolerance, or a claim's verdict is another"},
    {.name = "--tolerance",
     .kind = CC_FLAG_TEXTS,
     CC_FLAG_AT(values, tolerances),
     .value = "SCORE=POINTS",
     .meaning = "by how many points a score, as in f1=0.5, may differ from the earlier state; without it the "
                "counts must be the same; may be given several times"},
    {.name = "--ci",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, ci),
     .value = "github|gitlab",
     .meaning = "writes summary.md and up to ten annotations: on standard output, with the summary in "
                "$GITHUB_STEP_SUMMARY; or code-quality.json"},
    {.name = "--junit",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, report.junit),
     .value = "FILE",
     .completes = CC_COMPLETES_PATH,
     .meaning = "JUnit XML: a test case for each cell and claim, failed where the exit status is 3 for it"},
    {0}};

/* The flags' values are the report's own options: the table points into them. */
static cc_status command(int argc, char **argv) {
    values v = {.report = {.results = "results/runs", .out = "report/out", .print = stdout}};
    cc_report_options *options = &v.report;
    int path_count;
    const char *paths[argc];
    wanted w = {0};
    CC_TRY(cc_flags_read(&v, argc, argv, flags, paths, &path_count, 0, argc));
    CC_TRY(read_tolerances(options, &v.tolerances));
    CC_TRY(read_ci(options, v.ci));
    /* Configs are read where there are some; without them the folder alone says what there is. */
    cc_status status = plan_configs(&w, options, paths, path_count);
    if (status == CC_OK) status = cc_report_make(options);
    wanted_deinit(&w);
    return status;
}

const cc_command cc_command_report = {
    .name = "report",
    .operands = {{"[CONFIG...]", CC_COMPLETES_CONFIG}},
    .flags = flags,
    .what = "makes tables (md, csv, tex, html), figures (png, svg) and index.html from results/runs into "
            "report/out; --tables: those of a file of yours, and what is published beside them, in place of "
            "the paper's",
    .without_nets = true,
    .run = command,
};
