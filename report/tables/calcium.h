/* report/tables/calcium.h -- lesions and calcium scores, truth against prediction. Private to report. */
#ifndef CC_REPORT_TABLES_CALCIUM_H
#define CC_REPORT_TABLES_CALCIUM_H

#include "report/tables/table.h"

/* Lesions and calcium scores; no rows where no run stores them. */
cc_status cc_table_listing_calcium(cc_listing *out, const cc_table *table, cc_arena *arena);

#endif
