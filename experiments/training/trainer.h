/* experiments/training/trainer.h -- one run from its data to its result file.
 *
 * Epochs are compared on the validation part: its slices, as the test is counted; but the windows of stage 3
 * lie around its true lesions and around what stage 2 marked falsely, where those of the test lie around all
 * that stage 2 marked. What stage 2 missed therefore counts for the choice, and not for the test. */
#ifndef CC_EXPERIMENTS_TRAINING_TRAINER_H
#define CC_EXPERIMENTS_TRAINING_TRAINER_H

#include <stdbool.h>
#include "experiments/planning/run_plan.h"
#include "nets/engine/backend.h"

/* Trains with early stopping, keeps the best epoch, tests it, and writes run->path; the stage "cascade" trains
 * nothing and tests its chain. Computes with run->threads from here on. The runs upstream are done, and the
 * plan was refreshed since. A checkpoint beside the result is taken up where there is one that fits, and
 * removed once the result is written. A stale or damaged result is kept under another name. *trained is false
 * where another process finished the run meanwhile.
 *   CC_EINTERRUPTED  a signal came; the checkpoint of the last whole epoch stays
 *   CC_EINVAL        the loss, a weight or the optimiser's state is no number: the epoch and the layer
 *   CC_EIO           the disk, or another process is at work on the same run */
cc_status cc_train_run(bool *trained, const cc_planned_run *run, const cc_backend *backend);

#endif
