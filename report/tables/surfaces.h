/* report/tables/surfaces.h -- how far the surfaces of truth and prediction lie apart. Private to report. */
#ifndef CC_REPORT_TABLES_SURFACES_H
#define CC_REPORT_TABLES_SURFACES_H

#include "report/tables/table.h"

/* HD95, ASSD and NSD, a line for each row; no rows where no run stores them. */
cc_status cc_table_listing_surfaces(cc_listing *out, const cc_table *table, cc_arena *arena);

#endif
