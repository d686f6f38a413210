/* experiments/planning/checkpoint_title.h -- the place of a run's checkpoint, and its first bytes: of
 * which run and which machine it is. A plan reads no more of it; the rest is training/checkpoint.h's. */
#ifndef CC_EXPERIMENTS_PLANNING_CHECKPOINT_TITLE_H
#define CC_EXPERIMENTS_PLANNING_CHECKPOINT_TITLE_H

#include "core/digest.h"
#include "core/file.h"
#include "experiments/planning/machine.h"

/* The first bytes of the file, as they lie there. */
typedef struct cc_checkpoint_title {
    char magic[16];
    cc_digest_text identity, plan_digest; /* of the run, as planned; of the text of its nets' plans */
    char machine[CC_MACHINE_BYTES];
} cc_checkpoint_title;

/* RESULT.checkpoint, beside the result. As cc_path_append. */
cc_status cc_checkpoint_path(char out[CC_PATH_MAX], const char *result_path);

/* "calcade-check-5": the last character is the version of the file. */
extern const char cc_checkpoint_magic[16];

/* All zero where there is no file, or one that is no checkpoint of this version. CC_EIO where a file is there
 * and cannot be opened. */
cc_status cc_checkpoint_title_read(cc_checkpoint_title *out, const char *path);

#endif
