/* nets/optimizers/adamw/adamw.c -- Adam with decoupled weight decay (Loshchilov & Hutter, Decoupled Weight
 * Decay Regularization, 2019), as torch.optim.AdamW: p *= 1 - lr wd, then Adam's step. The decay is
 * scaled by the learning rate and does not pass through the moments. */
#include "nets/optimizers/adam/adam.h"

static void step(const cc_optimizer_block *block, const cc_optimizer_spec *spec, double lr, int64_t step) {
    cc_adam_step(block, spec, lr, step, 0, 1 - lr * spec->weight_decay);
}

static const cc_hyperparameter weight_decay = {.name = "weight_decay",
                                               .offset = offsetof(cc_optimizer_spec, weight_decay),
                                               .max = 1000,
                                               .initial = "0.01",
                                               .meaning =
                                                   "taken off the weight itself, times the learning rate"};

const cc_optimizer_kind cc_optimizer_adamw = {
    .name = "adamw",
    .hyperparameters = (const cc_hyperparameter *const[]){&weight_decay, &cc_adam_betas, &cc_adam_eps, NULL},
    .state_count = cc_adam_state_count,
    .step = step};
