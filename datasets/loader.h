/* datasets/loader.h -- batches for a net, made ready by threads while the net works.
 *
 * An item is a slice in one of its variants: read, fit onto the canvas, augmented, windowed to [0, 1], in one
 * channel or several (datasets/channels.h), all of which are moved alike. What is drawn at random for it
 * (datasets/augment_random.h) follows from seed, epoch and its number without shuffling. Without shuffling
 * items come slice by slice, each slice's variants in order; with it, in a permutation that seed and epoch
 * name (CC_PURPOSE_SHUFFLE). Order and bytes do not depend on the number of threads. All memory but the
 * decoder's own, and that of views, is allocated at creation. */
#ifndef CC_DATASETS_LOADER_H
#define CC_DATASETS_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/status.h"
#include "datasets/augment.h"
#include "datasets/augment_random.h"
#include "datasets/batch_ring.h"
#include "datasets/channels.h"
#include "datasets/fit.h"
#include "datasets/slices.h"
#include "datasets/label_classes.h"

typedef struct cc_loader cc_loader;

enum {
    CC_LOADER_BATCH_MAX = CC_BATCH_RING_BATCH_MAX,
    CC_LOADER_WORKERS_MAX = CC_BATCH_RING_WORKERS_MAX,
    CC_LOADER_TARGETS_MAX = 8
};

/* The set outlives the loader; all else is copied. */
typedef struct cc_loader_options {
    const cc_slice_set *set;
    const uint32_t *slices; /* slice_count indices into the set; at least 1 */
    size_t slice_count;
    const cc_augment *augment; /* NULL: the original alone */
    /* Of a view's items of group 1; NULL: `augment` serves them too. `set` is a view where it is given. */
    const cc_augment *augment_negative;
    const cc_random_augment *random; /* drawn for each item; NULL: nothing is */
    cc_fit fit;
    /* Low becomes 0, high 1; values below and above are clipped. low < high, both from CC_WINDOW_HU_MIN to
     * _MAX. */
    double window_hu[2];
    const cc_channels *channels;     /* NULL: the slice alone, in that window */
    const cc_label_classes *classes; /* of each target; NULL: one target, in which any label is foreground */
    int targets;                     /* of each item, one for each output of the net; 0 stands for 1 */
    int batch;                       /* items of a batch, 1 to CC_LOADER_BATCH_MAX */
    bool shuffle;
    bool drop_last; /* leaves out a last batch that is not full; else its count is less than `batch` */
    uint64_t seed;  /* of the shuffle, and of what is drawn for each item */
    int workers;    /* threads, at most CC_LOADER_WORKERS_MAX; 0: cc_loader_next itself does the work */
} cc_loader_options;

/* What the net takes. Borrowed, until the loader's next call. */
typedef struct cc_batch {
    int count;           /* items, n */
    const float *images; /* [n,channels,H,W], in [0, 1] */
    /* [n,1,H,W]: the class of the label, of the mask or of regions; 0 is background, 255 not known. Of
     * several targets the next one's lie behind those of a full batch. */
    const float *targets;
    const uint32_t *slices; /* [n] index of each item's slice in the set */
    const int *variants;    /* [n] its variant: 0 is the original */
} cc_batch;

/* The caller owns *out. CC_ECONFIG: a bad fit, window, batch or number of workers, or with drop_last fewer
 * items than one batch; CC_ENOMEM. */
cc_status cc_loader_create(cc_loader **out, const cc_loader_options *options);
/* At any moment, also in the middle of an epoch; takes NULL. */
void cc_loader_destroy(cc_loader *loader);

/* Items (slices times variants) and batches of an epoch. */
size_t cc_loader_item_count(const cc_loader *loader);
size_t cc_loader_batch_count(const cc_loader *loader);

/* Starts an epoch, in the middle of another as well. The threads begin at once. */
void cc_loader_start(cc_loader *loader, uint64_t epoch);
/* The same behind its first `batches` batches, at most all: those are not made, and cc_loader_next goes on as
 * if they had been taken. */
void cc_loader_start_at(cc_loader *loader, uint64_t epoch, size_t batches);

/* The next batch; *out is NULL behind the last one, and before the first start. Where an item cannot be read,
 * the batch that holds it fails with the status and message of its first such item; the epoch is over then.
 * A label without a class is such a fault (CC_EFORMAT), as is a target of regions where the set has none
 * (CC_EUNSUPPORTED). */
cc_status cc_loader_next(cc_loader *loader, const cc_batch **out);

#endif
