/* report/page/page_run.h -- the section of one run in the page. Private to report. */
#ifndef CC_REPORT_PAGE_PAGE_RUN_H
#define CC_REPORT_PAGE_PAGE_RUN_H

#include "report/runs.h"
#include "report/text.h"

/* Begins one run's folded section: what it is, how it was made, its history and config. Pictures may
 * follow. */
void cc_page_begin_run(cc_text *out, const cc_report_run *run);
void cc_page_end_run(cc_text *out);

#endif
