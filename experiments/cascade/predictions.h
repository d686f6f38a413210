/* experiments/cascade/predictions.h -- what the net of a run that is done marks of every slice of a dataset.
 *
 * Many runs need the same masks (six nets of stage 3 stand on one stage 2), so they are kept at OUT/.cache,
 * by a key that covers all they depend on. Nothing there is a result: it may be deleted at any time. */
#ifndef CC_EXPERIMENTS_CASCADE_PREDICTIONS_H
#define CC_EXPERIMENTS_CASCADE_PREDICTIONS_H

#include "experiments/cascade/masks.h"
#include "experiments/planning/run_plan.h"
#include "nets/engine/backend.h"

typedef struct cc_prediction_job { /* all borrowed */
    const cc_planned_run *net, *asking;
    const cc_slice_set *base, *set; /* the dataset of `asking`; what the net sees of it: itself or a view */
    const char *preparation; /* what makes `set` of `base`, where it is not part of the net's identity */
    const cc_backend *backend;
} cc_prediction_job;

/* Of slices of no dataset (asking->data_digest is "") nothing is kept: no key would name them. */

/* The caller owns *out. A damaged file of the cache is made anew; one that cannot be written is a warning. */
cc_status cc_predictions_get(cc_masks **out, const cc_prediction_job *job);

#endif
