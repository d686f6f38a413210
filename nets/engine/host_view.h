/* nets/engine/host_view.h -- values of a backend as the host sees them: in place where its memory is the host's,
 * else in a copy of them. For checkpoints. */
#ifndef CC_NETS_ENGINE_HOST_VIEW_H
#define CC_NETS_ENGINE_HOST_VIEW_H

#include "nets/engine/backend.h"

typedef struct cc_host_view {
    const cc_storage *store;
    float *values; /* on the host */
    float *kept;   /* the backend's */
    size_t count;
} cc_host_view;

/* `kept` is borrowed. CC_ENOMEM; the caller deinits *out, also after that. */
cc_status cc_host_view_init(cc_host_view *out, const cc_storage *store, float *kept, size_t count);
void cc_host_view_deinit(cc_host_view *mirror);
/* The host's values become the backend's, or the other way round. */
cc_status cc_host_view_fetch(cc_host_view *mirror);
cc_status cc_host_view_put(cc_host_view *mirror);

#endif
