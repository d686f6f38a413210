/* report/figures/examples.c -- stored examples as pictures, with the outlines of truth and prediction; and
 * the figures of the method, from the same files.
 *
 * Pictures are the heavy part of a run file: each file is read again here, drawn, and let go. */
#include "report/figures/examples.h"

#include <stdio.h>
#include <string.h>
#include "core/log.h"
#include "report/figures/method.h"
#include "report/figures/picture.h"

enum { PANELS = 6 };

/* Up to six slices of one run on one sheet. */
static cc_status draw_examples(const char *folder, const char *suffix, const cc_run *run) {
    static const cc_picture_key keys[] = {
        {"▬ truth", "#2a86bd"}, {"▬ prediction", "#b87f00"}, {"CT: level 90 HU, width 750 HU", "#444444"}};
    const int panels = run->example_count < PANELS ? (int)run->example_count : PANELS;
    cc_picture pictures[PANELS];
    char title[512], name[512];
    for (int i = 0; i < panels; i++) {
        /* Spread over what is stored, which is in the order of patients. */
        const cc_run_example *e = &run->examples[(size_t)i * run->example_count / (size_t)panels];
        pictures[i] = (cc_picture){.height = e->height,
                                   .width = e->width,
                                   .image_hu = e->image_hu,
                                   .x_mm = e->spacing.x_mm,
                                   .y_mm = e->spacing.y_mm,
                                   .outlines = {e->truth, e->prediction},
                                   .outline_colours = {CC_COLOUR_TRUTH, CC_COLOUR_PREDICTION}};
        if (strcmp(e->stage, "roi") != 0) cc_picture_focus(&pictures[i], e->truth, e->prediction);
        snprintf(pictures[i].title, sizeof pictures[i].title, "%s, %s, slice %lld", e->stage, e->patient,
                 (long long)e->slice);
    }
    snprintf(title, sizeof title, "%s, %s, fold %lld, seed %lld", run->experiment, run->variant,
             (long long)run->fold, (long long)run->seed);
    snprintf(name, sizeof name, "examples-%s", suffix);
    const cc_picture_sheet sheet = {title, pictures, panels, panels == 4 ? 2 : panels < 3 ? panels : 3,
                                    keys,  3};
    return cc_picture_draw(folder, name, &sheet);
}

/* The figures of the method, 2 to 7, look alike in all runs of an experiment: one of them draws them. */
static cc_status draw_run(const char *folder, const char *path, bool method) {
    cc_status status = CC_OK;
    cc_run run;
    char suffix[400];
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a figure", 0);
    CC_CHECK(cc_run_read(&run, path, CC_RUN_EXAMPLES, arena));
    if (!method) run.panel_count = 0;
    snprintf(suffix, sizeof suffix, "%s-%s-fold-%lld-seed-%lld", run.experiment, run.variant,
             (long long)run.fold, (long long)run.seed);
    for (char *c = suffix; *c; c++)
        if (*c == '/') *c = '-';
    CC_CHECK(draw_examples(folder, suffix, &run));
    CC_CHECK(cc_figure_method(folder, suffix, &run));
done:
    cc_arena_destroy(arena);
    return status;
}

/* The experiment's runs follow each other, as their paths do. */
static bool is_first_with_panels(const cc_report_run *const *runs, int at) {
    for (int i = at; i-- > 0 && strcmp(runs[i]->experiment, runs[at]->experiment) == 0;)
        if (runs[i]->panel_count) return false;
    return runs[at]->panel_count > 0;
}

/* gnuplot takes most of a report's time, and one core: runs are drawn side by side. */
cc_status cc_figure_examples(const char *folder, const cc_report_runs *runs) {
    const cc_report_run *drawn[CC_FIGURE_EXAMPLES];
    const cc_report_run *last = NULL;
    size_t variants = 0;
    int count = 0;
    cc_error first = {0};
    for (size_t i = 0; i < runs->count; i++) {
        const cc_report_run *run = &runs->items[i];
        /* Runs are in the order of their paths, so that those of a variant follow one another. */
        const bool another = last && strcmp(run->variant, last->variant) == 0 &&
                             strcmp(run->experiment, last->experiment) == 0;
        if (run->example_count == 0 || another) continue;
        last = run;
        if (variants++ < CC_FIGURE_EXAMPLES) drawn[count++] = run;
    }
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < count; i++) {
        if (draw_run(folder, drawn[i]->path, is_first_with_panels(drawn, i)) == CC_OK) continue;
#pragma omp critical
        first = *cc_error_get();
    }
    if (variants > CC_FIGURE_EXAMPLES)
        cc_log(CC_LOG_WARNING, "runs of %zu variants store examples; those of the first %d are drawn",
               variants, CC_FIGURE_EXAMPLES);
    return first.status == CC_OK ? CC_OK : cc_fail(first.status, first.where, first.hint, "%s", first.what);
}
