/* report/rows.c -- the rows of all tables, sorted by the experiment and variant that they are bound to.
 *
 * Most rows name an experiment without its kind, its first part, and serve the runs of every kind; some
 * name the whole. So a run is looked up twice, by both names. */
#include "report/rows.h"

#include <stdlib.h>
#include <string.h>
#include "results/paths.h"
#include "results/run.h"

const char *cc_report_group(const char *experiment) {
    const char *slash = strchr(experiment, '/');
    return slash ? slash + 1 : experiment;
}

/* Whether a row is of an experiment. */
static bool is_of_experiment(const cc_spec_row *row, const char *experiment) {
    const char *group = cc_report_group(experiment);
    const bool whole = strcmp(experiment, row->experiment) == 0;
    if (row->kind) {
        char kind[CC_RUN_NAME_MAX];
        cc_run_kind(kind, sizeof kind, experiment);
        if (strcmp(kind, row->kind) != 0) return false;
    }
    return (row->or_whole && whole) ||
           (row->kindless == (group == experiment) && strcmp(group, row->experiment) == 0);
}

bool cc_report_row_takes(const cc_spec_row *row, const char *experiment, const char *variant, int64_t fold) {
    return row->source == CC_SOURCE_RUNS && is_of_experiment(row, experiment) &&
           strcmp(variant, row->variant) == 0 && (row->fold == 0 || row->fold == fold);
}

/* A row against the names that it is looked up by. */
static int compare_names(const cc_spec_row *row, const char *experiment, const char *variant) {
    const int order = strcmp(row->experiment, experiment);
    return order ? order : strcmp(row->variant, variant);
}

/* The order of tables and of their rows is that of their addresses, as specifications stand in one array
 * and a table's rows in another. */
static int compare_places(const cc_table_place *a, const cc_table_place *b) {
    const int order = (a->spec > b->spec) - (a->spec < b->spec);
    return order ? order : (a->row > b->row) - (a->row < b->row);
}

/* For qsort. */
static int by_names(const void *a, const void *b) {
    const cc_table_place *x = a, *y = b;
    const int order = compare_names(x->row, y->row->experiment, y->row->variant);
    return order ? order : compare_places(x, y);
}

cc_status cc_row_index_make(cc_row_index *out, const cc_spec *specs, size_t spec_count, cc_arena *arena) {
    size_t rows = 0;
    for (size_t s = 0; s < spec_count; s++) rows += specs[s].row_count;
    *out = (cc_row_index){cc_arena_get_array(arena, rows + 1, sizeof *out->places), 0};
    if (!out->places) return CC_ENOMEM;
    for (size_t s = 0; s < spec_count; s++)
        for (size_t r = 0; r < specs[s].row_count; r++)
            if (specs[s].rows[r].source == CC_SOURCE_RUNS)
                out->places[out->count++] = (cc_table_place){&specs[s], &specs[s].rows[r]};
    qsort(out->places, out->count, sizeof *out->places, by_names);
    return CC_OK;
}

/* The first row of an experiment's name, whole or without its kind, that takes a run. */
static const cc_table_place *find_by(const cc_row_index *index, const char *name, const char *experiment,
                                     const char *variant, int64_t fold) {
    size_t low = 0, high = index->count;
    /* The first place that is not before these names: all of the same names follow each other from there. */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_names(index->places[middle].row, name, variant) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < index->count && compare_names(index->places[low].row, name, variant) == 0; low++)
        if (cc_report_row_takes(index->places[low].row, experiment, variant, fold))
            return &index->places[low];
    return NULL;
}

const cc_table_place *cc_row_index_find(const cc_row_index *index, const char *experiment,
                                        const char *variant, int64_t fold) {
    const cc_table_place *by_group = find_by(index, cc_report_group(experiment), experiment, variant, fold),
                         *by_whole = find_by(index, experiment, experiment, variant, fold);
    if (!by_group || !by_whole) return by_group ? by_group : by_whole;
    return compare_places(by_group, by_whole) < 0 ? by_group : by_whole;
}
