/* report/audit/markdown.h -- an audit as Markdown. */
#ifndef CC_REPORT_AUDIT_MARKDOWN_H
#define CC_REPORT_AUDIT_MARKDOWN_H

#include <stdio.h>
#include "report/audit/audit.h"
#include "report/text.h"

/* The findings, what is checked, the notes and the table of readings, in Markdown. CC_ENOMEM */
cc_status cc_audit_markdown(cc_text *out, const cc_audit *audit);
/* The same, to a file. CC_EIO */
cc_status cc_audit_print(FILE *out, const cc_audit *audit);

#endif
