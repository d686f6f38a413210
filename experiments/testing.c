#include "experiments/testing.h"

#include <stdio.h>
#include <string.h>
#include "experiments/measure.h"

typedef struct collection {
    cc_test *test;
    const cc_dataset *dataset;
} collection;

static cc_status collect(void *context, const cc_prediction *p) {
    const collection *c = context;
    const cc_slice *slice = cc_slice_set_get(c->dataset->base, p->slice);
    cc_run_slice *row = &c->test->slices[c->test->slice_count++];
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
    return CC_OK;
}

static cc_status predict(cc_test *test, const cc_dataset *dataset, cc_plan *plan) {
    cc_evaluator *evaluator;
    cc_evaluation ignored;
    collection c = {.test = test, .dataset = dataset};
    cc_evaluation_source source = cc_dataset_evaluation(dataset, &dataset->test, plan);
    CC_TRY(cc_evaluator_create(&evaluator, &source));
    cc_status status = cc_evaluator_run(&ignored, evaluator, collect, &c);
    cc_evaluator_destroy(evaluator);
    return status;
}

cc_status cc_test_init(cc_test *out, const cc_dataset *dataset, cc_plan *plan, cc_arena *arena) {
    cc_status status = CC_OK;
    *out = (cc_test){0};
    out->slices = cc_arena_get_array(arena, dataset->split.test.count, sizeof *out->slices);
    if (!out->slices) return CC_ENOMEM;
    CC_CHECK(cc_masks_create(&out->masks, dataset->base));
    CC_CHECK(predict(out, dataset, plan));
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
