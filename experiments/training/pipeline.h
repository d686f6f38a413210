/* experiments/training/pipeline.h -- one run, from its data to its result file. */
#ifndef CC_EXPERIMENTS_TRAINING_PIPELINE_H
#define CC_EXPERIMENTS_TRAINING_PIPELINE_H

#include <stdbool.h>
#include "experiments/planning/run_plan.h"
#include "nets/engine/backend.h"

/* Makes run->path: a run with a net of its own trains and tests it, one of stage "cascade" or "ensemble"
 * tests its upstream nets as one method. Computes with run->threads from here on. The runs upstream are
 * done, and the plan was refreshed since. A training goes on from the checkpoint beside the result where
 * there is one that fits, and removes it once the result is written; a test that was stopped starts again. A
 * stale or damaged result is kept under another name. *made is false where another process finished the run
 * meanwhile.
 *   CC_EINTERRUPTED  a signal came; the checkpoint holds the last step, and is what to go on from
 *   CC_EINVAL        the data have nothing true to learn from; or the loss, a weight or the optimiser's state
 *                    is NaN or infinite: the epoch and the layer
 *   CC_ENOMEM        with what the net needs and how to need less
 *   CC_EBUSY         another process is at work on the same run, or has taken it over
 *   CC_EIO           the disk
 *   others           as the steps that pipeline.c names */
cc_status cc_pipeline_run(bool *made, const cc_planned_run *run, const cc_backend *backend);

#endif
