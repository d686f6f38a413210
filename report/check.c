/* report/check.c -- faults of runs, and the cells that a strict report cannot fill.
 *
 * A report shows what it is given; this file says what it was not given, or should not trust: stale files,
 * doubles, misplaced files, planned runs that are missing, and rows without any run. Each line begins with
 * the cell of the table that stays empty for it. */
#include "report/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/version.h"
#include "results/paths.h"

bool cc_report_kind_is(const char *kind, const char *experiment) {
    char of[CC_RUN_NAME_MAX];
    cc_run_kind(of, sizeof of, experiment);
    return !kind || strcmp(kind, of) == 0;
}

/* --- faults of runs --- */

/* Why a run is stale, or NULL. Files without a request, from older versions, have it as their identity. */
static const char *find_stale(const cc_report_run *run, const cc_manifest *manifest, cc_arena *arena) {
    const cc_manifest_entry *planned =
        cc_manifest_find(manifest, run->experiment, run->variant, run->fold, run->seed);
    /* 0: not stated, as in files written by scripts. */
    long long numerics = run->provenance.numerics_version;
    if (numerics && numerics != CC_NUMERICS_VERSION)
        return cc_arena_format(arena, "is stale: its numerics are version %lld, this program's %d", numerics,
                               CC_NUMERICS_VERSION);
    const char *request = run->provenance.request ? run->provenance.request : run->provenance.identity;
    if (!planned || !request || strcmp(planned->identity, request) == 0) return NULL;
    return "is stale: the config, the data or the numerics changed since it was made";
}

/* A file that `calcade run` would have named for another run. Scripts may put theirs anywhere else. */
static bool is_misplaced(const cc_report_run *run) {
    char own[CC_PATH_MAX];
    const char *fold = strstr(run->path, "/fold-");
    if (!fold || strncmp(strrchr(run->path, '/'), "/seed-", 6) != 0) return false;
    if (cc_run_path(own, "", run->experiment, run->variant, run->fold, run->seed) != CC_OK) return false;
    return !cc_path_ends_with(run->path, own);
}

/* For qsort: two that compare equal are one run. */
static int by_run(const void *a, const void *b) {
    const cc_report_run *x = *(cc_report_run *const *)a, *y = *(cc_report_run *const *)b;
    int order = strcmp(x->experiment, y->experiment);
    if (!order) order = strcmp(x->variant, y->variant);
    if (!order) order = (x->fold > y->fold) - (x->fold < y->fold);
    return order ? order : (x->seed > y->seed) - (x->seed < y->seed);
}

/* Two files that are one run: which of them counts is not for a report to choose. */
static cc_status find_doubles(cc_report_runs *runs, cc_arena *arena) {
    cc_report_run **sorted = cc_arena_get_array(arena, runs->count + 1, sizeof(cc_report_run *));
    if (!sorted) return CC_ENOMEM;
    for (size_t i = 0; i < runs->count; i++) sorted[i] = &runs->items[i];
    qsort(sorted, runs->count, sizeof *sorted, by_run);
    for (size_t i = 1; i < runs->count; i++) {
        cc_report_run *a = sorted[i - 1], *b = sorted[i];
        if (by_run(&a, &b) != 0) continue;
        if (!a->fault) a->fault = cc_arena_format(arena, "is the same run as %s", b->path);
        if (!b->fault) b->fault = cc_arena_format(arena, "is the same run as %s", a->path);
        if (!a->fault || !b->fault) return CC_ENOMEM;
    }
    return CC_OK;
}

cc_status cc_report_check_runs(cc_report_runs *runs, const cc_manifest *manifest, cc_arena *arena) {
    for (size_t i = 0; i < runs->count; i++) {
        cc_report_run *run = &runs->items[i];
        run->fault = find_stale(run, manifest, arena);
        if (is_misplaced(run))
            run->fault = cc_arena_format(arena, "lies at the place of another run: it is %s, variant %s",
                                         run->experiment, run->variant);
    }
    return find_doubles(runs, arena);
}

/* --- cells that stay empty --- */

/* What is checked, and where lines go. */
typedef struct check {
    cc_notes *out;
    const cc_report_runs *runs;
    const cc_spec *specs;
    size_t spec_count;
    const cc_manifest *manifest;
    const char *results;
} check;

/* The cell that a run would fill: the first row that takes it, else the run's own name. */
static void describe_cell(char out[512], const check *c, const char *experiment, const char *variant,
                          int64_t fold) {
    char kind[CC_RUN_NAME_MAX];
    cc_run_kind(kind, sizeof kind, experiment);
    snprintf(out, 512, "%s, variant %s", experiment, variant);
    for (size_t s = 0; s < c->spec_count; s++)
        for (size_t r = 0; r < c->specs[s].row_count; r++)
            if (cc_report_row_takes(&c->specs[s].rows[r], experiment, variant, fold)) {
                snprintf(out, 512, "%s (%s), row %s", c->specs[s].id, kind, c->specs[s].rows[r].label);
                return;
            }
}

/* Experiment and variant from where a file lies: RESULTS/EXPERIMENT/VARIANT/fold-K/seed-S.h5. */
static bool split_path(char experiment[CC_PATH_MAX], char variant[CC_PATH_MAX], int64_t *fold,
                       const char *path, const char *results) {
    size_t length = strlen(results);
    long long number;
    while (length && results[length - 1] == '/') length--;
    if (strncmp(path, results, length) != 0) return false;
    snprintf(experiment, CC_PATH_MAX, "%s", path + length + strspn(path + length, "/"));
    /* What stands before it is EXPERIMENT/VARIANT. */
    char *end = strstr(experiment, "/fold-");
    if (!end || sscanf(end, "/fold-%lld/", &number) != 1) return false;
    *end = 0;
    char *slash = strrchr(experiment, '/');
    if (!slash) return false;
    snprintf(variant, CC_PATH_MAX, "%s", slash + 1);
    *slash = 0;
    *fold = number;
    return true;
}

/* A line for each file that could not be read. */
static void check_problems(check *c, const char *kind) {
    for (size_t i = 0; i < c->runs->problem_count; i++) {
        const cc_report_problem *problem = &c->runs->problems[i];
        char experiment[CC_PATH_MAX], variant[CC_PATH_MAX], cell[512] = "some cell";
        int64_t fold;
        if (split_path(experiment, variant, &fold, problem->path, c->results)) {
            if (!cc_report_kind_is(kind, experiment)) continue;
            describe_cell(cell, c, experiment, variant, fold);
        }
        cc_notes_add(c->out, "%s: %s", cell, problem->line);
    }
}

/* A line for each run with a fault. */
static void check_faults(check *c, const char *kind) {
    for (size_t i = 0; i < c->runs->count; i++) {
        const cc_report_run *run = &c->runs->items[i];
        char cell[512];
        if (!run->fault || !cc_report_kind_is(kind, run->experiment)) continue;
        describe_cell(cell, c, run->experiment, run->variant, run->fold);
        cc_notes_add(c->out, "%s: %s: %s", cell, run->path, run->fault);
    }
}

/* Whether a planned run was read. */
static bool has_run(const cc_report_runs *runs, const cc_manifest_entry *e) {
    for (size_t i = 0; i < runs->count; i++) {
        const cc_report_run *run = &runs->items[i];
        if (run->fold == e->fold && run->seed == e->seed && strcmp(run->variant, e->variant) == 0 &&
            strcmp(run->experiment, e->experiment) == 0)
            return true;
    }
    return false;
}

/* Whether a path is that of a file that could not be read. */
static bool has_problem(const cc_report_runs *runs, const char *path) {
    for (size_t i = 0; i < runs->problem_count; i++)
        if (strcmp(runs->problems[i].path, path) == 0) return true;
    return false;
}

/* A line for each planned run that is neither read nor named already. */
static cc_status check_planned(check *c, const char *kind) {
    for (size_t i = 0; i < c->manifest->count; i++) {
        const cc_manifest_entry *e = &c->manifest->entries[i];
        char path[CC_PATH_MAX], cell[512];
        if (!cc_report_kind_is(kind, e->experiment) || has_run(c->runs, e)) continue;
        CC_TRY(cc_run_path(path, c->results, e->experiment, e->variant, e->fold, e->seed));
        if (has_problem(c->runs, path)) continue;
        describe_cell(cell, c, e->experiment, e->variant, e->fold);
        cc_notes_add(c->out, "%s: %s: is missing", cell, path);
    }
    return CC_OK;
}

/* Whether a row has a run, planned, made, or made and damaged. */
static bool row_has(const check *c, const cc_spec_row *row, const char *kind) {
    for (size_t i = 0; i < c->runs->count; i++)
        if (strcmp(c->runs->items[i].kind, kind) == 0 && cc_report_run_matches(&c->runs->items[i], row))
            return true;
    for (size_t i = 0; i < c->manifest->count; i++) {
        const cc_manifest_entry *e = &c->manifest->entries[i];
        if (cc_report_kind_is(kind, e->experiment) &&
            cc_report_row_takes(row, e->experiment, e->variant, e->fold))
            return true;
    }
    for (size_t i = 0; i < c->runs->problem_count; i++) {
        char experiment[CC_PATH_MAX], variant[CC_PATH_MAX];
        int64_t fold;
        if (split_path(experiment, variant, &fold, c->runs->problems[i].path, c->results) &&
            cc_report_kind_is(kind, experiment) && cc_report_row_takes(row, experiment, variant, fold))
            return true;
    }
    return false;
}

/* A line for each row without a run, where its table has any. */
static cc_status check_rows(check *c, const cc_spec *spec, const char *kind) {
    /* A kind that has no row of a table at all does not want that table. */
    size_t there = 0;
    for (size_t r = 0; r < spec->row_count; r++) there += row_has(c, &spec->rows[r], kind);
    for (size_t r = 0; there && r < spec->row_count; r++) {
        const cc_spec_row *row = &spec->rows[r];
        if (row->source != CC_SOURCE_RUNS || row->optional || row_has(c, row, kind)) continue;
        cc_notes_add(c->out, "%s (%s), row %s: %s/%s/%s/%s/fold-%lld/seed-*.h5: is missing", spec->id, kind,
                     row->label, c->results, kind, row->experiment, row->variant, row->fold);
    }
    return CC_OK;
}

/* Whether a run before this one is of the same kind. */
static bool seen_kind(const cc_report_runs *runs, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (strcmp(runs->items[i].kind, runs->items[at].kind) == 0) return true;
    return false;
}

cc_status cc_report_check_tables(cc_notes *out, const cc_report_runs *runs, const cc_spec *specs,
                                 size_t spec_count, const cc_manifest *manifest, const char *results,
                                 const char *kind) {
    check c = {out, runs, specs, spec_count, manifest, results};
    check_problems(&c, kind);
    check_faults(&c, kind);
    CC_TRY(check_planned(&c, kind));
    for (size_t i = 0; i < runs->count; i++) {
        /* Each kind once. */
        if (!cc_report_kind_is(kind, runs->items[i].experiment) || seen_kind(runs, i)) continue;
        for (size_t s = 0; s < spec_count; s++) CC_TRY(check_rows(&c, &specs[s], runs->items[i].kind));
    }
    return out->failed ? CC_ENOMEM : CC_OK;
}
