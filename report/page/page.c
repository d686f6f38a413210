/* report/page/page.c -- index.html: tables, the figures beside them, the audit, and every run that a number
 * comes from.
 *
 * The page is one file without scripts or links to elsewhere, and its Content-Security-Policy says so: texts
 * of run files are escaped, pictures embedded. A picture belongs to the table or run that its name ends with;
 * what belongs to none is shown at the end. */
#include "report/page/page.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "core/file.h"
#include "report/page/page_audit.h"
#include "report/page/page_run.h"
#include "report/tables/render.h"

extern const char cc_embedded_page_css[];

enum { PICTURE_BYTES_MAX = 1 << 26 };

/* A picture of the figures folder. */
typedef struct picture {
    const char *name;   /* of the file */
    size_t stem_length; /* of the name without its ending */
    bool shown;
} picture;

/* The page as it grows. */
typedef struct builder {
    const cc_page *page;
    cc_arena *arena;
    cc_text out;
    picture *pictures; /* by name, so that NAME.png comes before NAME.svg */
    size_t picture_count;
} builder;

/* --- pictures --- */

/* Whether a file was written by this report, not by an earlier one into the same folder. */
static bool is_new(const char *path, struct timespec since) {
    struct stat s;
    if (stat(path, &s) != 0) return false;
    return s.st_mtim.tv_sec > since.tv_sec ||
           (s.st_mtim.tv_sec == since.tv_sec && s.st_mtim.tv_nsec >= since.tv_nsec);
}

/* The pictures of this report, sorted by name. */
static cc_status list_pictures(builder *b) {
    char **names, path[CC_PATH_MAX];
    size_t count;
    CC_TRY(cc_folder_list(&names, &count, b->page->figures, b->arena));
    b->pictures = cc_arena_get_array(b->arena, count + 1, sizeof *b->pictures);
    if (!b->pictures) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        CC_TRY(cc_path_join(path, b->page->figures, names[i]));
        bool kind = cc_path_ends_with(names[i], ".svg") || cc_path_ends_with(names[i], ".png");
        if (kind && is_new(path, b->page->since))
            b->pictures[b->picture_count++] = (picture){names[i], strlen(names[i]) - 4, false};
    }
    return CC_OK;
}

/* Whether two files are one picture in two formats. */
static bool same_stem(const picture *a, const picture *b) {
    return a->stem_length == b->stem_length && memcmp(a->name, b->name, a->stem_length) == 0;
}

/* What a figure shows, by how its file's name starts. */
static const char *caption_of(const char *name) {
    static const char *const captions[][2] = {
        {"agatston-", "Agatston scores: prediction minus truth against their mean, a point a patient; mean "
                      "difference, and "
                      "the limits that hold 95 % of differences (Bland and Altman)."},
        {"curves-", "Loss and validation F1-score by epoch."},
        {"examples-", "Test slices with the outlines of truth and prediction."},
        {"figure-10-", "Figure 10: what the third stage takes away."},
        {"figure-1-", "Figure 1: the steps of the method, as this run's config has them."},
        {"figure-2-", "Figure 2: histogram matching."},
        {"figure-3-", "Figure 3: the regions of a scan's slices, joined."},
        {"figure-4-", "Figure 4: opening of the joined region."},
        {"figure-5-", "Figure 5: the region's box."},
        {"figure-6-", "Figure 6: a window about a finding of the second stage."},
        {"figure-7-", "Figure 7: the third stage's output, put back into the slice."},
        {"figure-8-", "Figure 8: the heart as region of interest."},
        {"figure-9-", "Figure 9: findings of the second stage, those without truth marked."},
        {"options-",
         "The score against the option that the rows differ in, with its 95 % interval; small points are "
         "single seeds."},
        {"patients-", "F1-score of each test patient."},
        {"scores-", "F1-score with its 95 % interval, and the paper's where the runs are of patients."},
        {"sizes-", "F1-score against the parameters of the net and the operations of its forward pass."},
        {"thresholds-",
         "Precision against recall as the threshold of the probabilities goes from 0.05 to 0.95."},
    };
    for (size_t i = 0; i < sizeof captions / sizeof *captions; i++)
        if (strncmp(name, captions[i][0], strlen(captions[i][0])) == 0) return captions[i][1];
    return name;
}

/* Adds one picture as data in the page. */
static cc_status embed(builder *b, const picture *p) {
    cc_status status = CC_OK;
    char path[CC_PATH_MAX], *bytes;
    size_t count;
    cc_arena *scratch = cc_arena_create();
    if (!scratch) return cc_fail_memory("a picture", 0);
    CC_CHECK(cc_path_join(path, b->page->figures, p->name));
    CC_CHECK(cc_file_read(&bytes, &count, path, PICTURE_BYTES_MAX, scratch));
    cc_text_add(&b->out, "<figure class=\"picture\" id=\"picture-");
    cc_text_add_html(&b->out, p->name);
    cc_text_add(&b->out, "\"><div tabindex=\"0\"><img alt=\"");
    cc_text_add_html(&b->out, caption_of(p->name));
    cc_text_add(&b->out, "\" src=\"data:image/%s;base64,",
                cc_path_ends_with(p->name, ".svg") ? "svg+xml" : "png");
    cc_text_add_base64(&b->out, bytes, count);
    cc_text_add(&b->out, "\"></div><figcaption>");
    cc_text_add_html(&b->out, caption_of(p->name));
    cc_text_add(&b->out, "</figcaption></figure>\n");
done:
    cc_arena_destroy(scratch);
    return status;
}

/* Shows a picture once, as SVG where there are both. */
static cc_status show(builder *b, size_t i) {
    picture *p = &b->pictures[i];
    if (p->shown) return CC_OK;
    p->shown = true;
    if (i + 1 < b->picture_count && same_stem(p, p + 1)) return show(b, i + 1);
    return embed(b, p);
}

/* Those whose names end with "-END", or all that are left where it is NULL. */
static cc_status show_pictures(builder *b, const char *end) {
    const size_t length = end ? strlen(end) : 0;
    for (size_t i = 0; i < b->picture_count; i++) {
        const picture *p = &b->pictures[i];
        /* "curves-table1-twin" ends with "-table1-twin". */
        const char *at = p->name + p->stem_length - length;
        if (!end || (p->stem_length > length && at[-1] == '-' && memcmp(at, end, length) == 0))
            CC_TRY(show(b, i));
    }
    return CC_OK;
}

/* --- sections --- */

/* Head, style and contents of the page. */
static void add_head(builder *b) {
    cc_text_add(&b->out,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                "'unsafe-inline'; img-src data:\">\n<title>calcade: report</title>\n<style>\n%s</style>\n"
                "</head>\n<body>\n<header>\n<h1>calcade: report</h1>\n"
                "<p>Every number is computed from the counts in run files and links to its run.</p>\n"
                "</header>\n<nav>\n<ul>\n",
                cc_embedded_page_css);
    for (size_t t = 0; t < b->page->table_count; t++) {
        const cc_listing *listing = &b->page->tables[t].shown;
        cc_text_add(&b->out, "<li><a href=\"#%s-", listing->id);
        cc_text_add_html(&b->out, listing->kind);
        cc_text_add(&b->out, "\">%s (", listing->id);
        cc_text_add_html(&b->out, listing->kind);
        cc_text_add(&b->out, "): ");
        cc_text_add_html(&b->out, listing->title);
        cc_text_add(&b->out, "</a></li>\n");
    }
    cc_text_add(&b->out, "<li><a href=\"#audit\">Audit of the published tables</a></li>\n"
                         "<li><a href=\"#runs\">Runs</a></li>\n</ul>\n</nav>\n<main>\n");
}

/* A table's section: the table, its figures, its conventions folded away. */
static cc_status add_table(builder *b, const cc_page_table *table) {
    const cc_listing *listing = &table->shown;
    char end[256];
    cc_text_add(&b->out, "<section id=\"%s-", listing->id);
    cc_text_add_html(&b->out, listing->kind);
    cc_text_add(&b->out, "\">\n<h2>%s (", listing->id);
    cc_text_add_html(&b->out, listing->kind);
    cc_text_add(&b->out, "): ");
    cc_text_add_html(&b->out, listing->title);
    cc_text_add(&b->out, "</h2>\n");
    CC_TRY(cc_render(&b->out, listing, &cc_format_html));
    if (table->pivot.rows) CC_TRY(cc_render(&b->out, &table->pivot, &cc_format_html));
    if (table->effects.rows) CC_TRY(cc_render(&b->out, &table->effects, &cc_format_html));
    snprintf(end, sizeof end, "%s-%s", listing->id, listing->kind);
    CC_TRY(show_pictures(b, end));
    if (table->conventions.rows) {
        cc_text_add(&b->out, "<details>\n<summary>The same counts under every convention</summary>\n");
        CC_TRY(cc_render(&b->out, &table->conventions, &cc_format_html));
        cc_text_add(&b->out, "</details>\n");
    }
    cc_text_add(&b->out, "</section>\n");
    return CC_OK;
}

/* What is missing, stale or damaged. */
static void add_problems(builder *b) {
    if (b->page->problem_count == 0) return;
    cc_text_add(&b->out, "<h3>What is missing, stale or damaged</h3>\n<ul class=\"problems\">\n");
    for (size_t i = 0; i < b->page->problem_count; i++) {
        cc_text_add(&b->out, "<li>");
        cc_text_add_html(&b->out, b->page->problems[i]);
        cc_text_add(&b->out, "</li>\n");
    }
    cc_text_add(&b->out, "</ul>\n");
}

/* The list of runs, and a section for each that a table has, with its pictures. */
static cc_status add_runs(builder *b) {
    size_t shown = 0, left = 0;
    cc_text_add(&b->out, "<section id=\"runs\">\n<h2>Runs</h2>\n");
    add_problems(b);
    CC_TRY(cc_render(&b->out, b->page->run_list, &cc_format_html));
    for (size_t i = 0; i < b->page->runs->count; i++) {
        const cc_report_run *run = &b->page->runs->items[i];
        char anchor[1024];
        if (!run->in_table) continue;
        /* A browser should still open the page. */
        if (shown++ >= CC_PAGE_RUNS_MAX) {
            left++;
            continue;
        }
        cc_page_add_run(&b->out, run);
        cc_report_run_anchor(anchor, sizeof anchor, run);
        CC_TRY(show_pictures(b, anchor));
        cc_text_add(&b->out, "</section>\n");
    }
    if (left) cc_text_add(&b->out, "<p>%zu more runs have no section here; runs.md lists them.</p>\n", left);
    cc_text_add(&b->out, "</section>\n");
    return CC_OK;
}

/* Pictures that no section has shown, and the end of the page. */
static cc_status add_rest(builder *b) {
    bool any = false;
    for (size_t i = 0; i < b->picture_count; i++) any |= !b->pictures[i].shown;
    if (any) cc_text_add(&b->out, "<section>\n<h2>Figures</h2>\n");
    CC_TRY(show_pictures(b, NULL));
    cc_text_add(&b->out, "%s</main>\n</body>\n</html>\n", any ? "</section>\n" : "");
    return CC_OK;
}

/* The page from its head to its end, and saved. */
static cc_status build(builder *b, const char *path) {
    CC_TRY(list_pictures(b));
    add_head(b);
    for (size_t t = 0; t < b->page->table_count; t++) CC_TRY(add_table(b, &b->page->tables[t]));
    cc_page_add_audit(&b->out, b->page->audit);
    CC_TRY(add_runs(b));
    CC_TRY(add_rest(b));
    return cc_text_save(&b->out, path);
}

cc_status cc_page_save(const char *path, const cc_page *page) {
    builder b = {.page = page, .arena = cc_arena_create()};
    if (!b.arena) return cc_fail_memory("a page", 0);
    cc_status status = build(&b, path);
    cc_text_deinit(&b.out);
    cc_arena_destroy(b.arena);
    return status;
}
