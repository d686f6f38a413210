#include "experiments/evaluation/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/cascade/evaluate.h"

typedef struct best_slice {
    size_t slice;
    double f1; /* NaN: none yet */
    const char *part;
    const char *now; /* the part that is looked at */
} best_slice;

static cc_status look(void *context, const cc_prediction *p) {
    best_slice *best = context;
    cc_scores scores;
    CC_TRY(cc_scores_from_counts(&scores, &p->counts, CC_EMPTY_SKIP));
    double f1 = scores.value[CC_SCORE_F1];
    if (isnan(f1) || (!isnan(best->f1) && f1 <= best->f1)) return CC_OK;
    best->slice = p->slice;
    best->f1 = f1;
    best->part = best->now;
    return CC_OK;
}

static cc_status look_through(best_slice *best, cc_plan *plan, const cc_dataset *dataset,
                              const cc_dataset_part *part) {
    cc_evaluator *evaluator;
    cc_evaluation ignored;
    cc_evaluation_source source = cc_dataset_evaluation(dataset, part, plan);
    CC_TRY(cc_evaluator_create(&evaluator, &source));
    cc_status status = cc_evaluator_run(&ignored, evaluator, look, best);
    cc_evaluator_destroy(evaluator);
    return status;
}

static cc_status describe(cc_run_reference *out, const best_slice *best, const cc_dataset *dataset,
                          cc_arena *arena) {
    const cc_slice *slice = cc_slice_set_get(dataset->base, best->slice);
    size_t pixels = (size_t)slice->height * (size_t)slice->width;
    float *image = cc_arena_get_array(arena, pixels, sizeof *image);
    if (!image) return CC_ENOMEM;
    *out = (cc_run_reference){.dataset_digest = dataset->run->data_digest.hex,
                              .patient =
                                  cc_arena_copy(arena, cc_slice_set_patient(dataset->base, slice->patient)),
                              .part = best->part,
                              .slice = slice->number,
                              .f1 = best->f1,
                              .height = (uint32_t)slice->height,
                              .width = (uint32_t)slice->width,
                              .image_hu = image,
                              .spacing = cc_dataset_spacing(dataset, best->slice)};
    return out->patient ? cc_slice_set_read(dataset->base, best->slice, image, NULL) : CC_ENOMEM;
}

cc_status cc_reference_find(const cc_run_reference **out, cc_plan *plan, const cc_dataset *dataset,
                            cc_arena *arena) {
    best_slice best = {.f1 = NAN, .now = "train"};
    *out = NULL;
    CC_TRY(look_through(&best, plan, dataset, &dataset->train));
    best.now = "validation";
    CC_TRY(look_through(&best, plan, dataset, &dataset->validation));
    if (isnan(best.f1)) return CC_OK;
    cc_run_reference *reference = cc_arena_get(arena, sizeof *reference);
    if (!reference) return CC_ENOMEM;
    CC_TRY(describe(reference, &best, dataset, arena));
    *out = reference;
    return CC_OK;
}
