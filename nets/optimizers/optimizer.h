/* nets/optimizers/optimizer.h -- optimisers: one step over one flat range of parameters.
 *
 * The formulas are PyTorch's (torch.optim.SGD, Adam, AdamW; tests compare with its float64 results):
 * arithmetic in double, parameters and state stored as float32. t is the step, from 1; g the gradient.
 *
 *   sgd    g += wd p;  m = momentum m + g;  p -= lr m         (momentum 0: no state, p -= lr g)
 *   adam   g += wd p;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
 *          p -= lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps)         (Kingma & Ba 2015)
 *   adamw  p *= 1 - lr wd;  then as adam without wd in g                     (Loshchilov & Hutter 2019)
 *
 * An optimiser is one file in nets/optimizers/ and one line in nets/optimizers/optimizer.c. */
#ifndef CC_NETS_OPTIMIZERS_OPTIMIZER_H
#define CC_NETS_OPTIMIZERS_OPTIMIZER_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"
#include "nets/engine/spec.h"

/* Whether the optimiser exists and its values make sense; call it before anything runs.
 *   CC_ECONFIG  with the field ("optimizer.eps") and the words or range allowed */
cc_status cc_optimizer_check(const cc_optimizer_spec *spec);

/* The name of optimiser number `index`, from 0; NULL after the last. */
const char *cc_optimizer_name(int index);

/* How many arrays as long as the parameters it keeps between steps: 0, 1 or 2. `spec` has passed
 * cc_optimizer_check. */
int cc_optimizer_state_count(const cc_optimizer_spec *spec);

/* Scales gradients down where their Euclidean norm is above max_norm: by max_norm / (norm + 1e-6), as
 * torch.nn.utils.clip_grad_norm_. The result does not depend on the number of threads. */
void cc_optimizer_clip(float *grads, size_t count, double max_norm);

/* One step. Elements do not depend on each other: a range may be stepped in parts, in any order.
 *   lr     in place of spec->lr, for schedules
 *   step   1 for the first
 *   params [count], updated
 *   grads  [count]
 *   state  [cc_optimizer_state_count][count], all zero before the first step, updated; NULL where there is
 *          none
 *   CC_ECONFIG  no such optimiser; nothing is written */
cc_status cc_optimizer_step(const cc_optimizer_spec *spec, double lr, int64_t step, float *params,
                            const float *grads, float *state, size_t count);

#endif
