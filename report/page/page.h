/* report/page/page.h -- index.html: the verdict, tables with the figures beside them, and every run that a
 * number comes from. Private to report.
 *
 * One file that needs neither network nor script: pictures are embedded, the style is page.css. Its one
 * script, page.js, sorts and filters tables; the Content-Security-Policy lets a browser run that script
 * alone, by its hash. */
#ifndef CC_REPORT_PAGE_PAGE_H
#define CC_REPORT_PAGE_PAGE_H

#include <time.h>
#include "report/audit/audit.h"
#include "report/check.h"
#include "report/tables/differences.h"
#include "report/text.h"

/* A table of the page. */
typedef struct cc_page_table {
    const cc_table *table;
    cc_listing shown;
    cc_listing conventions, pivot, effects, cost; /* without rows: none */
    cc_differences differences;                   /* options that the rows differ in */
    bool without_figures;                         /* there are more tables than figures are drawn for */
} cc_page_table;

typedef struct cc_page {
    const cc_page_table *tables;
    size_t table_count;
    const cc_report_runs *runs;
    const cc_report_gap *gaps; /* what is missing, stale or damaged */
    size_t gap_count;
    const cc_listing *changes; /* since an earlier state; NULL: none was named */
    const cc_audit *audit;     /* of the published tables */
    const char *figures;   /* a folder: those of its pictures that are as new as `since` are shown, beside the
                              table (NAME-ID-KIND.svg) or run (NAME-ANCHOR.png) that their names end with */
    struct timespec since; /* when the report's first file was written */
} cc_page;

/* Writes the page, whole or not at all. CC_EIO, CC_ENOMEM */
cc_status cc_page_save(const char *path, const cc_page *page);

#endif
