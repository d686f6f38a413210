/* report/tables/latex_body.h -- tables for a paper's own table environment. Private to report. */
#ifndef CC_REPORT_TABLES_LATEX_BODY_H
#define CC_REPORT_TABLES_LATEX_BODY_H

#include "report/tables/render.h"

/* A tabular with its notes, without caption and label, for \input. Needs booktabs, siunitx and
 * threeparttable. */
extern const cc_format cc_format_latex_body;

#endif
