/* datasets/loader.c -- items of a batch: a slice in one of its variants, from the file to what a net is fed.
 *
 * Threads and the order of batches are datasets/batch_ring.c's; here is what an item is. Its place and its
 * random numbers follow from its number alone. */
#include "datasets/loader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "core/arena.h"
#include "core/rng.h"
#include "datasets/view.h"

_Static_assert((int)CC_CHANNEL_SLICES_MAX - 1 <= (int)CC_RANDOM_PLANES,
               "each neighbour has a plane of its own");

/* One thread's own buffers. */
typedef struct scratch {
    float *slice, *canvas; /* [largest slice], [H*W]; HU */
    float *picture;        /* [H*W]: of the slice where no channel is a picture; HU */
    uint8_t *slice_mask, *canvas_mask, *augmented_mask; /* [largest slice], [H*W], [H*W] */
    uint8_t *augmented_regions;                         /* [H*W] */
    float *work;                                        /* of random augmentation */
} scratch;

typedef struct ring_slot {
    float *images, *targets; /* [batch,channels,H,W], [targets,batch,1,H,W] */
    uint32_t *slices;        /* [batch] */
    int *variants;           /* [batch] */
} ring_slot;

struct cc_loader {
    cc_loader_options options; /* its pointers lead into the arena */
    cc_augment augments[2];    /* by the group of a view's item; without groups all take the first */
    cc_random_augment random;  /* what is drawn for each item; perhaps nothing */
    cc_channels channels;
    cc_label_classes classes[CC_LOADER_TARGETS_MAX]; /* [options.targets] */
    uint64_t epoch;                                  /* that is under way; written while the threads rest */
    cc_arena *arena;
    uint32_t *first_item;  /* [slice_count + 1]: of each slice's variants; then the number of items */
    size_t items;          /* of an epoch */
    size_t pixels, values; /* of a canvas; of all channels of one */
    uint32_t *order;       /* [items] the epoch's permutation */
    cc_batch_ring *ring;
    ring_slot *slots; /* [depth of the ring] */
    scratch *scratch; /* [workers], or one for the caller */
    cc_batch batch;   /* what the caller holds */
};

/* --- an item --- */

/* What an item is made of, and where. */
typedef struct item_place {
    const cc_loader *loader;
    const scratch *s;
    uint32_t index; /* of its slice */
    const cc_variant *variant;
    cc_random_item random;
} item_place;

/* One slice of the item, in HU: read, fit, augmented by name and at random. `mask`: labels, of the slice
 * itself alone; NULL: not wanted. What works on HU of whole slices (histogram matching) belongs behind the
 * reading. */
static cc_status make_picture(float *hu, uint8_t *mask, const item_place *p, int offset) {
    const cc_loader_options *o = &p->loader->options;
    const scratch *s = p->s;
    const cc_slice *slice = cc_slice_set_get(o->set, p->index);
    const float fill = (float)o->window_hu[0];
    if (offset == 0)
        CC_TRY(cc_slice_set_read(o->set, p->index, s->slice, s->slice_mask));
    else
        CC_TRY(cc_slice_set_read_near(o->set, p->index, offset, false, s->slice));
    cc_fit_image(s->canvas, &o->fit, s->slice, slice->height, slice->width, fill);
    if (mask) cc_fit_mask(s->canvas_mask, &o->fit, s->slice_mask, slice->height, slice->width);
    cc_variant_apply(p->variant, hu, mask, s->canvas, mask ? s->canvas_mask : NULL, o->fit.height,
                     o->fit.width, fill);
    /* The canvas is free from here on: random changes work in it. */
    cc_random_augment_hu(hu, mask, &p->loader->random, &p->random, o->fit.height, o->fit.width, s->canvas,
                         s->canvas_mask, s->work);
    return CC_OK;
}

/* The mask of what a slice of the item, as the dataset has it, reads above a threshold: moved as the slice's
 * picture is, its values being nobody's to augment. */
static cc_status make_mask(float *out, const item_place *p, int offset, double above_hu) {
    const cc_loader_options *o = &p->loader->options;
    const scratch *s = p->s;
    const cc_slice *slice = cc_slice_set_get(o->set, p->index);
    CC_TRY(cc_slice_set_read_near(o->set, p->index, offset, true, s->slice));
    for (size_t i = 0; i < (size_t)slice->height * (size_t)slice->width; i++)
        s->slice_mask[i] = s->slice[i] > above_hu;
    cc_fit_mask(s->canvas_mask, &o->fit, s->slice_mask, slice->height, slice->width);
    cc_variant_apply(p->variant, NULL, s->augmented_mask, NULL, s->canvas_mask, o->fit.height, o->fit.width,
                     0);
    cc_random_augment_hu(NULL, s->augmented_mask, &p->loader->random, &p->random, o->fit.height, o->fit.width,
                         s->canvas, s->canvas_mask, s->work);
    for (size_t i = 0; i < p->loader->pixels; i++) out[i] = s->augmented_mask[i];
    return CC_OK;
}

/* The regions of the item's slice, moved as its mask is. */
static cc_status make_regions(uint8_t *regions, const item_place *p) {
    const cc_loader_options *o = &p->loader->options;
    const scratch *s = p->s;
    const cc_slice *slice = cc_slice_set_get(o->set, p->index);
    CC_TRY(cc_slice_set_read_regions(o->set, p->index, s->slice_mask));
    cc_fit_mask(s->canvas_mask, &o->fit, s->slice_mask, slice->height, slice->width);
    cc_variant_apply(p->variant, NULL, regions, NULL, s->canvas_mask, o->fit.height, o->fit.width, 0);
    cc_random_augment_hu(NULL, regions, &p->loader->random, &p->random, o->fit.height, o->fit.width,
                         s->canvas, s->canvas_mask, s->work);
    return CC_OK;
}

/* Classes of the labels of an item: one target. */
static cc_status make_target(float *target, const item_place *p, const cc_label_classes *classes,
                             const uint8_t *labels) {
    const cc_loader *loader = p->loader;
    const cc_slice_set *set = loader->options.set;
    for (size_t i = 0; i < loader->pixels; i++) {
        const uint8_t class = classes->of[labels[i]];
        /* The class of an unknown region is the number that losses with `ignore: 255` leave out. */
        if (class == CC_LABEL_CLASS_NONE && !(classes->regions && labels[i] == CC_REGION_UNKNOWN)) {
            const cc_slice *slice = cc_slice_set_get(set, p->index);
            return cc_fail(CC_EFORMAT, cc_slice_set_patient(set, slice->patient),
                           classes->regions    ? "net.heads has the number of classes, background among them"
                           : classes->arteries ? "labels are 1 LAD, 2 LCX, 3 RCA; data.labels names others"
                                               : "data.labels names the labels that are classes",
                           "slice %d has the %s %d, which is no class of data.targets", (int)slice->number,
                           classes->regions ? "region" : "label", labels[i]);
        }
        target[i] = class;
    }
    return CC_OK;
}

/* The targets of an item, whose labels have been moved as its picture was. Of regions, which are moved here,
 * there may be several targets: they are read for the first one. */
static cc_status make_targets(float *target, const item_place *p, const uint8_t *labels, uint8_t *regions) {
    const cc_loader *loader = p->loader;
    const size_t next = (size_t)loader->options.batch * loader->pixels; /* of the same item, one target on */
    bool read = false;
    for (int t = 0; t < loader->options.targets; t++, target += next) {
        const cc_label_classes *classes = &loader->classes[t];
        if (classes->regions && !read) CC_TRY(make_regions(regions, p));
        read = read || classes->regions;
        CC_TRY(make_target(target, p, classes, classes->regions ? regions : labels));
    }
    return CC_OK;
}

/* All that happens to a slice before a net sees it, in this order: read, fit, augment by name, augment at
 * random, window. `image` has room for all channels; `number` is the item's in an epoch without shuffling.
 *
 * The pictures of all slices are made once, in HU, in the channels of the first word that shows one; other
 * windows are taken from there, and that word's own last. */
static cc_status prepare_item(float *image, float *target, const cc_loader *loader, const scratch *s,
                              uint32_t index, const cc_variant *variant, size_t number) {
    const cc_loader_options *o = &loader->options;
    const cc_channels *channels = &loader->channels;
    const size_t pixels = loader->pixels;
    const int slices = channels->slices, middle = slices / 2;
    item_place p = {.loader = loader,
                    .s = s,
                    .index = index,
                    .variant = variant,
                    .random = {.seed = o->seed,
                               .epoch = loader->epoch,
                               .number = number,
                               .low_hu = (float)o->window_hu[0],
                               .high_hu = (float)o->window_hu[1]}};
    int first = 0; /* the first word that is a picture; the labels' picture is made even without one */
    while (first < channels->word_count && channels->words[first].is_mask) first++;
    float *const pictures = first < channels->word_count ? image + (size_t)(first * slices) * pixels : NULL;
    for (int k = 0; k < slices; k++) {
        if (k != middle && !pictures) continue;
        float *hu = pictures ? pictures + (size_t)k * pixels : s->picture;
        p.random.plane = k == middle ? 0 : k < middle ? k + 1 : k;
        CC_TRY(make_picture(hu, k == middle ? s->augmented_mask : NULL, &p, k - middle));
        if (k == middle) CC_TRY(make_targets(target, &p, s->augmented_mask, s->augmented_regions));
    }
    for (int w = channels->word_count - 1; w >= 0; w--) {
        const cc_channel *word = &channels->words[w];
        for (int k = 0; k < slices; k++) {
            float *to = image + (size_t)(w * slices + k) * pixels;
            if (word->is_mask) {
                CC_TRY(make_mask(to, &p, k - middle, word->above_hu));
                continue;
            }
            cc_channel_window(to, pictures + (size_t)k * pixels, pixels, word->window_hu);
            cc_random_augment_windowed(to, &loader->random, &p.random, pixels);
        }
    }
    return CC_OK;
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

/* Makes one item in its place (cc_batch_ring_make). */
static cc_status make_item(void *context, size_t item, size_t slot_number, size_t place, int worker) {
    const cc_loader *loader = context;
    const cc_loader_options *o = &loader->options;
    const size_t number = o->shuffle ? loader->order[item] : item;
    const ring_slot *slot = &loader->slots[slot_number];
    size_t position = position_of(loader, number);
    uint32_t slice = o->slices[position];
    int variant = (int)(number - loader->first_item[position]);
    slot->slices[place] = slice;
    slot->variants[place] = variant;
    return prepare_item(slot->images + place * loader->values, slot->targets + place * loader->pixels, loader,
                        &loader->scratch[worker], slice, &augment_of(loader, slice)->variants[variant],
                        number);
}

/* --- life --- */

static cc_status check(const cc_loader_options *o) {
    CC_TRY(cc_fit_check(&o->fit));
    assert(o->slice_count > 0 && o->targets >= 0 && o->targets <= CC_LOADER_TARGETS_MAX);
    if (!(o->window_hu[0] >= CC_WINDOW_HU_MIN && o->window_hu[0] < o->window_hu[1] &&
          o->window_hu[1] <= CC_WINDOW_HU_MAX))
        return cc_fail(CC_ECONFIG, "preprocess.window_hu", "use [low, high], e.g. [-200, 800]",
                       "[%g, %g] is no window", o->window_hu[0], o->window_hu[1]);
    return CC_OK;
}

static cc_status count_items(cc_loader *loader) {
    const cc_loader_options *o = &loader->options;
    size_t items = 0;
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
    return CC_OK;
}

/* Arrays from the loader's arena; `ok` becomes false where memory is out. */
static void *allocate(cc_loader *loader, size_t count, size_t size, bool *ok) {
    void *memory = *ok ? cc_arena_get_array(loader->arena, count, size) : NULL;
    *ok = memory != NULL;
    return memory;
}

/* Everything that an epoch needs, allocated once: copies of the options' lists, the order of items, each
 * thread's scratch, and the slots of the ring. */
static cc_status allocate_memory(cc_loader *loader) {
    bool ok = true;
    cc_loader_options *o = &loader->options;
    const size_t batch = (size_t)o->batch, depth = cc_batch_ring_depth(loader->ring);
    uint32_t *slices = allocate(loader, o->slice_count, sizeof *slices, &ok);
    if (ok) memcpy(slices, o->slices, o->slice_count * sizeof *slices);
    o->slices = slices;
    if (ok) ok = (o->fit.mode = cc_arena_copy(loader->arena, o->fit.mode)) != NULL;
    loader->order = allocate(loader, o->shuffle ? loader->items : 1, sizeof *loader->order, &ok);

    /* Scratch for the largest slice, for each thread, or for the caller where there are none. */
    size_t largest = 1;
    const size_t scratches = cc_batch_ring_buffers(loader->ring);
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
        s->picture = allocate(loader, loader->pixels, sizeof *s->picture, &ok);
        s->canvas_mask = allocate(loader, loader->pixels, 1, &ok);
        s->augmented_mask = allocate(loader, loader->pixels, 1, &ok);
        s->augmented_regions = allocate(loader, loader->pixels, 1, &ok);
        s->work = allocate(loader, work + 1, sizeof *s->work, &ok);
    }

    loader->slots = allocate(loader, depth, sizeof *loader->slots, &ok);
    for (size_t i = 0; ok && i < depth; i++) {
        ring_slot *slot = &loader->slots[i];
        slot->images = allocate(loader, batch * loader->values, sizeof *slot->images, &ok);
        slot->targets =
            allocate(loader, (size_t)o->targets * batch * loader->pixels, sizeof *slot->targets, &ok);
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
    loader->options = *options;
    loader->pixels = (size_t)options->fit.height * (size_t)options->fit.width;
    const char *const alone = "hu";
    CC_CHECK(cc_channels_init(&loader->channels, &alone, 1, 1, options->window_hu));
    CC_CHECK(cc_label_classes_init(&loader->classes[0], "calcium", NULL, 0));
    if (options->channels) loader->channels = *options->channels;
    if (!options->classes || options->targets == 0) loader->options.targets = 1;
    for (int t = 0; options->classes && t < loader->options.targets; t++)
        loader->classes[t] = options->classes[t];
    loader->values = loader->pixels * (size_t)cc_channels_count(&loader->channels);
    if (!(loader->arena = cc_arena_create())) CC_CHECK(CC_ENOMEM);
    CC_CHECK(cc_augment_init(&loader->augments[0], NULL, 0));
    if (options->augment) loader->augments[0] = *options->augment;
    if (options->augment_negative) loader->augments[1] = *options->augment_negative;
    if (options->random) loader->random = *options->random;
    CC_CHECK(count_items(loader));
    CC_CHECK(cc_batch_ring_create(&loader->ring, &(cc_batch_ring_options){.items = loader->items,
                                                                          .batch = options->batch,
                                                                          .drop_last = options->drop_last,
                                                                          .workers = options->workers,
                                                                          .make = make_item,
                                                                          .context = loader}));
    CC_CHECK(allocate_memory(loader));
    *out = loader;
    loader = NULL;
done:
    cc_loader_destroy(loader);
    return status;
}

void cc_loader_destroy(cc_loader *loader) {
    if (!loader) return;
    cc_batch_ring_destroy(loader->ring); /* first: its threads work in the arena's memory */
    cc_arena_destroy(loader->arena);
    free(loader);
}

size_t cc_loader_item_count(const cc_loader *loader) {
    return loader->items;
}

size_t cc_loader_batch_count(const cc_loader *loader) {
    return cc_batch_ring_batches(loader->ring);
}

/* --- an epoch --- */

void cc_loader_start(cc_loader *loader, uint64_t epoch) {
    cc_loader_start_at(loader, epoch, 0);
}

void cc_loader_start_at(cc_loader *loader, uint64_t epoch, size_t batches) {
    cc_batch_ring_rest(loader->ring);
    loader->epoch = epoch;
    if (loader->options.shuffle) {
        cc_rng rng = cc_rng_init(loader->options.seed, CC_PURPOSE_SHUFFLE, epoch, 0);
        cc_rng_permutation(&rng, loader->order, (uint32_t)loader->items);
    }
    cc_batch_ring_start(loader->ring, batches);
}

cc_status cc_loader_next(cc_loader *loader, const cc_batch **out) {
    size_t number;
    int count;
    *out = NULL;
    CC_TRY(cc_batch_ring_next(&number, &count, loader->ring));
    if (count == 0) return CC_OK;
    const ring_slot *slot = &loader->slots[number];
    loader->batch = (cc_batch){.count = count,
                               .images = slot->images,
                               .targets = slot->targets,
                               .slices = slot->slices,
                               .variants = slot->variants};
    *out = &loader->batch;
    return CC_OK;
}
