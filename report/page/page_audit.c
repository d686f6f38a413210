/* report/page/page_audit.c -- the audit of the published tables as a section of the page: findings, notes,
 * then how each F1 may have been computed. */
#include "report/page/page_audit.h"

/* A finding: its cells, the reason, and the smallest edit that mends it. */
static void add_finding(cc_text *out, const cc_audit_finding *finding) {
    cc_text_add(out, "<li><strong>");
    for (size_t i = 0; i < finding->cell_count; i++) {
        if (i) cc_text_add(out, "; ");
        cc_text_add_html(out, finding->cells[i]);
    }
    cc_text_add(out, "</strong>: ");
    cc_text_add_html(out, finding->reason);
    cc_text_add(out, ".");
    if (finding->edit) {
        cc_text_add(out, " <em>Smallest edit: ");
        cc_text_add_html(out, finding->edit);
        cc_text_add(out, ".</em>");
    }
    cc_text_add(out, "</li>\n");
}

/* What a reader should know of a table or row. */
static void add_note(cc_text *out, const cc_audit_note *note) {
    cc_text_add(out, "<li><strong>Table %d%s", note->table, note->row ? ", " : "");
    if (note->row) cc_text_add_html(out, note->row);
    cc_text_add(out, "</strong>: ");
    cc_text_add_html(out, note->text);
    cc_text_add(out, "</li>\n");
}

/* A cell with a range. */
static void add_range(cc_text *out, cc_range range) {
    cc_text_add(out, "<td>%.2f to %.2f</td>", range.low, range.high);
}

/* A row of the table of readings. */
static void add_reading(cc_text *out, const cc_audit_reading *reading) {
    cc_text_add(out, "<tr><td>%d</td><td class=\"t\">", reading->table);
    cc_text_add_html(out, reading->row);
    cc_text_add(out, "</td><td>%.*f</td>", reading->decimals, reading->f1);
    add_range(out, reading->pooled);
    add_range(out, reading->averaged);
    cc_text_add(out, "<td>%s</td></tr>\n", cc_audit_f1_words(reading->possible));
}

void cc_page_add_audit(cc_text *out, const cc_audit *audit) {
    if (audit->table_count == 0) {
        cc_text_add(out, "<section id=\"audit\">\n<h2>Audit of the published tables</h2>\n"
                         "<p>The file of tables names none.</p>\n</section>\n");
        return;
    }
    cc_text_add(
        out, "<section id=\"audit\">\n<h2>Audit of the published tables</h2>\n<p>A printed number stands for "
             "all that round to it; a finding is what no such numbers can explain, or a row that stands in "
             "more than one table.</p>\n<ol>\n");
    for (size_t i = 0; i < audit->finding_count; i++) add_finding(out, &audit->findings[i]);
    cc_text_add(out, "</ol>\n");
    if (audit->note_count) cc_text_add(out, "<p>What the numbers alone do not tell:</p>\n<ul>\n");
    for (size_t i = 0; i < audit->note_count; i++) add_note(out, &audit->notes[i]);
    if (audit->note_count) cc_text_add(out, "</ul>\n");
    cc_text_add(out,
                "<div class=\"box\" tabindex=\"0\">\n<table>\n<caption>How F1 may have been computed: what "
                "the printed "
                "precision and recall allow it to be, in percent</caption>\n<thead><tr><th>table</th><th "
                "class=\"t\">row</th>"
                "<th>F1</th><th>pooled</th><th>averaged</th><th>possible</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < audit->reading_count; i++) add_reading(out, &audit->readings[i]);
    cc_text_add(out, "</tbody>\n</table>\n</div>\n</section>\n");
}
