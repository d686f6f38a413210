/* report/tables/run_list.h -- the runs themselves as a table. Private to report. */
#ifndef CC_REPORT_TABLES_RUN_LIST_H
#define CC_REPORT_TABLES_RUN_LIST_H

#include "report/tables/listing.h"

/* A list of runs: those that no table has, or all. */
cc_status cc_run_list_make(cc_listing *out, const cc_report_runs *runs, bool all, cc_arena *arena);

/* The runs of one experiment, for the page: of those that some table has, the first `sections` link to
 * sections of their own; links to the others lead to their rows here. The listing borrows the runs. */
cc_status cc_run_list_of_experiment(cc_listing *out, const cc_report_run *const *runs, size_t count,
                                    size_t sections, cc_arena *arena);

#endif
