/* experiments/evaluation/examples.c -- chooses test slices worth a figure, and predicts them once more.
 *
 * Chosen are slices where something is to be seen: where stage 3 removes false pixels, where stage 2 errs
 * most, where calcification is. Which they are follows from the counts alone, so that it is the same every
 * time. */
#include "experiments/evaluation/examples.h"

#include <stdlib.h>
#include <string.h>

/* What a slice is worth to a figure. */
enum { PLAIN, WITH_TRUTH, INSTRUCTIVE };

static void *copied(cc_arena *arena, const void *bytes, size_t count) {
    void *out = cc_arena_get(arena, count);
    if (out) memcpy(out, bytes, count);
    return out;
}

/* Whether stage 3 takes more false pixels away than it adds. */
static cc_status is_improved(bool *out, const cc_test *test, size_t number) {
    const cc_dataset *d = test->view->dataset;
    uint32_t slice = d->split.test.slices[number];
    const cc_slice *s = cc_slice_set_get(d->base, slice);
    size_t pixels = (size_t)s->height * (size_t)s->width, false_before = 0;
    uint8_t *truth = malloc(pixels), *before = malloc(pixels);
    cc_status status = truth && before ? cc_slice_set_read(d->base, slice, NULL, truth)
                                       : cc_fail_memory("examples", 2 * pixels);
    if (status == CC_OK) {
        cc_masks_get(before, test->view->cascade->calcification, slice);
        for (size_t i = 0; i < pixels; i++) false_before += before[i] && !truth[i];
        *out = (size_t)test->slices[number].fp < false_before;
    }
    free(truth);
    free(before);
    return status;
}

/* kinds[slice_count]: what each test slice is worth. Stage 3 shows where it improves, stage 2 its worst
 * slice. */
static cc_status judge(uint8_t *kinds, const cc_test *test) {
    const cc_cascade *c = test->view->cascade;
    size_t worst = 0;
    for (size_t i = 0; i < test->slice_count; i++) {
        bool improved = false;
        if (c->calcification) CC_TRY(is_improved(&improved, test, i));
        bool truth = test->slices[i].tp + test->slices[i].fn > 0;
        kinds[i] = improved ? INSTRUCTIVE : truth ? WITH_TRUTH : PLAIN;
        if (test->slices[i].fp > test->slices[worst].fp) worst = i;
    }
    if (c->stage == CC_STAGE_CALCIFICATION && test->slice_count > 0 && test->slices[worst].fp > 0)
        kinds[worst] = INSTRUCTIVE;
    return CC_OK;
}

/* Marks `wanted` of the slices of one kind, evenly spread: of n such slices number i is marked where
 * floor(i wanted / n) steps up. Their number. */
static size_t pick(bool *picked, const uint8_t *kinds, size_t count, uint8_t kind, size_t wanted) {
    size_t there = 0, seen = 0, got = 0;
    for (size_t i = 0; i < count; i++) there += kinds[i] == kind;
    if (wanted > there) wanted = there;
    for (size_t i = 0; i < count && wanted; i++) {
        if (kinds[i] != kind) continue;
        size_t before = seen * wanted / there, after = ++seen * wanted / there;
        if (after > before) picked[i] = true;
        got += after > before;
    }
    return got;
}

cc_status cc_examples_choose(cc_example_choice *out, const cc_test *test, cc_arena *arena) {
    const cc_dataset *d = test->view->dataset;
    size_t wanted = (size_t)d->run->config->results.examples, count = test->slice_count;
    uint8_t *kinds = cc_arena_get(arena, count);
    bool *picked = cc_arena_get_array(arena, count, sizeof *picked);
    *out = (cc_example_choice){.slices = cc_arena_get_array(arena, wanted + 1, sizeof *out->slices)};
    if (!kinds || !picked || !out->slices) return CC_ENOMEM;
    CC_TRY(judge(kinds, test));
    /* What is left of the number goes to slices with truth; plain ones are never shown. */
    wanted -= pick(picked, kinds, count, INSTRUCTIVE, wanted);
    pick(picked, kinds, count, WITH_TRUTH, wanted);
    for (size_t i = 0; i < count; i++)
        if (picked[i]) out->slices[out->count++] = d->split.test.slices[i];
    return CC_OK;
}

typedef struct maker {
    const cc_test *test;
    cc_arena *arena;
    cc_run_example *earlier, *last; /* [chosen]; earlier is NULL but in stage 3 */
    size_t count;
} maker;

/* The number of a slice in the test part, in which it is. */
static size_t number_of(const cc_test *test, size_t slice) {
    size_t i = 0;
    while (test->view->dataset->split.test.slices[i] != slice) i++;
    return i;
}

/* Keeps one predicted slice: as the last stage marks it and, in stage 3, as stage 2 did. */
static cc_status make_example(void *context, const cc_prediction *p) {
    maker *m = context;
    const cc_dataset *d = m->test->view->dataset;
    const size_t pixels = (size_t)p->height * (size_t)p->width;
    const cc_slice *slice = cc_slice_set_get(d->base, p->slice);
    cc_run_example *e = &m->last[m->count];
    /* The class of a lesion is that of its whole scan, and was chosen by the test. */
    uint8_t *prediction = copied(m->arena, p->classes, pixels);
    if (prediction && p->regions && cc_net_view_regions(m->test->view))
        CC_TRY(cc_testing_classes(prediction, m->test, number_of(m->test, p->slice)));
    *e = (cc_run_example){.stage = cc_cascade_stage_name(m->test->view->cascade->stage),
                          .patient = cc_arena_copy(m->arena, cc_slice_set_patient(d->base, slice->patient)),
                          .slice = slice->number,
                          .height = (uint32_t)p->height,
                          .width = (uint32_t)p->width,
                          .image_hu = copied(m->arena, p->image_hu, pixels * sizeof *p->image_hu),
                          .prediction = prediction,
                          .probability = copied(m->arena, p->probability, pixels * sizeof *p->probability),
                          .spacing = cc_dataset_spacing(d, p->slice)};
    uint8_t *truth = copied(m->arena, p->truth, pixels);
    e->truth = truth;
    if (!e->patient || !e->image_hu || !e->truth || !e->prediction || !e->probability) return CC_ENOMEM;
    /* Classes of both, where the net tells several apart, or arteries by region. */
    const cc_label_classes *classes = cc_net_view_classes(m->test->view);
    for (size_t i = 0; i < pixels && classes->count > 1; i++) truth[i] = classes->of[p->labels[i]];
    if (p->regions && m->test->arteries) memcpy(truth, p->labels, pixels);
    if (m->earlier) {
        uint8_t *mask = cc_arena_get(m->arena, pixels);
        if (!mask) return CC_ENOMEM;
        cc_testing_stage_mask(mask, m->test, CC_STAGE_CALCIFICATION, p->slice);
        cc_run_example *earlier = &m->earlier[m->count];
        *earlier = *e;
        earlier->stage = cc_cascade_stage_name(CC_STAGE_CALCIFICATION);
        earlier->prediction = mask;
        earlier->probability = NULL;
    }
    m->count++;
    return CC_OK;
}

cc_status cc_examples_make(const cc_run_example **out, size_t *count, const cc_example_choice *choice,
                           const cc_test *test, const cc_predictor *predictor, cc_arena *arena) {
    const cc_net_view *view = test->view;
    const bool paired = view->cascade->calcification != NULL;
    *count = paired ? 2 * choice->count : choice->count;
    cc_run_example *examples = cc_arena_get_array(arena, *count + 1, sizeof *examples);
    if (!examples) return CC_ENOMEM;
    *out = examples;
    if (choice->count == 0) return CC_OK;
    maker m = {.test = test,
               .arena = arena,
               .earlier = paired ? examples : NULL,
               .last = paired ? examples + choice->count : examples};
    const cc_split_part slices = {choice->slices, choice->count};
    return cc_predictor_run(predictor, &slices, make_example, &m);
}
