/* report/figures/stages.c -- the paper's figures 8 to 10, from the test slices that a run stores.
 *
 * What is calcified is a few pixels of a slice: figures 9 and 10 show the whole slice, and enlarged the part
 * that holds truth, findings and marks. The slice of each figure is chosen by what there is to see in it, so
 * that the same run always gives the same figure. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/components.h"
#include "report/figures/stages.h"
#include "report/figures/picture.h"

enum { PATIENTS = 3 };

static const cc_picture_key ct_key = {"CT: level 90 HU, width 750 HU", "#444444"};
static const cc_picture_key truth_key = {"▬ truth", "#2a86bd"};
static const cc_picture_key prediction_key = {"▬ prediction", "#b87f00"};

/* Of an example's picture. */
static size_t pixels_of(const cc_run_example *e) {
    return (size_t)e->height * e->width;
}

/* An example as a picture; `what` stands before its title. */
static cc_picture picture_of(const cc_run_example *e, const char *what) {
    cc_picture p = {.height = e->height,
                    .width = e->width,
                    .image_hu = e->image_hu,
                    .x_mm = e->spacing.x_mm,
                    .y_mm = e->spacing.y_mm,
                    .outline_colours = {CC_COLOUR_TRUTH, CC_COLOUR_PREDICTION}};
    snprintf(p.title, sizeof p.title, "%s%s, slice %lld", what, e->patient, (long long)e->slice);
    return p;
}

/* Pixels of `a` that are not in `b`; b NULL: all. */
static size_t count_more(const uint8_t *a, const uint8_t *b, size_t count) {
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += a[i] && !(b && b[i]);
    return sum;
}

/* Figure 8: of the first three patients, the slice with the largest true region. */
static cc_status draw_patients(const char *folder, const char *suffix, const cc_run *run) {
    const cc_run_example *chosen[PATIENTS];
    cc_picture pictures[PATIENTS];
    int count = 0;
    for (size_t i = 0; i < run->example_count; i++) {
        const cc_run_example *e = &run->examples[i];
        int at = 0;
        if (strcmp(e->stage, "roi") != 0) continue;
        /* One slice a patient: replaced where a later one shows more of the region. */
        while (at < count && strcmp(chosen[at]->patient, e->patient) != 0) at++;
        if (at == PATIENTS) continue;
        const bool larger = at == count || count_more(e->truth, NULL, pixels_of(e)) >
                                               count_more(chosen[at]->truth, NULL, pixels_of(chosen[at]));
        if (larger) chosen[at] = e;
        count += at == count;
    }
    if (count == 0) return CC_OK;
    for (int i = 0; i < count; i++) {
        pictures[i] = picture_of(chosen[i], "");
        pictures[i].outlines[0] = chosen[i]->truth;
        pictures[i].outlines[1] = chosen[i]->prediction;
    }
    const cc_picture_key keys[] = {truth_key, prediction_key, ct_key};
    const cc_picture_sheet sheet = {"The heart as region of interest", pictures, count, count, keys, 3};
    char name[512];
    snprintf(name, sizeof name, "figure-8-%s", suffix);
    return cc_picture_draw(folder, name, &sheet);
}

/* The bounding box of a component, half open, and whether it holds a pixel of `keep`. */
typedef struct extent {
    uint32_t low[2], high[2]; /* y, x */
    size_t pixels;
    bool kept;
} extent;

/* Extends a box by a pixel. Pixels come row by row, so that the last one has the largest y. */
static void widen(extent *e, uint32_t y, uint32_t x, bool kept) {
    if (e->pixels++ == 0) e->low[0] = y, e->low[1] = x;
    e->low[1] = x < e->low[1] ? x : e->low[1];
    e->high[0] = y + 1;
    e->high[1] = x + 1 > e->high[1] ? x + 1 : e->high[1];
    e->kept |= kept;
}

/* What is not kept, the largest first. */
static int by_size(const void *a, const void *b) {
    const extent *p = a, *q = b;
    if (p->kept != q->kept) return p->kept - q->kept;
    return p->pixels > q->pixels ? -1 : p->pixels < q->pixels;
}

/* A circle about each component of `mask` that holds no pixel of `keep`, as many as there is room for; *found
 * is how many there are. */
static cc_status mark_components(cc_picture *p, size_t *found, const uint8_t *mask, const uint8_t *keep) {
    cc_components c;
    CC_TRY(cc_components_init(&c, mask, 1, (int)p->height, (int)p->width, 8));
    extent *extents = calloc(c.count + 1, sizeof *extents);
    const size_t count = c.count;
    for (size_t i = 0; extents && i < (size_t)p->height * p->width; i++)
        widen(&extents[c.labels[i]], (uint32_t)(i / p->width), (uint32_t)(i % p->width), keep[i]);
    cc_components_deinit(&c);
    if (!extents) return cc_fail_memory("a figure", (count + 1) * sizeof *extents);
    qsort(extents + 1, count, sizeof *extents, by_size); /* the first one is the background */
    for (*found = 0; *found < count && !extents[*found + 1].kept; ++*found) {
        const extent *e = &extents[*found + 1];
        if (p->mark_count == CC_PICTURE_MARKS) continue;
        p->marks[p->mark_count++] =
            (cc_picture_mark){0.5 * (e->low[0] + e->high[0] - 1), 0.5 * (e->low[1] + e->high[1] - 1),
                              4 + 0.5 * hypot(e->high[0] - e->low[0], e->high[1] - e->low[1])};
    }
    free(extents);
    return CC_OK;
}

/* The whole slice with a box, and that box with truth, and with the prediction and marks on `marked` pixels
 * that hold none of `keep`. */
static cc_status draw_stage(const char *folder, const char *name, const char *title, const char *mark_text,
                            const cc_run_example *e, const uint8_t *marked, const uint8_t *keep) {
    cc_picture pictures[] = {picture_of(e, ""), picture_of(e, "truth: "), picture_of(e, "prediction: ")};
    char mark[96];
    size_t found = 0;
    CC_TRY(mark_components(&pictures[2], &found, marked, keep));
    cc_picture_focus(&pictures[2], e->truth, e->prediction);
    if (found > CC_PICTURE_MARKS)
        snprintf(mark, sizeof mark, "○ %s: %zu, the largest %d marked", mark_text, found, CC_PICTURE_MARKS);
    else
        snprintf(mark, sizeof mark, "○ %s: %zu", mark_text, found);
    memcpy(pictures[1].view, pictures[2].view, sizeof pictures[1].view);
    memcpy(pictures[0].box, pictures[2].view, sizeof pictures[0].box);
    pictures[1].has_view = pictures[0].has_box = true;
    pictures[1].outlines[0] = e->truth;
    pictures[2].outlines[1] = e->prediction;
    const cc_picture_key keys[] = {truth_key, prediction_key, {mark, CC_COLOUR_FALSE}, ct_key};
    const cc_picture_sheet sheet = {title, pictures, 3, 3, keys, 4};
    return cc_picture_draw(folder, name, &sheet);
}

/* How much there is to see in figures 9 and 10: findings that are wholly in `mask`, then pixels. */
static cc_status count_marks(size_t *out, const cc_run_example *e, const uint8_t *mask, const uint8_t *keep) {
    cc_picture p = picture_of(e, "");
    size_t found = 0;
    CC_TRY(mark_components(&p, &found, mask, keep));
    /* Findings first, pixels to decide among equals. */
    *out = (found << 32) + count_more(mask, keep, pixels_of(e));
    return CC_OK;
}

/* Figure 9: the slice of stage 2 with the most findings that hold no truth. */
static cc_status draw_findings(const char *folder, const char *suffix, const cc_run *run) {
    const cc_run_example *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < run->example_count; i++) {
        const cc_run_example *e = &run->examples[i];
        if (strcmp(e->stage, "calcification") != 0) continue;
        size_t more;
        CC_TRY(count_marks(&more, e, e->prediction, e->truth));
        if (best && more <= most) continue;
        best = e;
        most = more;
    }
    if (!best) return CC_OK;
    char name[512];
    snprintf(name, sizeof name, "figure-9-%s", suffix);
    return draw_stage(folder, name, "Calcification, second stage", "findings without truth", best,
                      best->prediction, best->truth);
}

/* The same slice after stage calcification, or NULL. */
static const cc_run_example *before_of(const cc_run *run, const cc_run_example *e) {
    for (size_t i = 0; i < run->example_count; i++) {
        const cc_run_example *b = &run->examples[i];
        if (strcmp(b->stage, "calcification") == 0 && strcmp(b->patient, e->patient) == 0 &&
            b->slice == e->slice && b->height == e->height && b->width == e->width)
            return b;
    }
    return NULL;
}

/* Figure 10: the slice of stage 3 with the most findings taken away since stage 2. */
static cc_status draw_removal(const char *folder, const char *suffix, const cc_run *run) {
    const cc_run_example *best = NULL, *best_before = NULL;
    size_t most = 0;
    for (size_t i = 0; i < run->example_count; i++) {
        const cc_run_example *e = &run->examples[i];
        /* The slice must be stored after both stages to show what was taken away. */
        const cc_run_example *before = strcmp(e->stage, "false_positive") == 0 ? before_of(run, e) : NULL;
        if (!before) continue;
        size_t gone;
        CC_TRY(count_marks(&gone, e, before->prediction, e->prediction));
        if (best && gone <= most) continue;
        best = e;
        best_before = before;
        most = gone;
    }
    if (!best) return CC_OK;
    char name[512];
    snprintf(name, sizeof name, "figure-10-%s", suffix);
    return draw_stage(folder, name, "Calcification, third stage", "findings taken away", best,
                      best_before->prediction, best->prediction);
}

cc_status cc_figure_stages(const char *folder, const char *suffix, const cc_run *run) {
    CC_TRY(draw_patients(folder, suffix, run));
    CC_TRY(draw_findings(folder, suffix, run));
    return draw_removal(folder, suffix, run);
}
