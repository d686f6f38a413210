/* report/tables/run_list.h -- the runs themselves as a table. Private to report. */
#ifndef CC_REPORT_TABLES_RUN_LIST_H
#define CC_REPORT_TABLES_RUN_LIST_H

#include "report/tables/listing.h"

/* A list of runs: those that no table has, or all. */
cc_status cc_run_list_make(cc_listing *out, const cc_report_runs *runs, bool all, cc_arena *arena);

#endif
