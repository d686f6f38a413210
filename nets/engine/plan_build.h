/* nets/engine/plan_build.h -- a plan: a net at one size, ready to run; built, asked, destroyed.
 *
 * Users include nets/engine/plan.h, whose cc_plan_create also explains a lack of memory. What is here is
 * below that: nets/engine/needs.h, which does the explaining, builds plans too. */
#ifndef CC_NETS_ENGINE_PLAN_BUILD_H
#define CC_NETS_ENGINE_PLAN_BUILD_H

#include "nets/engine/plan_types.h"
#include "nets/losses/loss.h"

/* As cc_plan_create (nets/engine/plan.h), but CC_ENOMEM says only what was being allocated. */
cc_status cc_plan_build(cc_plan **out, cc_model *model, const cc_plan_options *options);
void cc_plan_destroy(cc_plan *plan); /* takes NULL */

const cc_graph *cc_plan_graph(const cc_plan *plan);
/* The outputs of the net as a loss sees them, not bound to one yet (cc_loss_bind). Logits and their gradients
 * lie one output behind the other, in this order, wherever a plan or a learner takes or gives them. Auxiliary
 * outputs are those of training plans alone. */
cc_loss_heads cc_plan_heads(const cc_plan *plan);
/* What was chosen, a line a pass: "node pass algorithm implementation ms"; a plan made from this text does
 * the same, to the byte, on the same processor with as many threads. Borrowed. */
const char *cc_plan_choices(const cc_plan *plan);
/* What runs pass number `pass` of a node; its names are NULL where there was no choice. */
cc_choice cc_plan_choice(const cc_plan *plan, int node, cc_pass pass);

/* Bytes the plan holds: activations, gradients of activations, scratch, and what passes between the host and
 * the backend; then the last two of these alone. */
size_t cc_plan_bytes(const cc_plan *plan);
size_t cc_plan_scratch_bytes(const cc_plan *plan);
size_t cc_plan_io_bytes(const cc_plan *plan);

#endif
