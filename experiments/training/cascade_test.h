/* experiments/training/cascade_test.h -- a chain of trained nets, tested as one method. */
#ifndef CC_EXPERIMENTS_TRAINING_CASCADE_TEST_H
#define CC_EXPERIMENTS_TRAINING_CASCADE_TEST_H

#include "experiments/planning/run_plan.h"
#include "nets/engine/backend.h"

/* Tests a run of stage "cascade", whose upstream runs are done, and writes run->path; `state` is that of the
 * file that is there. Nothing is trained, so that a stopped test starts again; what upstream nets marked is
 * kept. */
cc_status cc_chain_test(const cc_planned_run *run, cc_run_state state, const cc_backend *backend);

#endif
