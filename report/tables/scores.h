/* report/tables/scores.h -- a table of scores as it is shown, and all that is known of it, for programs.
 * Private to report. */
#ifndef CC_REPORT_TABLES_SCORES_H
#define CC_REPORT_TABLES_SCORES_H

#include "report/tables/table.h"

/* The table as it is shown: value of each score and, beside the paper, published value and difference. */
cc_status cc_table_listing(cc_listing *out, const cc_table *table, cc_arena *arena);
/* One cell of it: a row's score with interval and, where it differs from the table's, n behind it; in bold
 * where it is the best of the table's rows; linked to its runs. */
void cc_table_put_value(cc_listing *listing, size_t at, size_t column, const cc_table *table,
                        const cc_table_row *row, cc_score score);
/* Every convention's scores and intervals, n, seeds, folds, and ranks, for programs. Columns keep names
 * and places: new ones come last. */
cc_status cc_table_listing_full(cc_listing *out, const cc_table *table, cc_arena *arena);

#endif
