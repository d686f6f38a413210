/* report/check.h -- whether the runs of a report are those that were asked for. Private to report.
 *
 * A run is no part of any table where it is stale (of another request than the one planned for it, or made by
 * other numerics than this program's), where two files claim to be it, or where its file lies at the place of
 * another run (of another kind, say). A strict report wants, of each kind: every run that was planned, and
 * every row that is not optional of each table that any run or plan of that kind belongs to. */
#ifndef CC_REPORT_CHECK_H
#define CC_REPORT_CHECK_H

#include "report/runs.h"
#include "results/manifest.h"

/* A cell that stays empty, and why. */
typedef struct cc_report_gap {
    cc_report_fault fault;
    const char *line;  /* "table4 (twin), row 3: FILE: is missing" */
    const char *table; /* the cell's table, "table4-twin"; NULL: of no table */
    const char *row;   /* the label of its row, or the run's own name; NULL: not known */
} cc_report_gap;

typedef struct cc_report_gaps {
    cc_report_gap *items;
    size_t count, capacity;
    cc_arena *arena; /* owns the items and their words */
} cc_report_gaps;

/* Marks the runs with a fault. `numerics`: the version that they must be of, or state none; 0: any, as an
 * earlier state has its own. The arena owns the words. */
cc_status cc_report_check_runs(cc_report_runs *runs, const cc_manifest *manifest, int64_t numerics,
                               cc_arena *arena);

/* Adds each cell that a strict report cannot fill, of one kind of runs (NULL: of all), to *out, which has
 * its arena. */
cc_status cc_report_check_tables(cc_report_gaps *out, const cc_report_runs *runs, const cc_spec *specs,
                                 size_t spec_count, const cc_manifest *manifest, const char *results,
                                 const char *kind);

/* Whether a report of one kind (NULL: of all) is about an experiment. */
bool cc_report_kind_is(const char *kind, const char *experiment);

#endif
