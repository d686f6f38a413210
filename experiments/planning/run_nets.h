/* experiments/planning/run_nets.h -- the nets that a planned run stands on: its own, those upstream, those of
 * an ensemble's members; which of them decides, and whether all of them fit the run's data. */
#ifndef CC_EXPERIMENTS_PLANNING_RUN_NETS_H
#define CC_EXPERIMENTS_PLANNING_RUN_NETS_H

#include "experiments/planning/run_plan.h"

/* The run whose net has the last word: the run itself, or of a cascade the last one upstream. Of an ensemble
 * that of its first member: all tell the same classes apart. */
const cc_planned_run *cc_planned_run_net(const cc_planned_run *run);
/* Whether the nets of a run, its own and those upstream, can be shown a set, and whether the labels of the
 * run's data are those that the last of them tells apart. As cc_data_check_channels and cc_data_targets. */
cc_status cc_planned_run_check_nets(const cc_planned_run *run, const cc_slice_set *set);

#endif
