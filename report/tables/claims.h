/* report/tables/claims.h -- what becomes of a table's claims: each tested on the patients that its cells
 * are over, all of them adjusted together, with a verdict that says what so few patients and seeds can
 * tell. Private to report. */
#ifndef CC_REPORT_TABLES_CLAIMS_H
#define CC_REPORT_TABLES_CLAIMS_H

#include "report/tables/table.h"

/* The level that p is held against, after Holm's adjustment over the table's claims. */
#define CC_CLAIM_LEVEL 0.05

/* Fills table->claims, and adds a note for each that could be tested. */
cc_status cc_table_judge(cc_table *table, cc_arena *arena);

/* The claims as a table of their own, "claims-ID"; no rows where the table has none. */
cc_status cc_table_listing_claims(cc_listing *out, const cc_table *table, cc_arena *arena);

/* "holds", "does_not_hold", ...: a verdict as a word for programs. */
const char *cc_table_verdict_name(cc_table_verdict verdict);

#endif
