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

/* Merges the plan into the list of the results folder. Processes that do so at once take turns through a
 * claim on the file (planning/claim.h), so that all their runs are in it, on any shared disk.
 *   CC_EBUSY        another process has the claim, and for a lease's time did not let go of it
 *   CC_EINTERRUPTED a signal came meanwhile
 *   others          as cc_claim_take, cc_manifest_read and cc_manifest_write */
cc_status cc_planned_save(const cc_run_plan *plan, const char *results_dir);

#endif
