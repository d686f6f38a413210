/* nets/losses/sum/sum.h -- what a sum of losses asks of its terms. */
#ifndef CC_NETS_LOSSES_SUM_SUM_H
#define CC_NETS_LOSSES_SUM_SUM_H

#include "nets/engine/hyperparameter.h"

/* The factor of a term, cc_loss_spec.weight; it means something only in a term of a sum. */
extern const cc_hyperparameter cc_loss_term_weight;

#endif
