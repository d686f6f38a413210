/* report/tables/pivot.h -- a table whose rows differ in two options, as rows and columns. Private to
 * report. */
#ifndef CC_REPORT_TABLES_PIVOT_H
#define CC_REPORT_TABLES_PIVOT_H

#include "report/tables/design.h"

/* The levels of one option down, those of the other across; a cell is the value of the table's first
 * column, with its 95 % interval, the best in bold, and a dash where no run has that combination. The
 * option of more levels goes down. `data` is the same for programs: a line for each combination, both
 * levels and all scores of the table. Neither has rows where the design has other than two options or is no
 * grid. The arena owns both. CC_ENOMEM */
cc_status cc_table_listing_pivot(cc_listing *out, cc_listing *data, const cc_table *table,
                                 const cc_design *design, cc_arena *arena);

#endif
