/* report/rows.c -- the rows of all tables, sorted by the experiment and variant that they are bound to.
 *
 * The kind, an experiment's first part, is no part of the order: one row serves the runs of every kind. */
#include "report/rows.h"

#include <stdlib.h>
#include <string.h>

const char *cc_report_group(bool *kindless, const char *experiment) {
    const char *slash = strchr(experiment, '/');
    *kindless = !slash;
    return slash ? slash + 1 : experiment;
}

/* Where a name has one part only, a row must say so to take it. */
bool cc_report_row_takes(const cc_spec_row *row, const char *experiment, const char *variant, int64_t fold) {
    bool kindless;
    const char *group = cc_report_group(&kindless, experiment);
    return row->source == CC_SOURCE_RUNS && row->kindless == kindless &&
           strcmp(group, row->experiment) == 0 && strcmp(variant, row->variant) == 0 &&
           (row->fold == 0 || row->fold == fold);
}

/* Two rows by the names that they are bound to. */
static int compare_names(const cc_spec_row *a, const cc_spec_row *b) {
    int order = strcmp(a->experiment, b->experiment);
    if (!order) order = a->kindless - b->kindless;
    return order ? order : strcmp(a->variant, b->variant);
}

/* For qsort: rows of the same names keep the order of their tables, which is that of their addresses, as
 * specifications stand in one array and a table's rows in another. */
static int by_names(const void *a, const void *b) {
    const cc_table_place *x = a, *y = b;
    int order = compare_names(x->row, y->row);
    if (!order) order = (x->spec > y->spec) - (x->spec < y->spec);
    return order ? order : (x->row > y->row) - (x->row < y->row);
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

const cc_table_place *cc_row_index_find(const cc_row_index *index, const char *experiment,
                                        const char *variant, int64_t fold) {
    cc_spec_row key = {.variant = variant};
    key.experiment = cc_report_group(&key.kindless, experiment);
    size_t low = 0, high = index->count;
    /* The first place that is not before the key: all of its names follow each other from there. */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_names(index->places[middle].row, &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < index->count && compare_names(index->places[low].row, &key) == 0; low++)
        if (cc_report_row_takes(index->places[low].row, experiment, variant, fold))
            return &index->places[low];
    return NULL;
}
