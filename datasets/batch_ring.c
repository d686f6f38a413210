/* datasets/batch_ring.c -- a ring of batches, filled by threads item by item.
 *
 * The unit of work is one item, so that all threads help with the batch that is waited for. Threads take
 * items by number, in order, as long as the item's batch lies less than `depth` batches behind the last one
 * given back. One mutex guards the counters, never the pixels: an item's place in a slot belongs to the
 * thread that took its number, and the slot to the caller once all its items are done.
 *
 *     given back  | held by the caller | being made: items next..end
 *     0 ..        | released           | .. released + depth
 *
 * Without threads (workers 0) the caller makes the items itself, through the same functions. */
#include "datasets/batch_ring.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef struct ring_slot {
    int count, left; /* items of its batch; those not done */
    cc_error error;  /* of the first item that failed; status CC_OK where none did */
    size_t error_item;
} ring_slot;

typedef struct ring_thread {
    cc_batch_ring *ring;
    int number;
} ring_thread;

struct cc_batch_ring {
    cc_batch_ring_options options;
    size_t batches; /* of an epoch */
    ring_slot *slots;
    size_t depth;
    ring_thread workers[CC_BATCH_RING_WORKERS_MAX];
    pthread_t threads[CC_BATCH_RING_WORKERS_MAX];
    int thread_count;

    pthread_mutex_t mutex;      /* guards the rest, and the slots */
    pthread_cond_t work, ready; /* there may be an item to take; a batch is done or the threads rest */
    bool quit;
    size_t next, end; /* items: the next to take; where the epoch ends */
    int busy;         /* threads that are making an item */
    size_t given;     /* batches: handed to the caller */
    size_t released;  /* batches: given back by the caller */
};

/* --- items --- */

static ring_slot *slot_of(const cc_batch_ring *ring, size_t batch) {
    return &ring->slots[batch % ring->depth];
}

/* Makes one item in its place; the mutex is not held, or nobody else wants it. */
static cc_status make_item(const cc_batch_ring *ring, size_t item, int worker) {
    const size_t batch = (size_t)ring->options.batch;
    return ring->options.make(ring->options.context, item, item / batch % ring->depth, item % batch, worker);
}

/* Under the mutex: an item of its slot is done. */
static void finish_item(cc_batch_ring *ring, size_t item, cc_status status) {
    ring_slot *slot = slot_of(ring, item / (size_t)ring->options.batch);
    slot->left--;
    /* Of several failures the one of the lowest number is reported, whichever thread met it first. */
    if (status != CC_OK && (slot->error.status == CC_OK || item < slot->error_item)) {
        slot->error = *cc_error_get();
        slot->error_item = item;
    }
}

/* --- threads --- */

static bool may_take(const cc_batch_ring *ring) {
    return ring->next < ring->end && ring->next / (size_t)ring->options.batch < ring->released + ring->depth;
}

static void *work(void *argument) {
    const ring_thread *self = argument;
    cc_batch_ring *ring = self->ring;
    pthread_mutex_lock(&ring->mutex);
    for (;;) {
        while (!ring->quit && !may_take(ring)) pthread_cond_wait(&ring->work, &ring->mutex);
        if (ring->quit) break;
        size_t item = ring->next++;
        ring->busy++;
        pthread_mutex_unlock(&ring->mutex);
        cc_status status = make_item(ring, item, self->number); /* without the mutex: this is the work */
        pthread_mutex_lock(&ring->mutex);
        finish_item(ring, item, status);
        ring->busy--;
        pthread_cond_broadcast(&ring->ready);
    }
    pthread_mutex_unlock(&ring->mutex);
    return NULL;
}

/* Signals stay with the program's own threads. */
static cc_status start_threads(cc_batch_ring *ring) {
    cc_status status = CC_OK;
    sigset_t all, before;
    /* Threads inherit the mask of signals: with all blocked, Ctrl-C and the like reach the threads that
     * handle them. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < ring->options.workers && status == CC_OK; i++) {
        ring->workers[i] = (ring_thread){.ring = ring, .number = i};
        int code = pthread_create(&ring->threads[i], NULL, work, &ring->workers[i]);
        if (code == 0)
            ring->thread_count++;
        else
            status =
                cc_fail(CC_EIO, "loader", "lower train.workers", "cannot start a thread: %s", strerror(code));
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

/* --- life --- */

static cc_status check(const cc_batch_ring_options *o) {
    if (o->batch < 1 || o->batch > CC_BATCH_RING_BATCH_MAX)
        return cc_fail(CC_ECONFIG, "train.batch", NULL, "%d is not in 1 to %d", o->batch,
                       CC_BATCH_RING_BATCH_MAX);
    if (o->workers < 0 || o->workers > CC_BATCH_RING_WORKERS_MAX)
        return cc_fail(CC_ECONFIG, "train.workers", NULL, "%d is not in 0 to %d", o->workers,
                       CC_BATCH_RING_WORKERS_MAX);
    if (o->drop_last && o->items < (size_t)o->batch)
        return cc_fail(CC_ECONFIG, "train.batch", "use a smaller batch",
                       "%zu items do not fill a batch of %d", o->items, o->batch);
    return CC_OK;
}

cc_status cc_batch_ring_create(cc_batch_ring **out, const cc_batch_ring_options *options) {
    cc_status status = CC_OK;
    CC_TRY(check(options));
    const size_t batch = (size_t)options->batch, workers = (size_t)options->workers;
    cc_batch_ring *ring = calloc(1, sizeof *ring);
    if (!ring) return cc_fail_memory("loader", sizeof *ring);
    pthread_mutex_init(&ring->mutex, NULL);
    pthread_cond_init(&ring->work, NULL);
    pthread_cond_init(&ring->ready, NULL);
    ring->options = *options;
    ring->batches = options->drop_last ? options->items / batch : (options->items + batch - 1) / batch;
    /* One slot for the caller's batch, one to be ready, one in the making, and more where threads outnumber
     * the items of a batch. Without threads the caller fills the one slot that it then reads. */
    ring->depth = workers ? 2 + (workers + batch - 1) / batch : 1;
    ring->slots = calloc(ring->depth, sizeof *ring->slots);
    if (!ring->slots) CC_CHECK(cc_fail_memory("loader", ring->depth * sizeof *ring->slots));
    CC_CHECK(start_threads(ring));
    *out = ring;
    ring = NULL;
done:
    cc_batch_ring_destroy(ring);
    return status;
}

void cc_batch_ring_destroy(cc_batch_ring *ring) {
    if (!ring) return;
    pthread_mutex_lock(&ring->mutex);
    ring->quit = true;
    pthread_cond_broadcast(&ring->work);
    pthread_mutex_unlock(&ring->mutex);
    for (int i = 0; i < ring->thread_count; i++) pthread_join(ring->threads[i], NULL);
    pthread_cond_destroy(&ring->ready);
    pthread_cond_destroy(&ring->work);
    pthread_mutex_destroy(&ring->mutex);
    free(ring->slots);
    free(ring);
}

size_t cc_batch_ring_batches(const cc_batch_ring *ring) {
    return ring->batches;
}

size_t cc_batch_ring_depth(const cc_batch_ring *ring) {
    return ring->depth;
}

size_t cc_batch_ring_buffers(const cc_batch_ring *ring) {
    return ring->options.workers ? (size_t)ring->options.workers : 1;
}

/* --- an epoch --- */

/* Under the mutex: makes the slot of a batch ready to be filled. */
static void open_slot(cc_batch_ring *ring, size_t batch) {
    size_t first = batch * (size_t)ring->options.batch;
    if (first >= ring->end) return;
    size_t left = ring->end - first;
    ring_slot *slot = slot_of(ring, batch);
    slot->count = slot->left = left < (size_t)ring->options.batch ? (int)left : ring->options.batch;
    slot->error.status = CC_OK;
}

/* Under the mutex: no thread is making an item, and none will take one. */
static void rest(cc_batch_ring *ring) {
    ring->end = ring->next = 0;
    while (ring->busy) pthread_cond_wait(&ring->ready, &ring->mutex);
}

void cc_batch_ring_rest(cc_batch_ring *ring) {
    pthread_mutex_lock(&ring->mutex);
    rest(ring);
    ring->given = ring->released = 0;
    pthread_mutex_unlock(&ring->mutex);
}

void cc_batch_ring_start(cc_batch_ring *ring) {
    /* Under drop_last the items of an incomplete last batch are not made. */
    size_t full = ring->batches * (size_t)ring->options.batch;
    pthread_mutex_lock(&ring->mutex);
    rest(ring);
    ring->end = full < ring->options.items ? full : ring->options.items;
    ring->given = ring->released = 0;
    for (size_t batch = 0; batch < ring->depth; batch++) open_slot(ring, batch);
    pthread_cond_broadcast(&ring->work);
    pthread_mutex_unlock(&ring->mutex);
}

/* Under the mutex: the caller is done with the batch it held. */
static void give_back(cc_batch_ring *ring) {
    if (ring->released == ring->given) return;
    open_slot(ring, ring->released + ring->depth);
    ring->released++;
    pthread_cond_broadcast(&ring->work);
}

/* Under the mutex, which nobody else wants where there are no threads. */
static void make_batch(cc_batch_ring *ring) {
    while (may_take(ring)) {
        size_t item = ring->next++;
        finish_item(ring, item, make_item(ring, item, 0));
    }
}

/* Under the mutex: the batch that is next. */
static cc_status take_batch(size_t *slot_number, int *count, cc_batch_ring *ring) {
    ring_slot *slot = slot_of(ring, ring->given);
    if (ring->thread_count == 0) make_batch(ring);
    while (slot->left) pthread_cond_wait(&ring->ready, &ring->mutex);
    if (slot->error.status != CC_OK) {
        cc_error error = slot->error;
        rest(ring);
        return cc_fail(error.status, error.where, error.hint, "%s", error.what);
    }
    *slot_number = ring->given % ring->depth;
    *count = slot->count;
    ring->given++;
    return CC_OK;
}

cc_status cc_batch_ring_next(size_t *slot, int *count, cc_batch_ring *ring) {
    cc_status status = CC_OK;
    *count = 0;
    pthread_mutex_lock(&ring->mutex);
    give_back(ring);
    if (ring->given * (size_t)ring->options.batch < ring->end) status = take_batch(slot, count, ring);
    pthread_mutex_unlock(&ring->mutex);
    return status;
}
