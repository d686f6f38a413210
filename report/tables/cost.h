/* report/tables/cost.h -- beside a table of scores: what each row's runs were made with, and what they
 * took. Private to report. */
#ifndef CC_REPORT_TABLES_COST_H
#define CC_REPORT_TABLES_COST_H

#include "report/tables/differences.h"

/* Options that it shows at most; the caption says how many more there are. */
enum { CC_COST_OPTIONS_MAX = 8 };

/* A line for each row with runs: the options that rows differ in, the number of runs (with a link to
 * each), trainable parameters and GFLOP of one picture (of the first run), device-hours (wall clock summed
 * over the runs) and peak memory (the highest of the runs). A dash where the run files do not say. No rows
 * where no row has a run. The arena owns it; id and kind are the table's. CC_ENOMEM */
cc_status cc_table_listing_cost(cc_listing *out, const cc_table *table, const cc_differences *differences,
                                cc_arena *arena);

#endif
