/* experiments/evaluation/result_copy.h -- the result of a run that is the same as an earlier one of its
 * plan. */
#ifndef CC_EXPERIMENTS_EVALUATION_RESULT_COPY_H
#define CC_EXPERIMENTS_EVALUATION_RESULT_COPY_H

#include <stdbool.h>
#include "experiments/planning/run_plan.h"

/* Makes the file of a run from that of the earlier one (run->same_as): the same numbers under its own
 * experiment and variant. *made is false where it was done already.
 *   CC_ENOTFOUND  the earlier run is not done
 *   CC_EIO        the disk, or another process is at work on the same run
 *   others        as cc_run_read */
cc_status cc_result_copy(bool *made, const cc_planned_run *run);

#endif
