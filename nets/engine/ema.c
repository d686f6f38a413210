/* nets/engine/ema.c -- the average lies in the backend's memory and moves there, in one pass over the flat
 * ranges of the model's trained values and of its statistics.
 *
 * The first update copies instead of blending with zeros: there is no start-up bias, and so no division by
 * 1 - decay^t as Adam has it (Kingma & Ba 2015, section 3). */
#include "nets/engine/ema.h"

#include <stdlib.h>

struct cc_ema {
    cc_model *model;
    double decay;
    cc_flat trained, statistics; /* the model's */
    cc_host_view average;        /* [trained.count + statistics.count], the trained values' first */
};

cc_status cc_ema_create(cc_ema **out, cc_model *model, double decay) {
    cc_ema *ema = calloc(1, sizeof *ema);
    if (!ema) return cc_fail_memory("moving average", sizeof *ema);
    *ema = (cc_ema){.model = model,
                    .decay = decay,
                    .trained = cc_model_flat(model),
                    .statistics = cc_model_flat_statistics(model)};
    const cc_storage *store = cc_model_backend(model)->store;
    size_t count = decay == CC_EMA_OFF ? 0 : ema->trained.count + ema->statistics.count;
    float *values;
    cc_status status = store->get((void **)&values, count * sizeof(float), "moving average");
    if (status == CC_OK) status = cc_host_view_init(&ema->average, store, values, count);
    if (status == CC_OK)
        *out = ema;
    else
        cc_ema_destroy(ema);
    return status;
}

void cc_ema_destroy(cc_ema *ema) {
    if (!ema) return;
    cc_model_backend(ema->model)->store->free(ema->average.stored);
    cc_host_view_deinit(&ema->average);
    free(ema);
}

static cc_status average(cc_ema *ema, cc_averaging how) {
    const cc_arithmetic *arithmetic = cc_model_backend(ema->model)->arithmetic;
    const size_t trained = ema->trained.count;
    if (ema->decay == CC_EMA_OFF) return CC_OK;
    CC_TRY(arithmetic->average(how, ema->average.stored, ema->trained.values, trained, ema->decay));
    return arithmetic->average(how, ema->average.stored + trained, ema->statistics.values,
                               ema->statistics.count, ema->decay);
}

cc_status cc_ema_update(cc_ema *ema, int64_t step) {
    return average(ema, step == 1 ? CC_AVERAGING_COPY : CC_AVERAGING_BLEND);
}

cc_status cc_ema_swap(cc_ema *ema) {
    cc_model_changed(ema->model);
    return average(ema, CC_AVERAGING_SWAP);
}

cc_host_view *cc_ema_state(cc_ema *ema) {
    return &ema->average;
}
