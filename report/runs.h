/* report/runs.h -- the runs that a report is about, in the little that it keeps of each. Private to report.
 *
 * Files are read one by one; slices and history stay only for runs that a table asks for. */
#ifndef CC_REPORT_RUNS_H
#define CC_REPORT_RUNS_H

#include "metrics/interval.h"
#include "report/spec.h"
#include "results/store.h"

typedef struct cc_report_run {
    const char *path; /* as found */
    const char *experiment, *variant, *stage;
    char kind[CC_RUN_NAME_MAX];
    int64_t fold, seed, parameter_count, best_epoch;
    bool leaking_split;
    bool in_table;                  /* a row of some table is bound to it */
    cc_scores pooled, patient_mean; /* 0/0 skipped */
    size_t slice_count, patient_count, epoch_count, example_count;
    /* Only where in_table: */
    const char *const *patients; /* names, by number */
    const cc_count_row *rows;    /* slice_count */
    const cc_run_epoch *epochs;
} cc_report_run;

typedef struct cc_report_runs {
    cc_report_run *items;
    size_t count;
    const char **problems; /* a line for each file that could not be read */
    size_t problem_count;
} cc_report_runs;

/* Reads every run file below `folder`, in the order of their paths. CC_ENOTFOUND where it holds none. The
 * arena owns all of it. */
cc_status cc_report_runs_read(cc_report_runs *out, const char *folder, const cc_spec *specs,
                              size_t spec_count, cc_arena *arena);

/* Whether a run belongs to a row: the experiment without its kind, and the variant. */
bool cc_report_run_matches(const cc_report_run *run, const cc_spec_row *row);

#endif
