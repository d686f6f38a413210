/* experiments/cascade/patients.h -- whom the runs of a chain have seen: what was trained on must not be
 * tested. */
#ifndef CC_EXPERIMENTS_CASCADE_PATIENTS_H
#define CC_EXPERIMENTS_CASCADE_PATIENTS_H

#include <stdbool.h>
#include "datasets/split.h"
#include "experiments/planning/run_plan.h"

/* A run of stage 3 must not learn from the calcification run's test patients. Names are compared where both
 * runs have the same kind of source. CC_ECONFIG names the first such patient. */
cc_status cc_patients_check_apart(const cc_planned_run *run, const cc_slice_set *base, const cc_split *split);

/* Whether a patient of the test part was not in the test part of an upstream run on the same data: that run
 * has then learnt from it, or chosen its epoch by it. Of an upstream run on other data of the same layout,
 * perhaps a copy, patients of one name are taken for one. Each such run is warned of. Never said of slices of
 * no dataset (""). */
cc_status cc_patients_leak(bool *out, const cc_planned_run *run, const cc_slice_set *base,
                           const cc_split *split);

#endif
