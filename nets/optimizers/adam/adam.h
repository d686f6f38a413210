/* nets/optimizers/adam/adam.h -- what Adam and AdamW share; private to nets/optimizers/.
 *
 * AdamW is Adam with the weight decay in another place, so its folder holds that difference alone. */
#ifndef CC_NETS_OPTIMIZERS_ADAM_ADAM_H
#define CC_NETS_OPTIMIZERS_ADAM_ADAM_H

#include "nets/optimizers/optimizer.h"

/* Decay rates b1 and b2 of the two moments, and the term that keeps the quotient finite. */
extern const cc_hyperparameter cc_adam_betas, cc_adam_eps;

/* One step of Adam: `decay` times the parameter is added to the gradient; the parameter is first multiplied
 * by `keep`. */
void cc_adam_step(const cc_optimizer_block *block, const cc_optimizer_spec *spec, double lr, int64_t step,
                  double decay, double keep);
/* Two: the moving averages of the gradient and of its square. */
int cc_adam_state_count(const cc_optimizer_spec *spec);

#endif
