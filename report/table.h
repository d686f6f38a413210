/* report/table.h -- one table: a specification, filled from the runs of one kind. Private to report. */
#ifndef CC_REPORT_TABLE_H
#define CC_REPORT_TABLE_H

#include "report/runs.h"
#include "report/text.h"
#include "results/published.h"

enum { CC_EMPTIES = 3, CC_TABLE_RUNS_MAX = 64 };

typedef struct cc_table_row {
    const cc_spec_row *spec;
    const cc_report_run *runs[CC_TABLE_RUNS_MAX]; /* those the row is the mean of; none: missing */
    size_t run_count;
    cc_estimate estimates[CC_AVERAGES][CC_EMPTIES];
    double published[CC_SCORES]; /* percent, by column; NaN: none */
} cc_table_row;

typedef struct cc_table {
    const cc_spec *spec;
    const char *kind;
    const char *source; /* of the published values */
    cc_table_row *rows; /* spec->row_count */
    const char **notes;
    size_t note_count;
} cc_table;

/* Fills a specification from the runs of `kind`. A row with several runs (seeds, or folds where there is no
 * run without them) is the mean over them. The arena owns all of it. */
cc_status cc_table_build(cc_table *out, const cc_spec *spec, const char *kind, const cc_report_runs *runs,
                         const cc_published *published, cc_arena *arena);

/* The estimate that the table shows in a row. */
const cc_estimate *cc_table_estimate(const cc_table *table, const cc_table_row *row);

/* "F1-score", ... as a column's head. */
const char *cc_table_head(cc_score score);
/* The convention, in words. */
const char *cc_table_average_words(cc_average average);
const char *cc_table_empty_words(cc_empty empty);

/* Adds the table as Markdown, CSV (every convention) or LaTeX (booktabs). */
void cc_table_markdown(cc_text *out, const cc_table *table);
void cc_table_csv(cc_text *out, const cc_table *table);
void cc_table_latex(cc_text *out, const cc_table *table);
/* A table of runs, in Markdown: those that no table has, or all. */
void cc_table_runs(cc_text *out, const cc_report_runs *runs, bool all);

#endif
