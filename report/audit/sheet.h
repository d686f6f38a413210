/* report/audit/sheet.h -- a table as cells that an edit may change, and the checks of its arithmetic. Private
 * to report/audit. Ranges are in percent whatever the table prints. */
#ifndef CC_REPORT_AUDIT_SHEET_H
#define CC_REPORT_AUDIT_SHEET_H

#include "metrics/rounding.h"
#include "report/audit/columns.h"
#include "results/published.h"

typedef struct cc_cell {
    bool there;
    double value; /* as printed */
    int decimals;
} cc_cell;

/* What is checked of a column, and in which unit. */
typedef struct cc_sheet_column {
    cc_score_kind kind; /* OTHER: nothing */
    double scale;       /* percent a printed unit: 1, or 100 of a fraction */
    bool mixed;         /* lies within 0 to 1 where others do not: percent or fraction is not known */
    bool deviation;     /* the deviations of another column */
    bool whole;         /* a mean of whole numbers over table->cases */
    bool related;       /* some check looks at it */
} cc_sheet_column;

/* The rows of a table, then those of its summary. */
typedef struct cc_sheet {
    const cc_published_table *table;
    int column_count;
    cc_cell *cells, *deviations; /* [row][column]; a column's deviations stand in its cells or in a column */
    cc_sheet_column *columns;
    bool *mixed_rows;        /* like a mixed column: of each row */
    size_t row_count, count; /* rows; rows and summary */
    int at[CC_COLUMN_KINDS]; /* the first column of each score; -1: none */
    cc_range *scratch;       /* row_count */
} cc_sheet;

typedef enum cc_check_kind {
    CC_CHECK_F1,         /* of precision and recall */
    CC_CHECK_IOU,        /* of F1 or Dice */
    CC_CHECK_IOU_OF_TWO, /* of precision and recall */
    CC_CHECK_ACCURACY,   /* of sensitivity and specificity */
    CC_CHECK_BALANCED,   /* their mean */
    CC_CHECK_COMPLEMENT, /* 1 - its input */
    CC_CHECK_SPREAD,     /* a deviation beside its mean */
    CC_CHECK_WHOLE,      /* a mean of whole numbers */
    CC_CHECK_COUNTS,     /* scores of so many items */
    CC_CHECK_MEAN,       /* of the rows above */
    CC_CHECK_DEVIATION,  /* of the rows above */
} cc_check_kind;

enum { CC_CHECK_INPUTS_MAX = 8 };

/* Whether one cell can follow from others. */
typedef struct cc_sheet_check {
    cc_check_kind kind;
    size_t row; /* of the checked cell */
    int column;
    int inputs[CC_CHECK_INPUTS_MAX]; /* columns of the same row */
    int input_count;
} cc_sheet_check;

/* What the others allow. Scores of a row: pooled, averaged over cases. Deviation: by n - 1, by n. Counts:
 * nothing. Else one range, twice. */
typedef struct cc_allowed {
    cc_range range[2];
} cc_allowed;

cc_status cc_sheet_make(cc_sheet *out, const cc_published_table *table, cc_arena *arena);
const char *cc_sheet_label(const cc_sheet *sheet, size_t row);
cc_cell *cc_sheet_cell(const cc_sheet *sheet, size_t row, int column);
cc_cell *cc_sheet_deviation(const cc_sheet *sheet, size_t row, int column);
/* In percent. */
cc_range cc_sheet_range(const cc_sheet *sheet, size_t row, int column);
/* Whether a column holds scores whose unit is known; deviations do not count. */
bool cc_sheet_is_score(const cc_sheet *sheet, int column);
/* Whether there is a score that lies within 0 to 100 %. */
bool cc_sheet_is_sound(const cc_sheet *sheet, size_t row, int column);
/* Whether a row's scores are means over cases: it says so, or prints deviations. */
bool cc_sheet_is_averaged(const cc_sheet *sheet, size_t row);

/* The checks that the table calls for, where they concern sound scores only: those of each row, then those of
 * the summary; marks the columns that they look at. A summary row says by its label what it is: a mean
 * ("mean", "average", "avg") or a deviation ("deviation", "std", "sd"); any other is not checked. */
cc_status cc_sheet_checks(cc_sheet_check **out, size_t *count, cc_sheet *sheet, cc_arena *arena);
/* Whether the checked cell may be one of those allowed. */
bool cc_sheet_holds(const cc_sheet *sheet, const cc_sheet_check *check, cc_allowed *allowed);

#endif
