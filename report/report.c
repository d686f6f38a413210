/* report/report.c -- the report as one pipeline: read runs, check them, fill tables, write them in every
 * format, draw figures, and gather all of it in one page.
 *
 * Every file is written whole or not at all. What is missing or damaged costs its cell, never the report; a
 * strict report is made all the same and fails at its end. */
#include "report/report.h"

#include <omp.h>
#include <string.h>
#include <sys/stat.h>
#include "core/file.h"
#include "core/log.h"
#include "core/version.h"
#include "report/check.h"
#include "report/ci/ci.h"
#include "report/figures/curves.h"
#include "report/figures/examples.h"
#include "report/figures/options.h"
#include "report/figures/reliability.h"
#include "report/figures/scores.h"
#include "report/page/page.h"
#include "report/gate/changes.h"
#include "report/tables/claims.h"
#include "report/tables/compare.h"
#include "report/tables/conventions.h"
#include "report/tables/cost.h"
#include "report/tables/effects.h"
#include "report/tables/latex_body.h"
#include "report/tables/numbers.h"
#include "report/tables/pivot.h"
#include "report/tables/render.h"
#include "report/tables/run_list.h"
#include "report/tables/scores.h"
#include "report/tables/shapes.h"
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
    cc_report_gaps gaps;
    const char **kinds;
    size_t kind_count;
    cc_table *made;       /* table_count, for their curves */
    cc_page_table *shown; /* table_count */
    size_t table_count;
    struct table_job *jobs; /* job_count; they own what their tables point to */
    size_t job_count;
    cc_gate_state earlier;  /* where one is named */
    cc_gate gate;           /* what changed since */
    cc_listing changes;     /* the same as a table */
    cc_text printed;        /* tables in Markdown */
    char *tables, *figures; /* folders, CC_PATH_MAX */
} report;

/* Which tables there are, and what is published beside them: those of a file, or the program's own; and
 * one for each experiment of several runs that none of these has. */
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
    snprintf(name, sizeof name, "%s%s%s.%s", listing->id, listing->kind[0] ? "-" : "", listing->kind,
             format->ending);
    cc_status status = cc_render(&text, listing, format);
    if (status == CC_OK) status = cc_path_join(path, r->tables, name);
    if (status == CC_OK) status = cc_text_save(&text, path);
    if (status == CC_OK && print) cc_text_add(&r->printed, "%s\n", text.bytes);
    cc_text_deinit(&text);
    return status;
}

/* `data` is the listing for programs. */
static cc_status save_formats(report *r, const cc_listing *listing, const cc_listing *data, bool print) {
    CC_TRY(save_listing(r, listing, &cc_format_markdown, print));
    CC_TRY(save_listing(r, listing, &cc_format_latex, false));
    CC_TRY(save_listing(r, listing, &cc_format_latex_body, false));
    CC_TRY(save_listing(r, listing, &cc_format_html, false));
    return save_listing(r, data, &cc_format_csv, false);
}

/* What the rows differ in, as rows and columns and option by option. */
static cc_status make_design(report *r, const cc_table *table, cc_page_table *shown) {
    cc_design design;
    cc_listing data;
    CC_TRY(cc_differences_find(&shown->differences, table, r->arena));
    CC_TRY(cc_design_find(&design, table, &shown->differences, r->arena));
    CC_TRY(cc_table_listing_pivot(&shown->pivot, &data, table, &design, r->arena));
    if (shown->pivot.rows) CC_TRY(save_formats(r, &shown->pivot, &data, true));
    CC_TRY(cc_table_listing_effects(&shown->effects, &data, table, &design, r->arena));
    return shown->effects.rows ? save_formats(r, &shown->effects, &data, true) : CC_OK;
}

/* The verdicts on a table's claims, in files of their own. */
static cc_status make_claims(report *r, cc_table *table) {
    cc_listing claims;
    CC_TRY(cc_table_judge(table, r->arena));
    CC_TRY(cc_table_listing_claims(&claims, table, r->arena));
    return claims.rows ? save_formats(r, &claims, &claims, false) : CC_OK;
}

/* A table of scores: notes, the table as shown, the CSV of every convention, and the listing of
 * conventions. */
static cc_status make_scores(report *r, cc_table *table, cc_page_table *shown) {
    cc_listing full;
    CC_TRY(cc_table_compare(table, r->arena));
    CC_TRY(make_claims(r, table));
    CC_TRY(cc_table_listing(&shown->shown, table, r->arena));
    CC_TRY(cc_table_listing_full(&full, table, r->arena));
    full.id = shown->shown.id;
    full.kind = shown->shown.kind;
    CC_TRY(save_formats(r, &shown->shown, &full, true));
    CC_TRY(make_design(r, table, shown));
    CC_TRY(cc_table_listing_cost(&shown->cost, table, &shown->differences, r->arena));
    CC_TRY(cc_table_listing_conventions(&shown->conventions, table, r->arena));
    if (shown->conventions.rows == 0) return CC_OK;
    return save_formats(r, &shown->conventions, &shown->conventions, false);
}

/* A table of another shape than scores: one listing. */
static cc_status make_other(report *r, const cc_table *table, cc_page_table *shown) {
    CC_TRY(cc_table_listing_of_shape(&shown->shown, table, r->arena));
    return shown->shown.rows ? save_formats(r, &shown->shown, &shown->shown, true) : CC_OK;
}

/* Fills one table for one kind; it counts where it has rows to show. */
static cc_status make_table(report *r, const cc_spec *spec, const char *kind) {
    cc_table *table = &r->made[r->table_count];
    cc_page_table *shown = &r->shown[r->table_count];
    shown->table = table;
    CC_TRY(cc_table_build(table, spec, kind, &r->runs, &r->published, r->arena));
    if (spec->shape == CC_SHAPE_SCORES)
        CC_TRY(make_scores(r, table, shown));
    else
        CC_TRY(make_other(r, table, shown));
    r->table_count += shown->shown.rows > 0;
    return CC_OK;
}

/* The kinds that have a run in some table. */
static cc_status list_kinds(report *r) {
    r->kinds = cc_arena_get_array(r->arena, r->runs.kind_count + 1, sizeof *r->kinds);
    if (!r->kinds) return CC_ENOMEM;
    for (size_t k = 0; k < r->runs.kind_count; k++) {
        const cc_report_kind *kind = &r->runs.kinds[k];
        if (!kind->in_table || (r->options->kind && strcmp(r->options->kind, kind->name) != 0)) continue;
        r->kinds[r->kind_count++] = kind->name;
    }
    return CC_OK;
}

/* --- tables side by side --- */

/* Tables that are made at once, where there are fewer cores: a table waits much of its time until the disk
 * has its files (cc_file_write). */
enum { TABLES_AT_ONCE = 8 };

/* One table to make. It sees the report with an arena of its own, as an arena serves one thread, and with
 * room for one table. */
typedef struct table_job {
    report own;
    const cc_spec *spec;
    const char *kind;
    cc_error error; /* status CC_OK: none */
} table_job;

/* Makes one table, with an arena and a text of its own. */
static void run_job(table_job *job) {
    job->own.arena = cc_arena_create();
    cc_status status =
        job->own.arena ? make_table(&job->own, job->spec, job->kind) : cc_fail_memory("a table", 0);
    if (status == CC_OK) status = cc_text_check(&job->own.printed);
    if (status != CC_OK) job->error = *cc_error_get();
}

/* A job for each table and kind of runs that has a row in it. */
static cc_status list_jobs(report *r) {
    for (int fill = 0; fill < 2; fill++) {
        r->job_count = 0;
        for (size_t s = 0; s < r->spec_count; s++)
            for (size_t k = 0; k < r->kind_count; k++) {
                if (!cc_table_has_runs(&r->specs[s], r->kinds[k], &r->runs)) continue;
                table_job *job = fill ? &r->jobs[r->job_count] : NULL;
                if (job) *job = (table_job){.own = *r, .spec = &r->specs[s], .kind = r->kinds[k]};
                if (job) job->own.made = &r->made[r->job_count];
                if (job) job->own.shown = &r->shown[r->job_count];
                r->job_count++;
            }
        if (fill) break;
        r->made = cc_arena_get_array(r->arena, r->job_count + 1, sizeof *r->made);
        r->shown = cc_arena_get_array(r->arena, r->job_count + 1, sizeof *r->shown);
        r->jobs = cc_arena_get_array(r->arena, r->job_count + 1, sizeof *r->jobs);
        if (!r->made || !r->shown || !r->jobs) return CC_ENOMEM;
    }
    return CC_OK;
}

/* One table for each kind of run that has a row in it; those without rows to show are left out. */
static cc_status make_tables(report *r) {
    CC_TRY(list_kinds(r));
    CC_TRY(list_jobs(r));
    const int threads = omp_get_max_threads() > TABLES_AT_ONCE ? omp_get_max_threads() : TABLES_AT_ONCE;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t j = 0; j < r->job_count; j++) run_job(&r->jobs[j]);
    for (size_t j = 0; j < r->job_count; j++) {
        const table_job *job = &r->jobs[j];
        const cc_error *e = &job->error;
        if (e->status != CC_OK) return cc_fail(e->status, e->where, e->hint, "%s", e->what);
        if (r->options->print && job->own.printed.bytes) fputs(job->own.printed.bytes, r->options->print);
        if (job->own.table_count == 0) continue;
        r->made[r->table_count] = r->made[j];
        r->shown[r->table_count] = r->shown[j];
        r->shown[r->table_count].table = &r->made[r->table_count];
        r->table_count++;
    }
    return CC_OK;
}

/* --- what changed --- */

/* Compares the tables with those of an earlier state, where one is named. */
static cc_status make_changes(report *r) {
    const cc_report_options *o = r->options;
    cc_listing data;
    if (!o->against) return CC_OK;
    CC_TRY(cc_gate_state_read(&r->earlier, o->against, o->tables, o->kind));
    const cc_table **now = cc_arena_get_array(r->arena, r->table_count + 1, sizeof *now);
    if (!now) return CC_ENOMEM;
    /* Printed behind the tables, as it is about all of them. */
    for (size_t t = 0; t < r->table_count; t++) now[t] = &r->made[t];
    CC_TRY(cc_gate_compare(&r->gate, &r->earlier, now, r->table_count, &r->runs, o->tolerances, r->arena));
    CC_TRY(cc_changes_listing(&r->changes, &data, &r->gate, r->arena));
    CC_TRY(save_formats(r, &r->changes, &data, true));
    CC_TRY(cc_text_check(&r->printed));
    if (o->print) fputs(r->printed.bytes, o->print);
    return CC_OK;
}

/* Writes numbers.tex. */
static cc_status make_numbers(const report *r) {
    char path[CC_PATH_MAX];
    cc_text text = {0};
    cc_numbers_add(&text, r->made, r->table_count);
    cc_status status = cc_path_join(path, r->options->out, "numbers.tex");
    if (status == CC_OK) status = cc_text_save(&text, path);
    cc_text_deinit(&text);
    return status;
}

/* --- lists, figures, page --- */

/* Writes runs.md: every run, then what is missing, stale or damaged. */
static cc_status make_run_list(report *r) {
    char path[CC_PATH_MAX];
    cc_text text = {0};
    cc_listing listing;
    CC_TRY(cc_run_list_make(&listing, &r->runs, true, r->arena));
    cc_status status = cc_render(&text, &listing, &cc_format_markdown);
    if (r->gaps.count) cc_text_add(&text, "\n## What is missing, stale or damaged\n\n");
    for (size_t i = 0; i < r->gaps.count; i++) {
        cc_text_add(&text, "- ");
        cc_text_add_markdown(&text, r->gaps.items[i].line);
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

/* The figures of one table of scores. */
static cc_status make_table_figures(const report *r, size_t t) {
    char name[CC_PATH_MAX];
    snprintf(name, sizeof name, "curves-%s-%s", r->made[t].spec->id, r->made[t].kind);
    CC_TRY(cc_figure_curves(r->figures, name, &r->made[t]));
    CC_TRY(cc_figure_scores(r->figures, &r->made[t]));
    CC_TRY(cc_figure_reliability(r->figures, &r->made[t]));
    snprintf(name, sizeof name, "options-%s-%s", r->made[t].spec->id, r->made[t].kind);
    return cc_figure_options(r->figures, name, &r->made[t], &r->shown[t].differences);
}

/* Tables that get figures: gnuplot takes a third of a second of a core for each table. */
enum { FIGURE_TABLES = 32 };

/* Draws the figures of tables of scores, several at a time, then those of single runs. */
static cc_status make_figures(report *r) {
    size_t drawn[FIGURE_TABLES], count = 0, scores = 0;
    cc_error first = {0};
    for (size_t t = 0; t < r->table_count; t++) {
        if (r->made[t].spec->shape != CC_SHAPE_SCORES) continue;
        if (scores++ < FIGURE_TABLES)
            drawn[count++] = t;
        else
            r->shown[t].without_figures = true;
    }
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < count; i++) {
        if (make_table_figures(r, drawn[i]) == CC_OK) continue;
#pragma omp critical
        first = *cc_error_get();
    }
    if (first.status != CC_OK) return cc_fail(first.status, first.where, first.hint, "%s", first.what);
    if (scores > count)
        cc_log(CC_LOG_WARNING, "%zu tables have scores; figures are drawn of the first %zu (--kind chooses)",
               scores, count);
    return cc_figure_examples(r->figures, &r->runs);
}

/* The page shows the figures of this report alone: they are newer than runs.md, which is written before
 * them. */
static cc_status make_page(report *r) {
    char path[CC_PATH_MAX];
    struct stat first;
    cc_page page = {.tables = r->shown,
                    .table_count = r->table_count,
                    .runs = &r->runs,
                    .gaps = r->gaps.items,
                    .gap_count = r->gaps.count,
                    .changes = r->options->against ? &r->changes : NULL,
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

/* What CI is told of all this. */
static cc_status tell_ci(report *r) {
    const bool compared = r->options->against != NULL;
    const cc_listing **shown = cc_arena_get_array(r->arena, r->table_count + 1, sizeof *shown);
    if (!shown) return CC_ENOMEM;
    for (size_t t = 0; t < r->table_count; t++) shown[t] = &r->shown[t].shown;
    const cc_ci_findings findings = {.tables = r->made,
                                     .table_count = r->table_count,
                                     .runs = &r->runs,
                                     .gaps = &r->gaps,
                                     .gate = compared ? &r->gate : NULL,
                                     .changes = compared ? &r->changes : NULL,
                                     .shown = shown,
                                     .strict = r->options->strict};
    return cc_ci_write(r->options, &findings, r->arena);
}

/* A strict report fails for what it had to leave out, one against an earlier state for what changed. Where
 * both do, the error is of the changes, and the gaps are warned of. */
static cc_status judge(report *r) {
    const cc_report_gap *gaps = r->gaps.items;
    const size_t count = r->options->strict ? r->gaps.count : 0;
    const bool changed = r->options->against && !r->gate.holds;
    char more[64] = "";
    for (size_t i = changed ? 0 : 1; i < count; i++) cc_log(CC_LOG_WARNING, "%s", gaps[i].line);
    if (changed) return cc_gate_check(&r->gate, r->arena);
    if (count == 0) return CC_OK;
    if (count > 1) snprintf(more, sizeof more, " (%zu more above)", count - 1);
    return cc_fail(CC_EGATE, "report --strict", "calcade run makes it again", "%s%s", gaps[0].line, more);
}

cc_status cc_report_make(const cc_report_options *options) {
    const cc_report_options *o = options;
    report r = {.options = options, .arena = cc_arena_create()};
    cc_status status = CC_OK;
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
    r.gaps.arena = r.arena;
    CC_CHECK(cc_report_check_runs(&r.runs, &r.manifest, CC_NUMERICS_VERSION, r.arena));
    CC_CHECK(
        cc_report_check_tables(&r.gaps, &r.runs, r.specs, r.spec_count, &r.manifest, o->results, o->kind));

    /* The page is made last, as it shows all the rest. */
    r.tables = cc_arena_get(r.arena, CC_PATH_MAX);
    r.figures = cc_arena_get(r.arena, CC_PATH_MAX);
    if (!r.tables || !r.figures) CC_CHECK(CC_ENOMEM);
    CC_CHECK(cc_path_join(r.tables, o->out, "tables"));
    CC_CHECK(cc_path_join(r.figures, o->out, "figures"));
    CC_CHECK(cc_folder_make(r.tables));
    CC_CHECK(cc_folder_make(r.figures));
    CC_CHECK(make_tables(&r));
    CC_CHECK(make_changes(&r));
    CC_CHECK(make_numbers(&r));
    CC_CHECK(make_run_list(&r));
    CC_CHECK(print_other_runs(&r));
    CC_CHECK(make_figures(&r));
    CC_CHECK(make_page(&r));
    if (o->print) {
        if (r.table_count) fprintf(o->print, "tables:  %s/ (.md, .csv, .tex, .html)\n", r.tables);
        fprintf(o->print, "figures: %s/ (.png, .svg)\nruns:    %s/runs.md\npage:    %s/index.html\n",
                r.figures, o->out, o->out);
    }

    CC_CHECK(tell_ci(&r));
    CC_CHECK(judge(&r));
done:
    for (size_t j = 0; j < r.job_count && r.jobs; j++) {
        cc_text_deinit(&r.jobs[j].own.printed);
        cc_arena_destroy(r.jobs[j].own.arena);
    }
    cc_text_deinit(&r.printed);
    cc_gate_state_deinit(&r.earlier);
    cc_arena_destroy(r.arena);
    return status;
}
