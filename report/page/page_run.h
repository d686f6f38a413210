/* report/page/page_run.h -- the section of one run in the page. Private to report. */
#ifndef CC_REPORT_PAGE_PAGE_RUN_H
#define CC_REPORT_PAGE_PAGE_RUN_H

#include "report/runs.h"
#include "report/text.h"

/* Adds one run's section, all but its end, as its figures follow: what it is, how it was made, its history
 * and config. */
void cc_page_add_run(cc_text *out, const cc_report_run *run);

#endif
