/* experiments/evaluation/reference.c -- every training and validation slice is predicted once more with
 * the best weights; the one with the highest F1 becomes the reference of histogram matching. */
#include "experiments/evaluation/reference.h"

#include <math.h>
#include <string.h>
#include "experiments/cascade/evaluate.h"

typedef struct best_slice {
    size_t slice;
    double f1; /* NaN: none yet */
    const char *part;
    const char *now; /* the part that is looked at */
} best_slice;

/* Keeps the slice where it is better than all before. */
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

static cc_status look_through(best_slice *best, cc_plan *plan, const cc_net_view *view,
                              const cc_net_view_part *part) {
    cc_evaluator *evaluator;
    cc_evaluation ignored;
    cc_evaluation_source source = cc_net_view_evaluation(view, part, plan);
    CC_TRY(cc_evaluator_create(&evaluator, &source));
    cc_status status = cc_evaluator_run(&ignored, evaluator, look, best);
    cc_evaluator_destroy(evaluator);
    return status;
}

cc_status cc_reference_find(const cc_run_reference **out, const cc_net_view *view, cc_plan *plan,
                            cc_arena *arena) {
    const cc_dataset *d = view->dataset;
    best_slice best = {.f1 = NAN, .now = "train"};
    *out = NULL;
    CC_TRY(look_through(&best, plan, view, &view->train));
    best.now = "validation";
    CC_TRY(look_through(&best, plan, view, &view->validation));
    if (isnan(best.f1)) return CC_OK; /* nothing true and nothing marked, on any slice */

    /* Matching uses the slice as the dataset has it, not as this net was shown it. */
    const cc_slice *slice = cc_slice_set_get(d->base, best.slice);
    size_t pixels = (size_t)slice->height * (size_t)slice->width;
    float *image = cc_arena_get_array(arena, pixels, sizeof *image);
    cc_run_reference *reference = cc_arena_get(arena, sizeof *reference);
    if (!image || !reference) return CC_ENOMEM;
    *reference =
        (cc_run_reference){.dataset_digest = d->run->data_digest.hex,
                           .patient = cc_arena_copy(arena, cc_slice_set_patient(d->base, slice->patient)),
                           .part = best.part,
                           .slice = slice->number,
                           .f1 = best.f1,
                           .height = (uint32_t)slice->height,
                           .width = (uint32_t)slice->width,
                           .image_hu = image,
                           .spacing = cc_dataset_spacing(d, best.slice)};
    *out = reference;
    return reference->patient ? cc_slice_set_read(d->base, best.slice, image, NULL) : CC_ENOMEM;
}
