/* datasets/loader.c -- batches through a ring of buffers, filled by threads.
 *
 * The unit of work is one item (a slice in one of its variants), so that all threads help with the batch
 * that is waited for. Batch b lies in slot b mod depth. Threads take items by number, in order, as long as
 * the item's batch lies less than `depth` batches behind the last one given back; which thread makes an
 * item decides nothing about it, as its place and its random numbers follow from its number alone. One
 * mutex guards the counters, never the pixels: an item's place in a slot belongs to the thread that took
 * its number, and the slot to the caller once all its items are done.
 *
 *     given back  | held by the caller | being made: items next..end
 *     0 ..        | released           | .. released + depth
 *
 * Without threads (workers 0) the caller makes the items itself, through the same functions. */
#include "datasets/loader.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "core/arena.h"
#include "core/rng.h"
#include "datasets/view.h"

/* One thread's own buffers. */
typedef struct scratch {
    float *slice, *canvas;                              /* [largest slice], [H*W]; HU */
    uint8_t *slice_mask, *canvas_mask, *augmented_mask; /* [largest slice], [H*W], [H*W] */
    float *work;                                        /* of random augmentation */
} scratch;

typedef struct ring_slot {
    float *images, *targets; /* [batch,1,H,W] */
    uint32_t *slices;        /* [batch] */
    int *variants;           /* [batch] */
    int count, left;         /* items of its batch; those not done */
    cc_error error;          /* of the first item that failed; status CC_OK where none did */
    size_t error_item;
} ring_slot;

struct cc_loader {
    cc_loader_options options; /* its pointers lead into the arena */
    cc_augment augments[2];    /* by the group of a view's item; without groups all take the first */
    cc_random_augment random;  /* what is drawn for each item; perhaps nothing */
    uint64_t epoch;            /* that is under way; written while the threads rest */
    cc_arena *arena;
    uint32_t *first_item;          /* [slice_count + 1]: of each slice's variants; then the number of items */
    size_t items, batches, pixels; /* of an epoch; of a canvas */
    uint32_t *order;               /* [items] the epoch's permutation */
    ring_slot *ring;
    size_t depth;
    scratch *scratch; /* [workers], or one for the caller */
    pthread_t threads[CC_LOADER_WORKERS_MAX];
    int thread_count;
    cc_batch batch; /* what the caller holds */

    pthread_mutex_t mutex;      /* guards the rest, and count, left and error of the slots */
    pthread_cond_t work, ready; /* there may be an item to take; a batch is done or the threads rest */
    bool quit;
    size_t next, end; /* items: the next to take; where the epoch ends */
    int busy;         /* threads that are making an item */
    size_t given;     /* batches: handed to the caller */
    size_t released;  /* batches: given back by the caller */
};

/* --- an item --- */

/* HU to [0, 1]: (hu - low) / (high - low), clipped. */
static void window(float *image, size_t count, const double window_hu[2]) {
    float low = (float)window_hu[0], scale = (float)(1 / (window_hu[1] - window_hu[0]));
    for (size_t i = 0; i < count; i++) {
        float value = (image[i] - low) * scale;
        image[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
}

/* All that happens to a slice before a net sees it, in this order: read, fit, augment by name, augment at
 * random, window; `number` is the item's in an epoch without shuffling. What works on HU of whole slices
 * (histogram matching) belongs behind the reading. */
static cc_status prepare_item(float *image, float *target, const cc_loader *loader, const scratch *s,
                              uint32_t index, const cc_variant *variant, size_t number) {
    const cc_loader_options *o = &loader->options;
    const cc_slice *slice = cc_slice_set_get(o->set, index);
    float fill = (float)o->window_hu[0];
    const cc_random_item item = {.seed = o->seed,
                                 .epoch = loader->epoch,
                                 .number = number,
                                 .low_hu = fill,
                                 .high_hu = (float)o->window_hu[1]};
    CC_TRY(cc_slice_set_read(o->set, index, s->slice, s->slice_mask));
    cc_fit_image(s->canvas, &o->fit, s->slice, slice->height, slice->width, fill);
    cc_fit_mask(s->canvas_mask, &o->fit, s->slice_mask, slice->height, slice->width);
    cc_variant_apply(variant, image, s->augmented_mask, s->canvas, s->canvas_mask, o->fit.height,
                     o->fit.width, fill);
    /* The canvas is free from here on: random changes work in it. */
    cc_random_augment_hu(image, s->augmented_mask, &loader->random, &item, o->fit.height, o->fit.width,
                         s->canvas, s->canvas_mask, s->work);
    window(image, loader->pixels, o->window_hu);
    cc_random_augment_windowed(image, &loader->random, &item, loader->pixels);
    for (size_t i = 0; i < loader->pixels; i++) target[i] = s->augmented_mask[i] != 0;
    return CC_OK;
}

static ring_slot *slot_of(const cc_loader *loader, size_t batch) {
    return &loader->ring[batch % loader->depth];
}

static const cc_augment *augment_of(const cc_loader *loader, uint32_t slice) {
    const cc_loader_options *o = &loader->options;
    return &loader->augments[o->augment_negative ? cc_view_get(o->set, slice)->group & 1 : 0];
}

/* The place in the list of slices of the one that item `number` is a variant of. */
static size_t position_of(const cc_loader *loader, size_t number) {
    /* Binary search for the last slice whose first item is not behind `number`. */
    size_t low = 0, high = loader->options.slice_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (loader->first_item[middle] <= number)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Makes one item in its place; the mutex is not held. */
static cc_status make_item(const cc_loader *loader, size_t item, const scratch *s) {
    const cc_loader_options *o = &loader->options;
    size_t at = item % (size_t)o->batch, number = o->shuffle ? loader->order[item] : item;
    ring_slot *slot = slot_of(loader, item / (size_t)o->batch);
    size_t position = position_of(loader, number);
    uint32_t slice = o->slices[position];
    int variant = (int)(number - loader->first_item[position]);
    slot->slices[at] = slice;
    slot->variants[at] = variant;
    return prepare_item(slot->images + at * loader->pixels, slot->targets + at * loader->pixels, loader, s,
                        slice, &augment_of(loader, slice)->variants[variant], number);
}

/* Under the mutex: an item of its slot is done. */
static void finish_item(cc_loader *loader, size_t item, cc_status status) {
    ring_slot *slot = slot_of(loader, item / (size_t)loader->options.batch);
    slot->left--;
    /* Of several failures the one of the lowest number is reported, whichever thread met it first. */
    if (status != CC_OK && (slot->error.status == CC_OK || item < slot->error_item)) {
        slot->error = *cc_error_get();
        slot->error_item = item;
    }
}

/* --- threads --- */

static bool may_take(const cc_loader *loader) {
    return loader->next < loader->end &&
           loader->next / (size_t)loader->options.batch < loader->released + loader->depth;
}

typedef struct loader_thread {
    cc_loader *loader;
    const scratch *scratch;
} loader_thread;

static void *work(void *argument) {
    loader_thread *self = argument;
    cc_loader *loader = self->loader;
    pthread_mutex_lock(&loader->mutex);
    for (;;) {
        while (!loader->quit && !may_take(loader)) pthread_cond_wait(&loader->work, &loader->mutex);
        if (loader->quit) break;
        size_t item = loader->next++;
        loader->busy++;
        pthread_mutex_unlock(&loader->mutex);
        cc_status status = make_item(loader, item, self->scratch); /* without the mutex: this is the work */
        pthread_mutex_lock(&loader->mutex);
        finish_item(loader, item, status);
        loader->busy--;
        pthread_cond_broadcast(&loader->ready);
    }
    pthread_mutex_unlock(&loader->mutex);
    return NULL;
}

/* Signals stay with the program's own threads. */
static cc_status start_threads(cc_loader *loader) {
    cc_status status = CC_OK;
    sigset_t all, before;
    loader_thread *workers =
        cc_arena_get_array(loader->arena, (size_t)loader->options.workers + 1, sizeof *workers);
    if (!workers) return CC_ENOMEM;
    /* Threads inherit the mask of signals: with all blocked, Ctrl-C and the like reach the threads that
     * handle them. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < loader->options.workers && status == CC_OK; i++) {
        workers[i] = (loader_thread){.loader = loader, .scratch = &loader->scratch[i]};
        int code = pthread_create(&loader->threads[i], NULL, work, &workers[i]);
        if (code == 0)
            loader->thread_count++;
        else
            status =
                cc_fail(CC_EIO, "loader", "lower train.workers", "cannot start a thread: %s", strerror(code));
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

/* --- life --- */

static cc_status check(const cc_loader_options *o) {
    CC_TRY(cc_fit_check(&o->fit));
    assert(o->slice_count > 0);
    if (!(o->window_hu[0] >= CC_WINDOW_HU_MIN && o->window_hu[0] < o->window_hu[1] &&
          o->window_hu[1] <= CC_WINDOW_HU_MAX))
        return cc_fail(CC_ECONFIG, "preprocess.window_hu", "use [low, high], e.g. [-200, 800]",
                       "[%g, %g] is no window", o->window_hu[0], o->window_hu[1]);
    if (o->batch < 1 || o->batch > CC_LOADER_BATCH_MAX)
        return cc_fail(CC_ECONFIG, "train.batch", NULL, "%d is not in 1 to %d", o->batch,
                       CC_LOADER_BATCH_MAX);
    if (o->workers < 0 || o->workers > CC_LOADER_WORKERS_MAX)
        return cc_fail(CC_ECONFIG, "train.workers", NULL, "%d is not in 0 to %d", o->workers,
                       CC_LOADER_WORKERS_MAX);
    return CC_OK;
}

static cc_status count_items(cc_loader *loader) {
    const cc_loader_options *o = &loader->options;
    size_t batch = (size_t)o->batch, items = 0;
    loader->first_item = cc_arena_get_array(loader->arena, o->slice_count + 1, sizeof *loader->first_item);
    if (!loader->first_item) return CC_ENOMEM;
    for (size_t i = 0; i < o->slice_count; i++) {
        loader->first_item[i] = (uint32_t)items;
        items += (size_t)augment_of(loader, o->slices[i])->count;
        if (items > UINT32_MAX)
            return cc_fail(CC_EUNSUPPORTED, "loader", NULL, "%zu slices in all their variants are too many",
                           o->slice_count);
    }
    loader->first_item[o->slice_count] = (uint32_t)items;
    loader->items = items;
    loader->batches = o->drop_last ? loader->items / batch : (loader->items + batch - 1) / batch;
    if (loader->batches == 0)
        return cc_fail(CC_ECONFIG, "train.batch", "use a smaller batch",
                       "%zu items do not fill a batch of %d", loader->items, o->batch);
    return CC_OK;
}

/* Arrays from the loader's arena; `ok` becomes false where memory is out. */
static void *allocate(cc_loader *loader, size_t count, size_t size, bool *ok) {
    void *memory = *ok ? cc_arena_get_array(loader->arena, count, size) : NULL;
    *ok = memory != NULL;
    return memory;
}

/* Everything that an epoch needs, allocated once: copies of the options' lists, the order of items, each
 * thread's scratch, and the ring. */
static cc_status allocate_memory(cc_loader *loader) {
    bool ok = true;
    cc_loader_options *o = &loader->options;
    const size_t workers = (size_t)o->workers, batch = (size_t)o->batch;
    uint32_t *slices = allocate(loader, o->slice_count, sizeof *slices, &ok);
    if (ok) memcpy(slices, o->slices, o->slice_count * sizeof *slices);
    o->slices = slices;
    if (ok) ok = (o->fit.mode = cc_arena_copy(loader->arena, o->fit.mode)) != NULL;
    loader->order = allocate(loader, o->shuffle ? loader->items : 1, sizeof *loader->order, &ok);

    /* Scratch for the largest slice, for each thread, or for the caller where there are none. */
    size_t largest = 1, scratches = workers ? workers : 1;
    for (size_t i = 0; ok && i < o->slice_count; i++) {
        const cc_slice *slice = cc_slice_set_get(o->set, o->slices[i]);
        const size_t pixels = (size_t)slice->height * (size_t)slice->width;
        if (pixels > largest) largest = pixels;
    }
    const size_t work = cc_random_augment_work(&loader->random, o->fit.height, o->fit.width);
    loader->scratch = allocate(loader, scratches, sizeof *loader->scratch, &ok);
    for (size_t i = 0; ok && i < scratches; i++) {
        scratch *s = &loader->scratch[i];
        s->slice = allocate(loader, largest, sizeof *s->slice, &ok);
        s->slice_mask = allocate(loader, largest, 1, &ok);
        s->canvas = allocate(loader, loader->pixels, sizeof *s->canvas, &ok);
        s->canvas_mask = allocate(loader, loader->pixels, 1, &ok);
        s->augmented_mask = allocate(loader, loader->pixels, 1, &ok);
        s->work = allocate(loader, work + 1, sizeof *s->work, &ok);
    }

    /* The ring: one slot for the caller's batch, one to be ready, one in the making, and more where threads
     * outnumber the items of a batch. Without threads the caller fills the one slot that it then reads. */
    loader->depth = workers ? 2 + (workers + batch - 1) / batch : 1;
    loader->ring = allocate(loader, loader->depth, sizeof *loader->ring, &ok);
    for (size_t i = 0; ok && i < loader->depth; i++) {
        ring_slot *slot = &loader->ring[i];
        slot->images = allocate(loader, batch * loader->pixels, sizeof *slot->images, &ok);
        slot->targets = allocate(loader, batch * loader->pixels, sizeof *slot->targets, &ok);
        slot->slices = allocate(loader, batch, sizeof *slot->slices, &ok);
        slot->variants = allocate(loader, batch, sizeof *slot->variants, &ok);
    }
    return ok ? CC_OK : CC_ENOMEM;
}

cc_status cc_loader_create(cc_loader **out, const cc_loader_options *options) {
    cc_status status = CC_OK;
    CC_TRY(check(options));
    cc_loader *loader = calloc(1, sizeof *loader);
    if (!loader) return cc_fail_memory("loader", sizeof *loader);
    pthread_mutex_init(&loader->mutex, NULL);
    pthread_cond_init(&loader->work, NULL);
    pthread_cond_init(&loader->ready, NULL);
    loader->options = *options;
    loader->pixels = (size_t)options->fit.height * (size_t)options->fit.width;
    if (!(loader->arena = cc_arena_create())) CC_CHECK(CC_ENOMEM);
    CC_CHECK(cc_augment_init(&loader->augments[0], NULL, 0));
    if (options->augment) loader->augments[0] = *options->augment;
    if (options->augment_negative) loader->augments[1] = *options->augment_negative;
    if (options->random) loader->random = *options->random;
    CC_CHECK(count_items(loader));
    CC_CHECK(allocate_memory(loader));
    CC_CHECK(start_threads(loader));
    *out = loader;
    loader = NULL;
done:
    cc_loader_destroy(loader);
    return status;
}

void cc_loader_destroy(cc_loader *loader) {
    if (!loader) return;
    pthread_mutex_lock(&loader->mutex);
    loader->quit = true;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->mutex);
    for (int i = 0; i < loader->thread_count; i++) pthread_join(loader->threads[i], NULL);
    pthread_cond_destroy(&loader->ready);
    pthread_cond_destroy(&loader->work);
    pthread_mutex_destroy(&loader->mutex);
    cc_arena_destroy(loader->arena);
    free(loader);
}

size_t cc_loader_item_count(const cc_loader *loader) {
    return loader->items;
}

size_t cc_loader_batch_count(const cc_loader *loader) {
    return loader->batches;
}

/* --- an epoch --- */

/* Under the mutex: makes the slot of a batch ready to be filled. */
static void open_slot(cc_loader *loader, size_t batch) {
    size_t first = batch * (size_t)loader->options.batch;
    if (first >= loader->end) return;
    size_t left = loader->end - first;
    ring_slot *slot = slot_of(loader, batch);
    slot->count = slot->left = left < (size_t)loader->options.batch ? (int)left : loader->options.batch;
    slot->error.status = CC_OK;
}

/* Under the mutex: no thread is making an item, and none will take one. */
static void rest(cc_loader *loader) {
    loader->end = loader->next = 0;
    while (loader->busy) pthread_cond_wait(&loader->ready, &loader->mutex);
}

void cc_loader_start(cc_loader *loader, uint64_t epoch) {
    cc_loader_start_at(loader, epoch, 0);
}

void cc_loader_start_at(cc_loader *loader, uint64_t epoch, size_t batches) {
    /* Under drop_last the items of an incomplete last batch are not made. */
    size_t full = loader->batches * (size_t)loader->options.batch;
    pthread_mutex_lock(&loader->mutex);
    rest(loader);
    loader->epoch = epoch;
    if (loader->options.shuffle) {
        cc_rng rng = cc_rng_init(loader->options.seed, CC_PURPOSE_SHUFFLE, epoch, 0);
        cc_rng_permutation(&rng, loader->order, (uint32_t)loader->items);
    }
    loader->end = full < loader->items ? full : loader->items;
    assert(batches <= loader->batches);
    /* What an item is follows from its number, and its slot from its batch's: nothing need be made of those
     * before. */
    loader->given = loader->released = batches;
    loader->next = batches * (size_t)loader->options.batch;
    if (loader->next > loader->end) loader->next = loader->end;
    for (size_t i = 0; i < loader->depth; i++) open_slot(loader, batches + i);
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->mutex);
}

/* Under the mutex: the caller is done with the batch it held. */
static void give_back(cc_loader *loader) {
    if (loader->released == loader->given) return;
    open_slot(loader, loader->released + loader->depth);
    loader->released++;
    pthread_cond_broadcast(&loader->work);
}

/* Under the mutex, which nobody else wants where there are no threads. */
static void make_batch(cc_loader *loader) {
    while (may_take(loader)) {
        size_t item = loader->next++;
        finish_item(loader, item, make_item(loader, item, loader->scratch));
    }
}

/* Under the mutex: the batch that is next. */
static cc_status take_batch(cc_loader *loader) {
    ring_slot *slot = slot_of(loader, loader->given);
    if (loader->thread_count == 0) make_batch(loader);
    while (slot->left) pthread_cond_wait(&loader->ready, &loader->mutex);
    if (slot->error.status != CC_OK) {
        cc_error error = slot->error;
        rest(loader);
        return cc_fail(error.status, error.where, error.hint, "%s", error.what);
    }
    loader->batch = (cc_batch){.count = slot->count,
                               .images = slot->images,
                               .targets = slot->targets,
                               .slices = slot->slices,
                               .variants = slot->variants};
    loader->given++;
    return CC_OK;
}

cc_status cc_loader_next(cc_loader *loader, const cc_batch **out) {
    cc_status status = CC_OK;
    *out = NULL;
    pthread_mutex_lock(&loader->mutex);
    give_back(loader);
    bool more = loader->given * (size_t)loader->options.batch < loader->end;
    if (more) status = take_batch(loader);
    if (more && status == CC_OK) *out = &loader->batch;
    pthread_mutex_unlock(&loader->mutex);
    return status;
}
