/* experiments/training/plan_runner.h -- making the runs of a plan, in this process or by workers
 * (planning/jobs.h). */
#ifndef CC_EXPERIMENTS_TRAINING_PLAN_RUNNER_H
#define CC_EXPERIMENTS_TRAINING_PLAN_RUNNER_H

#include "experiments/planning/jobs.h"
#include "experiments/planning/run_plan.h"
#include "nets/engine/backend.h"

/* How a run of the plan has ended so far. Those from CC_RUN_FAILED on leave its file unmade. */
typedef enum cc_run_end {
    CC_RUN_PENDING,
    CC_RUN_AT_WORK,
    CC_RUN_WAS_THERE, /* its file was done already */
    CC_RUN_MADE,
    CC_RUN_FAILED,
    CC_RUN_LEFT_OUT,  /* a run that it needs has failed */
    CC_RUN_STOPPED,   /* on request */
    CC_RUN_ELSEWHERE, /* another process has it, or one that it needs */
    CC_RUN_ENDS
} cc_run_end;

/* Makes run number `index`, unless it was made since it was planned. As cc_pipeline_run and cc_result_copy.
 */
cc_status cc_plan_runner_try(cc_run_end *end, cc_run_plan *plan, int index, const cc_backend *backend);
/* Makes run number `index`; a failure is a warning that names it, and the status. */
cc_status cc_plan_runner_make(cc_run_end *end, cc_run_plan *plan, int index, const cc_backend *backend);
/* That warning, "WHAT has failed: ...", of this thread's error; returns how the run ended: failed,
 * stopped, or elsewhere. */
cc_run_end cc_plan_runner_note_failure(const char *what, cc_status status);

/* What becomes of a run that fails. */
typedef struct cc_plan_runner_rules {
    int retries;    /* it is begun anew so often */
    bool fail_fast; /* then no other run is begun; those at work come to their end */
} cc_plan_runner_rules;

/* Makes every run in order; `ends` has a place for each, zeroed. Where a run fails, those that need it are
 * left out and the others go on, so that CC_OK says nothing of them. CC_EINTERRUPTED ends all; and the
 * fault of a plan's only run is returned instead of noted. */
cc_status cc_plan_runner_run_here(cc_run_end *ends, cc_run_plan *plan, const cc_backend *backend,
                                  const cc_plan_runner_rules *rules);

/* The same by workers, whose tasks are the numbers of runs and whose result is a cc_run_end; each run as soon
 * as those that it needs are done. CC_EINTERRUPTED; CC_EIO where no worker is left. */
cc_status cc_plan_runner_run_jobs(cc_run_end *ends, const cc_run_plan *plan, cc_jobs *jobs,
                                  const cc_plan_runner_rules *rules);

#endif
