/* What plans take, and how large a batch fits. */
#include "nets/plan.h"

#include <stdio.h>

cc_status cc_plan_measure(cc_needs *out, cc_model *model, const cc_plan_options *options) {
    cc_plan_options measured = *options;
    cc_plan *plan;
    measured.measured = true;
    CC_TRY(cc_plan_create(&plan, model, &measured));
    out->plan = cc_plan_bytes(plan);
    out->weights = cc_model_bytes(model, options->training, options->dtype);
    out->optimizer = options->training ? 2 * sizeof(float) * (size_t)cc_model_trained_values(model) : 0;
    cc_plan_destroy(plan);
    return CC_OK;
}

/* The model's own memory is taken already. */
static bool fits(cc_model *model, const cc_plan_options *options, int64_t batch, size_t room) {
    cc_plan_options smaller = *options;
    cc_needs needs;
    smaller.n = batch;
    smaller.recorded = NULL;
    smaller.tuning = CC_TUNING_FIXED;
    return cc_plan_measure(&needs, model, &smaller) == CC_OK && needs.plan + needs.optimizer <= room;
}

cc_status cc_plan_explain_memory(cc_model *model, const cc_plan_options *options) {
    const cc_backend *backend = model->backend;
    size_t room = backend->store->available();
    cc_needs needs = {0};
    CC_TRY(cc_plan_measure(&needs, model, options));
    if (room == 0) return cc_fail_memory("activations", needs.plan);
    int64_t low = 0, high = options->n; /* low fits, high does not */
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (fits(model, options, middle, room))
            low = middle;
        else
            high = middle;
    }
    char hint[96] = "not even a batch of 1 fits: use smaller images or another net";
    if (low > 0) snprintf(hint, sizeof hint, "a batch of %lld fits", (long long)low);
    return cc_fail(CC_ENOMEM, backend->name, hint, "a batch of %lld takes %.2f GB, %.2f GB are free",
                   (long long)options->n, 1e-9 * (double)(needs.plan + needs.optimizer), 1e-9 * (double)room);
}
