/* report/tables/shapes.h -- the listing of a table of another shape than scores. Private to report. */
#ifndef CC_REPORT_TABLES_SHAPES_H
#define CC_REPORT_TABLES_SHAPES_H

#include "report/tables/table.h"

/* Fills the listing that the table's shape asks for; one without rows where no run stores what it shows. The
 * arena owns it. CC_ENOMEM */
cc_status cc_table_listing_of_shape(cc_listing *out, const cc_table *table, cc_arena *arena);

#endif
