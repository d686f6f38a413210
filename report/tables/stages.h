/* report/tables/stages.h -- where a cascade wins and loses. Private to report. */
#ifndef CC_REPORT_TABLES_STAGES_H
#define CC_REPORT_TABLES_STAGES_H

#include "report/tables/table.h"

/* Where a cascade wins and loses lesions and pixels, by stage; no rows where no run stores stages. */
cc_status cc_table_listing_stages(cc_listing *out, const cc_table *table, cc_arena *arena);

#endif
