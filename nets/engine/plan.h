/* nets/engine/plan.h -- a plan: a net at one size on one backend, its memory taken, ready to run.
 *
 * A plan holds the graph of the net, what each kernel chose, and one piece of memory for activations, their
 * gradients and scratch, reused where lifetimes allow. Running it allocates nothing. Any number of plans
 * (training at batch 2, inference at batch 8, ...) share one model's parameters. One thread at a time uses a
 * model and its plans; kernels use OpenMP threads.
 *
 * What a plan can be asked is in plan_build.h, its passes are in plan_run.h; this header includes both. */
#ifndef CC_NETS_ENGINE_PLAN_H
#define CC_NETS_ENGINE_PLAN_H

#include "nets/engine/plan_build.h"
#include "nets/engine/plan_run.h"

/* The caller owns *out, and destroys it before the model.
 *   CC_ECONFIG, CC_EINVAL  as cc_net_build
 *   CC_EUNSUPPORTED        the backend does not have the precision on this machine, an op, or what `recorded`
 *                          asks for
 *   CC_EFORMAT             `recorded` is no such text
 *   CC_ENOMEM              with the largest batch that fits, where that is known */
cc_status cc_plan_create(cc_plan **out, cc_model *model, const cc_plan_options *options);

#endif
