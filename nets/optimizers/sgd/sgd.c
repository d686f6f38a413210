/* nets/optimizers/sgd/sgd.c -- stochastic gradient descent with momentum (Polyak 1964; Sutskever et al., On
 * the importance of initialization and momentum in deep learning, 2013), as torch.optim.SGD without dampening
 * and without Nesterov's variant.
 *
 *   g += wd p;  m = momentum m + g;  p -= lr m
 * Without momentum there is no m, and nothing but weights and gradients is read: p -= lr g. */
#include "core/hot.h"
#include "nets/optimizers/optimizer.h"

CC_HOT static void step_plain(float *restrict params, const float *restrict grads, size_t count, double lr,
                              double decay) {
    for (size_t i = 0; i < count; i++) {
        double p = params[i], g = grads[i] + decay * p;
        params[i] = (float)(p - lr * g);
    }
}

/* The buffer starts at zero, so that the first step's is the gradient. */
CC_HOT static void step_momentum(float *restrict params, const float *restrict grads, float *restrict buffer,
                                 size_t count, double lr, double decay, double share) {
    for (size_t i = 0; i < count; i++) {
        double p = params[i], g = grads[i] + decay * p, m = share * buffer[i] + g;
        buffer[i] = (float)m;
        params[i] = (float)(p - lr * m);
    }
}

static void step(const cc_optimizer_block *block, const cc_optimizer_spec *spec, double lr, int64_t step) {
    (void)step;
    if (spec->momentum == 0)
        step_plain(block->params, block->grads, block->count, lr, spec->weight_decay);
    else
        step_momentum(block->params, block->grads, block->state[0], block->count, lr, spec->weight_decay,
                      spec->momentum);
}

static int state_count(const cc_optimizer_spec *spec) {
    return spec->momentum == 0 ? 0 : 1;
}

static const cc_hyperparameter momentum = {.name = "momentum",
                                           .offset = offsetof(cc_optimizer_spec, momentum),
                                           .max = 1,
                                           .below_max = true,
                                           .initial = "0",
                                           .meaning = "momentum"};

const cc_optimizer_kind cc_optimizer_sgd = {
    .name = "sgd",
    .hyperparameters = (const cc_hyperparameter *const[]){&momentum, &cc_optimizer_weight_decay, NULL},
    .state_count = state_count,
    .step = step};
