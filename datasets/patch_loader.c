/* datasets/patch_loader.c -- the slots of a ring of batches, filled with patches. */
#include "datasets/patch_loader.h"

#include <stdlib.h>
#include "core/arena.h"

typedef struct patch_slot {
    float *images, *targets; /* [batch][channels][size], [batch][size] */
    cc_patch *patches;       /* [batch] */
} patch_slot;

struct cc_patch_loader {
    cc_patch_sampler *sampler;
    cc_batch_ring *ring;
    cc_arena *arena;
    patch_slot *slots; /* [depth of the ring] */
    double *work;      /* [buffers of the ring][work_count] each thread's own, of cc_patch_cut */
    size_t work_count;
    size_t voxels, values; /* of a patch; of all its channels */
    uint64_t epoch;        /* that is under way; written while the threads rest */
    cc_patch_batch batch;  /* what the caller holds */
};

/* Makes one sample in its place (cc_batch_ring_make). */
static cc_status make_item(void *context, size_t item, size_t slot_number, size_t place, int worker) {
    const cc_patch_loader *loader = context;
    const patch_slot *slot = &loader->slots[slot_number];
    cc_patch *patch = &slot->patches[place];
    cc_patch_draw(patch, loader->sampler, loader->epoch, item);
    cc_patch_cut(slot->images + place * loader->values, slot->targets + place * loader->voxels,
                 loader->sampler, patch, loader->work + (size_t)worker * loader->work_count);
    return CC_OK;
}

static cc_status allocate_slots(cc_patch_loader *loader, size_t batch) {
    const size_t depth = cc_batch_ring_depth(loader->ring);
    if (!(loader->arena = cc_arena_create())) return CC_ENOMEM;
    if (!(loader->slots = cc_arena_get_array(loader->arena, depth, sizeof *loader->slots))) return CC_ENOMEM;
    loader->work_count = cc_patch_work(loader->sampler);
    loader->work = cc_arena_get_array(loader->arena, cc_batch_ring_buffers(loader->ring),
                                      (loader->work_count + 1) * sizeof *loader->work);
    if (!loader->work) return CC_ENOMEM;
    for (size_t i = 0; i < depth; i++) {
        patch_slot *slot = &loader->slots[i];
        slot->images = cc_arena_get_array(loader->arena, batch, loader->values * sizeof *slot->images);
        slot->targets = cc_arena_get_array(loader->arena, batch, loader->voxels * sizeof *slot->targets);
        slot->patches = cc_arena_get_array(loader->arena, batch, sizeof *slot->patches);
        if (!slot->images || !slot->targets || !slot->patches) return CC_ENOMEM;
    }
    return CC_OK;
}

cc_status cc_patch_loader_create(cc_patch_loader **out, const cc_patch_options *options, size_t batches,
                                 int workers) {
    cc_status status;
    cc_patch_loader *loader = calloc(1, sizeof *loader);
    if (!loader) return cc_fail_memory("loader", sizeof *loader);
    CC_CHECK(cc_patch_sampler_create(&loader->sampler, options)); /* it checks the options */
    if (batches < 1 || batches > UINT32_MAX)
        CC_CHECK(cc_fail(CC_EINVAL, "patches", NULL, "%zu batches an epoch", batches));
    loader->voxels = (size_t)options->size[0] * (size_t)options->size[1] * (size_t)options->size[2];
    loader->values = loader->voxels * options->channels;
    CC_CHECK(cc_batch_ring_create(&loader->ring,
                                  &(cc_batch_ring_options){.items = batches * (size_t)options->batch,
                                                           .batch = options->batch,
                                                           .workers = workers,
                                                           .make = make_item,
                                                           .context = loader}));
    CC_CHECK(allocate_slots(loader, (size_t)options->batch));
    *out = loader;
    loader = NULL;
done:
    cc_patch_loader_destroy(loader);
    return status;
}

void cc_patch_loader_destroy(cc_patch_loader *loader) {
    if (!loader) return;
    cc_batch_ring_destroy(loader->ring); /* first: its threads work in the rest */
    cc_patch_sampler_destroy(loader->sampler);
    cc_arena_destroy(loader->arena);
    free(loader);
}

void cc_patch_loader_start(cc_patch_loader *loader, uint64_t epoch, size_t first) {
    cc_batch_ring_rest(loader->ring);
    loader->epoch = epoch;
    cc_batch_ring_start(loader->ring, first);
}

cc_status cc_patch_loader_next(cc_patch_loader *loader, const cc_patch_batch **out) {
    size_t number;
    int count;
    *out = NULL;
    CC_TRY(cc_batch_ring_next(&number, &count, loader->ring));
    if (count == 0) return CC_OK;
    const patch_slot *slot = &loader->slots[number];
    loader->batch = (cc_patch_batch){
        .count = count, .images = slot->images, .targets = slot->targets, .patches = slot->patches};
    *out = &loader->batch;
    return CC_OK;
}
