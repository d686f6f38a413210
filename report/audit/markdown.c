/* report/audit/markdown.c -- an audit as Markdown, for a terminal or a file: findings, notes, what is
 * checked, and how each F1 may have been computed. */
#include "report/audit/markdown.h"

#include <string.h>

/* A numbered finding with its edit below it. */
static void add_finding(cc_text *out, size_t number, const cc_audit_finding *f) {
    const size_t shown = f->has_interval ? 1 : f->cell_count; /* the rest are what the reason speaks of */
    cc_text_add(out, "%zu. **", number);
    for (size_t i = 0; i < shown; i++) {
        if (i) cc_text_add(out, "; ");
        cc_text_add_markdown(out, f->cells[i]);
    }
    cc_text_add(out, "**: ");
    cc_text_add_markdown(out, f->reason);
    cc_text_add(out, ".\n");
    if (!f->edit) return;
    cc_text_add(out, "   - Smallest edit: ");
    cc_text_add_markdown(out, f->edit);
    cc_text_add(out, ".\n");
}

/* A line for each table of which something is not checked, or under another name. */
static cc_status add_tables(cc_text *out, const cc_audit *audit) {
    bool begun = false;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    for (size_t i = 0; i < audit->table_count; i++) {
        const cc_audit_table *t = &audit->tables[i];
        const char *words = cc_audit_table_words(t, arena);
        if (!words) break;
        const bool fraction = strcmp(t->units, "percent") != 0 && strcmp(t->units, "none") != 0;
        if (!words[0] && !t->renamed[0] && !fraction) continue;
        if (!begun) cc_text_add(out, "\n## What is checked\n\n");
        begun = true;
        cc_text_add(out, "- Table %d", t->id);
        if (fraction)
            cc_text_add(out, " (%s)", strcmp(t->units, "mixed") ? "fractions" : "percent and fractions");
        cc_text_add(out, ": ");
        cc_text_add_markdown(out, t->renamed);
        if (t->renamed[0] && words[0]) cc_text_add(out, "; ");
        cc_text_add_markdown(out, words);
        cc_text_add(out, !t->renamed[0] && !words[0] ? "every column.\n" : ".\n");
    }
    cc_arena_destroy(arena);
    return CC_OK;
}

/* What readers should know of tables and rows. */
static void add_notes(cc_text *out, const cc_audit *audit) {
    if (audit->note_count) cc_text_add(out, "\n## Notes\n\n");
    for (size_t i = 0; i < audit->note_count; i++) {
        const cc_audit_note *n = &audit->notes[i];
        cc_text_add(out, "- **Table %d%s", n->table, n->row ? ", " : "");
        if (n->row) cc_text_add_markdown(out, n->row);
        cc_text_add(out, "**: ");
        cc_text_add_markdown(out, n->text);
        cc_text_add(out, "\n");
    }
}

/* The table of how each F1 may have been computed, and its sums. */
static void add_readings(cc_text *out, const cc_audit *audit) {
    size_t totals[3] = {0};
    bool percent = true;
    for (size_t i = 0; i < audit->reading_count; i++)
        percent &= strcmp(audit->readings[i].units, "percent") == 0;
    cc_text_add(out,
                "\n## How F1 may have been computed\n\n"
                "What the printed precision and recall allow F1 to be: pooled over all pixels (the harmonic "
                "mean), and averaged over patients or slices (from P + R - 100 to the harmonic mean).\n\n"
                "| table | row | F1%s | pooled | averaged | possible |\n|---:|---|---:|---|---|---|\n",
                percent ? " (%)" : "");
    for (size_t i = 0; i < audit->reading_count; i++) {
        const cc_audit_reading *r = &audit->readings[i];
        totals[r->possible]++;
        cc_text_add(out, "| %d | ", r->table);
        cc_text_add_markdown(out, r->row);
        const int digits = strcmp(r->units, "percent") == 0 ? 2 : 4;
        cc_text_add(out, " | %.*f | %.*f to %.*f | %.*f to %.*f | %s |\n", r->decimals, r->f1, digits,
                    r->pooled.low, digits, r->pooled.high, digits, r->averaged.low, digits, r->averaged.high,
                    cc_audit_f1_words(r->possible));
    }
    cc_text_add(out, "\nOf %zu rows, %zu may be either, %zu can only be averaged, %zu neither.\n",
                audit->reading_count, totals[CC_AUDIT_F1_EITHER], totals[CC_AUDIT_F1_AVERAGED],
                totals[CC_AUDIT_F1_NEITHER]);
}

cc_status cc_audit_markdown(cc_text *out, const cc_audit *audit) {
    cc_text_add(out, "# Audit of published tables\n\n");
    if (audit->source[0]) {
        cc_text_add_markdown(out, audit->source);
        cc_text_add(out, "\n\n");
    }
    cc_text_add(
        out,
        "%zu table%s, %zu row%s; %zu finding%s. A printed number stands for all that round to it; a finding "
        "is what no such numbers can explain, or a row that stands in more than one table.\n",
        audit->table_count, audit->table_count == 1 ? "" : "s", audit->row_count,
        audit->row_count == 1 ? "" : "s", audit->finding_count, audit->finding_count == 1 ? "" : "s");
    if (audit->finding_count) cc_text_add(out, "\n## Findings\n\n");
    for (size_t i = 0; i < audit->finding_count; i++) add_finding(out, i + 1, &audit->findings[i]);
    add_notes(out, audit);
    CC_TRY(add_tables(out, audit));
    if (audit->reading_count) add_readings(out, audit);
    return cc_text_check(out);
}

cc_status cc_audit_print(FILE *out, const cc_audit *audit) {
    cc_text text = {0};
    cc_status status = cc_audit_markdown(&text, audit);
    if (status == CC_OK && fwrite(text.bytes, 1, text.length, out) != text.length)
        status = cc_fail_errno("standard output", "write");
    cc_text_deinit(&text);
    return status;
}
