/* nets/learner.h -- one training step: forward, loss, backward, clipping, optimiser. */
#ifndef CC_NETS_LEARNER_H
#define CC_NETS_LEARNER_H

#include "nets/loss.h"
#include "nets/model.h"
#include "nets/optimizer.h"

typedef struct cc_learner cc_learner;

/* `plan` is a training plan of `model`; both outlive the learner, as do the specs' strings. CC_ECONFIG for a
 * loss or an optimiser that makes no sense, CC_ENOMEM. */
cc_status cc_learner_create(cc_learner **out, cc_model *model, cc_plan *plan, const cc_loss_spec *loss,
                            const cc_optimizer_spec *optimizer);
void cc_learner_destroy(cc_learner *learner);

/* input [n][in_channels][H][W], target [n][classes][H][W], plain float32, of the plan's n; *loss is the loss
 * before the step. Allocates nothing. CC_EINVAL where the loss is no longer a number: the weights are then of
 * no use. */
cc_status cc_learner_step(cc_learner *learner, const float *input, const float *target, double lr,
                          double *loss);

/* What a checkpoint needs beside the model's values: the optimiser's state (borrowed; `count` values) and its
 * step. */
typedef struct cc_learner_state {
    float *values;
    size_t count;
    int64_t *step;
} cc_learner_state;
cc_learner_state cc_learner_get_state(cc_learner *learner);

#endif
