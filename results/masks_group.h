/* results/masks_group.h -- the masks of a run in its file, written and read. Private to results; what they
 * hold is results/masks.h's. */
#ifndef CC_RESULTS_MASKS_GROUP_H
#define CC_RESULTS_MASKS_GROUP_H

#include "core/arena.h"
#include "results/hdf.h"
#include "results/run.h"

/* Writes the group /masks, where there are any. CC_EIO */
cc_status cc_run_masks_write(hid_t file, const cc_run_masks *masks);
/* Reads it, where it is there; what it holds is yet to be checked (cc_run_masks_check). CC_EFORMAT,
 * CC_ENOMEM */
cc_status cc_run_masks_read(cc_run_masks *out, hid_t file, cc_arena *arena);

#endif
