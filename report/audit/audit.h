/* report/audit/audit.h -- whether published tables agree with themselves, as far as their rounding tells.
 *
 * Nothing is trained and no run is read: the printed numbers alone are checked (metrics/rounding.h,
 * metrics/whole_counts.h), each standing for all that would be printed so. Columns are known by their names
 * (report/audit/columns.h), scores are in percent or fractions. What is found:
 *   - a cell that is no percentage, or no fraction;
 *   - an F1 or Dice that cannot come from its row's precision and recall, an IoU that cannot come from its
 *     Dice, or from precision and recall: neither pooled, nor averaged over items;
 *   - an accuracy outside sensitivity and specificity, a balanced accuracy that is not their mean, a rate
 *     that is not 100 % less its complement;
 *   - a deviation that no scores with that mean have;
 *   - a mean of whole numbers, or scores of so many items, that no whole numbers give, where the table states
 *     how many there are;
 *   - a mean or standard deviation (by n or n - 1) that cannot come from the rows above it;
 *   - rows of different tables with the same three numbers, which is no error but should be known: a fold of
 *     a cross-validation should not be a headline result;
 *   - counts that do not add up.
 * For a number that cannot be, the smallest edit is sought that mends it and breaks nothing. What is not
 * checked is named too. */
#ifndef CC_REPORT_AUDIT_AUDIT_H
#define CC_REPORT_AUDIT_AUDIT_H

#include "core/arena.h"
#include "metrics/rounding.h"
#include "results/published.h"

typedef struct cc_audit_finding {
    int table;          /* its id; 0: counts */
    const char **cells; /* "Table 4, Mean, precision", ... */
    size_t cell_count;
    const char *reason;
    bool has_interval;
    cc_range interval; /* what the rounding of the other numbers allows the first cell (of a mean with its
                          deviation: the deviation) to be, in the table's unit */
    const char *edit;  /* NULL: none of those that are tried mends it, or none is wanted */
} cc_audit_finding;

/* How the F1 of a row may have been computed. Pooled implies averaged: one item is an average, too. */
typedef enum cc_audit_f1 { CC_AUDIT_F1_EITHER, CC_AUDIT_F1_AVERAGED, CC_AUDIT_F1_NEITHER } cc_audit_f1;

typedef struct cc_audit_reading {
    int table;
    const char *row;
    const char *score; /* "F1", "Dice" */
    const char *units; /* "percent", "fraction": of the numbers below */
    double f1;
    int decimals;
    cc_range pooled, averaged; /* what precision and recall allow F1 to be */
    cc_audit_f1 possible;
} cc_audit_reading;

/* What is checked of a table. Lists of columns are texts, "a, b"; "" where there is none. */
typedef struct cc_audit_table {
    int id;
    const char *units;       /* "percent", "fraction"; "mixed" where columns differ, "none" without scores */
    const char *renamed;     /* columns that are checked under another name: "DSC as Dice" */
    const char *alone;       /* scores of which only the range is checked: nothing stands beside them */
    const char *not_checked; /* columns that are no score that is known, or the second of one */
    const char *mixed;       /* columns and rows that may be fractions or percent, and are not checked */
} cc_audit_table;

/* What a reader should know of a table: of its file, or of two columns that say unlike things. */
typedef struct cc_audit_note {
    int table;
    const char *row; /* NULL: of the table */
    const char *text;
} cc_audit_note;

typedef struct cc_audit {
    const char *source; /* of the tables */
    size_t table_count, row_count;
    cc_audit_finding *findings; /* tables in their order, then what concerns several, then counts */
    size_t finding_count;
    cc_audit_reading *readings; /* every row of F1 or Dice with precision and recall */
    size_t reading_count;
    cc_audit_table *tables; /* table_count */
    cc_audit_note *notes;
    size_t note_count;
} cc_audit;

/* The arena owns all of it; `published` outlives it. CC_ENOMEM */
cc_status cc_audit_make(cc_audit *out, const cc_published *published, cc_arena *arena);

/* What is not checked of a table, in words: "column HD95 is not checked; ..."; "" where all is. The arena
 * owns it; NULL where memory is out. */
const char *cc_audit_table_words(const cc_audit_table *table, cc_arena *arena);
/* "either", "averaged only", "neither". */
const char *cc_audit_f1_words(cc_audit_f1 reading);

#endif
