/* experiments/training/checkpoint.h -- the state of a training after an epoch, or between two steps of one,
 * from which a stopped one is resumed to the same bytes.
 *
 * A private file beside the result, written under another name and renamed, and ending in its SHA-256. One
 * that is damaged, or of another identity, is not used: training then starts from its first epoch. The
 * identity covers the machine too (planning/machine.h): a training is not resumed with other threads or
 * another instruction set than it began with, which would round otherwise. */
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
    char machine[CC_MACHINE_BYTES]; /* that the identity digests */
    int64_t started;                /* seconds since 1970: when the first process began */
    double seconds;                 /* of work so far, over all processes */
    const char *plan; /* the algorithms that both plans chose; read by cc_checkpoint_read_plan alone */
    int64_t epoch, best_epoch, step; /* whole epochs, 0 of none; steps of all epochs */
    double best;                     /* the monitored score of the best epoch */
    /* Of the epoch after those, where it was stopped within: batches that steps were taken on (0: none; all
     * of them where it was stopped while it was validated), the sum of their losses, seconds of work. What is
     * drawn at random and the order of items follow from seed, epoch and batch (datasets/loader.h). */
    int64_t batches;
    double loss_sum, epoch_seconds;
    cc_run_epoch *history; /* epoch entries are used, of history_capacity */
    size_t history_capacity;
    float *values, *best_values; /* all of the model's, plain: value_count each */
    size_t value_count;
    float *optimizer; /* its state: optimizer_count, in the backend's own layout */
    size_t optimizer_count;
    float *ema; /* the moving average: ema_count, 0 where there is none; likewise */
    size_t ema_count;
} cc_checkpoint;

typedef enum cc_checkpoint_state {
    CC_CHECKPOINT_NONE,    /* no such file */
    CC_CHECKPOINT_WHOLE,   /* of this run: read */
    CC_CHECKPOINT_FOREIGN, /* of another identity or size, or of another version of this file */
    CC_CHECKPOINT_DAMAGED, /* cut off, changed, or no checkpoint */
} cc_checkpoint_state;

/* Replaces the file of that name. CC_EIO names it; an older checkpoint is then unharmed. */
cc_status cc_checkpoint_write(const char *path, const cc_checkpoint *checkpoint);

/* Fills in *checkpoint where *state is CC_CHECKPOINT_WHOLE; otherwise its scalars stay as they were, and its
 * arrays may hold anything.
 *   CC_EIO      the file exists and cannot be opened
 *   CC_EFORMAT  it is whole, but weights in it are NaN or infinite: which array, and how many
 *   CC_ENOMEM */
cc_status cc_checkpoint_read(cc_checkpoint_state *state, cc_checkpoint *checkpoint, const char *path);

/* The text `plan` alone, of a checkpoint with the identity and machine of `like`: plans are made before
 * there are arrays to read the rest into. *out is NULL where there is none such; else the caller frees it.
 * CC_EIO, CC_ENOMEM. */
cc_status cc_checkpoint_read_plan(char **out, const cc_checkpoint *like, const char *path);

#endif
