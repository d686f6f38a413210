/* experiments/training/finite.h -- weights that have become NaN or infinite end a training, with the layer's
 * name. */
#ifndef CC_EXPERIMENTS_TRAINING_FINITE_H
#define CC_EXPERIMENTS_TRAINING_FINITE_H

#include "experiments/config/config.h"
#include "nets/engine/host_view.h"
#include "nets/engine/model.h"

/* What a training keeps, on the host. */
typedef struct cc_training_values {
    const cc_model *model;
    const float *values; /* as cc_model_get_all: weights, and batch norms' running statistics */
    const cc_host_view *optimizer, *ema; /* as cc_learner_state and cc_ema_state, fetched; both NULL: weights
                                         alone, which need not be the model's own */
} cc_training_values;

/*   CC_EINVAL  a value is no number: one line with `title`, the epoch (from 1), the layer and what to change
 *              in the config */
cc_status cc_training_check_finite(const cc_training_values *values, const char *title, int64_t epoch,
                                   const cc_optimizer_spec *optimizer);

#endif
