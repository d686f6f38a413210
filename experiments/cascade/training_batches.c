/* experiments/cascade/training_batches.c -- one face for two loaders.
 *
 * A branch a call, and no table of functions: there are two kinds of items, and each call is one line. */
#include "experiments/cascade/training_batches.h"

void cc_training_batches_deinit(cc_training_batches *b) {
    cc_loader_destroy(b->slices);
    cc_training_volumes_destroy(b->volumes);
    *b = (cc_training_batches){0};
}

size_t cc_training_batches_items(const cc_training_batches *b) {
    if (b->slices) return cc_loader_item_count(b->slices);
    return cc_training_volumes_items(b->volumes);
}

size_t cc_training_batches_count(const cc_training_batches *b) {
    return b->slices ? cc_loader_batch_count(b->slices) : cc_training_volumes_batches(b->volumes);
}

void cc_training_batches_start(cc_training_batches *b, uint64_t epoch, size_t first) {
    if (b->slices)
        cc_loader_start_at(b->slices, epoch, first);
    else
        cc_patch_loader_start(cc_training_volumes_loader(b->volumes), epoch, first);
}

cc_status cc_training_batches_next(cc_training_batches *b, const float **images, const float **targets) {
    const cc_batch *slices = NULL;
    const cc_patch_batch *patches = NULL;
    *images = *targets = NULL;
    if (b->slices) {
        CC_TRY(cc_loader_next(b->slices, &slices));
        if (slices) *images = slices->images;
        if (slices) *targets = slices->targets;
        return CC_OK;
    }
    /* Both give a target of the size of one channel: 0 and 1, or class numbers. */
    CC_TRY(cc_patch_loader_next(cc_training_volumes_loader(b->volumes), &patches));
    if (patches) *images = patches->images;
    if (patches) *targets = patches->targets;
    return CC_OK;
}
