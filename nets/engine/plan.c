/* nets/engine/plan.c -- a plan, and where memory lacks the largest batch that fits.
 *
 * Apart from plan_build.c because the explanation builds plans itself, to measure them: this is the one place
 * that knows both. */
#include "nets/engine/plan.h"

#include "nets/engine/model_memory.h"
#include "nets/engine/model_parts.h"
#include "nets/engine/needs.h"

cc_status cc_plan_create(cc_plan **out, cc_model *model, const cc_plan_options *options) {
    cc_status status = cc_plan_build(out, model, options);
    if (status != CC_ENOMEM || options->measured) return status;
    const cc_use use = {.trains = options->training,
                        .infers = !options->training,
                        .n = options->n,
                        .depth = options->depth,
                        .height = options->height,
                        .width = options->width,
                        .dtype = options->dtype,
                        .tf32 = options->tf32};
    return cc_needs_explain(&model->spec, model->backend, &use, cc_model_held(model));
}
