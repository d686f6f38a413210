/* nets/optimizers/adamw/adamw.c -- Adam with decoupled weight decay (Loshchilov & Hutter, Decoupled Weight
 * Decay Regularization, 2019), as torch.optim.AdamW: the decay is scaled by the learning rate. */
#include "nets/optimizers/adam/adam.h"

static void step(const cc_optimizer_block *block, const cc_optimizer_spec *spec, double lr, int64_t step) {
    cc_adam_step(block, spec, lr, step, 0, 1 - lr * spec->weight_decay);
}

const cc_optimizer_kind cc_optimizer_adamw = {"adamw", cc_adam_check, cc_adam_state_count, step};
