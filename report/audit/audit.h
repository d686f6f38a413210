/* report/audit/audit.h -- whether published tables agree with themselves, as far as their rounding tells.
 *
 * Nothing is trained and no run is read: the printed numbers alone are checked (metrics/rounding.h), each
 * standing for all that would be printed so. What is found:
 *   - a cell that is no percentage;
 *   - an F1 that cannot come from its row's precision and recall: neither pooled, nor averaged over items;
 *   - a mean or standard deviation (by n or n - 1) that cannot come from the rows above it;
 *   - rows of different tables with the same three numbers, which is no error but should be known: a fold of
 * a cross-validation should not be a headline result;
 *   - counts that do not add up.
 * For a number that cannot be, the smallest edit is sought that mends it and breaks nothing. */
#ifndef CC_REPORT_AUDIT_H
#define CC_REPORT_AUDIT_H

#include <stdio.h>
#include "metrics/rounding.h"
#include "report/text.h"
#include "results/published.h"

typedef struct cc_audit_finding {
    int table;          /* its id; 0: counts */
    const char **cells; /* "Table 4, Mean, precision", ... */
    size_t cell_count;
    const char *reason;
    bool has_interval;
    cc_range interval; /* what the rounding of the other numbers allows the first cell to be */
    const char *edit;  /* NULL: none of those that are tried mends it, or none is wanted */
} cc_audit_finding;

/* How the F1 of a row may have been computed. Pooled implies averaged: one item is an average, too. */
typedef enum cc_audit_f1 { CC_AUDIT_F1_EITHER, CC_AUDIT_F1_AVERAGED, CC_AUDIT_F1_NEITHER } cc_audit_f1;

typedef struct cc_audit_reading {
    int table;
    const char *row;
    double f1;
    int decimals;
    cc_range pooled, averaged; /* what precision and recall allow F1 to be */
    cc_audit_f1 possible;
} cc_audit_reading;

typedef struct cc_audit {
    const char *source; /* of the tables */
    size_t table_count, row_count;
    cc_audit_finding *findings; /* tables in their order, then what concerns several, then counts */
    size_t finding_count;
    cc_audit_reading *readings; /* every row of percentages */
    size_t reading_count;
} cc_audit;

/* Edits are sought in tables of at most so many rows. */
enum { CC_AUDIT_EDIT_ROWS_MAX = 32 };

/* The arena owns all of it; `published` outlives it. CC_ENOMEM */
cc_status cc_audit_make(cc_audit *out, const cc_published *published, cc_arena *arena);

/* "either", "averaged only", "neither". */
const char *cc_audit_f1_words(cc_audit_f1 reading);
/* The findings and the table of readings, in Markdown. */
void cc_audit_markdown(cc_text *out, const cc_audit *audit);
/* The same, to a file. CC_EIO */
cc_status cc_audit_print(FILE *out, const cc_audit *audit);

#endif
