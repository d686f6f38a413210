/* report/runs.h -- the runs that a report is about, in the little that it keeps of each. Private to report.
 *
 * Files are read one by one; rows, history and provenance stay only for runs that a table asks for. */
#ifndef CC_REPORT_RUNS_H
#define CC_REPORT_RUNS_H

#include "metrics/interval.h"
#include "report/rows.h"
#include "results/store.h"

/* Why a cell stays empty. */
typedef enum cc_report_fault {
    CC_FAULT_MISSING,   /* no file */
    CC_FAULT_STALE,     /* of another config, other data or other numerics than asked for */
    CC_FAULT_DAMAGED,   /* it cannot be read */
    CC_FAULT_MISPLACED, /* it lies at the place of another run, or two files are one run */
    CC_FAULTS
} cc_report_fault;

typedef struct cc_report_run {
    const char *path; /* as found */
    const char *experiment, *variant, *stage;
    char kind[CC_RUN_NAME_MAX];
    int64_t fold, seed, parameter_count, multiply_adds, best_epoch;
    bool leaking_split, in_sample_upstream;
    bool in_table;                  /* a row of some table is bound to it */
    const char *fault;              /* why no table may show it, "is stale: ..."; NULL: none */
    cc_report_fault fault_kind;     /* where it has a fault */
    cc_scores pooled, patient_mean; /* 0/0 skipped */
    size_t slice_count, patient_count, epoch_count, example_count, panel_count, stage_count, baseline_count,
        challenge_count, calibration_count;
    cc_run_provenance provenance; /* identity, request and numerics_version always, the rest where in_table */
    /* Only where in_table: */
    const char *config;
    const char *const *patients; /* names, by number */
    const cc_run_patient *patient_rows;
    const cc_run_slice *slices;
    const cc_count_row *rows; /* slice_count; the slices as counts */
    const cc_run_epoch *epochs;
    const cc_run_stage *stages;
    const cc_run_baseline *baselines;
    const cc_run_challenge *challenge;
    const cc_run_calibration *calibration;
    cc_run_cuts cuts;
} cc_report_run;

/* A file that is no run. */
typedef struct cc_report_problem {
    const char *path, *line; /* the line names the path too */
} cc_report_problem;

/* The first part of experiments' names. */
typedef struct cc_report_kind {
    const char *name;
    bool in_table; /* some run of it is */
} cc_report_kind;

typedef struct cc_report_runs {
    cc_report_run *items; /* in the order of paths */
    size_t count;
    struct cc_report_name
        *names; /* name_count, sorted: each run by its experiment, whole and without its kind */
    const cc_report_run **named; /* name_count; theirs */
    size_t name_count;
    cc_report_kind *kinds; /* by name */
    size_t kind_count;
    cc_report_problem *problems; /* in the order of paths */
    size_t problem_count;
} cc_report_runs;

/* Reads every run file below `folder`, in the order of their paths. CC_ENOTFOUND where it holds none. The
 * arena owns all of it. */
cc_status cc_report_runs_read(cc_report_runs *out, const char *folder, const cc_spec *specs,
                              size_t spec_count, cc_arena *arena);

/* Sorts the runs by name and lists their kinds, as cc_report_runs_read does at its end: for runs from
 * elsewhere. */
cc_status cc_report_runs_index(cc_report_runs *runs, cc_arena *arena);

/* Whether a run belongs to a row of runs, its kind left aside. */
bool cc_report_run_matches(const cc_report_run *run, const cc_spec_row *row);

/* All runs that may match a row, and few others: those whose experiment, whole or without its kind, and
 * variant are the row's, of every fold, in the order of their paths. *count of them, borrowed. */
const cc_report_run *const *cc_report_runs_of_row(size_t *count, const cc_report_runs *runs,
                                                  const cc_spec_row *row);

/* The run's name as an HTML anchor and in file names: "twin-table1-roi-modified-fold-0-seed-1". */
void cc_report_run_anchor(char *out, size_t capacity, const cc_report_run *run);

#endif
