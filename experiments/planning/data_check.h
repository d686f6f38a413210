/* experiments/planning/data_check.h -- whether a run's dataset stays what it was while the run is made.
 *
 * Its digest is made once, when the run is planned; slices are decoded from their files for as long as it
 * trains, and a cache keeps them. A file that somebody replaces meanwhile would be trained on under the digest
 * of the old one. */
#ifndef CC_EXPERIMENTS_PLANNING_DATA_CHECK_H
#define CC_EXPERIMENTS_PLANNING_DATA_CHECK_H

#include "experiments/planning/run_plan.h"

/* To be asked before anything that was made of the slices is kept. Nothing where the run has no dataset, or
 * one whose source looks at each scan as it is read.
 *   CC_EIO  files were changed, removed or added, and their digest is another
 *   others  as cc_data_is_unchanged: a file cannot be read any more */
cc_status cc_data_check_kept(const cc_planned_run *run);

#endif
