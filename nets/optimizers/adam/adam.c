/* nets/optimizers/adam/adam.c -- Adam (Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015), as
 * torch.optim.Adam: eps stands outside the square root, after the correction of its bias. */
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

cc_status cc_adam_check(const cc_optimizer_spec *spec) {
    const double below_1 = 1 - 1e-12;
    CC_TRY(cc_optimizer_check_range("betas[0]", spec->betas[0], 0, below_1));
    CC_TRY(cc_optimizer_check_range("betas[1]", spec->betas[1], 0, below_1));
    return cc_optimizer_check_range("eps", spec->eps, 0, 1e6);
}

int cc_adam_state_count(const cc_optimizer_spec *spec) {
    (void)spec;
    return 2;
}

static void step(const cc_optimizer_block *block, const cc_optimizer_spec *spec, double lr, int64_t step) {
    cc_adam_step(block, spec, lr, step, spec->weight_decay, 1);
}

const cc_optimizer_kind cc_optimizer_adam = {"adam", cc_adam_check, cc_adam_state_count, step};
