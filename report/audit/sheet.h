/* report/audit/sheet.h -- a table as cells that an edit may change, and the checks of its arithmetic. Private
 * to report/audit. */
#ifndef CC_REPORT_AUDIT_SHEET_H
#define CC_REPORT_AUDIT_SHEET_H

#include "metrics/rounding.h"
#include "results/published.h"

typedef struct cc_cell {
    double value;
    int decimals;
} cc_cell;

/* The rows of a table, then those of its summary. */
typedef struct cc_sheet {
    const cc_published *published;
    const cc_published_table *table;
    cc_cell (*cells)[CC_PUBLISHED_COLUMNS];
    size_t row_count, count;   /* rows; rows and summary */
    int f1, precision, recall; /* columns; -1 where one has another name */
    cc_range *scratch;         /* row_count */
} cc_sheet;

typedef enum cc_check_kind { CC_CHECK_F1, CC_CHECK_MEAN, CC_CHECK_DEVIATION } cc_check_kind;

/* Whether one cell can follow from others. */
typedef struct cc_sheet_check {
    cc_check_kind kind;
    size_t row; /* of the checked cell */
    int column;
} cc_sheet_check;

/* What the others allow. F1: pooled, averaged. Mean: one range, twice. Deviation: by n - 1, by n. */
typedef struct cc_allowed {
    cc_range range[2];
} cc_allowed;

cc_status cc_sheet_make(cc_sheet *out, const cc_published *published, const cc_published_table *table,
                        cc_arena *arena);
const char *cc_sheet_label(const cc_sheet *sheet, size_t row);
/* The checks that the table calls for, where they concern percentages only: those of F1, then those of the
 * summary. A summary row says by its label what it is: a mean ("mean", "average", "avg") or a deviation
 * ("deviation", "std", "sd"); any other is not checked. */
cc_status cc_sheet_checks(cc_sheet_check **out, size_t *count, const cc_sheet *sheet, cc_arena *arena);
/* Whether the checked cell may be one of those allowed. */
bool cc_sheet_holds(const cc_sheet *sheet, const cc_sheet_check *check, cc_allowed *allowed);
cc_range cc_cell_range(cc_cell cell);

/* Seeks the smallest edit after which checks[target] holds and no check fails that held: one digit of one
 * cell, else an exchange of two cells of a row, else of a column; of all those, one that leaves the fewest
 * checks failing. In words; *out NULL where there is none. */
cc_status cc_sheet_mend(const char **out, cc_sheet *sheet, const cc_sheet_check *checks, size_t count,
                        size_t target, cc_arena *arena);

#endif
