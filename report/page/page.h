/* report/page/page.h -- index.html: tables, the figures beside them, and every run that a number comes from.
 * Private to report.
 *
 * One file that needs neither network nor scripts: pictures are embedded, the style is page.css. */
#ifndef CC_REPORT_PAGE_PAGE_H
#define CC_REPORT_PAGE_PAGE_H

#include <time.h>
#include "report/audit/audit.h"
#include "report/tables/differences.h"
#include "report/text.h"

enum { CC_PAGE_RUNS_MAX = 500 }; /* runs with a section of their own */

/* A table of the page. */
typedef struct cc_page_table {
    cc_listing shown, conventions; /* conventions without rows: none */
    cc_listing pivot, effects;     /* of the options that its rows differ in; likewise */
    cc_differences differences;
} cc_page_table;

typedef struct cc_page {
    const cc_page_table *tables;
    size_t table_count;
    const cc_listing *run_list;
    const cc_report_runs *runs;
    const char *const *problems; /* lines */
    size_t problem_count;
    const cc_audit *audit; /* of the published tables */
    const char *figures;   /* a folder: those of its pictures that are as new as `since` are shown, beside the
                              table (NAME-ID-KIND.svg) or run (NAME-ANCHOR.png) that their names end with */
    struct timespec since; /* when the report's first file was written */
} cc_page;

/* Writes the page, whole or not at all. CC_EIO, CC_ENOMEM */
cc_status cc_page_save(const char *path, const cc_page *page);

#endif
