/* nets/engine/host_view.c -- one code path for checkpoints on every backend: where the memory is the host's,
 * the view is the memory itself, and fetch and put do nothing. */
#include "nets/engine/host_view.h"

#include "nets/engine/memory.h"

cc_status cc_host_view_init(cc_host_view *out, const cc_storage *store, float *stored, size_t count) {
    *out = (cc_host_view){.store = store, .values = stored, .stored = stored, .count = count};
    if (!store->device_memory) return CC_OK;
    return cc_memory_get((void **)&out->values, count * sizeof(float), "a copy of the training's state");
}

/* `store` is NULL where init was never reached. */
void cc_host_view_deinit(cc_host_view *v) {
    if (v->store && v->store->device_memory) cc_memory_free(v->values);
}

cc_status cc_host_view_fetch(cc_host_view *v) {
    return v->store->device_memory ? v->store->fetch(v->values, v->stored, v->count * sizeof(float)) : CC_OK;
}

cc_status cc_host_view_put(cc_host_view *v) {
    return v->store->device_memory ? v->store->put(v->stored, v->values, v->count * sizeof(float)) : CC_OK;
}
