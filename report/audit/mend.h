/* report/audit/mend.h -- the smallest edit that mends a table. Private to report/audit. */
#ifndef CC_REPORT_AUDIT_MEND_H
#define CC_REPORT_AUDIT_MEND_H

#include "report/audit/sheet.h"

/* Edits are sought in tables of at most so many rows, and of so many items. */
enum { CC_SHEET_EDIT_ROWS_MAX = 32, CC_SHEET_EDIT_ITEMS_MAX = 10000 };

/* Seeks the smallest edit after which checks[target] holds and no check fails that held: one digit of one
 * cell, else an exchange of two cells of a row, else of a column; of all those, one that leaves the fewest
 * checks failing. In words; *out NULL where there is none. */
cc_status cc_sheet_mend(const char **out, cc_sheet *sheet, const cc_sheet_check *checks, size_t count,
                        size_t target, cc_arena *arena);

#endif
