/* experiments/evaluation/testing.h -- a run's test part through its net: pixel counts of each slice, at
 * the run's threshold and at others; sums by probability; and the masks, packed with what they are counted
 * by. What they amount to for lesions and patients is measure.h's. */
#ifndef CC_EXPERIMENTS_EVALUATION_TESTING_H
#define CC_EXPERIMENTS_EVALUATION_TESTING_H

#include "experiments/cascade/net_view.h"
#include "experiments/evaluation/measure.h"
#include "experiments/evaluation/predictor.h"
#include "results/masks.h"
#include "results/store.h"

typedef struct cc_test {
    const cc_net_view *view; /* borrowed: what was tested */
    cc_run_slice *slices;    /* [slice_count], in the order of the test part */
    size_t slice_count;
    cc_run_cuts cuts; /* at 0.05, 0.10, ..., 0.95 */
    cc_run_calibration *calibration;
    size_t calibration_count;
    cc_masks *masks; /* of the base: what the last stage marks of the test part */
    cc_run_masks_packer packed;
    bool arteries; /* labels of the truth are arteries, 1 to 3 */
} cc_test;

/* Predicts the test part. The arena owns
 * all but the masks, packed or not. A net whose every pixel is of one class is a warning. On failure there is
 * nothing to deinit. CC_ENOMEM; else as cc_predictor_run. */
cc_status cc_testing_run(cc_test *out, const cc_predictor *predictor, cc_arena *arena);
void cc_testing_deinit(cc_test *test); /* takes a zeroed one */

/* What was tested, as measure.h measures it. It borrows the test; *masks is room for what it points to. */
cc_measure_source cc_testing_measured(cc_run_masks *masks, const cc_test *test);

/* The class of each predicted pixel of a test slice, number `number` of the test part, that the masks hold:
 * of a net that tells regions the region of its lesion. classes[height*width]; there are several. As
 * cc_run_masks_unpack. */
cc_status cc_testing_classes(uint8_t *classes, const cc_test *test, size_t number);

/* What a stage marks of a test slice, out[height*width]: in the roi stage the whole region, else its
 * pixels. */
void cc_testing_stage_mask(uint8_t *out, const cc_test *test, cc_cascade_stage stage, size_t slice);

#endif
