/* experiments/cascade/chain.h -- the stages before a run's net, and the pictures that they leave it.
 *
 *     slices -> matched to a reference -> region -> pictures for stage 2 -> what it marked -> windows
 *
 * A run's own preprocessing makes the pictures for stage 2, whichever run its net comes from; the net of the
 * roi run sees what that run's preprocessing makes. What upstream nets mark is cached (predictions.h). */
#ifndef CC_EXPERIMENTS_CASCADE_CHAIN_H
#define CC_EXPERIMENTS_CASCADE_CHAIN_H

#include "datasets/matching.h"
#include "datasets/split.h"
#include "datasets/view.h"
#include "experiments/cascade/masks.h"
#include "experiments/planning/run_plan.h"
#include "nets/engine/backend.h"
#include "results/store.h"

typedef enum cc_stage { CC_STAGE_ROI, CC_STAGE_CALCIFICATION, CC_STAGE_FALSE_POSITIVE } cc_stage;

/* "roi", "calcification", "false_positive". */
const char *cc_stage_name(cc_stage stage);

typedef struct cc_chain {
    const cc_planned_run *run; /* borrowed, as the base */
    const cc_slice_set *base;
    cc_stage stage;             /* whose net has the last word: of a cascade the last one in it */
    const cc_planned_run *last; /* the run of that net: `run` itself, or of a cascade an upstream one */
    const cc_run_reference *reference; /* what slices are matched to; NULL: they are not */
    cc_matching *matching;
    cc_masks *roi;           /* what the roi net marked; NULL: no region is used */
    cc_box *regions;         /* [slices]; the whole slice where no region is used */
    cc_slice_set *pictures;  /* for stage 2, one a slice; in stage 1 the matched slices; NULL: the base */
    cc_masks *calcification; /* what stage 2 marked; NULL before stage 3 */
    cc_slice_set *matched;   /* whole slices, for windows; NULL: the base */
    cc_slice_set *windows;   /* of stage 3; NULL: other stages, or no window at all */
    bool leaks;              /* a test slice is of a patient whom an upstream run trained on or chose by */
    cc_arena *arena;
} cc_chain;

/* Reads and predicts what the run's stage asks for. Windows lie, in the training and validation parts, around
 * the lesions of the truth (group CC_WINDOW_TRUE) and around what stage 2 marked without any
 * (CC_WINDOW_FALSE); in the test part around all that stage 2 marked. CC_ECONFIG  a patient to train or
 * validate on is in the test part of the calcification run CC_EFORMAT  an upstream file lacks its reference
 * or weights and what reading, predicting and matching may give. On failure there is nothing to deinit. */
cc_status cc_chain_init(cc_chain *out, const cc_planned_run *run, const cc_slice_set *base,
                        const cc_split *split, const cc_backend *backend);
/* Takes a zeroed one. */
void cc_chain_deinit(cc_chain *chain);

/* What the last net sees: the base or a view of it; NULL where stage 3 has no window. */
const cc_slice_set *cc_chain_set(const cc_chain *chain);

#endif
