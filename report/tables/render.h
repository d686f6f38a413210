/* report/tables/render.h -- a listing in one format. Private to report.
 *
 * A format is a cc_format: how it escapes text and what stands around heads, rows and cells. One walk over
 * the listing serves all. */
#ifndef CC_REPORT_TABLES_RENDER_H
#define CC_REPORT_TABLES_RENDER_H

#include "report/tables/listing.h"
#include "report/text.h"

typedef struct cc_format {
    const char *ending; /* of its files: "md" */
    void (*escape)(cc_text *out, const char *string);
    void (*begin)(cc_text *out, const cc_listing *listing); /* all up to the first row's cells */
    void (*cell)(cc_text *out, const cc_listing *listing, size_t row, size_t column);
    void (*row_begin)(cc_text *out, bool rule);
    void (*row_end)(cc_text *out);
    void (*end)(cc_text *out, const cc_listing *listing);
} cc_format;

extern const cc_format cc_format_markdown, cc_format_csv, cc_format_latex;
/* A <figure>: caption, a box with the table, notes. Numbers link to "#run-" and cc_report_run_anchor. */
extern const cc_format cc_format_html;

/* Adds the listing; CC_ENOMEM where it, or the text, ran out of memory. */
cc_status cc_render(cc_text *out, const cc_listing *listing, const cc_format *format);

#endif
