/* report/page/verdict.h -- the first section of the page: which claims hold, and which runs are not as
 * they should be. Private to report. */
#ifndef CC_REPORT_PAGE_VERDICT_H
#define CC_REPORT_PAGE_VERDICT_H

#include "report/page/page.h"

/* Adds the section "verdict". Links lead to the tables, to "gaps" and to runs. */
void cc_page_add_verdict(cc_text *out, const cc_page *page);

/* "1 run", "2 runs": a number with its noun. */
void cc_page_add_count(cc_text *out, size_t count, const char *one, const char *several);
/* What is wrong with a cell, in a word: "missing". */
const char *cc_page_fault_word(cc_report_fault fault);

#endif
