/* experiments/evaluation/predictor.c -- the test, the pictures and `calcade predict` all predict through
 * here, so that they cannot differ. */
#include "experiments/evaluation/predictor.h"

cc_status cc_predictor_run(const cc_predictor *p, const cc_split_part *slices, cc_prediction_sink *sink,
                           void *context) {
    cc_status status = CC_OK;
    cc_evaluation ignored;
    cc_evaluator *evaluator = NULL;
    cc_net_view_part part;
    if (p->ensemble) return cc_ensemble_run(p->ensemble, slices, p->mirrors, sink, context);
    CC_TRY(cc_net_view_part_init(&part, p->view, slices));
    cc_evaluation_source source = cc_net_view_test(p->view, &part, p->plan);
    if (p->mirrors) source.mirrors = *p->mirrors;
    CC_CHECK(cc_evaluator_create(&evaluator, &source));
    CC_CHECK(cc_evaluator_run(&ignored, evaluator, sink, context));
done:
    cc_evaluator_destroy(evaluator);
    cc_net_view_part_deinit(&part);
    return status;
}
