/* experiments/cascade/cascade.h -- the stages before a run's own net, and what their nets mark of its slices.
 *
 *     slices -> matched to a reference -> stage 1: the heart -> region -> stage 2: calcification -> stage 3
 *
 * The upstream runs are done; here their nets predict the slices of this run's dataset, in that order and as
 * far as the run's stage needs. A run's own preprocessing makes the images that the net of stage 2 is shown,
 * whichever run that net comes from; the net of stage 1 is shown what its own run's preprocessing makes.
 * Masks of upstream nets are cached (predictions.h). */
#ifndef CC_EXPERIMENTS_CASCADE_CASCADE_H
#define CC_EXPERIMENTS_CASCADE_CASCADE_H

#include "datasets/landmarks.h"
#include "datasets/matching.h"
#include "datasets/morphology.h"
#include "experiments/cascade/dataset.h"
#include "experiments/cascade/masks.h"
#include "nets/engine/backend.h"

typedef enum cc_cascade_stage {
    CC_STAGE_ROI,
    CC_STAGE_CALCIFICATION,
    CC_STAGE_FALSE_POSITIVE
} cc_cascade_stage;

/* "roi", "calcification", "false_positive". */
const char *cc_cascade_stage_name(cc_cascade_stage stage);

typedef struct cc_cascade {
    const cc_dataset *dataset;  /* borrowed */
    const cc_planned_run *run;  /* borrowed: the dataset's */
    cc_cascade_stage stage;     /* of the net that has the last word: the run's, or a cascade's last one */
    const cc_planned_run *last; /* the run of that net: `run` itself, or of a cascade an upstream one */
    bool leaks;                 /* a test slice is of a patient whom an upstream run trained on or chose by */
    bool in_sample;             /* stage 3 learnt from what stage 2 says of patients whom its net has seen */
    const cc_run_reference *reference; /* what slices are matched to; NULL: they are not */
    cc_matching *matching;             /* to it; NULL without one */
    const cc_landmarks *standard; /* what scans are brought to (preprocess.histogram_method); NULL: none */
    cc_masks *roi;                /* what the roi net marked; NULL: no region is used */
    cc_box *regions;              /* [slices of the base]; the whole slice where no region is used */
    cc_masks
        *calcification; /* what stage 2 marked, of each patient by the net that is to; NULL before stage 3 */
    cc_arena *arena;
} cc_cascade;

/* Reads and predicts what the run's stage needs of the runs upstream. On failure there is nothing to deinit.
 *   CC_ECONFIG   a patient to train or validate on is in the test part of the calcification run
 *   CC_EFORMAT   an upstream file lacks its reference or weights; as cc_out_of_fold_predict
 *   others       as cc_planned_run_check_nets, cc_predictions_get and cc_view_open */
cc_status cc_cascade_predict(cc_cascade *out, const cc_dataset *dataset, const cc_backend *backend);
void cc_cascade_deinit(cc_cascade *cascade); /* takes a zeroed one */

/* Whether the run has a net of its own to train; "cascade" and "ensemble" test those of others. */
bool cc_cascade_trains(const cc_cascade *cascade);

/* The slices as this run's preprocessing shows them to the net of stage 1 or 2, an item a slice: matched, and
 * outside their region blanked or cut away; for a net of volumes, which are cropped as volumes
 * (cc_cascade_crop), whole. *out is NULL where none of this is asked for: the base itself.
 * The caller closes *out before the cascade is deinited. `cache_mb` as in cc_view_options. */
cc_status cc_cascade_open_slices(cc_slice_set **out, const cc_cascade *cascade, int cache_mb);
/* What scans are cropped to for a net of volumes in stage 2 (cc_scan_part_find); both NULL: they are not. */
void cc_cascade_crop(const cc_box **regions, const cc_masks **marked, const cc_cascade *cascade);
/* Whole slices, matched only (to a reference, a standard or neither), with that value (HU) where an image
 * has none; the caller closes *out. */
cc_status cc_cascade_open_matched(cc_slice_set **out, const cc_slice_set *base, const cc_matching *matching,
                                  const cc_landmarks *standard, double fill_hu, int cache_mb);

#endif
