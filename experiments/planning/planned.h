/* experiments/planning/planned.h -- a plan's runs as entries of the list of planned runs
 * (results/manifest.h), by their requests, which are the same on every machine. */
#ifndef CC_EXPERIMENTS_PLANNING_PLANNED_H
#define CC_EXPERIMENTS_PLANNING_PLANNED_H

#include "experiments/planning/run_plan.h"
#include "results/manifest.h"

/* One entry a run, but for those out of fold, in the order of the plan, which must outlive them; the
 * arena owns the array. */
cc_status cc_planned_entries(const cc_manifest_entry **out, size_t *count, const cc_run_plan *plan,
                             cc_arena *arena);

/* Merges the plan into the list of the results folder. */
cc_status cc_planned_save(const cc_run_plan *plan, const char *results_dir);

#endif
