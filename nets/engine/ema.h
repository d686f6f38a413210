/* nets/engine/ema.h -- the exponential moving average of a model's weights and statistics over the steps.
 *
 *   a = w after the first step;  a = decay a + (1 - decay) w after each other
 * as torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn(decay), buffers included. In float32, in
 * the model's stored form. Source: Polyak & Juditsky, SIAM J. Control Optim. 1992; timm's ModelEma. */
#ifndef CC_NETS_ENGINE_EMA_H
#define CC_NETS_ENGINE_EMA_H

#include "nets/engine/host_view.h"
#include "nets/engine/model.h"

typedef struct cc_ema cc_ema;

/* Of a model that has a plan, and outlives it. decay CC_EMA_OFF: an average that is empty, whose update and
 * swap do nothing. CC_ENOMEM. */
cc_status cc_ema_create(cc_ema **out, cc_model *model, double decay);
void cc_ema_destroy(cc_ema *ema);

/* After step number `step`, from 1. */
cc_status cc_ema_update(cc_ema *ema, int64_t step);
/* Exchanges the model's values and the average's, for validation by the average; a second call undoes it. */
cc_status cc_ema_swap(cc_ema *ema);

/* The average, for a checkpoint: borrowed; its count is 0 where there is none. */
cc_host_view *cc_ema_state(cc_ema *ema);

#endif
