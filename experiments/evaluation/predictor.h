/* experiments/evaluation/predictor.h -- whatever predicts the slices of a run: its net, or the members of an
 * ensemble. */
#ifndef CC_EXPERIMENTS_EVALUATION_PREDICTOR_H
#define CC_EXPERIMENTS_EVALUATION_PREDICTOR_H

#include "experiments/evaluation/ensemble.h"

typedef struct cc_predictor { /* all borrowed */
    const cc_net_view *view;
    cc_plan *plan;           /* as in cc_net_view_test; NULL where there is no window, or of an ensemble */
    cc_ensemble *ensemble;   /* NULL: one net */
    const unsigned *mirrors; /* axes in place of evaluate.mirrors; NULL: those */
} cc_predictor;

/* Predicts some slices of the test part, ascending; the sink is called with each. As cc_evaluator_run and
 * cc_ensemble_run. */
cc_status cc_predictor_run(const cc_predictor *predictor, const cc_split_part *slices,
                           cc_prediction_sink *sink, void *context);

#endif
