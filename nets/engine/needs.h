/* nets/engine/needs.h -- how much of a backend's memory a net needs, before any is taken, and how large a
 * batch fits.
 *
 * It is found by building plans that take no memory (cc_plan_options.measured), so that it is what a run then
 * takes, and no device need be there. Without one, what its libraries would ask for is left out: cuDNN's
 * scratch memory, at most CC_NEEDS_UNKNOWN bytes. Never in it: what a driver keeps for itself. */
#ifndef CC_NETS_ENGINE_NEEDS_H
#define CC_NETS_ENGINE_NEEDS_H

#include "nets/engine/learner.h"

#define CC_NEEDS_UNKNOWN ((size_t)512 << 20)

/* What is done with a net. A run trains and infers at one batch, and holds what both take. */
typedef struct cc_use {
    bool trains, infers;             /* at least one */
    bool averages;                   /* a moving average of the weights is kept */
    int64_t n, depth, height, width; /* depth: 0 for a net of images */
    cc_dtype dtype;
    bool tf32;
    const cc_loss_spec *loss;           /* trains; NULL: none is counted */
    const cc_optimizer_spec *optimizer; /* likewise */
} cc_use;

/* In bytes. */
typedef struct cc_needs {
    size_t weights; /* and statistics, and their bf16 copies where the backend keeps such */
    size_t gradients;
    size_t optimizer;   /* its state, and the moving average */
    size_t activations; /* and their gradients, in memory that is reused */
    size_t scratch;
    size_t io; /* images, masks, logits, the loss, and the copies by which these come and go */
} cc_needs;

size_t cc_needs_total(const cc_needs *needs);

/* CC_ECONFIG, CC_EINVAL as cc_net_build; CC_EUNSUPPORTED as cc_backend_check. */
cc_status cc_needs_measure(cc_needs *out, const cc_net_spec *net, const cc_backend *backend,
                           const cc_use *use);

/* The largest n for which `use` takes at most `room` bytes, whatever its own n is; 0: none does. */
cc_status cc_needs_fit(int64_t *n, const cc_net_spec *net, const cc_backend *backend, const cc_use *use,
                       size_t room);

/* For a caller who got CC_ENOMEM for `use` and has given back all of it but `held` bytes: the error with the
 * largest batch that fits, or, where that cannot be said, as it was. Returns CC_ENOMEM. */
cc_status cc_needs_explain(const cc_net_spec *net, const cc_backend *backend, const cc_use *use, size_t held);

#endif
