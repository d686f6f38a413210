/* experiments/training/finite.h -- weights that have become NaN or infinite end a training, with the name
 * of their layer. */
#ifndef CC_EXPERIMENTS_TRAINING_FINITE_H
#define CC_EXPERIMENTS_TRAINING_FINITE_H

#include "experiments/config/config.h"
#include "nets/engine/mirror.h"
#include "nets/engine/model.h"

/* What a training keeps, on the host. */
typedef struct cc_training_values {
    const cc_model *model;
    const float *values;              /* as cc_model_get_all: weights, and batch norms' running statistics */
    const cc_mirror *optimizer, *ema; /* as cc_learner_mirror and cc_ema_mirror, fetched; both NULL: weights
                                         alone, which need not be the model's own */
} cc_training_values;

/* Looks at every value.
 *   CC_EINVAL  one is NaN or infinite: a line with `title`, the epoch (from 1), the layer and what to change
 *              in the config */
cc_status cc_training_check_finite(const cc_training_values *values, const char *title, int64_t epoch,
                                   const cc_optimizer_spec *optimizer);

#endif
