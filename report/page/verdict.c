/* report/page/verdict.c -- what a reader wants to know first, in a few lines: what became of the claims,
 * and whether the runs behind the numbers are all there, current, whole and without leaking splits. */
#include "report/page/verdict.h"

#include <math.h>
#include <string.h>

enum {
    CLAIMS_OPEN = 24, /* so many are shown at once; of more the list is folded */
    GAPS_SHOWN = 6,   /* lines */
    LEAKS_SHOWN = 6
};

/* How a verdict is counted and coloured (page.css). */
static const struct {
    const char *words, *style;
} verdicts[CC_VERDICTS] = {
    [CC_VERDICT_HOLDS] = {"hold", "holds"},
    [CC_VERDICT_FAILS] = {"do not hold", "fails"},
    [CC_VERDICT_EQUIVALENT] = {"differ by less than the margin", "open"},
    [CC_VERDICT_TOO_FEW] = {"cannot be resolved with so few patients", "open"},
    [CC_VERDICT_OPEN] = {"not resolved", "open"},
    [CC_VERDICT_UNTESTED] = {"not tested: a run is missing", "untested"},
};

void cc_page_add_count(cc_text *out, size_t count, const char *one, const char *several) {
    cc_text_add(out, "%zu %s", count, count == 1 ? one : several);
}

const char *cc_page_fault_word(cc_report_fault fault) {
    static const char *const words[CC_FAULTS] = {[CC_FAULT_MISSING] = "missing",
                                                 [CC_FAULT_STALE] = "stale",
                                                 [CC_FAULT_DAMAGED] = "damaged",
                                                 [CC_FAULT_MISPLACED] = "misplaced"};
    return words[fault];
}

/* --- claims --- */

/* "Table 1", or the title of a table without a number, and its kind, linked to it. */
static void add_table_link(cc_text *out, const cc_listing *listing) {
    char label[32];
    cc_listing_label(label, listing);
    cc_text_add(out, "<a href=\"#");
    cc_text_add_html(out, listing->id);
    cc_text_add(out, "-");
    cc_text_add_html(out, listing->kind);
    cc_text_add(out, "\">");
    cc_text_add_html(out, label[0] ? label : listing->title);
    cc_text_add(out, ", ");
    cc_text_add_html(out, listing->kind);
    cc_text_add(out, "</a>");
}

/* A difference of two scores in points, with its sign. */
static void add_points(cc_text *out, double difference) {
    cc_text_add(out, "%s%.1f", difference < 0 ? "−" : "+", 100 * fabs(difference));
}

/* A claim: its verdict, its words, and below them where it stands and what was found. */
static void add_claim(cc_text *out, const cc_table_claim *claim, const cc_listing *listing) {
    const cc_paired_result *r = &claim->result;
    cc_text_add(out, "<li><span class=\"word %s\">", verdicts[claim->verdict].style);
    cc_text_add_html(out, claim->verdict_text);
    cc_text_add(out, "</span> <span>");
    cc_text_add_html(out, claim->spec->text);
    /* Below, where it stands and by how much: the table's notes have the rest. */
    cc_text_add(out, " <small>");
    add_table_link(out, listing);
    if (claim->verdict != CC_VERDICT_UNTESTED) {
        cc_text_add(out, ": %s ", cc_score_heading(claim->spec->score));
        add_points(out, r->mean);
        cc_text_add(out, " points");
        if (isfinite(r->low)) {
            cc_text_add(out, " [");
            add_points(out, r->low);
            cc_text_add(out, ", ");
            add_points(out, r->high);
            cc_text_add(out, "]");
        }
        cc_text_add(out, claim->p_adjusted < 0.001 ? ", p &lt; 0.001" : ", p = %.3f", claim->p_adjusted);
        cc_text_add(out, ", n = %zu patients", r->patients);
    }
    cc_text_add(out, "</small></span></li>\n");
}

/* How many claims have each verdict; their number. */
static size_t count_claims(cc_text *out, const cc_page *page) {
    size_t counts[CC_VERDICTS] = {0}, total = 0;
    for (size_t t = 0; t < page->table_count; t++)
        for (size_t c = 0; c < page->tables[t].table->claim_count; c++, total++)
            counts[page->tables[t].table->claims[c].verdict]++;
    if (total == 0) {
        cc_text_add(out, "<p>No table states a claim.</p>\n");
        return 0;
    }
    cc_text_add(out, "<p>Of ");
    cc_page_add_count(out, total, "claim:", "claims:");
    for (int v = 0; v < CC_VERDICTS; v++)
        if (counts[v])
            cc_text_add(out, " <span class=\"word %s\">%zu %s</span>", verdicts[v].style, counts[v],
                        v == CC_VERDICT_HOLDS && counts[v] == 1 ? "holds" : verdicts[v].words);
    cc_text_add(out, "</p>\n");
    return total;
}

/* Every claim, those that hold first. */
static void add_claims(cc_text *out, const cc_page *page, size_t total) {
    if (total == 0) return;
    cc_text_add(out, "<details%s>\n<summary>Each claim</summary>\n<ul class=\"claims\">\n",
                total > CLAIMS_OPEN ? "" : " open");
    for (int v = 0; v < CC_VERDICTS; v++)
        for (size_t t = 0; t < page->table_count; t++)
            for (size_t c = 0; c < page->tables[t].table->claim_count; c++)
                if (page->tables[t].table->claims[c].verdict == (cc_table_verdict)v)
                    add_claim(out, &page->tables[t].table->claims[c], &page->tables[t].shown);
    cc_text_add(out, "</ul>\n</details>\n");
}

/* --- runs --- */

/* The table of a gap, where the page shows it; NULL: it does not. */
static const cc_listing *find_table(const cc_page *page, const cc_report_gap *gap) {
    for (size_t t = 0; t < page->table_count && gap->table; t++) {
        const cc_listing *listing = &page->tables[t].shown;
        const size_t length = strlen(listing->id);
        if (strncmp(gap->table, listing->id, length) == 0 && gap->table[length] == '-' &&
            strcmp(gap->table + length + 1, listing->kind) == 0)
            return listing;
    }
    return NULL;
}

/* Whether two gaps are of one row, for one reason. */
static bool same_row(const cc_report_gap *a, const cc_report_gap *b) {
    return a->fault == b->fault && a->row && b->row && strcmp(a->row, b->row) == 0 &&
           strcmp(a->table ? a->table : "", b->table ? b->table : "") == 0;
}

/* The first rows with gaps, a line each, linked to their tables; files and reasons stand in the section of
 * runs. */
static void add_gaps(cc_text *out, const cc_page *page) {
    size_t lines = 0;
    cc_text_add(out, "<ul class=\"gaps\">\n");
    for (size_t i = 0, next; i < page->gap_count && lines < GAPS_SHOWN; i = next, lines++) {
        const cc_report_gap *gap = &page->gaps[i];
        const cc_listing *table = find_table(page, gap);
        for (next = i + 1; next < page->gap_count && same_row(gap, &page->gaps[next]);) next++;
        cc_text_add(out, "<li><span class=\"word fails\">%s</span> ", cc_page_fault_word(gap->fault));
        if (table) add_table_link(out, table);
        /* Of a table without any run there is nothing on the page. */
        if (!table && gap->table) cc_text_add_html(out, gap->table);
        cc_text_add(out, gap->table ? ": " : "");
        cc_text_add_html(out, gap->row ? gap->row : gap->line);
        if (next - i > 1) cc_text_add(out, " (%zu runs)", next - i);
        cc_text_add(out, "</li>\n");
    }
    cc_text_add(out, "</ul>\n<p><a href=\"#gaps\">Files and reasons</a></p>\n");
}

/* Runs whose test shares patients with their training, linked. */
static void add_leaks(cc_text *out, const cc_report_runs *runs, size_t leaks) {
    const cc_report_run *last = NULL;
    size_t shown = 0;
    cc_text_add(out, "<p><span class=\"word fails\">leaking</span> ");
    cc_page_add_count(out, leaks, "run has", "runs have");
    cc_text_add(out, " a split with slices of one patient on both sides, which makes scores too high: ");
    for (size_t i = 0; i < runs->count && shown < LEAKS_SHOWN; i++) {
        const cc_report_run *run = &runs->items[i];
        char anchor[1024];
        /* Seeds and folds of one variant follow each other; the first of them stands for all. */
        if (!run->leaking_split || (last && strcmp(last->experiment, run->experiment) == 0 &&
                                    strcmp(last->variant, run->variant) == 0))
            continue;
        last = run;
        cc_report_run_anchor(anchor, sizeof anchor, run);
        cc_text_add(out, "%s<a href=\"#run-", shown++ ? ", " : "");
        cc_text_add_html(out, anchor);
        cc_text_add(out, "\">");
        cc_text_add_html(out, run->experiment);
        cc_text_add(out, ", ");
        cc_text_add_html(out, run->variant);
        cc_text_add(out, "</a>");
    }
    cc_text_add(out, "%s</p>\n", shown == LEAKS_SHOWN ? ", ..." : "");
}

/* One line where all is in order; else what is not. */
static void add_runs(cc_text *out, const cc_page *page) {
    size_t faults[CC_FAULTS] = {0}, leaks = 0;
    /* Gaps are of cells, and a leak is no gap: its table shows the run, marked. */
    for (size_t i = 0; i < page->gap_count; i++) faults[page->gaps[i].fault]++;
    for (size_t i = 0; i < page->runs->count; i++) leaks += page->runs->items[i].leaking_split;
    cc_text_add(out, "<p>");
    cc_page_add_count(out, page->runs->count, "run was read", "runs were read");
    if (page->gap_count == 0 && leaks == 0) {
        cc_text_add(out,
                    ": <span class=\"word holds\">none is missing, stale, damaged or leaking</span></p>\n");
        return;
    }
    cc_text_add(out, ".");
    for (int f = 0; f < CC_FAULTS; f++)
        if (faults[f])
            cc_text_add(out, " <span class=\"word fails\">%zu %s</span>", faults[f],
                        cc_page_fault_word((cc_report_fault)f));
    cc_text_add(out, "</p>\n");
    if (page->gap_count) add_gaps(out, page);
    if (leaks) add_leaks(out, page->runs, leaks);
}

void cc_page_add_verdict(cc_text *out, const cc_page *page) {
    cc_text_add(out, "<section id=\"verdict\">\n<h2>Verdict</h2>\n");
    const size_t claims = count_claims(out, page);
    add_runs(out, page);
    add_claims(out, page, claims);
    cc_text_add(out, "</section>\n");
}
