/* experiments/cascade/predictions.h -- what the net of a finished run marks of every slice of a dataset.
 *
 * Many runs need the same masks (six nets of stage 3 follow one of stage 2), so they are kept at
 * OUT/.cache, by a key that covers all they depend on. Nothing there is a result: it may be deleted at any
 * time. */
#ifndef CC_EXPERIMENTS_CASCADE_PREDICTIONS_H
#define CC_EXPERIMENTS_CASCADE_PREDICTIONS_H

#include "datasets/morphology.h"
#include "datasets/split.h"
#include "experiments/cascade/masks.h"
#include "experiments/planning/run_plan.h"
#include "nets/engine/backend.h"

typedef struct cc_prediction_job { /* all borrowed */
    const cc_planned_run *net;     /* whose net predicts; an ensemble: the nets of its members, combined */
    const cc_planned_run *asking;  /* which run needs the masks; of a scan (data_digest "") none are cached */
    const cc_slice_set *base;      /* the dataset of `asking`: what the masks are of */
    const cc_slice_set *set; /* what the net is shown of it: the base itself, or a view, an item a slice */
    const cc_box *regions;   /* as cc_evaluation_source has them ... */
    const cc_masks *marked;  /* ... of a net of volumes whose scans are cropped */
    const cc_split_part *slices; /* of which slices (of those whom the net's run tested); NULL: of all */
    const char *preparation; /* what makes `set` of `base`, where that is not part of the net's identity */
    const cc_backend *backend;
} cc_prediction_job;

/* The caller owns *out, and the base outlives it. A damaged file of the cache is made anew; one that cannot
 * be written is a warning.
 *   CC_EINTERRUPTED  a signal came
 *   others           as cc_upstream_net_init, cc_evaluator_run and cc_masks_read */
cc_status cc_predictions_get(cc_masks **out, const cc_prediction_job *job);

#endif
