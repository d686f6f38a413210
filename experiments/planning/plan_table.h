/* experiments/planning/plan_table.h -- a plan as a table for people: `calcade run --dry-run`. */
#ifndef CC_EXPERIMENTS_PLANNING_PLAN_TABLE_H
#define CC_EXPERIMENTS_PLANNING_PLAN_TABLE_H

#include "experiments/planning/run_plan.h"

/* On standard output, a line a run, in order: number, stage, experiment, variant, fold, seed, threads (that
 * made it, or are to; "-" where none matter), state, the numbers of the runs upstream, and where its
 * options are not those of its experiment's first run. */
cc_status cc_plan_table_print(const cc_run_plan *plan);

#endif
