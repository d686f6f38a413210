/* nets/engine/mirror.h -- values of a backend as the host sees them: in place where its memory is the host's,
 * else in a copy of them. For checkpoints. */
#ifndef CC_NETS_ENGINE_MIRROR_H
#define CC_NETS_ENGINE_MIRROR_H

#include "nets/engine/backend.h"

typedef struct cc_mirror {
    const cc_storage *store;
    float *values; /* on the host */
    float *kept;   /* the backend's */
    size_t count;
} cc_mirror;

/* `kept` is borrowed. CC_ENOMEM; the caller deinits *out, also after that. */
cc_status cc_mirror_init(cc_mirror *out, const cc_storage *store, float *kept, size_t count);
void cc_mirror_deinit(cc_mirror *mirror);
/* The host's values become the backend's, or the other way round. */
cc_status cc_mirror_fetch(cc_mirror *mirror);
cc_status cc_mirror_put(cc_mirror *mirror);

#endif
