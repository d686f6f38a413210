/* experiments/evaluation/measure.h -- lesions and calcium of each test patient, stage by stage. */
#ifndef CC_EXPERIMENTS_EVALUATION_MEASURE_H
#define CC_EXPERIMENTS_EVALUATION_MEASURE_H

#include "experiments/evaluation/testing.h"

/* Fills in patients and stages from the test's masks. HU are those of the dataset, never matched ones.
 * Lesions are not known where the test part holds a scan in part only, or its slices differ in size; volume
 * and Agatston score, where its spacing is not known either. */
cc_status cc_measure_patients(cc_test *test, const cc_dataset *dataset, cc_arena *arena);

#endif
