/* experiments/evaluation/reference.h -- the slice that later runs match their images to: the best
 * segmented one of a roi run (the paper, section 3.2.1), never of its test part. */
#ifndef CC_EXPERIMENTS_EVALUATION_REFERENCE_H
#define CC_EXPERIMENTS_EVALUATION_REFERENCE_H

#include "experiments/cascade/net_view.h"
#include "results/store.h"

/* The slice of the training and the validation part with the highest F1 of the net that `plan` is of; of
 * equal ones the first, training before validation. *out is NULL where no slice has an F1. The arena owns
 * it. CC_ENOMEM; else as cc_evaluator_run. */
cc_status cc_reference_find(const cc_run_reference **out, const cc_net_view *view, cc_plan *plan,
                            cc_arena *arena);

#endif
