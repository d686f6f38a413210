#include "report/report.h"

#include <string.h>
#include "core/file.h"
#include "report/figure.h"
#include "report/table.h"

typedef struct report {
    const cc_report_options *options;
    cc_arena *arena;
    cc_spec *specs;
    size_t spec_count;
    cc_published published;
    cc_report_runs runs;
    char tables[CC_PATH_MAX], figures[CC_PATH_MAX];
    bool printed;
} report;

typedef void (*renderer)(cc_text *out, const cc_table *table);

static cc_status save_table(report *r, const cc_table *table, const char *ending, renderer render,
                            bool print) {
    char name[CC_PATH_MAX], path[CC_PATH_MAX];
    cc_text text = {0};
    snprintf(name, sizeof name, "%s-%s.%s", table->spec->id, table->kind, ending);
    render(&text, table);
    cc_status status = cc_path_join(path, r->tables, name);
    if (status == CC_OK) status = cc_text_save(&text, path);
    if (status == CC_OK && print && r->options->print) fprintf(r->options->print, "%s\n", text.bytes);
    cc_text_deinit(&text);
    return status;
}

static cc_status make_table(report *r, const cc_spec *spec, const char *kind) {
    cc_table table;
    char name[CC_PATH_MAX];
    CC_TRY(cc_table_build(&table, spec, kind, &r->runs, &r->published, r->arena));
    CC_TRY(save_table(r, &table, "md", cc_table_markdown, true));
    CC_TRY(save_table(r, &table, "csv", cc_table_csv, false));
    CC_TRY(save_table(r, &table, "tex", cc_table_latex, false));
    snprintf(name, sizeof name, "curves-%s-%s", spec->id, kind);
    r->printed = true;
    return cc_figure_curves(r->figures, name, &table);
}

/* Whether a run before `at` is of the same kind and row set, so that its table is made already. */
static bool has_table(const report *r, const cc_spec *spec, const char *kind, size_t before) {
    for (size_t i = 0; i < before; i++)
        for (size_t row = 0; row < spec->row_count; row++)
            if (strcmp(r->runs.items[i].kind, kind) == 0 &&
                cc_report_run_matches(&r->runs.items[i], &spec->rows[row]))
                return true;
    return false;
}

/* One table for each kind of run that has a row in it. */
static cc_status make_tables(report *r) {
    for (size_t s = 0; s < r->spec_count; s++)
        for (size_t i = 0; i < r->runs.count; i++) {
            const char *kind = r->runs.items[i].kind;
            if (!has_table(r, &r->specs[s], kind, i) && has_table(r, &r->specs[s], kind, i + 1))
                CC_TRY(make_table(r, &r->specs[s], kind));
        }
    return CC_OK;
}

static cc_status make_run_list(report *r) {
    char path[CC_PATH_MAX];
    cc_text text = {0}, others = {0};
    size_t left = 0;
    for (size_t i = 0; i < r->runs.count; i++) left += !r->runs.items[i].in_table;
    cc_text_add(&text, "# Every run\n\nScores in %%; 0/0 is left out of means.\n\n");
    cc_table_runs(&text, &r->runs, true);
    if (r->runs.problem_count) cc_text_add(&text, "\n## Files that could not be read\n\n");
    for (size_t i = 0; i < r->runs.problem_count; i++) {
        cc_text_add(&text, "- ");
        cc_text_add_markdown(&text, r->runs.problems[i]);
        cc_text_add(&text, "\n");
    }
    cc_status status = cc_path_join(path, r->options->out, "runs.md");
    if (status == CC_OK) status = cc_text_save(&text, path);
    if (status == CC_OK && left && r->options->print) {
        cc_table_runs(&others, &r->runs, false);
        status = cc_text_check(&others);
        if (status == CC_OK)
            fprintf(r->options->print, "## Runs in no table\n\nScores in %%.\n\n%s\n", others.bytes);
    }
    cc_text_deinit(&text);
    cc_text_deinit(&others);
    return status;
}

static cc_status make_all(report *r) {
    CC_TRY(cc_specs_get(&r->specs, &r->spec_count, r->arena));
    CC_TRY(cc_published_get(&r->published, r->arena));
    CC_TRY(cc_report_runs_read(&r->runs, r->options->results, r->specs, r->spec_count, r->arena));
    if (r->runs.count == 0)
        return cc_fail(CC_EFORMAT, r->options->results, "the warnings above name them",
                       "none of its %zu run files can be read", r->runs.problem_count);
    CC_TRY(cc_path_join(r->tables, r->options->out, "tables"));
    CC_TRY(cc_path_join(r->figures, r->options->out, "figures"));
    CC_TRY(cc_folder_make(r->tables));
    CC_TRY(cc_folder_make(r->figures));
    CC_TRY(make_tables(r));
    CC_TRY(make_run_list(r));
    CC_TRY(cc_figure_examples(r->figures, &r->runs));
    if (r->options->print) {
        if (r->printed) fprintf(r->options->print, "tables:  %s/ (.md, .csv, .tex)\n", r->tables);
        fprintf(r->options->print, "figures: %s/ (.png, .svg)\nruns:    %s/runs.md\n", r->figures,
                r->options->out);
    }
    return CC_OK;
}

cc_status cc_report_make(const cc_report_options *options) {
    report r = {.options = options, .arena = cc_arena_create()};
    if (!r.arena) return cc_fail_memory("a report", 0);
    cc_status status = make_all(&r);
    cc_arena_destroy(r.arena);
    return status;
}
