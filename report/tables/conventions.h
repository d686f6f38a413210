/* report/tables/conventions.h -- what the choice of a convention is worth. Private to report. */
#ifndef CC_REPORT_TABLES_CONVENTIONS_H
#define CC_REPORT_TABLES_CONVENTIONS_H

#include "report/tables/table.h"

/* The same counts under every convention and, beside the paper, how near each comes to it. */
cc_status cc_table_listing_conventions(cc_listing *out, const cc_table *table, cc_arena *arena);

#endif
