/* experiments/training/checkpoint.h -- where a training stands after an epoch, so that a stopped one goes on
 * to the same bytes.
 *
 * A private file beside the result, written under another name and renamed, with a SHA-256 behind it. One
 * that is damaged, or of another identity, is not used: training then starts anew. An identity is of the
 * machine too (experiments/planning/machine.h): what was begun with other threads or another instruction set is not
 * gone on with here. */
#ifndef CC_EXPERIMENTS_TRAINING_CHECKPOINT_H
#define CC_EXPERIMENTS_TRAINING_CHECKPOINT_H

#include <stdint.h>
#include "core/digest.h"
#include "core/status.h"
#include "experiments/planning/checkpoint_title.h"
#include "results/store.h"

/* Arrays are the caller's, of the sizes it says; reading fills them. */
typedef struct cc_checkpoint {
    cc_digest_text identity;        /* of the run, as it was planned */
    char machine[CC_MACHINE_BYTES]; /* that it is of; the last two arrays are in its backend's layout */
    int64_t started;                /* seconds since 1970: when the first process began */
    double seconds;                 /* of work so far, over all processes */
    const char *plan; /* what the nets' plans chose; written, but read by cc_checkpoint_read_plan alone */
    int64_t epoch, best_epoch, step;
    double best;           /* the monitored score of the best epoch */
    cc_run_epoch *history; /* epoch entries are used, of history_capacity */
    size_t history_capacity;
    float *values, *best_values; /* all of the model's, plain: value_count each */
    size_t value_count;
    float *optimizer; /* its state: optimizer_count */
    size_t optimizer_count;
    float *ema; /* the moving average: ema_count, 0 where there is none */
    size_t ema_count;
} cc_checkpoint;

typedef enum cc_checkpoint_state {
    CC_CHECKPOINT_NONE,    /* no such file */
    CC_CHECKPOINT_WHOLE,   /* of this run: read */
    CC_CHECKPOINT_FOREIGN, /* of another identity or size, or of another version of this file */
    CC_CHECKPOINT_DAMAGED, /* cut off, changed, or no checkpoint */
} cc_checkpoint_state;

/* CC_EIO names the file; an older checkpoint is then still there. */
cc_status cc_checkpoint_write(const char *path, const cc_checkpoint *checkpoint);

/* Only CC_CHECKPOINT_WHOLE fills it in; otherwise the scalars stay as they were and the arrays may hold
 * anything. CC_EIO where a file is there and cannot be opened; CC_EFORMAT where it is whole and weights in
 * it are NaN or infinite, with their array and number: training that goes on from them can only go wrong. */
cc_status cc_checkpoint_read(cc_checkpoint_state *state, cc_checkpoint *checkpoint, const char *path);

/* The text `plan` of a whole checkpoint of like's identity, which is wanted before there is
 * anything to read the rest into; otherwise *out is NULL. The caller frees *out. */
cc_status cc_checkpoint_read_plan(char **out, const cc_checkpoint *like, const char *path);

#endif
