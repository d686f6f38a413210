/* experiments/evaluation/ensemble.h -- the members of an ensemble over the slices that it tests, each as in
 * its own test, and what they say combined.
 *
 * Each member takes the steps of its own run (upstream nets, regions, windows, threshold, evaluate.above_hu
 * and evaluate.mirrors) on the ensemble's slices; its file gives the weights. The ensemble's own threshold,
 * above_hu and mirrors come on top. */
#ifndef CC_EXPERIMENTS_EVALUATION_ENSEMBLE_H
#define CC_EXPERIMENTS_EVALUATION_ENSEMBLE_H

#include "experiments/cascade/net_view.h"

typedef struct cc_ensemble cc_ensemble;

/* Prepares all members for the test part of the view (borrowed, of a run of stage "ensemble"): upstream nets
 * predict here. As cc_cascade_predict, cc_net_view_init and cc_member_seen. */
cc_status cc_ensemble_create(cc_ensemble **out, const cc_net_view *view, const cc_backend *backend);
void cc_ensemble_destroy(cc_ensemble *ensemble); /* takes NULL */

/* As cc_cascade: of any member. */
bool cc_ensemble_leaks(const cc_ensemble *ensemble);
bool cc_ensemble_is_in_sample(const cc_ensemble *ensemble);

/* Predicts some slices of the test part, ascending. `mirrors` NULL: as the configs say; else the axes that
 * stand for theirs. As cc_upstream_net_init_as_tested, cc_evaluator_run and cc_combination_run. */
cc_status cc_ensemble_run(cc_ensemble *ensemble, const cc_split_part *slices, const unsigned *mirrors,
                          cc_prediction_sink *sink, void *context);

#endif
