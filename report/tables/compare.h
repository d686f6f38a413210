/* report/tables/compare.h -- rows against each other, patient by patient: is a difference more than chance?
 * Private to report. */
#ifndef CC_REPORT_TABLES_COMPARE_H
#define CC_REPORT_TABLES_COMPARE_H

#include "report/tables/table.h"

/* Adds notes: which rows differ from the best one, and what becomes of the specification's claims. */
cc_status cc_table_compare(cc_table *table, cc_arena *arena);

#endif
