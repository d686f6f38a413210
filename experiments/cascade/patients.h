/* experiments/cascade/patients.h -- patients whom two runs of a cascade share: one that an upstream run
 * was trained on must not be tested here, and one that it tests must not be trained on here. */
#ifndef CC_EXPERIMENTS_CASCADE_PATIENTS_H
#define CC_EXPERIMENTS_CASCADE_PATIENTS_H

#include <stdbool.h>
#include "datasets/split.h"
#include "experiments/planning/run_plan.h"

/* A run of stage 3 must not learn from the calcification run's test patients: what stage 2 marks of those is
 * what the cascade is scored by. Names are compared where both runs have the same kind of source.
 *   CC_ECONFIG  names the first such patient
 *   others      as cc_upstream_read */
cc_status cc_patients_check_apart(const cc_planned_run *run, const cc_slice_set *base, const cc_split *split);

/* *out: whether a patient of the test part was not in the test part of an upstream run on the same data,
 * which has then trained on that patient, or chosen its epoch by it. Where the upstream run has other data
 * of the same layout, perhaps a copy, patients of one name are taken to be the same. Each such run is a
 * warning. Always false for slices of no dataset (data_digest ""). As cc_upstream_read, cc_data_open and
 * cc_data_split. */
cc_status cc_patients_leak(bool *out, const cc_planned_run *run, const cc_slice_set *base,
                           const cc_split *split);

#endif
