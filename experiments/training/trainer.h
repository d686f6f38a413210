/* experiments/training/trainer.h -- trains the net of one run: epochs, the choice of the best one,
 * checkpoints.
 *
 * Epochs are compared on the validation part, slice by slice as in the test. In stage 3 its windows lie
 * around true lesions and around what stage 2 marked falsely, where those of the test lie around all that
 * stage 2 marked: what stage 2 missed counts for the choice, and not for the test (cascade/net_view.h). */
#ifndef CC_EXPERIMENTS_TRAINING_TRAINER_H
#define CC_EXPERIMENTS_TRAINING_TRAINER_H

#include "core/log.h"
#include "experiments/cascade/net_view.h"
#include "experiments/planning/claim.h"
#include "experiments/training/checkpoint.h"
#include "nets/engine/ema.h"
#include "nets/engine/learner.h"
#include "nets/engine/schedule.h"

typedef struct cc_trainer {
    /* Filled in by the caller; borrowed, but for the loader. */
    const cc_planned_run *run;
    cc_run_state state;      /* of the file at run->path now */
    const cc_net_view *view; /* ready before cc_trainer_run */
    const cc_backend *backend;
    cc_claim *claim;             /* on the run; is told of the progress */
    cc_training_batches batches; /* of the training part; owned by the trainer from there on */
    double since_s;              /* cc_clock_s() up to which work is counted in at.seconds */

    /* What a training leaves, for the caller to read. */
    cc_model *model;          /* with the weights of the best epoch */
    cc_plan *evaluation_plan; /* of it, for inference */
    char *choices;            /* the algorithms of both plans, as a result holds them */
    cc_checkpoint at;         /* epochs so far, their scores, the best one, time; also after a failure */
    char loss_numbers
        [256]; /* what the loss has trained of its own, after the last epoch: "0.21 -0.4"; or "" */

    /* Private. */
    char title[160], checkpoint_path[CC_PATH_MAX];
    cc_plan *train_plan;
    cc_learner *learner;
    cc_ema *ema;
    cc_schedule schedule;
    cc_evaluator *validation;
    cc_experiment_config validated; /* the run's, with the loss as the epoch left it */
    cc_progress *progress;
    double began_s;      /* cc_clock_s() at the first step of this process */
    uint64_t began_step; /* steps of all epochs that earlier processes took */
} cc_trainer;

/* Trains with early stopping from the checkpoint beside run->path, or from the start where none fits; a
 * checkpoint is written after every epoch. The caller deinits the trainer whatever the status.
 *   CC_EINTERRUPTED  a signal came; the checkpoint holds the last step, and is what to go on from
 *   CC_EINVAL        the loss, a weight or the optimiser's state is NaN or infinite: the epoch and the layer
 *   CC_EBUSY         the claim on the run was lost
 *   CC_EIO           the disk, or the file of net.weights has changed since the run was planned
 *   CC_ENOMEM, CC_EDEVICE, CC_EUNSUPPORTED  as cc_plan_create and cc_learner_create */
cc_status cc_trainer_run(cc_trainer *trainer);
void cc_trainer_deinit(cc_trainer *trainer); /* takes one that was only filled in */

#endif
