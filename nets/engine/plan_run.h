/* nets/engine/plan_run.h -- a plan's passes: forward, backward, and what can be asked between them.
 *
 * Users include nets/engine/plan.h. Passes of one plan follow each other on one thread; none allocates. */
#ifndef CC_NETS_ENGINE_PLAN_RUN_H
#define CC_NETS_ENGINE_PLAN_RUN_H

#include "nets/engine/plan_types.h"

/* Runs the net on plain float32 input [n][in_channels][height][width], of a net of volumes
 * [n][in_channels][depth][height][width]; *logits (borrowed, plain [n][classes][height][width] or the
 * like; several outputs one behind the other, as cc_plan_heads has them) stays until the plan runs again. */
cc_status cc_plan_forward(cc_plan *plan, const float *input, const float **logits);
/* The same in two parts, for a host that has other work: a backend with memory of its own computes between
 * them. `input` stays until `end`, the logits of which stay until the next `end`. */
cc_status cc_plan_begin(cc_plan *plan, const float *input);
cc_status cc_plan_end(cc_plan *plan, const float **logits);
/* The whole in the backend's memory, input and logits both; may return before it has run. */
cc_status cc_plan_start_forward(cc_plan *plan, const float *input, const float **logits);

/* Which step the next passes belong to: with the plan's seed it names what training draws (0 at first). */
cc_status cc_plan_set_step(cc_plan *plan, int64_t step);

/* After a forward pass of a training plan: gradients of all trained parameters from those of the logits
 * (plain), whose place is the model's (cc_model_flat). */
cc_status cc_plan_backward(cc_plan *plan, const float *logits_gradient);
/* The same in the backend's memory; may return before it has run. */
cc_status cc_plan_start_backward(cc_plan *plan, const float *logits_gradient);

/* An activation between a forward pass and the backward pass of a training plan, plain N,C,pixels. Only one
 * that a backward pass reads is still there (an input of a node whose op says CC_READS_INPUT), but for a plan
 * that keeps its values (cc_plan_options.keeps_values), which has all. A backward pass
 * after `set` takes the values set for those of the forward pass. Both allocate: they are for checks. */
cc_status cc_plan_get_value(float *values, const cc_plan *plan, cc_value value);
cc_status cc_plan_set_value(cc_plan *plan, cc_value value, const float *values);
/* In the same place: runs the forward step of one node again, on its inputs as they are now, so that what it
 * keeps for its backward pass follows from values that were set. The plan keeps its values; the node is one
 * whose forward step changes nothing but its output (no running statistics). */
cc_status cc_plan_repeat(cc_plan *plan, int node);

/* From now on the plan adds up how long each node takes; a plan that was never asked does not look at the
 * clock. *out is borrowed, an entry a node, as long as the plan; all zero when this returns. */
cc_status cc_plan_time(const cc_node_time **out, cc_plan *plan);
/* Whether it was asked. */
bool cc_plan_is_timed(const cc_plan *plan);

#endif
