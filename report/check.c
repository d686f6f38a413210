/* report/check.c -- faults of runs, and the cells that a strict report cannot fill.
 *
 * A report shows what it is given; this file says what it was not given, or should not trust: stale files,
 * doubles, misplaced files, planned runs that are missing, and rows without any run. Each line begins with
 * the cell of the table that stays empty for it. */
#include "report/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "results/paths.h"

bool cc_report_kind_is(const char *kind, const char *experiment) {
    char of[CC_RUN_NAME_MAX];
    cc_run_kind(of, sizeof of, experiment);
    return !kind || strcmp(kind, of) == 0;
}

/* --- faults of runs --- */

/* Why a run is stale, or NULL. Files without a request, from older versions, have it as their identity. */
static const char *find_stale(const cc_report_run *run, const cc_manifest *manifest, int64_t wanted,
                              cc_arena *arena) {
    const cc_manifest_entry *planned =
        cc_manifest_find(manifest, run->experiment, run->variant, run->fold, run->seed);
    /* 0: not stated, as in files written by scripts. */
    long long numerics = run->provenance.numerics_version;
    if (numerics && wanted && numerics != wanted)
        return cc_arena_format(arena, "is stale: its numerics are version %lld, this program's %lld",
                               numerics, (long long)wanted);
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

/* A run that has a fault already keeps it. */
static cc_status mark_double(cc_report_run *run, const cc_report_run *other, cc_arena *arena) {
    if (run->fault) return CC_OK;
    run->fault = cc_arena_format(arena, "is the same run as %s", other->path);
    run->fault_kind = CC_FAULT_MISPLACED;
    return run->fault ? CC_OK : CC_ENOMEM;
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
        CC_TRY(mark_double(a, b, arena));
        CC_TRY(mark_double(b, a, arena));
    }
    return CC_OK;
}

cc_status cc_report_check_runs(cc_report_runs *runs, const cc_manifest *manifest, int64_t numerics,
                               cc_arena *arena) {
    for (size_t i = 0; i < runs->count; i++) {
        cc_report_run *run = &runs->items[i];
        run->fault = find_stale(run, manifest, numerics, arena);
        run->fault_kind = CC_FAULT_STALE;
        if (!is_misplaced(run)) continue;
        run->fault_kind = CC_FAULT_MISPLACED;
        run->fault = cc_arena_format(arena, "lies at the place of another run: it is %s, variant %s",
                                     run->experiment, run->variant);
    }
    return find_doubles(runs, arena);
}

/* --- cells that stay empty --- */

/* What is checked, and where gaps go. Everything that is asked for each run or row is sorted by names, as
 * a folder may hold ten thousand runs, and as many may be missing. */
typedef struct check {
    cc_report_gaps *out;
    const cc_report_runs *runs;
    const cc_manifest *planned;
    const char *results, *kind;
    cc_row_index rows;
    cc_manifest damaged; /* files that could not be read, by the names of their paths */
    cc_manifest wanted;  /* planned, or damaged */
} check;

/* The cell that a run would fill. */
typedef struct cell {
    char text[512];    /* the first row that takes it, else the run's own name */
    const char *table; /* NULL: none takes it */
    const char *row;   /* as cc_report_gap.row */
} cell;

/* Adds a gap; the words behind its cell are printed from the format. */
static cc_status __attribute__((format(printf, 4, 5)))
add_gap(check *c, cc_report_fault fault, const cell *where, const char *format, ...) {
    char words[2 * CC_PATH_MAX];
    cc_report_gaps *out = c->out;
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    if (out->count == out->capacity) {
        const size_t wider = out->capacity ? 2 * out->capacity : 16;
        cc_report_gap *grown = cc_arena_get_array(out->arena, wider, sizeof *grown);
        if (!grown) return CC_ENOMEM;
        if (out->count) memcpy(grown, out->items, out->count * sizeof *grown);
        out->items = grown;
        out->capacity = wider;
    }
    const char *line = cc_arena_format(out->arena, "%s: %s", where->text, words);
    if (!line) return CC_ENOMEM;
    out->items[out->count++] = (cc_report_gap){fault, line, where->table, where->row};
    return CC_OK;
}

/* Finds the cell of a run. */
static cc_status find_cell(cell *out, const check *c, const char *experiment, const char *variant,
                           int64_t fold) {
    char kind[CC_RUN_NAME_MAX];
    const cc_table_place *place = cc_row_index_find(&c->rows, experiment, variant, fold);
    *out = (cell){0};
    if (!place) {
        snprintf(out->text, sizeof out->text, "%s, variant %s", experiment, variant);
        out->row = cc_arena_copy(c->out->arena, out->text);
        return out->row ? CC_OK : CC_ENOMEM;
    }
    cc_run_kind(kind, sizeof kind, experiment);
    snprintf(out->text, sizeof out->text, "%s (%s), row %s", place->spec->id, kind, place->row->label);
    out->row = place->row->label;
    out->table = cc_arena_format(c->out->arena, "%s-%s", place->spec->id, kind);
    return out->table ? CC_OK : CC_ENOMEM;
}

/* A run's names from where its file lies: RESULTS/EXPERIMENT/VARIANT/fold-K/seed-S.h5. False where it lies
 * elsewhere. */
static bool split_path(cc_manifest_entry *out, const char *path, const char *results, cc_arena *arena) {
    size_t length = strlen(results);
    long long fold, seed;
    while (length && results[length - 1] == '/') length--;
    if (strncmp(path, results, length) != 0) return false;
    char *experiment = cc_arena_copy(arena, path + length + strspn(path + length, "/"));
    /* What stands before it is EXPERIMENT/VARIANT. */
    char *end = experiment ? strstr(experiment, "/fold-") : NULL;
    if (!end || sscanf(end, "/fold-%lld/seed-%lld", &fold, &seed) != 2) return false;
    *end = 0;
    char *slash = strrchr(experiment, '/');
    if (!slash) return false;
    *slash = 0;
    *out = (cc_manifest_entry){"", experiment, slash + 1, fold, seed};
    return true;
}

/* A gap for each file that could not be read; those whose place says which runs they are become
 * c->damaged. */
static cc_status check_problems(check *c) {
    cc_arena *arena = c->out->arena;
    cc_manifest_entry *named = cc_arena_get_array(arena, c->runs->problem_count + 1, sizeof *named);
    size_t count = 0;
    if (!named) return CC_ENOMEM;
    for (size_t i = 0; i < c->runs->problem_count; i++) {
        const cc_report_problem *problem = &c->runs->problems[i];
        cell where = {.text = "some cell"};
        if (split_path(&named[count], problem->path, c->results, arena)) {
            const cc_manifest_entry *e = &named[count++];
            if (!cc_report_kind_is(c->kind, e->experiment)) continue;
            CC_TRY(find_cell(&where, c, e->experiment, e->variant, e->fold));
        }
        CC_TRY(add_gap(c, CC_FAULT_DAMAGED, &where, "%s", problem->line));
    }
    CC_TRY(cc_manifest_join(&c->damaged, &(cc_manifest){0}, named, count, arena));
    return cc_manifest_join(&c->wanted, c->planned, named, count, arena);
}

/* A gap for each run with a fault. */
static cc_status check_faults(check *c) {
    for (size_t i = 0; i < c->runs->count; i++) {
        const cc_report_run *run = &c->runs->items[i];
        cell where;
        if (!run->fault || !cc_report_kind_is(c->kind, run->experiment)) continue;
        CC_TRY(find_cell(&where, c, run->experiment, run->variant, run->fold));
        CC_TRY(add_gap(c, run->fault_kind, &where, "%s: %s", run->path, run->fault));
    }
    return CC_OK;
}

/* A gap for each planned run that is neither read nor named already. */
static cc_status check_planned(check *c) {
    cc_arena *arena = c->out->arena;
    cc_manifest read;
    cc_manifest_entry *names = cc_arena_get_array(arena, c->runs->count + 1, sizeof *names);
    if (!names) return CC_ENOMEM;
    for (size_t i = 0; i < c->runs->count; i++) {
        const cc_report_run *run = &c->runs->items[i];
        names[i] = (cc_manifest_entry){"", run->experiment, run->variant, run->fold, run->seed};
    }
    CC_TRY(cc_manifest_join(&read, &(cc_manifest){0}, names, c->runs->count, arena));
    for (size_t i = 0; i < c->planned->count; i++) {
        const cc_manifest_entry *e = &c->planned->entries[i];
        char path[CC_PATH_MAX];
        cell where;
        if (!cc_report_kind_is(c->kind, e->experiment) ||
            cc_manifest_find(&read, e->experiment, e->variant, e->fold, e->seed) ||
            cc_manifest_find(&c->damaged, e->experiment, e->variant, e->fold, e->seed))
            continue;
        CC_TRY(cc_run_path(path, c->results, e->experiment, e->variant, e->fold, e->seed));
        CC_TRY(find_cell(&where, c, e->experiment, e->variant, e->fold));
        CC_TRY(add_gap(c, CC_FAULT_MISSING, &where, "%s: is missing", path));
    }
    return CC_OK;
}

/* Whether a run of an experiment that a row takes is planned, or there and damaged. */
static bool is_wanted_of(const check *c, const cc_spec_row *row, const char *experiment, const char *kind) {
    char of[CC_RUN_NAME_MAX];
    size_t low = 0, high = c->wanted.count;
    /* The first entry that is not before the row's names; of a row without a fold, every fold will do. */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const cc_manifest_entry *e = &c->wanted.entries[middle];
        int order = strcmp(e->experiment, experiment);
        if (!order) order = strcmp(e->variant, row->variant);
        if (order < 0 || (order == 0 && e->fold < row->fold))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == c->wanted.count) return false;
    const cc_manifest_entry *e = &c->wanted.entries[low];
    cc_run_kind(of, sizeof of, experiment);
    return strcmp(e->experiment, experiment) == 0 && strcmp(of, kind) == 0 &&
           cc_report_row_takes(row, e->experiment, e->variant, e->fold);
}

/* The same of all experiments that may be a row's. */
static bool is_wanted(const check *c, const cc_spec_row *row, const char *kind) {
    char experiment[CC_PATH_MAX];
    snprintf(experiment, sizeof experiment, "%s/%s", kind, row->experiment);
    return is_wanted_of(c, row, experiment, kind) || is_wanted_of(c, row, row->experiment, kind);
}

/* Whether a row has a run, planned, made, or made and damaged. */
static bool row_has(const check *c, const cc_spec_row *row, const char *kind) {
    size_t count;
    if (row->source != CC_SOURCE_RUNS) return false;
    const cc_report_run *const *runs = cc_report_runs_of_row(&count, c->runs, row);
    for (size_t i = 0; i < count; i++)
        if (strcmp(runs[i]->kind, kind) == 0 && cc_report_run_matches(runs[i], row)) return true;
    return is_wanted(c, row, kind);
}

/* A gap for each row without a run, where its table has any. */
static cc_status check_rows(check *c, const cc_spec *spec, const char *kind) {
    /* A kind that has no row of a table at all does not want that table. */
    size_t there = 0;
    for (size_t r = 0; r < spec->row_count; r++) there += row_has(c, &spec->rows[r], kind);
    for (size_t r = 0; there && r < spec->row_count; r++) {
        const cc_spec_row *row = &spec->rows[r];
        cell where = {.row = row->label};
        if (row->source != CC_SOURCE_RUNS || row->optional || row_has(c, row, kind)) continue;
        snprintf(where.text, sizeof where.text, "%s (%s), row %s", spec->id, kind, row->label);
        where.table = cc_arena_format(c->out->arena, "%s-%s", spec->id, kind);
        if (!where.table) return CC_ENOMEM;
        CC_TRY(add_gap(c, CC_FAULT_MISSING, &where, "%s/%s%s%s/%s/fold-%lld/seed-*.h5: is missing",
                       c->results, row->kindless ? "" : kind, row->kindless ? "" : "/", row->experiment,
                       row->variant, row->fold));
    }
    return CC_OK;
}

cc_status cc_report_check_tables(cc_report_gaps *out, const cc_report_runs *runs, const cc_spec *specs,
                                 size_t spec_count, const cc_manifest *manifest, const char *results,
                                 const char *kind) {
    check c = {.out = out, .runs = runs, .planned = manifest, .results = results, .kind = kind};
    CC_TRY(cc_row_index_make(&c.rows, specs, spec_count, out->arena));
    CC_TRY(check_problems(&c));
    CC_TRY(check_faults(&c));
    CC_TRY(check_planned(&c));
    for (size_t k = 0; k < runs->kind_count; k++) {
        if (kind && strcmp(kind, runs->kinds[k].name) != 0) continue;
        for (size_t s = 0; s < spec_count; s++) CC_TRY(check_rows(&c, &specs[s], runs->kinds[k].name));
    }
    return CC_OK;
}
