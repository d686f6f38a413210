/* experiments/cascade/out_of_fold.h -- what stage 2 says of the patients that stage 3 learns from, by
 * nets that have not seen them.
 *
 * A net marks the patients that it was trained on better than any others, so that a stage 3 that learns
 * from such masks meets false findings at the test that it never saw. Here each patient of training and
 * validation is predicted by the one of the run's out_of_fold runs (planning/run_plan.h) that tested that
 * patient.
 * Source: Wolpert, Stacked generalization, Neural Networks 5 (1992), 241-259. */
#ifndef CC_EXPERIMENTS_CASCADE_OUT_OF_FOLD_H
#define CC_EXPERIMENTS_CASCADE_OUT_OF_FOLD_H

#include "experiments/cascade/dataset.h"
#include "experiments/cascade/predictions.h"

/* Replaces the masks of every training and validation slice of the dataset. `like` is the job that the others
 * were predicted by; its net and slices are not looked at.
 *   CC_EFORMAT  a patient to learn from was tested by none of the runs, or by two
 *   others      as cc_upstream_read and cc_predictions_get */
cc_status cc_out_of_fold_predict(cc_masks *masks, const cc_dataset *dataset, const cc_prediction_job *like);

#endif
