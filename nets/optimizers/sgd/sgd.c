/* nets/optimizers/sgd/sgd.c -- gradient descent with momentum, as torch.optim.SGD (no dampening, no
 * Nesterov). */
#include "core/hot.h"
#include "nets/optimizers/kind.h"

CC_HOT static void step_plain(float *restrict params, const float *restrict grads, size_t count, double lr,
                              double decay) {
    for (size_t i = 0; i < count; i++) {
        double p = params[i], g = grads[i] + decay * p;
        params[i] = (float)(p - lr * g);
    }
}

/* The buffer starts at zero, so that the first step's is the gradient. */
CC_HOT static void step_momentum(float *restrict params, const float *restrict grads, float *restrict buffer,
                                 size_t count, double lr, double decay, double momentum) {
    for (size_t i = 0; i < count; i++) {
        double p = params[i], g = grads[i] + decay * p, m = momentum * buffer[i] + g;
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

static cc_status check(const cc_optimizer_spec *spec) {
    return cc_optimizer_check_range("momentum", spec->momentum, 0, 1);
}

const cc_optimizer_kind cc_optimizer_sgd = {"sgd", check, state_count, step};
