/* experiments/evaluation/testing.h -- a run's test part, predicted and measured: slices, patients, stages. */
#ifndef CC_EXPERIMENTS_EVALUATION_TESTING_H
#define CC_EXPERIMENTS_EVALUATION_TESTING_H

#include "experiments/cascade/dataset.h"
#include "results/store.h"

typedef struct cc_test {
    cc_run_slice *slices; /* [slice_count], in the order of the test part */
    size_t slice_count;
    const cc_run_patient *patients; /* NULL in the roi stage: no calcium is looked for */
    size_t patient_count;
    const cc_run_stage *stages; /* of a run that stands on a roi run, or on a calcification run */
    size_t stage_count;
    cc_run_baseline *baselines; /* "roi_threshold", of a run that stands on a roi run */
    size_t baseline_count;
    cc_run_cuts cuts; /* at 0.05, 0.10, ..., 0.95 */
    cc_masks *masks;  /* of the base: what the last stage marks of the test part */
} cc_test;

/* `plan` as in cc_dataset_evaluation; NULL where there is no window. The arena owns all but the masks. On
 * failure there is nothing to deinit. */
cc_status cc_test_init(cc_test *out, const cc_dataset *dataset, cc_plan *plan, cc_arena *arena);
void cc_test_deinit(cc_test *test); /* takes a zeroed one */

/* What a stage marks of a slice, [height*width]: the whole region, or its pixels. */
void cc_test_stage_mask(uint8_t *out, const cc_test *test, const cc_dataset *dataset, cc_stage stage,
                        size_t slice);

#endif
