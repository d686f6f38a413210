/* report/text.h -- a text that grows, for what is written in one piece. Private to report. */
#ifndef CC_REPORT_TEXT_H
#define CC_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include "core/status.h"

/* Zero it to start; memory that runs out is remembered, and reported by cc_text_save or cc_text_check. */
typedef struct cc_text {
    char *bytes; /* with a terminator; NULL while empty */
    size_t length, capacity;
    bool failed;
} cc_text;

void cc_text_add(cc_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cc_text_add_bytes(cc_text *text, const void *bytes, size_t count);
/* A string for one format: LaTeX text, a Markdown table's cell, a CSV field, HTML text or an attribute's
 * value in quotes (XML's too), a gnuplot string in quotes, and one that is a tic's label. HTML and gnuplot
 * get UTF-8 without control characters: these become spaces, bytes that are no UTF-8 U+FFFD. */
void cc_text_add_latex(cc_text *text, const char *string);
void cc_text_add_markdown(cc_text *text, const char *string);
void cc_text_add_csv(cc_text *text, const char *string);
void cc_text_add_html(cc_text *text, const char *string);
/* The inside of a JSON string: UTF-8 without control characters, as above. */
void cc_text_add_json(cc_text *text, const char *string);
/* Bytes in base64. */
void cc_text_add_base64(cc_text *text, const void *bytes, size_t count);
void cc_text_add_gnuplot(cc_text *text, const char *string);
void cc_text_add_gnuplot_tic(cc_text *text, const char *string);
/* CC_ENOMEM where an addition failed. */
cc_status cc_text_check(const cc_text *text);
/* Writes the whole text, or nothing, to a file. */
cc_status cc_text_save(const cc_text *text, const char *path);
void cc_text_deinit(cc_text *text);

#endif
