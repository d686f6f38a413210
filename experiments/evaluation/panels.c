/* experiments/evaluation/panels.c -- each step of the cascade as images of one slice: matching, union and
 * opening of what stage 1 marked, the region's box, a window of stage 3, and its output pasted back.
 *
 * `figure` and `panel` name them in the result; report/figures lays them out. */
#include "experiments/evaluation/panels.h"

#include <string.h>
#include "experiments/cascade/regions.h"

enum { PANELS_MAX = 16, UNION_SLICES = 3 };

typedef struct maker {
    const cc_test *test;
    const cc_dataset *dataset; /* the test's, as the cascade */
    const cc_cascade *cascade;
    cc_arena *arena;
    size_t slice;               /* of the base */
    const cc_view_item *window; /* on that slice; NULL: none */
    cc_run_panel *panels;
    size_t count;
} maker;

static const cc_slice *slice_of(const maker *m, size_t slice) {
    return cc_slice_set_get(m->dataset->base, slice);
}

static size_t pixels_of(const maker *m, size_t slice) {
    const cc_slice *s = slice_of(m, slice);
    return (size_t)s->height * (size_t)s->width;
}

/* A panel of a whole slice. */
static cc_run_panel *add(maker *m, const char *figure, const char *panel, size_t slice, const float *image_hu,
                         const uint8_t *mask) {
    const cc_slice *s = slice_of(m, slice);
    cc_run_panel *p = &m->panels[m->count++];
    *p = (cc_run_panel){.figure = figure,
                        .panel = panel,
                        .patient = cc_slice_set_patient(m->dataset->base, s->patient),
                        .slice = s->number,
                        .height = (uint32_t)s->height,
                        .width = (uint32_t)s->width,
                        .image_hu = image_hu,
                        .mask = mask,
                        .spacing = cc_dataset_spacing(m->dataset, slice)};
    return p;
}

static void put_box(cc_run_panel *p, const cc_box *box) {
    p->has_box = true;
    memcpy(p->box, (const int32_t[4]){box->y0, box->x0, box->y1, box->x1}, sizeof p->box);
}

/* An image of a set, kept by the arena. */
static cc_status read_image(const float **out, const maker *m, const cc_slice_set *set, size_t index) {
    const cc_slice *s = cc_slice_set_get(set, index);
    float *image = cc_arena_get_array(m->arena, (size_t)s->height * (size_t)s->width, sizeof *image);
    *out = image;
    return image ? cc_slice_set_read(set, index, image, NULL) : CC_ENOMEM;
}

static cc_status get_mask(uint8_t **out, const maker *m, size_t slice) {
    *out = cc_arena_get(m->arena, pixels_of(m, slice));
    return *out ? CC_OK : CC_ENOMEM;
}

/* Figure 2: an image before and after matching, and the reference between. */
static cc_status add_matching(maker *m, const float *original, const float *matched) {
    const cc_run_reference *r = m->cascade->reference;
    if (!r) return CC_OK;
    add(m, "matching", "original", m->slice, original, NULL);
    cc_run_panel *p = add(m, "matching", "reference", m->slice, r->image_hu, NULL);
    p->patient = r->patient;
    p->slice = r->slice;
    p->height = r->height;
    p->width = r->width;
    p->spacing = r->spacing;
    add(m, "matching", "matched", m->slice, matched, NULL);
    return CC_OK;
}

/* Up to three slices of the scan that the roi net marked something on: the first, one in the middle, the
 * last. */
static cc_status add_slices(maker *m) {
    size_t first, end, marked = 0;
    cc_scan_of(&first, &end, m->dataset->base, m->slice);
    uint8_t *mask;
    CC_TRY(get_mask(&mask, m, m->slice));
    uint32_t *list = cc_arena_get_array(m->arena, end - first, sizeof *list);
    if (!list) return CC_ENOMEM;
    for (size_t i = first; i < end; i++) {
        const cc_slice *s = slice_of(m, i);
        if (pixels_of(m, i) > pixels_of(m, m->slice)) continue; /* would not fit into the mask above */
        cc_masks_get(mask, m->cascade->roi, i);
        if (cc_mask_box(mask, s->height, s->width).y1 > 0) list[marked++] = (uint32_t)i;
    }
    size_t shown = marked < UNION_SLICES ? marked : UNION_SLICES;
    for (size_t k = 0; k < shown; k++) {
        uint32_t slice = list[shown > 1 ? k * (marked - 1) / (shown - 1) : 0];
        const float *image;
        CC_TRY(get_mask(&mask, m, slice));
        cc_masks_get(mask, m->cascade->roi, slice);
        CC_TRY(read_image(&image, m, m->dataset->base, slice));
        add(m, "union", "slice", slice, image, mask);
    }
    return CC_OK;
}

/* Figures 3 to 5: union of the scan's masks, its opening, and the box around that. */
static cc_status add_region(maker *m, const float *matched) {
    const cc_cascade *c = m->cascade;
    cc_region_steps steps;
    if (!c->roi) return CC_OK;
    CC_TRY(get_mask(&steps.united, m, m->slice));
    CC_TRY(get_mask(&steps.opened, m, m->slice));
    CC_TRY(cc_region_trace(&steps, c->roi, m->dataset->base, m->slice, m->dataset->run->config));
    if (m->dataset->run->config->preprocess.roi.unite) {
        CC_TRY(add_slices(m));
        add(m, "union", "union", m->slice, NULL, steps.united);
    }
    add(m, "opening", "union", m->slice, NULL, steps.united);
    add(m, "opening", "opened", m->slice, NULL, steps.opened);
    put_box(add(m, "box", "opened", m->slice, NULL, steps.opened), &c->regions[m->slice]);
    put_box(add(m, "box", "roi", m->slice, matched, NULL), &c->regions[m->slice]);
    return CC_OK;
}

/* A picture of the window alone, cut from one of the whole slice. */
static cc_status add_cut(maker *m, const char *figure, const char *panel, const float *image,
                         const uint8_t *mask) {
    const cc_box *box = &m->window->box;
    size_t tall = (size_t)(box->y1 - box->y0), wide = (size_t)(box->x1 - box->x0),
           width = (size_t)slice_of(m, m->slice)->width;
    float *cut_image = image ? cc_arena_get_array(m->arena, tall * wide, sizeof *cut_image) : NULL;
    uint8_t *cut_mask = mask ? cc_arena_get(m->arena, tall * wide) : NULL;
    if ((image && !cut_image) || (mask && !cut_mask)) return CC_ENOMEM;
    for (size_t y = 0; y < tall; y++) {
        size_t from = ((size_t)box->y0 + y) * width + (size_t)box->x0;
        if (image) memcpy(cut_image + y * wide, image + from, wide * sizeof *image);
        if (mask) memcpy(cut_mask + y * wide, mask + from, wide);
    }
    cc_run_panel *p = add(m, figure, panel, m->slice, cut_image, cut_mask);
    p->height = (uint32_t)tall;
    p->width = (uint32_t)wide;
    return CC_OK;
}

/* Figures 6 and 7: the window about what stage 2 marked, and stage 3's output pasted back. */
static cc_status add_window(maker *m, const float *matched) {
    uint8_t *before, *after;
    if (!m->window) return CC_OK;
    CC_TRY(get_mask(&before, m, m->slice));
    CC_TRY(get_mask(&after, m, m->slice));
    cc_testing_stage_mask(before, m->test, CC_STAGE_CALCIFICATION, m->slice);
    cc_testing_stage_mask(after, m->test, CC_STAGE_FALSE_POSITIVE, m->slice);
    put_box(add(m, "window", "slice", m->slice, matched, before), &m->window->box);
    CC_TRY(add_cut(m, "window", "window", matched, NULL));
    CC_TRY(add_cut(m, "paste", "output", NULL, after));
    put_box(add(m, "paste", "pasted", m->slice, NULL, after), &m->window->box);
    return CC_OK;
}

/* Chooses what is shown: the first chosen slice that has a window, else the first window of the test part,
 * else its first slice. */
static void choose_slice(maker *m, const cc_example_choice *choice) {
    const cc_net_view *view = m->test->view;
    const cc_split_part *items = &view->test.items;
    for (size_t c = 0; c < choice->count && !m->window; c++)
        for (size_t i = 0; i < items->count && !m->window; i++) {
            const cc_view_item *item = cc_view_get(view->set, items->slices[i]);
            if (item->base == choice->slices[c]) m->window = item;
        }
    if (!m->window && items->count > 0) m->window = cc_view_get(view->set, items->slices[0]);
    m->slice = m->window ? m->window->base : m->dataset->split.test.slices[0];
}

cc_status cc_panels_make(const cc_run_panel **out, size_t *count, const cc_example_choice *choice,
                         const cc_test *test, cc_arena *arena) {
    const float *original, *matched;
    const cc_net_view *view = test->view;
    const cc_slice_set *base = view->dataset->base;
    maker m = {.test = test, .dataset = view->dataset, .cascade = view->cascade, .arena = arena};
    *count = 0;
    *out = NULL;
    if (view->cascade->stage != CC_STAGE_FALSE_POSITIVE) return CC_OK;
    m.panels = cc_arena_get_array(arena, PANELS_MAX, sizeof *m.panels);
    if (!m.panels) return CC_ENOMEM;
    choose_slice(&m, choice);
    CC_TRY(read_image(&original, &m, base, m.slice));
    CC_TRY(read_image(&matched, &m, view->matched ? view->matched : base, m.slice));
    CC_TRY(add_matching(&m, original, matched));
    CC_TRY(add_region(&m, matched));
    CC_TRY(add_window(&m, matched));
    *out = m.panels;
    *count = m.count;
    return CC_OK;
}
