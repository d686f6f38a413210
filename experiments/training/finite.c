/* experiments/training/finite.c -- looks through weights, statistics and optimiser state once an epoch,
 * and names the layer: a net that has diverged would otherwise train on and score 0 without a word. */
#include "experiments/training/finite.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include "nets/engine/finite.h"
#include "nets/optimizers/optimizer.h"

/* `what`: "" or "the optimiser's state of ". */
static cc_status fail(const char *title, int64_t epoch, const char *what, const cc_parameter *of, float value,
                      const cc_optimizer_spec *optimizer) {
    char hint[96] = "lower optimizer.lr, or set optimizer.clip_norm";
    if (cc_optimizer_takes(optimizer->type, "eps"))
        snprintf(hint, sizeof hint, "lower optimizer.lr, or raise optimizer.eps (%g)", optimizer->eps);
    return cc_fail(CC_EINVAL, title, hint, "epoch %" PRId64 ": %s%s is %s", epoch, what, of->name,
                   isnan(value) ? "no number (NaN)" : "infinite");
}

/* Values in the model's stored form, the trained ones first. */
static cc_status check_flat(const cc_training_values *v, const char *what, const float *values, size_t count,
                            const char *title, int64_t epoch, const cc_optimizer_spec *optimizer) {
    size_t at = cc_find_not_finite(values, count);
    if (at == count) return CC_OK;
    return fail(title, epoch, what, cc_model_flat_parameter(v->model, at), values[at], optimizer);
}

cc_status cc_training_check_finite(const cc_training_values *v, const char *title, int64_t epoch,
                                   const cc_optimizer_spec *optimizer) {
    const float *values = v->values;
    const cc_flat trained = cc_model_flat(v->model);
    for (int i = 0; i < cc_model_parameter_count(v->model); i++) {
        const cc_parameter *p = cc_model_parameter(v->model, i);
        size_t count = (size_t)p->count, at = cc_find_not_finite(values, count);
        if (at < count) return fail(title, epoch, "", p, values[at], optimizer);
        values += count;
    }
    if (!v->optimizer) return CC_OK;
    /* In the CPU's blocked layouts padding channels fill the last block: only the backend's own form has
     * them, and they may become 0/0 where eps is 0. */
    if (!cc_model_backend(v->model)->store->device_memory)
        CC_TRY(check_flat(v, "", trained.values, trained.count, title, epoch, optimizer));
    size_t first = 0;
    for (int i = 0; i < cc_optimizer_state_count(optimizer); i++, first += trained.count)
        CC_TRY(check_flat(v, "the optimiser's state of ", v->optimizer->values + first, trained.count, title,
                          epoch, optimizer));
    /* Behind it, what the loss trains of its own. */
    if (cc_find_not_finite(v->optimizer->values + first, v->optimizer->count - first) <
        v->optimizer->count - first)
        return cc_fail(CC_EINVAL, title, "lower optimizer.lr",
                       "epoch %" PRId64 ": the loss's log-variances are not finite", epoch);
    return check_flat(v, "the moving average of ", v->ema->values, v->ema->count, title, epoch, optimizer);
}
