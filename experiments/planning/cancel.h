/* experiments/planning/cancel.h -- the wish that the runs of a plan stop, on whatever machines they are: a
 * file PLAN.cancelled beside the plan, which `calcade run --plan` looks for before a run and after its steps.
 */
#ifndef CC_EXPERIMENTS_PLANNING_CANCEL_H
#define CC_EXPERIMENTS_PLANNING_CANCEL_H

#include "core/file.h"

cc_status cc_cancel_path(char out[CC_PATH_MAX], const char *plan_path);
/* Makes it, or takes it away, where it is there. CC_EIO */
cc_status cc_cancel_set(const char *plan_path, bool cancelled);
/* CC_EINTERRUPTED where it is there. */
cc_status cc_cancel_check(const char *plan_path);

#endif
