/* nets/optimizers/sgd/sgd.c -- stochastic gradient descent with momentum (Polyak 1964; Sutskever et al., On
 * the importance of initialization and momentum in deep learning, 2013), as torch.optim.SGD without
 * dampening.
 *
 *   g += wd p;  m = momentum m + g;  p -= lr m
 * With Nesterov's momentum (Nesterov 1983, in the form of Sutskever et al., section 2.1, rewritten at the
 * point that is looked ahead to): p -= lr (g + momentum m). Without momentum there is no m, and nothing but
 * weights and gradients is read: p -= lr g. */
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

/* Nesterov's: the step goes along what the buffer will be once this gradient is in it. */
CC_HOT static void step_nesterov(float *restrict params, const float *restrict grads, float *restrict buffer,
                                 size_t count, double lr, double decay, double share) {
    for (size_t i = 0; i < count; i++) {
        double p = params[i], g = grads[i] + decay * p, m = share * buffer[i] + g;
        buffer[i] = (float)m;
        params[i] = (float)(p - lr * (g + share * m));
    }
}

static void step(const cc_optimizer_block *block, const cc_optimizer_spec *spec, double lr, int64_t step) {
    (void)step;
    if (spec->momentum == 0)
        step_plain(block->params, block->grads, block->count, lr, spec->weight_decay);
    else
        (spec->nesterov ? step_nesterov : step_momentum)(block->params, block->grads, block->state[0],
                                                         block->count, lr, spec->weight_decay,
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

static const cc_hyperparameter nesterov = {
    .name = "nesterov",
    .offset = offsetof(cc_optimizer_spec, nesterov),
    .flag = true,
    .initial = "false",
    .usual = "false",
    .meaning =
        "whether the momentum is Nesterov's: the step takes the gradient once more, ahead of the buffer"};

static cc_status check(const cc_optimizer_spec *spec) {
    if (!spec->nesterov || spec->momentum > 0) return CC_OK;
    return cc_fail(CC_ECONFIG, "optimizer.nesterov", "set optimizer.momentum, as nnU-Net's 0.99",
                   "there is no momentum to look ahead with");
}

const cc_optimizer_kind cc_optimizer_sgd = {
    .name = "sgd",
    .hyperparameters =
        (const cc_hyperparameter *const[]){&momentum, &nesterov, &cc_optimizer_weight_decay, NULL},
    .check = check,
    .state_count = state_count,
    .step = step};
