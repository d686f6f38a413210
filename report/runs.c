/* report/runs.c -- reads every run file below a folder and keeps what the report needs of each.
 *
 * A file is read into an arena of its own, which is thrown away with the pictures;
 * what tables need is copied, for runs that some table asks for. So a report of thousands of runs needs the
 * memory of their rows. */
#include "report/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "results/paths.h"

bool cc_report_run_matches(const cc_report_run *run, const cc_spec_row *row) {
    return cc_report_row_takes(row, run->experiment, run->variant, run->fold);
}

void cc_report_run_anchor(char *out, size_t capacity, const cc_report_run *run) {
    snprintf(out, capacity, "%s-%s-fold-%lld-seed-%lld", run->experiment, run->variant, (long long)run->fold,
             (long long)run->seed);
    for (char *c = out; *c; c++)
        if (*c == '/') *c = '-';
}

/* A patient's name and its number in the run. */
typedef struct numbered {
    const char *name;
    uint32_t number;
} numbered;

/* For qsort and bsearch: by name. */
static int by_name(const void *a, const void *b) {
    return strcmp(((const numbered *)a)->name, ((const numbered *)b)->name);
}

/* The slices as counts, patients numbered as run->patients has them. */
static cc_status make_rows(cc_count_row **out, const cc_run *run, cc_arena *arena) {
    numbered *names = cc_arena_get_array(arena, run->patient_count + 1, sizeof *names);
    cc_count_row *rows = cc_arena_get_array(arena, run->slice_count + 1, sizeof *rows);
    if (!names || !rows) return CC_ENOMEM;
    for (size_t p = 0; p < run->patient_count; p++)
        names[p] = (numbered){run->patients[p].patient, (uint32_t)p};
    qsort(names, run->patient_count, sizeof *names, by_name);
    for (size_t i = 0; i < run->slice_count; i++) {
        const cc_run_slice *s = &run->slices[i];
        /* The reader has checked that every slice's patient is one of the run's. */
        const numbered *found =
            bsearch(&(numbered){s->patient, 0}, names, run->patient_count, sizeof *names, by_name);
        rows[i] = (cc_count_row){found ? found->number : 0, {s->tp, s->fp, s->fn, s->tn}};
    }
    *out = rows;
    return CC_OK;
}

/* *out, a pointer to rows, is given a copy of them. */
static cc_status copy_rows(void *out, const void *rows, size_t count, size_t bytes, cc_arena *arena) {
    void *kept = cc_arena_get_array(arena, count + 1, bytes);
    if (!kept) return CC_ENOMEM;
    if (count) memcpy(kept, rows, count * bytes);
    memcpy(out, &kept, sizeof kept);
    return CC_OK;
}

/* Replaces a text by the arena's copy; NULL stays. */
static cc_status copy_text(const char **text, cc_arena *arena) {
    if (*text && !(*text = cc_arena_copy(arena, *text))) return CC_ENOMEM;
    return CC_OK;
}

/* The same of every text of a provenance. */
static cc_status copy_provenance(cc_run_provenance *p, cc_arena *arena) {
    const char **texts[] = {&p->identity,       &p->request,      &p->machine, &p->data_digest,
                            &p->weights_digest, &p->split_digest, &p->commit,  &p->version,
                            &p->build,          &p->compiler,     &p->device,  &p->precision,
                            &p->algorithms,     &p->started,      &p->finished};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CC_TRY(copy_text(texts[i], arena));
    cc_run_library *libraries = cc_arena_get_array(arena, p->library_count + 1, sizeof *libraries);
    if (!libraries) return CC_ENOMEM;
    for (size_t i = 0; i < p->library_count; i++) {
        libraries[i] = p->libraries[i];
        CC_TRY(copy_text(&libraries[i].name, arena));
        CC_TRY(copy_text(&libraries[i].version, arena));
    }
    p->libraries = libraries;
    return CC_OK;
}

/* Copies the counts by threshold, [patients][thresholds]. */
static cc_status copy_cuts(cc_run_cuts *out, const cc_run_cuts *cuts, cc_arena *arena) {
    const size_t values = cuts->count * cuts->patient_count;
    *out = *cuts;
    CC_TRY(copy_rows(&out->thresholds, cuts->thresholds, cuts->count, sizeof *cuts->thresholds, arena));
    CC_TRY(copy_rows(&out->tp, cuts->tp, values, sizeof *cuts->tp, arena));
    return copy_rows(&out->fp, cuts->fp, values, sizeof *cuts->fp, arena);
}

/* Copies what a table needs from the scratch arena to the report's. */
static cc_status keep_rows(cc_report_run *out, const cc_run *run, const cc_count_row *rows, cc_arena *arena) {
    const char **patients = cc_arena_get_array(arena, run->patient_count + 1, sizeof *patients);
    if (!patients) return CC_ENOMEM;
    CC_TRY(copy_rows(&out->patient_rows, run->patients, run->patient_count, sizeof *run->patients, arena));
    CC_TRY(copy_rows(&out->slices, run->slices, run->slice_count, sizeof *run->slices, arena));
    CC_TRY(copy_rows(&out->rows, rows, run->slice_count, sizeof *rows, arena));
    CC_TRY(copy_rows(&out->epochs, run->epochs, run->epoch_count, sizeof *run->epochs, arena));
    CC_TRY(copy_rows(&out->stages, run->stages, run->stage_count, sizeof *run->stages, arena));
    CC_TRY(copy_rows(&out->baselines, run->baselines, run->baseline_count, sizeof *run->baselines, arena));
    CC_TRY(copy_rows(&out->challenge, run->challenge, run->challenge_count, sizeof *run->challenge, arena));
    CC_TRY(copy_rows(&out->calibration, run->calibration, run->calibration_count, sizeof *run->calibration,
                     arena));
    CC_TRY(copy_cuts(&out->cuts, &run->cuts, arena));
    for (size_t p = 0; p < run->patient_count; p++) patients[p] = out->patient_rows[p].patient;
    out->patients = patients;
    out->config = run->config;
    CC_TRY(copy_text(&out->config, arena));
    out->provenance = run->provenance;
    return copy_provenance(&out->provenance, arena);
}

/* Fills *out from a run that was read into the scratch arena. */
static cc_status keep_run(cc_report_run *out, const char *path, const cc_run *run,
                          const cc_row_index *rows_of_tables, cc_arena *scratch, cc_arena *arena) {
    cc_count_row *rows;
    *out = (cc_report_run){.path = path,
                           .experiment = cc_arena_copy(arena, run->experiment),
                           .variant = cc_arena_copy(arena, run->variant),
                           .stage = cc_arena_copy(arena, run->stage),
                           .fold = run->fold,
                           .seed = run->seed,
                           .parameter_count = run->parameter_count,
                           .multiply_adds = run->multiply_adds,
                           .best_epoch = run->best_epoch,
                           .leaking_split = run->leaking_split,
                           .in_sample_upstream = run->in_sample_upstream,
                           .slice_count = run->slice_count,
                           .patient_count = run->patient_count,
                           .epoch_count = run->epoch_count,
                           .example_count = run->example_count,
                           .panel_count = run->panel_count,
                           .stage_count = run->stage_count,
                           .baseline_count = run->baseline_count,
                           .challenge_count = run->challenge_count,
                           .calibration_count = run->calibration_count};
    out->provenance.identity = run->provenance.identity;
    out->provenance.numerics_version = run->provenance.numerics_version;
    out->provenance.request = run->provenance.request;
    CC_TRY(copy_text(&out->provenance.identity, arena));
    CC_TRY(copy_text(&out->provenance.request, arena));
    if (!out->experiment || !out->variant || !out->stage) return CC_ENOMEM;
    cc_run_kind(out->kind, sizeof out->kind, run->experiment);
    CC_TRY(make_rows(&rows, run, scratch));
    CC_TRY(cc_scores_average(&out->pooled, rows, run->slice_count,
                             (cc_convention){CC_AVERAGE_POOLED, CC_EMPTY_SKIP}));
    CC_TRY(cc_scores_average(&out->patient_mean, rows, run->slice_count,
                             (cc_convention){CC_AVERAGE_PATIENT, CC_EMPTY_SKIP}));
    /* The scores of every run stand in runs.md; the rest is for tables alone. */
    out->in_table = cc_row_index_find(rows_of_tables, out->experiment, out->variant, out->fold) != NULL;
    return out->in_table ? keep_rows(out, run, rows, arena) : CC_OK;
}

/* Reads and keeps one file. */
static cc_status read_one(cc_report_run *out, const char *path, const cc_row_index *rows_of_tables,
                          cc_arena *arena) {
    cc_run run;
    cc_arena *scratch = cc_arena_create();
    if (!scratch) return cc_fail_memory("a run", 0);
    cc_status status = cc_run_read(&run, path, CC_RUN_EXAMPLES, scratch);
    if (status == CC_OK) status = keep_run(out, path, &run, rows_of_tables, scratch, arena);
    cc_arena_destroy(scratch);
    return status;
}

/* Keeps the error of a file that could not be read, and warns of it. */
static cc_status add_problem(cc_report_runs *runs, const char *path, cc_arena *arena) {
    char line[2048];
    cc_error_line(line, sizeof line);
    cc_log(CC_LOG_WARNING, "%s", line);
    cc_report_problem *problem = &runs->problems[runs->problem_count++];
    *problem = (cc_report_problem){path, cc_arena_copy(arena, line)};
    return problem->line ? CC_OK : CC_ENOMEM;
}

/* --- the runs by their names --- */

/* A name that a run is found by. */
struct cc_report_name {
    const char *experiment;
    const cc_report_run *run;
};

static int compare_names(const struct cc_report_name *name, const char *experiment, const char *variant) {
    const int order = strcmp(name->experiment, experiment);
    return order ? order : strcmp(name->run->variant, variant);
}

/* For qsort: runs of the same names keep the order of the array that holds them, which is that of their
 * paths. */
static int by_names(const void *a, const void *b) {
    const struct cc_report_name *x = a, *y = b;
    const int order = compare_names(x, y->experiment, y->run->variant);
    return order ? order : (x->run > y->run) - (x->run < y->run);
}

static cc_status sort_by_names(cc_report_runs *runs, cc_arena *arena) {
    runs->name_count = 0;
    runs->names = cc_arena_get_array(arena, runs->count + 1, 2 * sizeof *runs->names);
    runs->named = cc_arena_get_array(arena, runs->count + 1, 2 * sizeof *runs->named);
    if (!runs->names || !runs->named) return CC_ENOMEM;
    for (size_t i = 0; i < runs->count; i++) {
        const cc_report_run *run = &runs->items[i];
        const char *group = cc_report_group(run->experiment);
        runs->names[runs->name_count++] = (struct cc_report_name){run->experiment, run};
        /* A name without a kind is the same twice. */
        if (group != run->experiment) runs->names[runs->name_count++] = (struct cc_report_name){group, run};
    }
    qsort(runs->names, runs->name_count, sizeof *runs->names, by_names);
    for (size_t i = 0; i < runs->name_count; i++) runs->named[i] = runs->names[i].run;
    return CC_OK;
}

/* The first name that is not before a row's (`after`: that is behind them). */
static size_t find_bound(const cc_report_runs *runs, const cc_spec_row *row, bool after) {
    size_t low = 0, high = runs->name_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare_names(&runs->names[middle], row->experiment, row->variant);
        if (order < 0 || (after && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const cc_report_run *const *cc_report_runs_of_row(size_t *count, const cc_report_runs *runs,
                                                  const cc_spec_row *row) {
    *count = 0;
    if (row->source != CC_SOURCE_RUNS) return runs->named;
    const size_t first = find_bound(runs, row, false);
    *count = find_bound(runs, row, true) - first;
    return runs->named + first;
}

/* For qsort: by kind. */
static int by_kind(const void *a, const void *b) {
    return strcmp(((const cc_report_kind *)a)->name, ((const cc_report_kind *)b)->name);
}

/* Every kind once. */
static cc_status list_kinds(cc_report_runs *runs, cc_arena *arena) {
    runs->kind_count = 0;
    runs->kinds = cc_arena_get_array(arena, runs->count + 1, sizeof *runs->kinds);
    if (!runs->kinds) return CC_ENOMEM;
    for (size_t i = 0; i < runs->count; i++)
        runs->kinds[i] = (cc_report_kind){runs->items[i].kind, runs->items[i].in_table};
    qsort(runs->kinds, runs->count, sizeof *runs->kinds, by_kind);
    for (size_t i = 0; i < runs->count; i++) {
        /* Sorted, so that runs of a kind follow each other; the list is written over itself. */
        cc_report_kind *last = &runs->kinds[runs->kind_count - (runs->kind_count > 0)];
        if (runs->kind_count && strcmp(last->name, runs->kinds[i].name) == 0)
            last->in_table |= runs->kinds[i].in_table;
        else
            runs->kinds[runs->kind_count++] = runs->kinds[i];
    }
    return CC_OK;
}

cc_status cc_report_runs_index(cc_report_runs *runs, cc_arena *arena) {
    CC_TRY(sort_by_names(runs, arena));
    return list_kinds(runs, arena);
}

/* --- all of them --- */

cc_status cc_report_runs_read(cc_report_runs *out, const char *folder, const cc_spec *specs,
                              size_t spec_count, cc_arena *arena) {
    char **paths;
    size_t count;
    cc_row_index rows_of_tables;
    *out = (cc_report_runs){0};
    CC_TRY(cc_row_index_make(&rows_of_tables, specs, spec_count, arena));
    CC_TRY(cc_runs_find(&paths, &count, folder, arena));
    if (count == 0)
        return cc_fail(CC_ENOTFOUND, folder, "calcade run CONFIG makes some", "holds no run file (*.h5)");
    out->items = cc_arena_get_array(arena, count, sizeof *out->items);
    out->problems = cc_arena_get_array(arena, count, sizeof *out->problems);
    if (!out->items || !out->problems) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count) cc_run_announce(paths[i + 1], CC_RUN_EXAMPLES);
        cc_status status = read_one(&out->items[out->count], paths[i], &rows_of_tables, arena);
        if (status == CC_ENOMEM) return status;
        if (status == CC_OK)
            out->count++;
        else
            CC_TRY(add_problem(out, paths[i], arena));
    }
    return cc_report_runs_index(out, arena);
}
