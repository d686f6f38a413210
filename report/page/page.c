/* report/page/page.c -- index.html from its head to its end: contents, verdict, tables with their figures,
 * the audit, and every run that a number comes from.
 *
 * The page is one file without links to elsewhere, and its Content-Security-Policy says so: texts of run
 * files are escaped, pictures embedded, and style and script are let through by their hashes alone. A
 * picture belongs to the table or run that its name ends with; what belongs to none is shown at the end. */
#include "report/page/page.h"

#include <stdio.h>
#include <string.h>
#include "core/digest.h"
#include "core/version.h"
#include "report/page/page_audit.h"
#include "report/page/page_runs.h"
#include "report/page/pictures.h"
#include "report/page/verdict.h"
#include "report/tables/render.h"

extern const char cc_embedded_page_css[], cc_embedded_page_js[];

/* Adds what the policy lets through: 'sha256-' and the digest of the text in base64 (W3C, Content Security
 * Policy Level 3, 2.3.1). */
static void add_hash(cc_text *out, const char *text) {
    const cc_digest_text digest = cc_digest_of(text, strlen(text));
    unsigned char bytes[32];
    for (int i = 0; i < 32; i++) {
        unsigned byte = 0;
        (void)sscanf(digest.hex + 2 * i, "%2x", &byte);
        bytes[i] = (unsigned char)byte;
    }
    cc_text_add(out, "'sha256-");
    cc_text_add_base64(out, bytes, sizeof bytes);
    cc_text_add(out, "'");
}

/* A table's place in the page: "table1-twin". */
static void add_id(cc_text *out, const cc_listing *listing) {
    cc_text_add_html(out, listing->id);
    cc_text_add(out, "-");
    cc_text_add_html(out, listing->kind);
}

/* The kind of a table's runs as a small box. Experiments whose names have no kind are of none. */
static void add_kind(cc_text *out, const char *kind) {
    if (strcmp(kind, "other") == 0) return;
    cc_text_add(out, " <span class=\"kind\">");
    cc_text_add_html(out, kind);
    cc_text_add(out, "</span>");
}

/* Head, style and contents of the page. */
static void add_head(cc_text *out, const cc_page *page) {
    cc_text_add(out,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
                "base-uri 'none'; form-action 'none'; style-src ");
    add_hash(out, cc_embedded_page_css);
    cc_text_add(out, "; script-src ");
    add_hash(out, cc_embedded_page_js);
    cc_text_add(out,
                "\">\n<title>calcade: report</title>\n<style>%s</style>\n</head>\n<body>\n"
                "<a class=\"skip\" href=\"#verdict\">Skip the contents</a>\n"
                "<nav aria-label=\"Contents\">\n<p class=\"brand\">calcade: report</p>\n<ul>\n"
                "<li><a href=\"#verdict\"><span class=\"title\">Verdict</span></a></li>\n",
                cc_embedded_page_css);
    if (page->changes)
        cc_text_add(out, "<li><a href=\"#changes\"><span class=\"title\">Changes</span></a></li>\n");
    for (size_t t = 0; t < page->table_count; t++) {
        const cc_listing *listing = &page->tables[t].shown;
        char label[32];
        cc_listing_label(label, listing);
        cc_text_add(out, "<li><a href=\"#");
        add_id(out, listing);
        cc_text_add(out, "\">");
        if (label[0]) cc_text_add(out, "<span class=\"label\">%s", label);
        if (label[0]) add_kind(out, listing->kind);
        cc_text_add(out, "%s<span class=\"title\">", label[0] ? "</span>" : "");
        cc_text_add_html(out, listing->title);
        if (!label[0]) add_kind(out, listing->kind);
        cc_text_add(out, "</span></a></li>\n");
    }
    cc_text_add(
        out, "<li><a href=\"#audit\"><span class=\"title\">Audit of the published tables</span></a></li>\n"
             "<li><a href=\"#runs\"><span class=\"title\">Runs</span></a></li>\n</ul>\n</nav>\n<main>\n"
             "<header>\n<h1>Report</h1>\n<p>Every number is computed from the counts in run files and links "
             "to its run. calcade " CC_VERSION ".</p>\n</header>\n");
}

/* A listing in a folded part of its own; nothing where it has no rows. */
static cc_status add_folded(cc_text *out, const cc_listing *listing, const char *summary) {
    if (listing->rows == 0) return CC_OK;
    cc_text_add(out, "<details>\n<summary>%s</summary>\n", summary);
    CC_TRY(cc_render(out, listing, &cc_format_html));
    cc_text_add(out, "</details>\n");
    return CC_OK;
}

/* A listing below a title of its own; nothing where it has no rows. */
static cc_status add_titled(cc_text *out, const cc_listing *listing) {
    if (listing->rows == 0) return CC_OK;
    cc_text_add(out, "<h3>");
    cc_text_add_html(out, listing->title);
    cc_text_add(out, "</h3>\n");
    return cc_render(out, listing, &cc_format_html);
}

/* A table's section: the table, what its rows differ in, its figures; runs, cost and conventions folded
 * away. */
static cc_status add_table(cc_text *out, const cc_page_table *table, cc_page_pictures *pictures) {
    const cc_listing *listing = &table->shown;
    char end[512], label[32];
    cc_listing_label(label, listing);
    cc_text_add(out, "<section id=\"");
    add_id(out, listing);
    cc_text_add(out, "\">\n<h2>%s%s", label, label[0] ? ". " : "");
    cc_text_add_html(out, listing->title);
    add_kind(out, listing->kind);
    cc_text_add(out, "</h2>\n");
    CC_TRY(cc_render(out, listing, &cc_format_html));
    CC_TRY(add_folded(out, &table->cost, "Options, runs and cost of each row"));
    CC_TRY(add_titled(out, &table->pivot));
    CC_TRY(add_titled(out, &table->effects));
    CC_TRY(add_folded(out, &table->conventions, "The same counts under every convention"));
    snprintf(end, sizeof end, "%s-%s", listing->id, listing->kind);
    CC_TRY(cc_page_add_pictures(out, pictures, end));
    if (table->without_figures)
        cc_text_add(out, "<p><small>No figures: they are drawn of the first tables only.</small></p>\n");
    cc_text_add(out, "</section>\n");
    return CC_OK;
}

/* Pictures that no section has shown, the script, and the end of the page. */
static cc_status add_rest(cc_text *out, cc_page_pictures *pictures) {
    if (cc_page_pictures_left(pictures)) {
        cc_text_add(out, "<section id=\"figures\">\n<h2>Figures</h2>\n");
        CC_TRY(cc_page_add_pictures(out, pictures, NULL));
        cc_text_add(out, "</section>\n");
    }
    cc_text_add(out, "</main>\n<script>%s</script>\n</body>\n</html>\n", cc_embedded_page_js);
    return CC_OK;
}

/* The page from its head to its end, and saved. */
static cc_status build(cc_text *out, const cc_page *page, const char *path, cc_arena *arena) {
    cc_page_pictures pictures;
    CC_TRY(cc_page_pictures_list(&pictures, page->figures, page->since, arena));
    add_head(out, page);
    cc_page_add_verdict(out, page);
    if (page->changes) {
        cc_text_add(out, "<section id=\"changes\">\n<h2>");
        cc_text_add_html(out, page->changes->title);
        cc_text_add(out, "</h2>\n");
        CC_TRY(cc_render(out, page->changes, &cc_format_html));
        cc_text_add(out, "</section>\n");
    }
    for (size_t t = 0; t < page->table_count; t++) CC_TRY(add_table(out, &page->tables[t], &pictures));
    cc_page_add_audit(out, page->audit);
    CC_TRY(cc_page_add_runs(out, page, &pictures, arena));
    CC_TRY(add_rest(out, &pictures));
    return cc_text_save(out, path);
}

cc_status cc_page_save(const char *path, const cc_page *page) {
    cc_text out = {0};
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a page", 0);
    cc_status status = build(&out, page, path, arena);
    cc_text_deinit(&out);
    cc_arena_destroy(arena);
    return status;
}
