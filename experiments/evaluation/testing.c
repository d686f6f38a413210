/* experiments/evaluation/testing.c -- the test part through the last net, slice by slice.
 *
 * Probabilities are kept for no slice. So that a report can draw precision against recall, true and false
 * positives are counted at 19 thresholds while the probabilities are at hand, a row a patient. */
#include "experiments/evaluation/testing.h"

#include <stdio.h>
#include <string.h>
#include "core/log.h"

enum { CUTS = 19 };

typedef struct collection {
    cc_test *test;
    int64_t *tp, *fp; /* of test->cuts: [patients][CUTS] */
    uint32_t patient; /* whose row is the last */
} collection;

/* Thresholds 0.05, 0.10, ..., 0.95, and rows of zeros. */
static cc_status start_cuts(collection *c, cc_arena *arena) {
    const size_t most = cc_slice_set_patient_count(c->test->view->dataset->base);
    double *thresholds = cc_arena_get_array(arena, CUTS, sizeof *thresholds);
    c->tp = cc_arena_get_array(arena, most * CUTS, sizeof *c->tp);
    c->fp = cc_arena_get_array(arena, most * CUTS, sizeof *c->fp);
    if (!thresholds || !c->tp || !c->fp) return CC_ENOMEM;
    for (int k = 0; k < CUTS; k++) thresholds[k] = (k + 1) / (CUTS + 1.0);
    c->test->cuts = (cc_run_cuts){.thresholds = thresholds, .count = CUTS, .tp = c->tp, .fp = c->fp};
    return CC_OK;
}

/* The test part is in the order of patients. Pixels are counted by how many thresholds they reach, from
 * reached[truth][0] (none) to reached[truth][CUTS] (all); those at or above threshold k have reached more
 * than k of them, so that the counts are added up from the top. */
static void add_cuts(collection *c, const cc_prediction *p) {
    const uint32_t patient = cc_slice_set_get(c->test->view->dataset->base, p->slice)->patient;
    const double *thresholds = c->test->cuts.thresholds;
    int64_t reached[2][CUTS + 1] = {{0}};
    if (c->test->cuts.patient_count == 0 || patient != c->patient) c->test->cuts.patient_count++;
    c->patient = patient;
    for (size_t i = 0; i < (size_t)p->height * (size_t)p->width; i++) {
        int k = 0;
        while (k < CUTS && p->probability[i] >= thresholds[k]) k++;
        reached[p->truth[i]][k]++;
    }
    const size_t row = (c->test->cuts.patient_count - 1) * CUTS;
    for (int k = CUTS - 1; k >= 0; k--) {
        reached[0][k] += reached[0][k + 1];
        reached[1][k] += reached[1][k + 1];
        c->fp[row + (size_t)k] += reached[0][k + 1];
        c->tp[row + (size_t)k] += reached[1][k + 1];
    }
}

/* Keeps counts and mask of one predicted slice. */
static cc_status collect(void *context, const cc_prediction *p) {
    collection *c = context;
    const cc_slice *slice = cc_slice_set_get(c->test->view->dataset->base, p->slice);
    cc_run_slice *row = &c->test->slices[c->test->slice_count++];
    _Static_assert((int)CC_PATIENT_NAME_BYTES == CC_RUN_NAME_MAX - 1, "what results hold of a name");
    snprintf(row->patient, sizeof row->patient, "%s",
             cc_slice_set_patient(c->test->view->dataset->base, slice->patient));
    row->slice = slice->number;
    row->tp = p->counts.tp;
    row->fp = p->counts.fp;
    row->fn = p->counts.fn;
    row->tn = p->counts.tn;
    row->soft_overlap = p->soft_overlap;
    row->soft_prediction = p->soft_prediction;
    row->soft_truth = p->soft_truth;
    cc_masks_put(c->test->masks, p->slice, p->mask);
    add_cuts(c, p);
    return CC_OK;
}

/* A net that marks nothing, or everything, has mostly learned nothing. In a scan without truth there may
 * be no calcification to find, but a heart there is. */
static void warn_of_one_class(const cc_test *test) {
    char name[160];
    int64_t marked = 0, left = 0;
    const cc_planned_run *run = test->view->dataset->run;
    const bool of_dataset = run->data_digest.hex[0] != 0;
    for (size_t i = 0; i < test->slice_count; i++) {
        marked += test->slices[i].tp + test->slices[i].fp;
        left += test->slices[i].fn + test->slices[i].tn;
    }
    if (marked > 0 && left > 0) return;
    if (marked == 0 && !of_dataset && test->view->cascade->stage != CC_STAGE_ROI) return;
    cc_planned_run_name(name, sizeof name, run);
    cc_log(CC_LOG_WARNING,
           "%s: every pixel of the %zu slices is predicted as %s: the net tells nothing apart", name,
           test->slice_count, marked ? "foreground" : "background");
}

cc_status cc_testing_run(cc_test *out, const cc_net_view *view, cc_plan *plan, cc_arena *arena) {
    cc_status status = CC_OK;
    cc_evaluator *evaluator = NULL;
    cc_evaluation ignored;
    cc_evaluation_source source = cc_net_view_evaluation(view, &view->test, plan);
    collection c = {.test = out};
    *out = (cc_test){.view = view};
    out->slices = cc_arena_get_array(arena, view->test.slices->count, sizeof *out->slices);
    if (!out->slices) return CC_ENOMEM;
    CC_CHECK(cc_masks_create(&out->masks, view->dataset->base));
    CC_CHECK(start_cuts(&c, arena));
    CC_CHECK(cc_evaluator_create(&evaluator, &source));
    CC_CHECK(cc_evaluator_run(&ignored, evaluator, collect, &c));
    warn_of_one_class(out);
done:
    cc_evaluator_destroy(evaluator);
    if (status != CC_OK) cc_testing_deinit(out);
    return status;
}

void cc_testing_deinit(cc_test *test) {
    cc_masks_destroy(test->masks);
    *test = (cc_test){0};
}

void cc_testing_stage_mask(uint8_t *out, const cc_test *test, cc_cascade_stage stage, size_t slice) {
    const cc_cascade *c = test->view->cascade;
    const cc_slice *s = cc_slice_set_get(c->dataset->base, slice);
    const cc_box *region = &c->regions[slice];
    if (stage == c->stage) {
        cc_masks_get(out, test->masks, slice);
    } else if (stage == CC_STAGE_CALCIFICATION) {
        cc_masks_get(out, c->calcification, slice);
    } else {
        memset(out, 0, (size_t)s->height * (size_t)s->width);
        for (int y = region->y0; y < region->y1; y++)
            memset(out + (size_t)y * (size_t)s->width + (size_t)region->x0, 1,
                   (size_t)(region->x1 - region->x0));
    }
}
