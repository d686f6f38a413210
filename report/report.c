/* report/report.c -- the report as one pipeline: read runs, check them, fill tables, write them in every
 * format, draw figures, and gather all of it in one page.
 *
 * Every file is written whole or not at all. What is missing or damaged costs its cell, never the report; a
 * strict report is made all the same and fails at its end. */
#include "report/report.h"

#include <string.h>
#include <sys/stat.h>
#include "core/file.h"
#include "core/log.h"
#include "report/check.h"
#include "report/figures/curves.h"
#include "report/figures/examples.h"
#include "report/figures/scores.h"
#include "report/page/page.h"
#include "report/tables/calcium.h"
#include "report/tables/compare.h"
#include "report/tables/conventions.h"
#include "report/tables/render.h"
#include "report/tables/run_list.h"
#include "report/tables/scores.h"
#include "report/tables/stages.h"
#include "report/tables/study.h"

/* All that is read and made; the arena owns it. */
typedef struct report {
    const cc_report_options *options;
    cc_arena *arena;
    cc_spec *specs;
    size_t spec_count;
    cc_published published;
    cc_manifest manifest;
    cc_report_runs runs;
    cc_notes problems;
    const char **kinds;
    size_t kind_count;
    cc_table *made;       /* table_count, for their curves */
    cc_page_table *shown; /* table_count */
    size_t table_count;
    cc_listing run_list;
    char tables[CC_PATH_MAX], figures[CC_PATH_MAX];
} report;

/* Which tables there are, and what is published beside them: those of a file, or the program's own; and one for each
 * experiment of several runs that none of these has. */
static cc_status read_specs(report *r) {
    const cc_report_options *o = r->options;
    const cc_study_sources from = {&r->manifest, o->results, o->blocks, o->block_count};
    if (o->tables)
        CC_TRY(cc_specs_read(&r->specs, &r->spec_count, &r->published, o->tables, r->arena));
    else
        CC_TRY(cc_specs_get(&r->specs, &r->spec_count, &r->published, r->arena));
    return cc_study_specs_add(&r->specs, &r->spec_count, &from, r->arena);
}

/* --- tables --- */

/* Writes a listing in one format as tables/ID-KIND.ENDING, and prints it. */
static cc_status save_listing(report *r, const cc_listing *listing, const cc_format *format, bool print) {
    char name[CC_PATH_MAX], path[CC_PATH_MAX];
    cc_text text = {0};
    snprintf(name, sizeof name, "%s-%s.%s", listing->id, listing->kind, format->ending);
    cc_status status = cc_render(&text, listing, format);
    if (status == CC_OK) status = cc_path_join(path, r->tables, name);
    if (status == CC_OK) status = cc_text_save(&text, path);
    if (status == CC_OK && print && r->options->print) fprintf(r->options->print, "%s\n", text.bytes);
    cc_text_deinit(&text);
    return status;
}

/* `data` is the listing for programs. */
static cc_status save_formats(report *r, const cc_listing *listing, const cc_listing *data, bool print) {
    CC_TRY(save_listing(r, listing, &cc_format_markdown, print));
    CC_TRY(save_listing(r, listing, &cc_format_latex, false));
    CC_TRY(save_listing(r, listing, &cc_format_html, false));
    return save_listing(r, data, &cc_format_csv, false);
}

/* A table of scores: notes, the table as shown, the CSV of every convention, and the listing of
 * conventions. */
static cc_status make_scores(report *r, cc_table *table, cc_page_table *shown) {
    cc_listing full;
    CC_TRY(cc_table_compare(table, r->arena));
    CC_TRY(cc_table_listing(&shown->shown, table, r->arena));
    CC_TRY(cc_table_listing_full(&full, table, r->arena));
    full.id = shown->shown.id;
    full.kind = shown->shown.kind;
    CC_TRY(save_formats(r, &shown->shown, &full, true));
    CC_TRY(cc_table_listing_conventions(&shown->conventions, table, r->arena));
    if (shown->conventions.rows == 0) return CC_OK;
    return save_formats(r, &shown->conventions, &shown->conventions, false);
}

/* A table of another shape than scores: one listing. */
static cc_status make_other(report *r, const cc_table *table, cc_page_table *shown) {
    static cc_status (*const listings[])(cc_listing * out, const cc_table *table, cc_arena *arena) = {
        [CC_SHAPE_STAGES] = cc_table_listing_stages, [CC_SHAPE_CALCIUM] = cc_table_listing_calcium};
    CC_TRY(listings[table->spec->shape](&shown->shown, table, r->arena));
    return shown->shown.rows ? save_formats(r, &shown->shown, &shown->shown, true) : CC_OK;
}

/* Fills one table for one kind; it counts where it has rows to show. */
static cc_status make_table(report *r, const cc_spec *spec, const char *kind) {
    cc_table *table = &r->made[r->table_count];
    cc_page_table *shown = &r->shown[r->table_count];
    CC_TRY(cc_table_build(table, spec, kind, &r->runs, &r->published, r->arena));
    if (spec->shape == CC_SHAPE_SCORES)
        CC_TRY(make_scores(r, table, shown));
    else
        CC_TRY(make_other(r, table, shown));
    r->table_count += shown->shown.rows > 0;
    return CC_OK;
}

/* Whether a table has a run of this kind. */
static bool has_row(const report *r, const cc_spec *spec, const char *kind) {
    for (size_t i = 0; i < r->runs.count; i++)
        for (size_t row = 0; row < spec->row_count && r->runs.items[i].in_table; row++)
            if (strcmp(r->runs.items[i].kind, kind) == 0 &&
                cc_report_run_matches(&r->runs.items[i], &spec->rows[row]))
                return true;
    return false;
}

/* The kinds that have a run in some table, in the order of their paths. */
static cc_status list_kinds(report *r) {
    r->kinds = cc_arena_get_array(r->arena, r->runs.count + 1, sizeof *r->kinds);
    if (!r->kinds) return CC_ENOMEM;
    for (size_t i = 0; i < r->runs.count; i++) {
        const cc_report_run *run = &r->runs.items[i];
        size_t known = 0;
        if (!run->in_table || !cc_report_kind_is(r->options->kind, run->experiment)) continue;
        while (known < r->kind_count && strcmp(r->kinds[known], run->kind) != 0) known++;
        if (known == r->kind_count) r->kinds[r->kind_count++] = run->kind;
    }
    return CC_OK;
}

/* One table for each kind of run that has a row in it. */
static cc_status make_tables(report *r) {
    CC_TRY(list_kinds(r));
    r->made = cc_arena_get_array(r->arena, r->spec_count * r->kind_count + 1, sizeof *r->made);
    r->shown = cc_arena_get_array(r->arena, r->spec_count * r->kind_count + 1, sizeof *r->shown);
    if (!r->made || !r->shown) return CC_ENOMEM;
    for (size_t s = 0; s < r->spec_count; s++)
        for (size_t k = 0; k < r->kind_count; k++)
            if (has_row(r, &r->specs[s], r->kinds[k])) CC_TRY(make_table(r, &r->specs[s], r->kinds[k]));
    return CC_OK;
}

/* --- lists, figures, page --- */

/* Writes runs.md: every run, then what is missing, stale or damaged. */
static cc_status make_run_list(report *r) {
    char path[CC_PATH_MAX];
    cc_text text = {0};
    CC_TRY(cc_run_list_make(&r->run_list, &r->runs, true, r->arena));
    cc_status status = cc_render(&text, &r->run_list, &cc_format_markdown);
    if (r->problems.count) cc_text_add(&text, "\n## What is missing, stale or damaged\n\n");
    for (size_t i = 0; i < r->problems.count; i++) {
        cc_text_add(&text, "- ");
        cc_text_add_markdown(&text, r->problems.items[i]);
        cc_text_add(&text, "\n");
    }
    if (status == CC_OK) status = cc_path_join(path, r->options->out, "runs.md");
    if (status == CC_OK) status = cc_text_save(&text, path);
    cc_text_deinit(&text);
    return status;
}

/* Prints the runs that no table has: the reader should know that they were seen. */
static cc_status print_other_runs(report *r) {
    cc_listing listing;
    cc_text text = {0};
    if (!r->options->print) return CC_OK;
    CC_TRY(cc_run_list_make(&listing, &r->runs, false, r->arena));
    if (listing.rows == 0) return CC_OK;
    cc_status status = cc_render(&text, &listing, &cc_format_markdown);
    if (status == CC_OK) fprintf(r->options->print, "%s\n", text.bytes);
    cc_text_deinit(&text);
    return status;
}

/* Draws the figures of every table of scores, then those of single runs. */
static cc_status make_figures(report *r) {
    char name[CC_PATH_MAX];
    for (size_t t = 0; t < r->table_count; t++) {
        if (r->made[t].spec->shape != CC_SHAPE_SCORES) continue;
        snprintf(name, sizeof name, "curves-%s-%s", r->made[t].spec->id, r->made[t].kind);
        CC_TRY(cc_figure_curves(r->figures, name, &r->made[t]));
        CC_TRY(cc_figure_scores(r->figures, &r->made[t]));
    }
    return cc_figure_examples(r->figures, &r->runs);
}

/* The page shows the figures of this report alone: they are newer than runs.md, which is written before
 * them. */
static cc_status make_page(report *r) {
    char path[CC_PATH_MAX];
    struct stat first;
    cc_page page = {.tables = r->shown,
                    .table_count = r->table_count,
                    .run_list = &r->run_list,
                    .runs = &r->runs,
                    .problems = r->problems.items,
                    .problem_count = r->problems.count,
                    .figures = r->figures};
    cc_audit audit;
    CC_TRY(cc_audit_make(&audit, &r->published, r->arena));
    page.audit = &audit;
    CC_TRY(cc_path_join(path, r->options->out, "runs.md"));
    if (stat(path, &first) != 0) return cc_fail_errno(path, "look at");
    page.since = first.st_mtim;
    CC_TRY(cc_path_join(path, r->options->out, "index.html"));
    return cc_page_save(path, &page);
}

cc_status cc_report_make(const cc_report_options *options) {
    const cc_report_options *o = options;
    report r = {.options = options, .arena = cc_arena_create()};
    cc_status status = CC_OK;
    char more[64] = "";
    if (!r.arena) return cc_fail_memory("a report", 0);

    /* What was planned, what tables there are, and what was run. */
    CC_CHECK(cc_manifest_read(&r.manifest, o->results, r.arena));
    CC_CHECK(cc_manifest_join(&r.manifest, &(cc_manifest){r.manifest.entries, r.manifest.count}, o->planned,
                              o->planned_count, r.arena));
    CC_CHECK(read_specs(&r));
    CC_CHECK(cc_report_runs_read(&r.runs, o->results, r.specs, r.spec_count, r.arena));
    if (r.runs.count == 0)
        CC_CHECK(cc_fail(CC_EFORMAT, o->results, "the warnings above name them",
                         "none of its %zu run files can be read", r.runs.problem_count));

    /* Which runs no table may show, and which cells stay empty. */
    r.problems.arena = r.arena;
    CC_CHECK(cc_report_check_runs(&r.runs, &r.manifest, r.arena));
    CC_CHECK(cc_report_check_tables(&r.problems, &r.runs, r.specs, r.spec_count, &r.manifest, o->results,
                                    o->kind));

    /* The page is made last, as it shows all the rest. */
    CC_CHECK(cc_path_join(r.tables, o->out, "tables"));
    CC_CHECK(cc_path_join(r.figures, o->out, "figures"));
    CC_CHECK(cc_folder_make(r.tables));
    CC_CHECK(cc_folder_make(r.figures));
    CC_CHECK(make_tables(&r));
    CC_CHECK(make_run_list(&r));
    CC_CHECK(print_other_runs(&r));
    CC_CHECK(make_figures(&r));
    CC_CHECK(make_page(&r));
    if (o->print) {
        if (r.table_count) fprintf(o->print, "tables:  %s/ (.md, .csv, .tex, .html)\n", r.tables);
        fprintf(o->print, "figures: %s/ (.png, .svg)\nruns:    %s/runs.md\npage:    %s/index.html\n",
                r.figures, o->out, o->out);
    }

    /* A strict report fails for what it had to leave out. */
    if (!o->strict || r.problems.count == 0) goto done;
    for (size_t i = 1; i < r.problems.count; i++) cc_log(CC_LOG_WARNING, "%s", r.problems.items[i]);
    if (r.problems.count > 1) snprintf(more, sizeof more, " (%zu more above)", r.problems.count - 1);
    status = cc_fail(CC_EFORMAT, "report --strict", "calcade run makes it again", "%s%s", r.problems.items[0],
                     more);
done:
    cc_arena_destroy(r.arena);
    return status;
}
