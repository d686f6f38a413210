/* experiments/cascade/training_batches.h -- the batches that a run is trained on, whether its items are
 * slices (datasets/loader.h) or patches of volumes (datasets/patch_loader.h): what the trainer asks of
 * either. */
#ifndef CC_EXPERIMENTS_CASCADE_TRAINING_BATCHES_H
#define CC_EXPERIMENTS_CASCADE_TRAINING_BATCHES_H

#include "datasets/loader.h"
#include "experiments/cascade/training_volumes.h"

/* One of the two, owned; all NULL: neither. */
typedef struct cc_training_batches {
    cc_loader *slices;
    cc_training_volumes *volumes;
} cc_training_batches;

void cc_training_batches_deinit(cc_training_batches *batches); /* takes a zeroed one */

/* Items and batches of an epoch. */
size_t cc_training_batches_items(const cc_training_batches *batches);
size_t cc_training_batches_count(const cc_training_batches *batches);

/* Starts an epoch at its batch number `first`, from 0; in the middle of another as well. */
void cc_training_batches_start(cc_training_batches *batches, uint64_t epoch, size_t first);
/* The next batch, borrowed until the next call: what a learner is fed; *images is NULL behind the last one.
 * As cc_loader_next and cc_patch_loader_next. */
cc_status cc_training_batches_next(cc_training_batches *batches, const float **images, const float **targets);

#endif
