/* report/tables/table.h -- one table: a specification, filled from the runs of one kind. Private to
 * report. */
#ifndef CC_REPORT_TABLES_TABLE_H
#define CC_REPORT_TABLES_TABLE_H

#include "report/tables/listing.h"
#include "results/published.h"

enum { CC_TABLE_RUNS_MAX = 64 };

/* A patient's scores, the mean over the row's runs that tested it; NaN where there is none. */
typedef struct cc_table_patient {
    const char *name;
    cc_scores scores;
} cc_table_patient;

typedef struct cc_table_row {
    const cc_spec_row *spec;
    const cc_report_run *runs[CC_TABLE_RUNS_MAX]; /* those the row is made from; none: missing */
    size_t run_count;
    cc_estimate estimates[CC_AVERAGES][CC_EMPTIES]; /* NaN without runs */
    double published[CC_SCORES];                    /* percent, by column; NaN: none */
    const cc_table_patient *patients;               /* of a row of runs; by name */
    size_t patient_count;
} cc_table_row;

typedef struct cc_table {
    const cc_spec *spec;
    const char *kind;
    /* The runs are of patients (kinds paper and real), so that the paper's numbers stand beside theirs. */
    bool beside_paper;
    cc_table_row *rows; /* those of the specification, but for optional ones without a run, and those of the
                           paper alone where it does not stand beside */
    size_t row_count;
    cc_notes notes;
} cc_table;

/* Fills a specification from the runs of `kind` that have no fault. A row with several runs (seeds, or folds
 * where there is no run without them) is the mean over them. The arena owns all of it. */
cc_status cc_table_build(cc_table *out, const cc_spec *spec, const char *kind, const cc_report_runs *runs,
                         const cc_published *published, cc_arena *arena);

/* The estimate that the table shows in a row. */
const cc_estimate *cc_table_estimate(const cc_table *table, const cc_table_row *row);
/* The row of runs with the highest score, other than `except` (may be NULL); NULL where there is none. */
const cc_table_row *cc_table_best(const cc_table *table, cc_score score, const cc_table_row *except);

/* The convention, in words. */
const char *cc_table_average_words(cc_average average);
const char *cc_table_empty_words(cc_empty empty);

#endif
