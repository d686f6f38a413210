/* experiments/cascade/training_volumes.h -- the volumes that a net is trained on, and a loader of patches
 * over them.
 *
 * Each scan is brought to the net's grid once (scan_volume.h), before the first epoch. What that takes is
 * known from the grids: where it is more than volumes.memory_mb, the volumes lie in a file that has no name
 * any more and is mapped, so that memory holds what is being looked at and the disk the rest. The bytes of
 * a run are the same either way, and nothing is left behind by a process that is killed. */
#ifndef CC_EXPERIMENTS_CASCADE_TRAINING_VOLUMES_H
#define CC_EXPERIMENTS_CASCADE_TRAINING_VOLUMES_H

#include "datasets/patch_loader.h"
#include "datasets/split.h"
#include "experiments/cascade/scan_volume.h"

typedef struct cc_training_volumes cc_training_volumes;

/* The volumes of the scans that `slices` (of the set, ascending) are of. `random` is drawn of each patch
 * where the source asks for planes. `folder`: where the file is made, in its ".cache". The caller owns *out.
 *   CC_EIO  the file cannot be made: the disk is full
 *   others  as cc_scan_volume_make and cc_patch_loader_create */
cc_status cc_training_volumes_create(cc_training_volumes **out, const cc_scan_volume_source *source,
                                     const cc_random_augment *random, const cc_split_part *slices,
                                     const char *folder);
void cc_training_volumes_destroy(cc_training_volumes *volumes); /* takes NULL */

/* Borrowed. */
cc_patch_loader *cc_training_volumes_loader(const cc_training_volumes *volumes);
/* Patches and batches of an epoch. */
size_t cc_training_volumes_items(const cc_training_volumes *volumes);
size_t cc_training_volumes_batches(const cc_training_volumes *volumes);

#endif
