/* report/tables/challenge.h -- lesions and volumes as the orCaScore challenge counts them. Private to
 * report. */
#ifndef CC_REPORT_TABLES_CHALLENGE_H
#define CC_REPORT_TABLES_CHALLENGE_H

#include "report/tables/table.h"

/* A line for each row and, where labels name arteries, one for each artery; no rows where no run
 * stores it. */
cc_status cc_table_listing_challenge(cc_listing *out, const cc_table *table, cc_arena *arena);

#endif
