#include "nets/engine/mirror.h"

#include "nets/engine/memory.h"

cc_status cc_mirror_init(cc_mirror *out, const cc_storage *store, float *kept, size_t count) {
    *out = (cc_mirror){.store = store, .values = kept, .kept = kept, .count = count};
    if (!store->device_memory) return CC_OK;
    return cc_memory_get((void **)&out->values, count * sizeof(float), "a copy of the training's state");
}

void cc_mirror_deinit(cc_mirror *m) {
    if (m->store && m->store->device_memory) cc_memory_free(m->values);
}

cc_status cc_mirror_fetch(cc_mirror *m) {
    return m->store->device_memory ? m->store->fetch(m->values, m->kept, m->count * sizeof(float)) : CC_OK;
}

cc_status cc_mirror_put(cc_mirror *m) {
    return m->store->device_memory ? m->store->put(m->kept, m->values, m->count * sizeof(float)) : CC_OK;
}
