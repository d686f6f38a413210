/* report/page/page_runs.c -- the runs of the page.
 *
 * A study may have ten thousand. A list is folded away by experiment, and a browser does not lay out what
 * is folded; what is long of a run (config, history, provenance) is shown of the first few hundred. */
#include "report/page/page_runs.h"

#include <stdlib.h>
#include <string.h>
#include "report/page/page_run.h"
#include "report/page/verdict.h"
#include "report/tables/render.h"
#include "report/tables/run_list.h"

/* Every gap, folded where there are many. */
static void add_gaps(cc_text *out, const cc_page *page) {
    if (page->gap_count == 0) return;
    cc_text_add(out, "<details id=\"gaps\" class=\"gaps\"%s>\n<summary>What is missing, stale or damaged: ",
                page->gap_count > 20 ? "" : " open");
    cc_page_add_count(out, page->gap_count, "cell", "cells");
    cc_text_add(out, "</summary>\n<ul>\n");
    for (size_t i = 0; i < page->gap_count && i < CC_PAGE_GAPS_MAX; i++) {
        cc_text_add(out, "<li>");
        cc_text_add_html(out, page->gaps[i].line);
        cc_text_add(out, "</li>\n");
    }
    cc_text_add(out, "</ul>\n");
    if (page->gap_count > CC_PAGE_GAPS_MAX)
        cc_text_add(out, "<p>%zu more are in runs.md.</p>\n", page->gap_count - CC_PAGE_GAPS_MAX);
    cc_text_add(out, "</details>\n");
}

/* The head of a list: the experiment, which of its runs, and how many are not as they should be. */
static void add_summary(cc_text *out, const cc_report_run *const *runs, size_t count, size_t first, bool part,
                        bool open) {
    /* What a reader should not miss is said where the list is folded, too. */
    size_t faults[CC_FAULTS] = {0}, leaks = 0;
    for (size_t i = 0; i < count; i++) {
        if (runs[i]->fault) faults[runs[i]->fault_kind]++;
        leaks += runs[i]->leaking_split;
    }
    cc_text_add(out, "<details class=\"experiment\"%s data-name=\"", open ? " open" : "");
    cc_text_add_html(out, runs[0]->experiment);
    cc_text_add(out, "\">\n<summary><span class=\"name\">");
    cc_text_add_html(out, runs[0]->experiment);
    cc_text_add(out, "</span> <small>");
    if (part) cc_text_add(out, "runs %zu to %zu: ", first + 1, first + count);
    cc_page_add_count(out, count, "run", "runs");
    cc_text_add(out, "</small>");
    for (int f = 0; f < CC_FAULTS; f++)
        if (faults[f])
            cc_text_add(out, " <span class=\"word fails\">%zu %s</span>", faults[f],
                        cc_page_fault_word((cc_report_fault)f));
    if (leaks) cc_text_add(out, " <span class=\"word fails\">%zu LEAKING</span>", leaks);
    cc_text_add(out, "</summary>\n");
}

/* What is written of the runs so far. */
typedef struct writer {
    cc_text *out;
    cc_page_pictures *pictures;
    cc_arena *arena;
    size_t sections; /* written; at most CC_PAGE_RUNS_MAX */
    bool open;
} writer;

/* One list: a table of runs, then the sections of those that some table has. */
static cc_status add_list(writer *w, const cc_report_run *const *runs, size_t count, size_t first,
                          bool part) {
    cc_listing listing;
    const size_t left = CC_PAGE_RUNS_MAX - w->sections;
    add_summary(w->out, runs, count, first, part, w->open);
    CC_TRY(cc_run_list_of_experiment(&listing, runs, count, left, w->arena));
    CC_TRY(cc_render(w->out, &listing, &cc_format_html));
    for (size_t i = 0, shown = 0; i < count && shown < left; i++) {
        char anchor[1024];
        /* Of a run in no table, only its line was kept (report/runs.h). */
        if (!runs[i]->in_table) continue;
        shown++;
        w->sections++;
        cc_page_begin_run(w->out, runs[i]);
        cc_report_run_anchor(anchor, sizeof anchor, runs[i]);
        CC_TRY(cc_page_add_pictures(w->out, w->pictures, anchor));
        cc_page_end_run(w->out);
    }
    cc_text_add(w->out, "</details>\n");
    return CC_OK;
}

/* For qsort: by experiment, then in the order of their array, which is that of their paths. */
static int by_experiment(const void *a, const void *b) {
    const cc_report_run *x = *(const cc_report_run *const *)a, *y = *(const cc_report_run *const *)b;
    const int order = strcmp(x->experiment, y->experiment);
    return order ? order : (x > y) - (x < y);
}

/* The list or lists of each experiment. */
static cc_status add_lists(writer *w, const cc_report_runs *runs) {
    const cc_report_run **sorted = cc_arena_get_array(w->arena, runs->count + 1, sizeof *sorted);
    if (!sorted) return CC_ENOMEM;
    for (size_t i = 0; i < runs->count; i++) sorted[i] = &runs->items[i];
    qsort(sorted, runs->count, sizeof *sorted, by_experiment);
    for (size_t first = 0, end; first < runs->count; first = end) {
        for (end = first + 1; end < runs->count; end++)
            if (strcmp(sorted[end]->experiment, sorted[first]->experiment) != 0) break;
        /* A list of thousands would be laid out at once when it is opened. */
        for (size_t at = first; at < end; at += CC_PAGE_RUNS_LIST) {
            const size_t count = end - at < CC_PAGE_RUNS_LIST ? end - at : CC_PAGE_RUNS_LIST;
            CC_TRY(add_list(w, sorted + at, count, at - first, end - first > CC_PAGE_RUNS_LIST));
        }
    }
    return CC_OK;
}

cc_status cc_page_add_runs(cc_text *out, const cc_page *page, cc_page_pictures *pictures, cc_arena *arena) {
    writer w = {out, pictures, arena, 0, page->runs->count <= CC_PAGE_RUNS_OPEN};
    cc_text_add(
        out,
        "<section id=\"runs\">\n<h2>Runs</h2>\n<p>Scores in %%: pooled over all pixels of the test set, and "
        "the mean over its patients; 0/0 is left out of means.</p>\n");
    add_gaps(out, page);
    CC_TRY(add_lists(&w, page->runs));
    if (page->runs->count > CC_PAGE_RUNS_MAX)
        cc_text_add(out,
                    "<p>Provenance, history and config are shown of the first %d runs that tables have; the "
                    "files of all runs hold them (calcade info FILE).</p>\n",
                    CC_PAGE_RUNS_MAX);
    cc_text_add(out, "</section>\n");
    return CC_OK;
}
