/* experiments/evaluation/reference.h -- the slice that pictures are matched to: the best segmented one of a
 * roi run (the paper, section 3.2.1), never of its test part. */
#ifndef CC_EXPERIMENTS_EVALUATION_REFERENCE_H
#define CC_EXPERIMENTS_EVALUATION_REFERENCE_H

#include "datasets/matching.h"
#include "experiments/cascade/dataset.h"
#include "nets/engine/plan.h"
#include "results/store.h"

/* The slice of the training and the validation part with the highest F1 of the net behind `plan`; of equal
 * ones the first, training before validation. *out is NULL where no slice has an F1. The arena owns it. */
cc_status cc_reference_find(const cc_run_reference **out, cc_plan *plan, const cc_dataset *dataset,
                            cc_arena *arena);

#endif
