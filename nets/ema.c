#include "nets/ema.h"

#include <stdlib.h>
#include "core/hot.h"
#include "nets/memory.h"

enum { CHUNK = 1 << 14 };

struct cc_ema {
    cc_model *model;
    double decay;
    cc_flat trained, statistics; /* the model's */
    float *values;               /* the averages, of the trained values first */
    size_t count;
};

cc_status cc_ema_create(cc_ema **out, cc_model *model, double decay) {
    cc_ema *ema = calloc(1, sizeof *ema);
    if (!ema) return cc_fail_memory("moving average", sizeof *ema);
    *ema = (cc_ema){.model = model,
                    .decay = decay,
                    .trained = cc_model_flat(model),
                    .statistics = cc_model_flat_statistics(model)};
    if (decay != CC_EMA_OFF) ema->count = ema->trained.count + ema->statistics.count;
    cc_status status = cc_memory_get((void **)&ema->values, ema->count * sizeof(float), "moving average");
    if (status == CC_OK)
        *out = ema;
    else
        cc_ema_destroy(ema);
    return status;
}

void cc_ema_destroy(cc_ema *ema) {
    if (!ema) return;
    cc_memory_free(ema->values);
    free(ema);
}

/* One stretch of averages beside the model's values. */
typedef void work(float *restrict a, float *restrict w, size_t count, double decay);

CC_HOT static void copy(float *restrict a, float *restrict w, size_t count, double decay) {
    (void)decay;
    for (size_t i = 0; i < count; i++) a[i] = w[i];
}

CC_HOT static void average(float *restrict a, float *restrict w, size_t count, double decay) {
    for (size_t i = 0; i < count; i++) a[i] = (float)(decay * a[i] + (1 - decay) * w[i]);
}

CC_HOT static void swap(float *restrict a, float *restrict w, size_t count, double decay) {
    (void)decay;
    for (size_t i = 0; i < count; i++) {
        float kept = a[i];
        a[i] = w[i];
        w[i] = kept;
    }
}

static void work_through(float *a, cc_flat values, work *what, double decay) {
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < values.count; i += CHUNK)
        what(a + i, values.values + i, values.count - i < CHUNK ? values.count - i : CHUNK, decay);
}

static void work_on(cc_ema *ema, work *what) {
    if (ema->decay == CC_EMA_OFF) return;
    work_through(ema->values, ema->trained, what, ema->decay);
    work_through(ema->values + ema->trained.count, ema->statistics, what, ema->decay);
}

void cc_ema_update(cc_ema *ema, int64_t step) {
    work_on(ema, step == 1 ? copy : average);
}

void cc_ema_swap(cc_ema *ema) {
    work_on(ema, swap);
    cc_model_changed(ema->model);
}

cc_ema_state cc_ema_get_state(cc_ema *ema) {
    return (cc_ema_state){.values = ema->values, .count = ema->count};
}
