/* nets/optimizers/optimizer.h -- optimisers: one step over one flat range of parameters.
 *
 * The formulas are PyTorch's (torch.optim.SGD, Adam, AdamW; tests compare with its float64 results):
 * arithmetic in double, parameters and state stored as float32. t is the step, from 1; g the gradient, wd
 * weight_decay, m and v the state. The source of each opens the file of its folder:
 *
 *   sgd    g += wd p;  m = momentum m + g;  p -= lr m         (momentum 0: no state, p -= lr g)
 *          nesterov: p -= lr (g + momentum m)                 (Sutskever et al. 2013)
 *   adam   g += wd p;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
 *          p -= lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps)         (Kingma & Ba 2015)
 *   adamw  p *= 1 - lr wd;  then as adam without wd in g                     (Loshchilov & Hutter 2019)
 *
 * An optimiser is a folder, nets/optimizers/NAME/, and a line in nets/optimizers/optimizers.h; a number that
 * none has yet is a member of cc_optimizer_spec too. NAME.c holds the hyperparameters, the size of the state
 * and the step on the host; NAME_cuda.cu the step on the GPU (nets/optimizers/step.cuh). */
#ifndef CC_NETS_OPTIMIZERS_OPTIMIZER_H
#define CC_NETS_OPTIMIZERS_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/status.h"
#include "nets/engine/hyperparameter.h"
#include "nets/engine/spec.h"
#include "nets/optimizers/optimizers.h"

/* A step over one block of neighbouring elements. */
typedef struct cc_optimizer_block {
    float *params;
    const float *grads;
    float *state[2]; /* as many as there are */
    size_t count;
} cc_optimizer_block;

/* What an optimiser is, as its folder declares it. */
typedef struct cc_optimizer_kind {
    const char *name;                                /* optimizer.type in a config */
    const cc_hyperparameter *const *hyperparameters; /* of cc_optimizer_spec, beside those that all have; NULL
                                                        ends the list; NULL: none */
    /* Of what no range can say; NULL: nothing. */
    cc_status (*check)(const cc_optimizer_spec *spec);
    /* How many arrays as long as the parameters it keeps between steps: 0, 1 or 2. */
    int (*state_count)(const cc_optimizer_spec *spec);
    /* Step number `step`, from 1, at the learning rate lr. */
    void (*step)(const cc_optimizer_block *block, const cc_optimizer_spec *spec, double lr, int64_t step);
} cc_optimizer_kind;

/* What every optimiser has: the learning rate, and the norm that gradients are clipped to. */
extern const cc_hyperparameter cc_optimizer_lr, cc_optimizer_clip_norm;
/* Weight decay as a part of the gradient, wd p (L2 regularisation), of the optimisers that list it. */
extern const cc_hyperparameter cc_optimizer_weight_decay;

/* Optimiser number `index` of nets/optimizers/optimizers.h, from 0; NULL after the last. */
const cc_optimizer_kind *cc_optimizer_at(int index);
/* The optimiser of that name; NULL where there is none (or no name). */
const cc_optimizer_kind *cc_optimizer_find(const char *name);
/* The name of optimiser number `index`, from 0; NULL after the last. */
const char *cc_optimizer_name(int index);
/* Whether the optimiser of that name has a hyperparameter of its own of that name. */
bool cc_optimizer_takes(const char *name, const char *hyperparameter);

/* Whether the optimiser exists and its values make sense; call it before anything runs.
 *   CC_ECONFIG  with the field ("optimizer.eps") and the words or range allowed */
cc_status cc_optimizer_check(const cc_optimizer_spec *spec);

/* As cc_optimizer_kind.state_count; `spec` has passed cc_optimizer_check. */
int cc_optimizer_state_count(const cc_optimizer_spec *spec);

/* Scales gradients down where their Euclidean norm is above max_norm: by max_norm / (norm + 1e-6), as
 * torch.nn.utils.clip_grad_norm_ (Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural
 * networks, 2013). The result does not depend on the number of threads. */
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

/* The list's constants, cc_optimizer_NAME. */
#define X(name, kernels) extern const cc_optimizer_kind cc_optimizer_##name;
CC_OPTIMIZERS(X)
#undef X

#endif
