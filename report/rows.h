/* report/rows.h -- from the names of a run to the rows of tables that take it. Private to report.
 *
 * A report of ten thousand runs asks this for each of them, and its tables may have thousands of rows: the
 * rows are sorted once, by the names that they are bound to. */
#ifndef CC_REPORT_ROWS_H
#define CC_REPORT_ROWS_H

#include "core/status.h"
#include "report/tables/spec.h"

/* A row and its table. */
typedef struct cc_table_place {
    const cc_spec *spec;
    const cc_spec_row *row;
} cc_table_place;

typedef struct cc_row_index {
    cc_table_place *places; /* rows of runs, by experiment, variant, then the order of tables and rows */
    size_t count;
} cc_row_index;

/* An experiment's name without its kind: "twin/x" and "paper/x" are "x". Borrowed. */
const char *cc_report_group(const char *experiment);

/* Whether an experiment's variant belongs to a row of runs. The first part of an experiment's name is its
 * kind, which rows do not name but in files of the user's own; where the name has one part only, a row
 * must say so to take it. */
bool cc_report_row_takes(const cc_spec_row *row, const char *experiment, const char *variant, int64_t fold);

/* The arena owns the index, which borrows the specifications. CC_ENOMEM */
cc_status cc_row_index_make(cc_row_index *out, const cc_spec *specs, size_t spec_count, cc_arena *arena);

/* The first row, in the order of tables and rows, that takes such a run; NULL where none does. */
const cc_table_place *cc_row_index_find(const cc_row_index *index, const char *experiment,
                                        const char *variant, int64_t fold);

#endif
