/* report/audit/explain.h -- a failed check in words. Private to report/audit. */
#ifndef CC_REPORT_AUDIT_EXPLAIN_H
#define CC_REPORT_AUDIT_EXPLAIN_H

#include "report/audit/sheet.h"

/* Why a check does not hold, in words, with the arithmetic; in the table's unit. The arena owns it; NULL
 * where memory is out. */
const char *cc_sheet_explain(const cc_sheet *sheet, const cc_sheet_check *check, const cc_allowed *allowed,
                             cc_arena *arena);

#endif
