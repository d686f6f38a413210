/* experiments/evaluation/measure.h -- lesions and calcium of each test patient, stage by stage.
 *
 * Of each scan of the test part: pixel counts, lesions (metrics/lesions.h), volume and Agatston score
 * (metrics/calcium.h), of the truth and of what each stage of the cascade marks; and, as a baseline without a
 * net of stages 2 and 3, all above 130 HU within the region of interest. */
#ifndef CC_EXPERIMENTS_EVALUATION_MEASURE_H
#define CC_EXPERIMENTS_EVALUATION_MEASURE_H

#include "experiments/evaluation/testing.h"

typedef struct cc_measures {  /* the arena owns all */
    cc_run_patient *patients; /* in the order of the test part */
    size_t patient_count;
    cc_run_stage *stages; /* by stage, then by patient; of stage 1 only where it made regions */
    size_t stage_count;
    cc_run_baseline *baselines; /* "roi_threshold", where stage 1 made regions */
    size_t baseline_count;
} cc_measures;

/* From the test's masks. HU are those of the dataset, never matched ones. Lesions are not known (-1) where
 * the test part holds a scan in part only, or its slices differ in size; volume and Agatston score (NaN)
 * neither, nor where its spacing is not known. Of the roi stage nothing is measured: *out is empty.
 *   CC_ENOMEM; else as cc_slice_set_read, cc_lesions_count and cc_calcium_measure */
cc_status cc_measure_patients(cc_measures *out, const cc_test *test, cc_arena *arena);

#endif
