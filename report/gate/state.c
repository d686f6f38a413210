/* report/gate/state.c -- an earlier state: its run files read and checked, its tables filled and their
 * claims judged as a report does it (report/report.c), without writing anything. */
#include "report/gate/state.h"

#include <stdlib.h>
#include <string.h>
#include "report/check.h"
#include "report/tables/claims.h"
#include "report/tables/shapes.h"
#include "report/tables/study.h"

/* One table to fill, with the arena that owns it, as an arena serves one thread. */
typedef struct table_job {
    const cc_spec *spec;
    const char *kind;
    cc_arena *arena;
    cc_table *table; /* NULL: it has nothing to show, and so is in no report */
    cc_error error;  /* status CC_OK: none */
} table_job;

/* Fills a table and judges its claims. */
static cc_status fill(table_job *job, const cc_report_runs *runs, const cc_published *published) {
    cc_listing shown = {0};
    job->arena = cc_arena_create();
    if (!job->arena) return cc_fail_memory("a table", 0);
    cc_table *table = cc_arena_get(job->arena, sizeof *table);
    if (!table) return CC_ENOMEM;
    CC_TRY(cc_table_build(table, job->spec, job->kind, runs, published, job->arena));
    job->table = table;
    if (job->spec->shape == CC_SHAPE_SCORES) return cc_table_judge(table, job->arena);
    CC_TRY(cc_table_listing_of_shape(&shown, table, job->arena));
    /* Runs that store no stages, say: the report leaves such a table out, and so does this. */
    if (shown.rows == 0) job->table = NULL;
    return CC_OK;
}

/* A job for each table and kind of runs that has a row in it; once to count, once to fill. */
static cc_status list_jobs(table_job **out, size_t *count, const cc_report_runs *runs, const cc_spec *specs,
                           size_t spec_count, const char *kind, cc_arena *arena) {
    table_job *jobs = NULL;
    for (int pass = 0; pass < 2; pass++) {
        *count = 0;
        for (size_t s = 0; s < spec_count; s++)
            for (size_t k = 0; k < runs->kind_count; k++) {
                const char *name = runs->kinds[k].name;
                /* Another kind's tables are in neither report. */
                if ((kind && strcmp(kind, name) != 0) || !cc_table_has_runs(&specs[s], name, runs)) continue;
                if (jobs) jobs[*count] = (table_job){.spec = &specs[s], .kind = name};
                (*count)++;
            }
        if (!jobs && !(jobs = cc_arena_get_array(arena, *count + 1, sizeof *jobs))) return CC_ENOMEM;
    }
    *out = jobs;
    return CC_OK;
}

/* Fills all tables, several at a time, and hands them to the state with their arenas. */
static cc_status fill_all(cc_gate_state *out, table_job *jobs, size_t count, const cc_published *published,
                          cc_arena *arena) {
    const cc_table **tables = cc_arena_get_array(arena, count + 1, sizeof *tables);
    cc_arena **arenas = calloc(count + 1, sizeof(cc_arena *));
    if (!tables || !arenas) {
        free(arenas);
        return cc_fail_memory("tables", count * sizeof *arenas);
    }
    /* An error belongs to the thread that met it: each job keeps its own. */
#pragma omp parallel for schedule(dynamic)
    for (size_t j = 0; j < count; j++)
        if (fill(&jobs[j], &out->runs, published) != CC_OK) jobs[j].error = *cc_error_get();
    /* The state owns the arenas before anything can fail, so that one deinit frees all of them. */
    free(out->arenas);
    out->arenas = arenas;
    out->arena_count = count + 1;
    out->tables = tables;
    for (size_t j = 0; j < count; j++) {
        arenas[j] = jobs[j].arena;
        if (jobs[j].table) tables[out->table_count++] = jobs[j].table;
    }
    arenas[count] = arena;
    for (size_t j = 0; j < count; j++) {
        const cc_error *e = &jobs[j].error;
        if (e->status != CC_OK) return cc_fail(e->status, e->where, e->hint, "%s", e->what);
    }
    return CC_OK;
}

cc_status cc_gate_state_read(cc_gate_state *out, const char *results, const char *tables, const char *kind) {
    cc_spec *specs;
    cc_published published;
    cc_manifest manifest;
    table_job *jobs;
    size_t spec_count, count;
    cc_arena *arena = cc_arena_create();
    /* Its one arena for now; fill_all adds those of the tables. */
    *out = (cc_gate_state){.where = results, .arenas = calloc(1, sizeof(cc_arena *)), .arena_count = 1};
    if (!arena || !out->arenas) {
        cc_arena_destroy(arena);
        return cc_fail_memory("the earlier state", 0);
    }
    out->arenas[0] = arena;
    /* Its own list of runs and its own report.yaml: what was stale then filled no cell then. */
    CC_TRY(cc_manifest_read(&manifest, results, arena));
    CC_TRY(tables ? cc_specs_read(&specs, &spec_count, &published, tables, arena)
                  : cc_specs_get(&specs, &spec_count, &published, arena));
    const cc_study_sources from = {.planned = &manifest, .results = results};
    CC_TRY(cc_study_specs_add(&specs, &spec_count, &from, arena));
    CC_TRY(cc_report_runs_read(&out->runs, results, specs, spec_count, arena));
    if (out->runs.count == 0)
        return cc_fail(CC_EFORMAT, results, "the warnings above name them",
                       "none of its %zu run files can be read", out->runs.problem_count);
    /* 0: an older program's numerics are no fault of its runs. */
    CC_TRY(cc_report_check_runs(&out->runs, &manifest, 0, arena));
    CC_TRY(list_jobs(&jobs, &count, &out->runs, specs, spec_count, kind, arena));
    return fill_all(out, jobs, count, &published, arena);
}

void cc_gate_state_deinit(cc_gate_state *state) {
    for (size_t j = 0; state->arenas && j < state->arena_count; j++) cc_arena_destroy(state->arenas[j]);
    free(state->arenas);
    *state = (cc_gate_state){0};
}
