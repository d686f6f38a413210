/* experiments/evaluation/testing.c -- the test part through the last net: counts a slice, and at other
 * thresholds. */
#include "experiments/evaluation/testing.h"

#include <stdio.h>
#include <string.h>
#include "core/log.h"
#include "experiments/evaluation/measure.h"

enum { CUTS = 19 };

typedef struct collection {
    cc_test *test;
    const cc_dataset *dataset;
    int64_t *tp, *fp; /* of test->cuts */
    uint32_t patient; /* whose row is the last */
} collection;

static cc_status start_cuts(collection *c, cc_arena *arena) {
    const size_t most = cc_slice_set_patient_count(c->dataset->base);
    double *thresholds = cc_arena_get_array(arena, CUTS, sizeof *thresholds);
    c->tp = cc_arena_get_array(arena, most * CUTS, sizeof *c->tp);
    c->fp = cc_arena_get_array(arena, most * CUTS, sizeof *c->fp);
    if (!thresholds || !c->tp || !c->fp) return CC_ENOMEM;
    for (int k = 0; k < CUTS; k++) thresholds[k] = (k + 1) / (CUTS + 1.0);
    c->test->cuts = (cc_run_cuts){.thresholds = thresholds, .count = CUTS, .tp = c->tp, .fp = c->fp};
    return CC_OK;
}

/* The test part is in the order of patients. Pixels are counted by the highest threshold that they reach, and
 * the counts added up from the top. */
static void add_cuts(collection *c, const cc_prediction *p) {
    const uint32_t patient = cc_slice_set_get(c->dataset->base, p->slice)->patient;
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

static cc_status collect(void *context, const cc_prediction *p) {
    collection *c = context;
    const cc_slice *slice = cc_slice_set_get(c->dataset->base, p->slice);
    cc_run_slice *row = &c->test->slices[c->test->slice_count++];
    _Static_assert((int)CC_PATIENT_NAME_BYTES == CC_RUN_NAME_MAX - 1, "what results hold of a name");
    snprintf(row->patient, sizeof row->patient, "%s", cc_slice_set_patient(c->dataset->base, slice->patient));
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

static cc_status predict(cc_test *test, const cc_dataset *dataset, cc_plan *plan, cc_arena *arena) {
    cc_evaluator *evaluator;
    cc_evaluation ignored;
    collection c = {.test = test, .dataset = dataset};
    cc_evaluation_source source = cc_dataset_evaluation(dataset, &dataset->test, plan);
    CC_TRY(start_cuts(&c, arena));
    CC_TRY(cc_evaluator_create(&evaluator, &source));
    cc_status status = cc_evaluator_run(&ignored, evaluator, collect, &c);
    cc_evaluator_destroy(evaluator);
    return status;
}

/* A net that marks nothing, or everything, has mostly learnt nothing. Of a scan without truth (no dataset),
 * nothing to find is as likely, but for the heart. */
static void warn_of_one_class(const cc_test *test, const cc_dataset *dataset) {
    char name[160];
    int64_t marked = 0, left = 0;
    const bool of_dataset = dataset->run->data_digest.hex[0] != 0;
    for (size_t i = 0; i < test->slice_count; i++) {
        marked += test->slices[i].tp + test->slices[i].fp;
        left += test->slices[i].fn + test->slices[i].tn;
    }
    if (marked > 0 && left > 0) return;
    if (marked == 0 && !of_dataset && dataset->chain.stage != CC_STAGE_ROI) return;
    cc_planned_run_name(name, sizeof name, dataset->run);
    cc_log(CC_LOG_WARNING,
           "%s: every pixel of the %zu slices is predicted as %s: the net tells nothing apart", name,
           test->slice_count, marked ? "foreground" : "background");
}

cc_status cc_test_init(cc_test *out, const cc_dataset *dataset, cc_plan *plan, cc_arena *arena) {
    cc_status status = CC_OK;
    *out = (cc_test){0};
    out->slices = cc_arena_get_array(arena, dataset->split.test.count, sizeof *out->slices);
    if (!out->slices) return CC_ENOMEM;
    CC_CHECK(cc_masks_create(&out->masks, dataset->base));
    CC_CHECK(predict(out, dataset, plan, arena));
    warn_of_one_class(out, dataset);
    if (dataset->chain.stage != CC_STAGE_ROI) CC_CHECK(cc_measure_patients(out, dataset, arena));
done:
    if (status != CC_OK) cc_test_deinit(out);
    return status;
}

void cc_test_deinit(cc_test *test) {
    cc_masks_destroy(test->masks);
    *test = (cc_test){0};
}

void cc_test_stage_mask(uint8_t *out, const cc_test *test, const cc_dataset *dataset, cc_stage stage,
                        size_t slice) {
    const cc_slice *s = cc_slice_set_get(dataset->base, slice);
    const cc_box *region = &dataset->chain.regions[slice];
    if (stage == dataset->chain.stage) {
        cc_masks_get(out, test->masks, slice);
    } else if (stage == CC_STAGE_CALCIFICATION) {
        cc_masks_get(out, dataset->chain.calcification, slice);
    } else {
        memset(out, 0, (size_t)s->height * (size_t)s->width);
        for (int y = region->y0; y < region->y1; y++)
            memset(out + (size_t)y * (size_t)s->width + (size_t)region->x0, 1,
                   (size_t)(region->x1 - region->x0));
    }
}
