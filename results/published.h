/* results/published.h -- published tables as data: those of a YAML file, and the paper's own, which are part
 * of the program (configs/paper/published.yaml).
 *
 *     source: TEXT                      optional
 *     columns: [f1, precision, recall]  names of the columns, as printed; any number, in any order
 *     units: percent                    of the scores: percent or fraction; optional
 *     tables:
 *       - id: 1                         a whole number
 *         title: TEXT
 *         columns, units                where this table has its own
 *         averaging: pooled             or mean: how the scores of the table came about; optional
 *         cases: 20                     how many a mean and its deviation are over; optional
 *         positives: 12, negatives: 30  items that are truly so, where every score counts items; optional
 *         whole: [lesions]              columns that are means of whole numbers over the cases; optional
 *         rows: {LABEL: [63.0, "83.2 ± 4.1", null], ...}
 *         summary: {Mean: [...], SD: [...]}      optional
 *         notes: {LABEL: TEXT, table: TEXT}      what a reader should know, not arithmetic; optional
 *     counts: [{what: TEXT, sum: [1, 2], equals: 3}, {what: TEXT, product: [2, 2], equals: 4}]
 *
 * A cell is a number, one with "%", or a mean with its standard deviation ("83.2 ± 4.1", "83.2 +/- 4.1",
 * "83.2 (4.1)"); null, "", "-" and "n/a" are a cell without a number. A key that is not known is warned
 * of. */
#ifndef CC_RESULTS_PUBLISHED_H
#define CC_RESULTS_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>
#include "core/arena.h"
#include "core/status.h"

enum { CC_PUBLISHED_COLUMNS_MAX = 64 };

typedef struct cc_published_cell {
    bool has_value, has_deviation, percent; /* percent: a "%" stands behind it */
    double value, deviation;                /* as printed; 0 where there is none */
    int decimals, deviation_decimals;       /* how many are printed */
} cc_published_cell;

typedef struct cc_published_row {
    const char *label;
    const cc_published_cell *cells; /* one for each column of the table */
} cc_published_row;

typedef enum cc_published_units { CC_UNITS_UNSTATED, CC_UNITS_PERCENT, CC_UNITS_FRACTION } cc_published_units;

/* How a row's scores came about: unstated, each from the sums of all counts, or each the mean over cases. */
typedef enum cc_published_averaging {
    CC_AVERAGING_UNSTATED,
    CC_AVERAGING_POOLED,
    CC_AVERAGING_MEAN
} cc_published_averaging;

typedef struct cc_published_note {
    const char *label, *text; /* label: a row's, or NULL: of the table */
} cc_published_note;

typedef struct cc_published_table {
    int id;
    const char *title;
    const char *const *columns;
    int column_count;
    cc_published_units units;
    cc_published_averaging averaging;
    long long cases, positives, negatives;  /* 0: not stated */
    const bool *whole;                      /* of each column */
    const cc_published_row *rows, *summary; /* summary: means and deviations that the table prints */
    size_t row_count, summary_count;
    const cc_published_note *notes;
    size_t note_count;
} cc_published_table;

/* A sum or a product that a text states or implies. */
typedef struct cc_published_count {
    const char *what;
    bool product; /* else a sum */
    const double *terms;
    size_t term_count; /* at least 1 */
    double equals;     /* what the text has for it */
} cc_published_count;

typedef struct cc_published {
    const char *source;
    const cc_published_table *tables;
    size_t table_count;
    const cc_published_count *counts; /* `counts:` of the file; optional */
    size_t count_count;
} cc_published;

/* Parses tables from YAML; CC_ECONFIG names file and line. The arena owns all of it. */
cc_status cc_published_parse(cc_published *out, const char *text, size_t bytes, const char *file,
                             cc_arena *arena);
/* Reads a file; CC_ENOTFOUND and CC_EIO name it. `path` must live as long as the arena. */
cc_status cc_published_read(cc_published *out, const char *path, cc_arena *arena);
/* The paper's. */
cc_status cc_published_get(cc_published *out, cc_arena *arena);

/* The value of a column ("f1") in a row or summary row (its label) of a table, as printed (the paper's are in
 * percent); NaN where there is none. */
double cc_published_value(const cc_published *published, int table, const char *row, const char *column);

#endif
