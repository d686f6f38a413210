/* experiments/cascade/patients.h -- patients whom two runs of a cascade share: one that an upstream run
 * was trained on must not be tested here, and one that it tests must not be trained on here.
 *
 * On the same data (by digest) a patient is his name, and whom the upstream run tested stands in its
 * file. On other data its config is split again, and patients are compared in two ways: by name, where
 * both datasets have one layout (a name is then the same person's, whatever voxels are stored with it),
 * and by the digest of each scan's voxels (a scan is then the same whatever it is called). */
#ifndef CC_EXPERIMENTS_CASCADE_PATIENTS_H
#define CC_EXPERIMENTS_CASCADE_PATIENTS_H

#include <stdbool.h>
#include "datasets/split.h"
#include "experiments/planning/run_plan.h"
#include "results/run.h"

typedef struct cc_patients_found {
    /* A patient of the test part was not in the test part of an upstream run, which has then trained on that
     * patient or chosen its epoch by it. Each such run is a warning. */
    bool leaks;
    /* Stage 3 learns from what a net of stage 2 says of patients whom that net has seen. */
    bool in_sample;
} cc_patients_found;

/* Looks at all runs upstream of a run; nothing is found for slices of no dataset (data_digest ""). Whether
 * the stage 3 of a cascade has learnt in_sample is not looked at: its file says so.
 *   CC_ECONFIG       a run of stage 3 learns from a test patient of its stage 2: what stage 2 marks of those
 *                    is what the cascade is scored by; a member of an ensemble, on other data, has
 *                    seen a test patient. Names the first such patient
 *   CC_EINTERRUPTED  a signal came
 *   others           as cc_upstream_read, cc_data_open, cc_data_split and cc_scan_facts_read */
cc_status cc_patients_check(cc_patients_found *out, const cc_planned_run *run, const cc_slice_set *base,
                            const cc_split *split);

/* Whether a patient of that name is among those whom a run tested. */
bool cc_patients_is_tested(const cc_run *run, const char *patient);

#endif
