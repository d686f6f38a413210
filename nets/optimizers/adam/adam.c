/* nets/optimizers/adam/adam.c -- Adam (Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015,
 * algorithm 1), as torch.optim.Adam.
 *
 *   g += wd p;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
 *   p -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 * eps stands outside the square root, after the correction of its bias. What does not depend on the element
 * is computed once a step: `size` = lr / (1 - b1^t), `root` = 1 / sqrt(1 - b2^t). */
#include "nets/optimizers/adam/adam.h"

#include <math.h>
#include "core/hot.h"

typedef struct adam_factors {
    double b1, b2, size, root, eps, decay, keep;
} adam_factors;

CC_HOT static void step_block(float *restrict params, const float *restrict grads, float *restrict mean,
                              float *restrict square, size_t count, adam_factors f) {
    for (size_t i = 0; i < count; i++) {
        double p = params[i], g = grads[i] + f.decay * p;
        double m = f.b1 * mean[i] + (1 - f.b1) * g, v = f.b2 * square[i] + (1 - f.b2) * (g * g);
        mean[i] = (float)m;
        square[i] = (float)v;
        params[i] = (float)(f.keep * p - f.size * m / (sqrt(v) * f.root + f.eps));
    }
}

void cc_adam_step(const cc_optimizer_block *block, const cc_optimizer_spec *spec, double lr, int64_t step,
                  double decay, double keep) {
    const double b1 = spec->betas[0], b2 = spec->betas[1];
    adam_factors factors = {.b1 = b1,
                            .b2 = b2,
                            .size = lr / (1 - pow(b1, (double)step)),
                            .root = 1 / sqrt(1 - pow(b2, (double)step)),
                            .eps = spec->eps,
                            .decay = decay,
                            .keep = keep};
    step_block(block->params, block->grads, block->state[0], block->state[1], block->count, factors);
}

const cc_hyperparameter cc_adam_betas = {.name = "betas",
                                         .offset = offsetof(cc_optimizer_spec, betas),
                                         .count = 2,
                                         .max = 1,
                                         .below_max = true,
                                         .initial = "[0.9, 0.999]",
                                         .meaning = "decay of the two moments"};
const cc_hyperparameter cc_adam_eps = {.name = "eps",
                                       .offset = offsetof(cc_optimizer_spec, eps),
                                       .max = 1,
                                       .initial = "1.0e-8",
                                       .meaning = "added to the root of the second moment"};

int cc_adam_state_count(const cc_optimizer_spec *spec) {
    (void)spec;
    return 2;
}

static void step(const cc_optimizer_block *block, const cc_optimizer_spec *spec, double lr, int64_t step) {
    cc_adam_step(block, spec, lr, step, spec->weight_decay, 1);
}

const cc_optimizer_kind cc_optimizer_adam = {
    .name = "adam",
    .hyperparameters =
        (const cc_hyperparameter *const[]){&cc_optimizer_weight_decay, &cc_adam_betas, &cc_adam_eps, NULL},
    .state_count = cc_adam_state_count,
    .step = step};
