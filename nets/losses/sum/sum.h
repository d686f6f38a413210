/* nets/losses/sum/sum.h -- what a loss that is made of others asks of its terms. */
#ifndef CC_NETS_LOSSES_SUM_SUM_H
#define CC_NETS_LOSSES_SUM_SUM_H

#include "core/status.h"
#include "nets/engine/hyperparameter.h"
#include "nets/engine/spec.h"

/* The factor of a term, cc_loss_spec.weight; it means something only in a term. */
extern const cc_hyperparameter cc_loss_term_weight;

/* As cc_loss_kind.check: there are terms, not too many, and each makes sense as one. */
cc_status cc_loss_check_terms(const cc_loss_spec *spec, const char *where);

#endif
