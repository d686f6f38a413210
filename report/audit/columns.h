/* report/audit/columns.h -- which score a column of a published table holds, by its name. Private to
 * report/audit. */
#ifndef CC_REPORT_AUDIT_COLUMNS_H
#define CC_REPORT_AUDIT_COLUMNS_H

#include <stdbool.h>

typedef enum cc_score_kind {
    CC_COLUMN_OTHER, /* none of those below: not checked */
    CC_COLUMN_F1,
    CC_COLUMN_DICE, /* the F1 of pixels or voxels */
    CC_COLUMN_IOU,
    CC_COLUMN_PRECISION,
    CC_COLUMN_RECALL,
    CC_COLUMN_SPECIFICITY,
    CC_COLUMN_ACCURACY,
    CC_COLUMN_BALANCED_ACCURACY,
    CC_COLUMN_NPV,
    CC_COLUMN_FPR, /* 1 - specificity */
    CC_COLUMN_FNR, /* 1 - recall */
    CC_COLUMN_FDR, /* 1 - precision */
    CC_COLUMN_KINDS
} cc_score_kind;

typedef struct cc_score_column {
    cc_score_kind kind;
    bool deviation;        /* the standard deviation of that score, by itself or of the column before it */
    bool of_column_before; /* deviation: `kind` is not in the name */
    bool percent;          /* the name has a "%" */
} cc_score_column;

/* The score of a column: case, spaces and punctuation mean nothing, nor do "score", "index", "coefficient",
 * "mean" and a unit. */
cc_score_column cc_score_column_of(const char *name);
/* "F1", "Dice", "precision", ... */
const char *cc_score_kind_name(cc_score_kind kind);

#endif
