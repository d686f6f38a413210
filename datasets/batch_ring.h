/* datasets/batch_ring.h -- batches made ready by threads while the net works: who makes which item, and when.
 *
 * What an item is, and where its pixels lie, is the caller's (datasets/loader.h: slices; datasets/patches.h:
 * patches of volumes): he owns `depth` slots, each with room for a batch, and a function that makes one item
 * in its place. An epoch has items 0 to items - 1; batch b holds items b * batch and on, and lies in slot b
 * mod depth. Which thread makes an item decides nothing, as long as the function goes by the item's number
 * alone. */
#ifndef CC_DATASETS_BATCH_RING_H
#define CC_DATASETS_BATCH_RING_H

#include <stdbool.h>
#include <stddef.h>
#include "core/status.h"

enum { CC_BATCH_RING_BATCH_MAX = 4096, CC_BATCH_RING_WORKERS_MAX = 64 };

/* Makes item number `item` of an epoch in place `place` of slot `slot`, with the buffers of thread `worker`,
 * from 0. Called by several threads at a time, for different items, each of another worker. */
typedef cc_status cc_batch_ring_make(void *context, size_t item, size_t slot, size_t place, int worker);

typedef struct cc_batch_ring_options {
    size_t items;   /* of an epoch */
    int batch;      /* items of a batch, 1 to CC_BATCH_RING_BATCH_MAX */
    bool drop_last; /* leaves out a last batch that is not full; else it has fewer items */
    int workers; /* threads, at most CC_BATCH_RING_WORKERS_MAX; 0: cc_batch_ring_next itself does the work */
    cc_batch_ring_make *make;
    void *context; /* handed to `make`; outlives the ring */
} cc_batch_ring_options;

typedef struct cc_batch_ring cc_batch_ring;

/* The caller owns *out. Nothing is made before the first start. CC_ECONFIG, naming train.batch or
 * train.workers: out of range, or fewer items than one batch with drop_last; CC_ENOMEM; CC_EIO: no thread can
 * be had. */
cc_status cc_batch_ring_create(cc_batch_ring **out, const cc_batch_ring_options *options);
/* At any moment, also in the middle of an epoch; takes NULL. */
void cc_batch_ring_destroy(cc_batch_ring *ring);

/* Batches of an epoch. */
size_t cc_batch_ring_batches(const cc_batch_ring *ring);
/* Slots that the caller has to own, and sets of a thread's own buffers. */
size_t cc_batch_ring_depth(const cc_batch_ring *ring);
size_t cc_batch_ring_buffers(const cc_batch_ring *ring);

/* Ends the epoch that is under way: no item is in the making when it returns, so that the caller may change
 * what `make` goes by. */
void cc_batch_ring_rest(cc_batch_ring *ring);
/* Starts an epoch at batch number `first`, from 0; the threads begin at once. What an item is follows from
 * its number, and its slot from its batch's: nothing need be made of those before. */
void cc_batch_ring_start(cc_batch_ring *ring, size_t first);

/* The next batch: its slot, which is the caller's until the next call, and its items; *count is 0 behind the
 * last one, and before the first start. Where an item could not be made, the batch that holds it fails with
 * the status and message of its first such item; the epoch is over then. */
cc_status cc_batch_ring_next(size_t *slot, int *count, cc_batch_ring *ring);

#endif
