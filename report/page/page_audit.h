/* report/page/page_audit.h -- the audit of the published tables as a section of the page. Private to
 * report. */
#ifndef CC_REPORT_PAGE_PAGE_AUDIT_H
#define CC_REPORT_PAGE_PAGE_AUDIT_H

#include "report/audit/audit.h"
#include "report/text.h"

/* Adds the section: findings, notes, and how each F1 may have been computed. */
void cc_page_add_audit(cc_text *out, const cc_audit *audit);

#endif
