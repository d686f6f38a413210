/* datasets/patch_loader.h -- batches of patches of volumes, made ready by threads while the net works.
 *
 * What a sample is: datasets/patches.h; who makes it, and when: datasets/batch_ring.h. An epoch is a number
 * of batches, all of them full. Bytes and order do not depend on the number of threads, nor on what epochs
 * came before. */
#ifndef CC_DATASETS_PATCH_LOADER_H
#define CC_DATASETS_PATCH_LOADER_H

#include "datasets/batch_ring.h"
#include "datasets/patches.h"

typedef struct cc_patch_loader cc_patch_loader;

/* What the net takes. Borrowed, until the loader's next call. */
typedef struct cc_patch_batch {
    int count;               /* samples, n */
    const float *images;     /* [n,channels,D,H,W] */
    const float *targets;    /* [n,1,D,H,W]: class numbers */
    const cc_patch *patches; /* [n] which they are */
} cc_patch_batch;

/* `batches` of an epoch, at least 1; workers as cc_loader_options has them. The caller owns *out. Errors:
 * those of cc_patch_sampler_create and cc_batch_ring_create; CC_EINVAL: no batches, or more samples than can
 * be counted. */
cc_status cc_patch_loader_create(cc_patch_loader **out, const cc_patch_options *options, size_t batches,
                                 int workers);
/* At any moment; takes NULL. */
void cc_patch_loader_destroy(cc_patch_loader *loader);

/* Starts an epoch, in the middle of another as well. */
void cc_patch_loader_start(cc_patch_loader *loader, uint64_t epoch);
/* The next batch; *out is NULL behind the last one, and before the first start. */
cc_status cc_patch_loader_next(cc_patch_loader *loader, const cc_patch_batch **out);

#endif
