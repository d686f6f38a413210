/* nets/engine/host_view.h -- floats of a backend as the host sees them, for checkpoints: in place where the
 * backend's memory is the host's, else in a copy that is fetched and put back. */
#ifndef CC_NETS_ENGINE_HOST_VIEW_H
#define CC_NETS_ENGINE_HOST_VIEW_H

#include "nets/engine/backend.h"

typedef struct cc_host_view {
    const cc_storage *store;
    float *values; /* [count], on the host */
    float *stored; /* [count], in the backend's memory, borrowed; may be the same */
    size_t count;
} cc_host_view;

/* CC_ENOMEM; the caller deinits *out, also after that. */
cc_status cc_host_view_init(cc_host_view *out, const cc_storage *store, float *stored, size_t count);
void cc_host_view_deinit(cc_host_view *view);
/* Fetch: the backend's values become the host's. Put: the other way round. */
cc_status cc_host_view_fetch(cc_host_view *view);
cc_status cc_host_view_put(cc_host_view *view);

#endif
