/* nets/engine/learner.h -- one training step: forward, loss, backward, clipping, optimiser.
 *
 * The learner owns what a step needs beside its plan: the loss and its gradient, the numbers of the loss
 * that are trained with the net (cc_loss_parameters), the optimiser's state, the place of images and
 * targets on a device. The learning rate comes from outside at each step (nets/engine/schedule.h); so does
 * the moving average of the weights (nets/engine/ema.h), which is updated after it. */
#ifndef CC_NETS_ENGINE_LEARNER_H
#define CC_NETS_ENGINE_LEARNER_H

#include "nets/engine/host_view.h"
#include "nets/engine/plan_build.h"
#include "nets/engine/plan_run.h"
#include "nets/losses/loss.h"
#include "nets/optimizers/optimizer.h"

typedef struct cc_learner cc_learner;

/* `plan` is a training plan of `model`; both outlive the learner, as do the specs' strings. CC_ECONFIG for a
 * loss or an optimiser that makes no sense, or a loss that does not suit the net's outputs; CC_EUNSUPPORTED
 * for one that the backend lacks, CC_ENOMEM. */
cc_status cc_learner_create(cc_learner **out, cc_model *model, cc_plan *plan, const cc_loss_spec *loss,
                            const cc_optimizer_spec *optimizer);
void cc_learner_destroy(cc_learner *learner);

/* Adds the bytes that a learner would take to two sums: those of the optimiser's state, and the rest. `plan`
 * may be measured; a loss or an optimiser that is NULL takes nothing. */
void cc_learner_measure(size_t *optimizer_bytes, size_t *other_bytes, cc_model *model, const cc_plan *plan,
                        const cc_loss_spec *loss, const cc_optimizer_spec *optimizer);
/* Bytes of the targets that one step is given; a loss that is NULL, or does not suit the net, takes masks. */
size_t cc_learner_target_bytes(const cc_plan *plan, const cc_loss_spec *loss);
/* The same with those of auxiliary outputs, which the learner makes: what the backend is fed. */
size_t cc_learner_fed_bytes(const cc_plan *plan, const cc_loss_spec *loss);

/* input [n][in_channels][pixels], target [n][classes][pixels] or [n][1][pixels], as the loss takes masks or
 * class numbers (cc_loss_target), plain float32, of the plan's n; targets of several outputs lie one behind
 * the other, in the order of cc_plan_heads, but for those of auxiliary outputs: the target of the first is
 * theirs too, and the loss is that of all levels (nets/losses/levels.h). *loss is the loss before the step.
 * Allocates nothing. CC_EINVAL where the loss is no number or infinite: the weights and the optimiser's state
 * are then those before the step. */
cc_status cc_learner_step(cc_learner *learner, const float *input, const float *target, double lr,
                          double *loss);

/* The same in parts. A backend with memory of its own leaves the host free between `start` and `finish`, and
 * takes what the next step needs (`feed`) while this one runs; on others `input` and `target` stay as they
 * are until `start` has returned. */
cc_status cc_learner_feed(cc_learner *learner, const float *input, const float *target);
cc_status cc_learner_start(cc_learner *learner, double lr);
cc_status cc_learner_finish(cc_learner *learner, double *loss);

/* The end of a step alone: clips and applies the gradients that the model holds, and those of the loss's own
 * numbers, on the host (NULL where it has none). Clipping bounds the net's gradient, not theirs. */
cc_status cc_learner_apply(cc_learner *learner, double lr, const float *loss_gradients);

/* What a checkpoint needs beside the model's values, both borrowed: the optimiser's state with the loss's
 * trained numbers behind it, and the number of steps taken. */
cc_host_view *cc_learner_state(cc_learner *learner);
int64_t *cc_learner_steps(cc_learner *learner);
/* Puts all of that back to where training starts. */
cc_status cc_learner_reset(cc_learner *learner);

/* The loss's trained numbers as they are now; returns how many, 0 where it has none, in *count. */
cc_status cc_learner_loss_parameters(float values[CC_LOSS_PARAMETERS_MAX], int *count,
                                     const cc_learner *learner);

#endif
