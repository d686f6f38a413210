/* report/tables/compare.h -- rows against each other, patient by patient: is a difference more than
 * chance, and how firm is the order? Private to report. */
#ifndef CC_REPORT_TABLES_COMPARE_H
#define CC_REPORT_TABLES_COMPARE_H

#include "report/tables/table.h"

/* Adds notes on the first column, and fills the rows' p and ranks: the table's baseline row, or where it
 * names none the first-ranked one, against the others, and how often each row is first when other patients
 * are drawn. Nothing of folds, which test different patients, and of a single row. */
cc_status cc_table_compare(cc_table *table, cc_arena *arena);

#endif
