/* experiments/cascade/evaluate.h -- a net's predictions of slices, counted on each slice's own grid.
 *
 * What the net sees of a slice (items) may be the slice itself, a part of it, several windows or nothing: an
 * item's probabilities go back to its place, the largest counts where items overlap, and outside all of them
 * the probability is 0. A slice without an item is predicted empty and counts all the same.
 *
 * A net of volumes sees whole scans in overlapping windows (scan_windows.h), whichever of their slices are
 * counted; its probabilities come back to the scan's own slices, and from there on nothing differs.
 *
 * Of a net with several classes the probability is that of any but the background, 1 - p(0) of the softmax; a
 * pixel is predicted to be of its most probable class, of equal ones the lowest, whatever the threshold.
 *
 * Of a net with several outputs all this is said of the one that learns from the mask
 * (experiments/config/targets.h); the one that learns regions says of each pixel in which of them it lies.
 *
 * Test-time averaging (`mirrors`): the canvas is shown as it is and mirrored along every subset of some
 * axes, and the mean of the probabilities of each output, mirrored back, counts (datasets/mirror.h); the loss
 * is of the first alone. Nets of volumes have none. */
#ifndef CC_EXPERIMENTS_CASCADE_EVALUATE_H
#define CC_EXPERIMENTS_CASCADE_EVALUATE_H

#include "datasets/fit.h"
#include "datasets/morphology.h"
#include "datasets/split.h"
#include "experiments/cascade/masks.h"
#include "experiments/config/config.h"
#include "experiments/config/targets.h"
#include "metrics/lesions.h"
#include "metrics/overlap.h"
#include "nets/engine/plan.h"
#include "nets/losses/loss.h"

/* One slice, predicted. Pictures are of the slice's own size; borrowed for the call. */
typedef struct cc_prediction {
    size_t slice; /* index into the base set */
    int height, width;
    const float *image_hu, *probability;
    const uint8_t *labels;       /* the dataset's, 0 background */
    const uint8_t *truth, *mask; /* 0 or 1; mask: probability >= threshold, or of a class that is predicted */
    const uint8_t *classes;      /* the class that is predicted, 0 background; of one class as mask */
    /* Of each pixel of the mask the most probable region, as a vote of metrics/lesions.h, in doubt where the
     * background is more probable yet; 0 elsewhere. NULL: no output tells regions. */
    const uint8_t *regions;
    const float *by_class; /* [classes][height*width], where asked for; background first */
    cc_counts counts;
    double soft_overlap, soft_prediction, soft_truth; /* sums over pixels of p*g, p, g */
} cc_prediction;

/* Counts and sums of a prediction whose pictures are in place. */
void cc_prediction_count(cc_prediction *prediction);

typedef cc_status cc_prediction_sink(void *context, const cc_prediction *prediction);

typedef struct cc_evaluation {
    double loss; /* mean over items, on the canvas (of volumes: over windows); NaN without items or targets */
    cc_counts counts; /* pooled */
} cc_evaluation;

/* What is evaluated; all borrowed, as long as the evaluator. */
typedef struct cc_evaluation_source {
    cc_plan *plan;                   /* inference, of n = net->train.batch, on the canvas of `fit` */
    const cc_experiment_config *net; /* whose window, batch, workers and loss are used */
    cc_fit fit;
    double threshold;
    const cc_slice_set *base;
    const cc_split_part *slices; /* of the base, ascending: what is counted */
    const cc_slice_set *set;     /* the base itself, or a view of it */
    const cc_split_part *items;  /* of the set, ascending, each of one of `slices`; may be none */
    /* What the loss is computed of; NULL: of one output any label is of class 1, of several there is no
     * loss. */
    const cc_net_targets *targets;
    const cc_box *regions;  /* what scans are cropped to for a net of volumes, with ... */
    const cc_masks *marked; /* ... what they follow from (cc_scan_part_find); or both NULL */
    const cc_masks *within; /* of the base: outside these the probability is 0; or NULL */
    unsigned mirrors; /* CC_MIRROR_X, CC_MIRROR_Y: the mean over mirror images along these; 0: as it is */
    bool by_class;    /* of several classes: each one's probability too */
    bool only_above;  /* as is where a slice of the base reads above_hu or less */
    double above_hu;
} cc_evaluation_source;

typedef struct cc_evaluator cc_evaluator;

/* Takes the host's memory for it. CC_ENOMEM; else as cc_data_check_mirrors and cc_loader_create. */
cc_status cc_evaluator_create(cc_evaluator **out, const cc_evaluation_source *source);
void cc_evaluator_destroy(cc_evaluator *evaluator);

/* Predicts every slice, in order; the sink (may be NULL) is called with each.
 *   CC_EINTERRUPTED  a signal came
 *   CC_EINVAL        the net's output is NaN or infinite: patient and slice
 *   others           as cc_slice_set_read and cc_plan_forward; what the sink returns */
cc_status cc_evaluator_run(cc_evaluation *out, cc_evaluator *evaluator, cc_prediction_sink *sink,
                           void *context);

#endif
