/* nets/optimizers/adam/adam.h -- what Adam and AdamW share; private to nets/optimizers/. */
#ifndef CC_NETS_OPTIMIZERS_ADAM_ADAM_H
#define CC_NETS_OPTIMIZERS_ADAM_ADAM_H

#include "nets/optimizers/kind.h"

/* One step of Adam: `decay` times the parameter is added to the gradient; the parameter is first multiplied
 * by `keep`. */
void cc_adam_step(const cc_optimizer_block *block, const cc_optimizer_spec *spec, double lr, int64_t step,
                  double decay, double keep);
cc_status cc_adam_check(const cc_optimizer_spec *spec);
int cc_adam_state_count(const cc_optimizer_spec *spec);

#endif
