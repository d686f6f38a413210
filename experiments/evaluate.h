/* experiments/evaluate.h -- a net's predictions on slices, counted on each slice's own grid. */
#ifndef CC_EXPERIMENTS_EVALUATE_H
#define CC_EXPERIMENTS_EVALUATE_H

#include "experiments/dataset.h"
#include "metrics/overlap.h"
#include "nets/loss.h"
#include "nets/model.h"

/* One slice, predicted. Pictures are of the slice's own size; borrowed for the call. */
typedef struct cc_prediction {
    size_t slice; /* index into the set */
    int height, width;
    const float *image_hu, *probability;
    const uint8_t *truth, *mask; /* 0 or 1; mask: probability >= results.threshold */
    cc_counts counts;
    double soft_overlap, soft_prediction, soft_truth; /* sums over pixels of p*g, p, g */
} cc_prediction;

typedef cc_status cc_prediction_sink(void *context, const cc_prediction *prediction);

typedef struct cc_evaluation {
    double loss;      /* mean over slices, on the canvas */
    cc_counts counts; /* pooled */
} cc_evaluation;

typedef struct cc_evaluator cc_evaluator;

/* `plan` is an inference plan of n = train.batch; it and the dataset outlive the evaluator. */
cc_status cc_evaluator_create(cc_evaluator **out, cc_plan *plan, const cc_dataset *dataset,
                              const cc_split_part *part);
void cc_evaluator_destroy(cc_evaluator *evaluator);

/* Predicts every slice of the part, in order; the sink (may be NULL) sees each. */
cc_status cc_evaluator_run(cc_evaluation *out, cc_evaluator *evaluator, cc_prediction_sink *sink,
                           void *context);

#endif
