/* report/figures/method.c -- the paper's figures of the method, from the panels that a run stores.
 *
 * Figures 2 to 7 are rows of a table: which panels belong to them, their title and keys. Figures 1 and 8 to
 * 10 have files of their own (overview.c, stages.c). */
#include "report/figures/method.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report/figures/stages.h"
#include "report/figures/overview.h"
#include "report/figures/picture.h"
#include "report/figures/plots.h"

enum { PANELS_MAX = 4 };

/* A figure that panels make. */
typedef struct panel_figure {
    int number;
    const char *figure, *title;
    cc_picture_key keys[3];
    int key_count;
} panel_figure;

#define CT_KEY                                                                                               \
    { "CT: level 90 HU, width 750 HU", "#444444" }

static const panel_figure panel_figures[] = {
    {2, "matching", "Histogram matching", {CT_KEY}, 1},
    {3, "union", "The region of every slice, joined", {{"▬ region", "#b87f00"}, CT_KEY}, 2},
    {4, "opening", "Opening of the joined region", {{0}}, 0},
    {5, "box", "The region's box, and what it leaves of a slice", {{"▬ box", CC_COLOUR_BOX}, CT_KEY}, 2},
    {6,
     "window",
     "A window about a finding",
     {{"▬ window", CC_COLOUR_BOX}, {"▬ finding", "#b87f00"}, CT_KEY},
     3},
    {7, "paste", "The last stage's output, put back into the slice", {{"▬ window", CC_COLOUR_BOX}}, 1},
};

/* What a panel shows, for people; its own name where it is not known. */
static const char *title_of(const char *panel) {
    static const char *const titles[][2] = {
        {"original", "original"}, {"reference", "reference"}, {"matched", "matched"}, {"slice", "slice"},
        {"union", "all slices"},  {"opened", "opened"},       {"roi", "region"},      {"window", "window"},
        {"output", "output"},     {"pasted", "in the slice"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i][0], panel) == 0) return titles[i][1];
    return panel;
}

/* A panel as a picture: CT with the mask's outline and a box, or the mask itself. */
static cc_picture picture_of(const cc_run_panel *panel) {
    cc_picture p = {.height = panel->height,
                    .width = panel->width,
                    .image_hu = panel->image_hu,
                    .x_mm = panel->spacing.x_mm,
                    .y_mm = panel->spacing.y_mm,
                    .fill = panel->mask,
                    .outlines = {NULL, panel->image_hu ? panel->mask : NULL},
                    .outline_colours = {NULL, CC_COLOUR_PREDICTION},
                    .has_box = panel->has_box};
    memcpy(p.box, panel->box, sizeof p.box);
    if (strcmp(panel->panel, "slice") == 0)
        snprintf(p.title, sizeof p.title, "%s, slice %lld", panel->patient, (long long)panel->slice);
    else if (panel->image_hu)
        snprintf(p.title, sizeof p.title, "%s: %s, slice %lld", title_of(panel->panel), panel->patient,
                 (long long)panel->slice);
    else
        snprintf(p.title, sizeof p.title, "%s: %s", title_of(panel->panel), panel->patient);
    return p;
}

/* The histograms stand below their pictures. */
static int add_histograms(cc_picture *pictures, int count) {
    for (int i = 0; i < count; i++) {
        if (!pictures[i].image_hu) return count;
        pictures[count + i] = pictures[i];
        pictures[count + i].histogram = true;
        snprintf(pictures[count + i].title, sizeof pictures->title, "HU, share of pixels (air cut off)");
    }
    return 2 * count;
}

/* One figure of panels, side by side; none where the run stores none of them. */
static cc_status draw_panels(const char *folder, const char *suffix, const cc_run *run,
                             const panel_figure *f) {
    cc_picture pictures[2 * PANELS_MAX];
    char name[512];
    int count = 0;
    for (size_t i = 0; i < run->panel_count && count < PANELS_MAX; i++)
        if (strcmp(run->panels[i].figure, f->figure) == 0) pictures[count++] = picture_of(&run->panels[i]);
    if (count == 0) return CC_OK;
    cc_picture_sheet sheet = {.title = f->title,
                              .pictures = pictures,
                              .count = f->number == 2 ? add_histograms(pictures, count) : count,
                              .columns = count,
                              .keys = f->keys,
                              .key_count = f->key_count};
    snprintf(name, sizeof name, "figure-%d-%s", f->number, suffix);
    return cc_picture_draw(folder, name, &sheet);
}

/* The agreement of Agatston scores over the patients of whom both are known. */
static cc_status draw_agatston(const char *folder, const char *suffix, const cc_run *run) {
    char name[512];
    size_t count = 0;
    double *values = malloc((2 * run->patient_count + 1) * sizeof *values),
           *predicted = values + run->patient_count;
    if (!values) return cc_fail_memory("a figure", (2 * run->patient_count + 1) * sizeof *values);
    for (size_t i = 0; i < run->patient_count; i++) {
        const cc_run_patient *p = &run->patients[i];
        if (!isfinite(p->agatston_true) || !isfinite(p->agatston_predicted)) continue;
        values[count] = p->agatston_true;
        predicted[count++] = p->agatston_predicted;
    }
    snprintf(name, sizeof name, "agatston-%s", suffix);
    cc_status status = cc_plot_agreement(folder, name, "Agatston score", values, predicted, count);
    free(values);
    return status;
}

cc_status cc_figure_method(const char *folder, const char *suffix, const cc_run *run) {
    for (size_t i = 0; i < sizeof panel_figures / sizeof *panel_figures; i++)
        CC_TRY(draw_panels(folder, suffix, run, &panel_figures[i]));
    CC_TRY(draw_agatston(folder, suffix, run));
    CC_TRY(cc_figure_stages(folder, suffix, run));
    return run->config ? cc_figure_overview(folder, suffix, run) : CC_OK;
}
