/* report/ci/badge.c -- the badge, in the usual form of two boxes.
 *
 * An SVG has no line breaks of its own and no fonts that are sure to be there: each text is stretched to
 * the width that its box was made for (textLength), at 11 px of Verdana or what stands in for it. */
#include "report/ci/badge.h"

#include <stdio.h>
#include <string.h>
#include "report/tables/claims.h"

enum {
    HEIGHT = 20,
    PADDING = 6,
    LETTER_TENTHS = 66
}; /* width of a letter in tenths of a pixel, on average */

/* About as wide as Verdana sets it; textLength makes it exact. */
static int text_width(const char *text) {
    return (int)strlen(text) * LETTER_TENTHS / 10;
}

/* A text in the middle of its box. */
static void add_text(cc_text *out, int left, int width, const char *text) {
    cc_text_add(out,
                "<text x=\"%d\" y=\"14\" textLength=\"%d\" lengthAdjust=\"spacingAndGlyphs\">%s</text>\n",
                left + PADDING, width - 2 * PADDING, text);
}

void cc_badge_add(cc_text *out, const cc_ci_cases *cases, const cc_ci_findings *findings) {
    static const char name[] = "calcade";
    const cc_ci_findings *f = findings;
    char value[128];
    size_t stated = 0, holding = 0, there = 0;
    for (size_t t = 0; t < f->table_count; t++)
        for (size_t c = 0; c < f->tables[t].claim_count; c++, stated++)
            holding += f->tables[t].claims[c].verdict == CC_VERDICT_HOLDS;
    for (size_t i = 0; i < f->runs->count; i++) there += !f->runs->items[i].fault;
    snprintf(value, sizeof value, "%zu of %zu claims hold, %zu of %zu runs present", holding, stated, there,
             there + f->gaps->count);
    const int left = text_width(name) + 2 * PADDING, right = text_width(value) + 2 * PADDING;
    const bool good = cases->failed == 0 && f->gaps->count == 0;
    cc_text_add(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" role=\"img\" "
                "aria-label=\"%s: %s\">\n<title>%s: %s</title>\n"
                "<rect width=\"%d\" height=\"%d\" rx=\"3\" fill=\"#555\"/>\n"
                "<rect x=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\" fill=\"%s\"/>\n"
                "<rect x=\"%d\" width=\"3\" height=\"%d\" fill=\"%s\"/>\n"
                "<g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\n",
                left + right, HEIGHT, name, value, name, value, left + right, HEIGHT, left, right, HEIGHT,
                good ? "#2e7d32" : "#c62828", left, HEIGHT, good ? "#2e7d32" : "#c62828");
    add_text(out, 0, left, name);
    add_text(out, left, right, value);
    cc_text_add(out, "</g>\n</svg>\n");
}
