/* experiments/cascade/net_view.h -- what a run's net is shown of its dataset: slices, regions of them or
 * windows, for each part of the split.
 *
 *     stage 1         the slices, matched to the reference where the config asks for it
 *     stage 2         the same, blanked outside the region of interest or cut to it
 *                     (a net of volumes: the scans, of patches and windows of which it is shown)
 *     stage 3         windows of the (matched) slices. To train and validate: around true lesions (group
 *                     CC_WINDOW_TRUE) and around what stage 2 marked where nothing is true (CC_WINDOW_FALSE).
 *                     To test: around all that stage 2 marked.
 *
 * Epochs are therefore compared on other windows than those of the test: what stage 2 missed counts for the
 * choice of the best epoch, and not for the test. */
#ifndef CC_EXPERIMENTS_CASCADE_NET_VIEW_H
#define CC_EXPERIMENTS_CASCADE_NET_VIEW_H

#include "datasets/loader.h"
#include "datasets/view.h"
#include "experiments/cascade/cascade.h"
#include "experiments/cascade/evaluate.h"
#include "experiments/cascade/training_batches.h"

/* The slices of one part of the split, and the items that the net is shown of them. */
typedef struct cc_net_view_part {
    const cc_split_part *slices; /* of the base; borrowed */
    cc_split_part items;         /* of the set, ascending: one a slice, or windows: several or none */
} cc_net_view_part;

typedef struct cc_net_view {
    const cc_dataset *dataset; /* borrowed, as the cascade */
    const cc_cascade *cascade;
    const cc_slice_set *set; /* what the net is shown: the base or a view; NULL: stage 3 without a window */
    cc_net_view_part train, validation, test;
    cc_fit fit;             /* of the net's canvas */
    cc_net_targets targets; /* what its outputs tell apart */
    cc_slice_set *matched;  /* stage 3: whole slices, of which windows are cut; NULL: those of the base */
    cc_slice_set *own;      /* the view that `set` is, to be closed; NULL: `set` is the base */
} cc_net_view;

/* Decides what the net is shown. Decodes slices only to find windows, and where train.empty_slices leaves out
 * slices without truth. On failure there is nothing to deinit.
 *   CC_ECONFIG  the net tells other labels apart than the data has; stage 3 has no window to train on, or
 *               none to choose the best epoch by; the net's size does not suit the set
 *   others      as cc_slice_set_read and cc_view_open */
cc_status cc_net_view_init(cc_net_view *out, const cc_cascade *cascade);
void cc_net_view_deinit(cc_net_view *view); /* takes a zeroed one */

/* The items that lie in some slices (borrowed, ascending) of the base. CC_ENOMEM. */
cc_status cc_net_view_part_init(cc_net_view_part *out, const cc_net_view *view, const cc_split_part *slices);
void cc_net_view_part_deinit(cc_net_view_part *part); /* takes a zeroed one */

/* The classes of the labels that the net is scored by. Borrowed. */
const cc_label_classes *cc_net_view_classes(const cc_net_view *view);
/* How many regions it tells apart, which say in which of them a predicted lesion lies: beside an output that
 * marks calcium alone. 0: none, or a single one. */
int cc_net_view_regions(const cc_net_view *view);

/* Batches of the training part, all of them full: items shuffled and augmented, or patches of its volumes.
 * The caller deinits *out whatever the status. As cc_loader_create and cc_training_volumes_create. */
cc_status cc_net_view_batches(cc_training_batches *out, const cc_net_view *view);

/* How a net of this run is evaluated on a part; `plan` is an inference plan on view->fit. */
cc_evaluation_source cc_net_view_evaluation(const cc_net_view *view, const cc_net_view_part *part,
                                            cc_plan *plan);
/* The same of what is tested: by evaluate.above_hu and evaluate.mirrors, which the choice of an epoch does
 * not look at. Of a net with several outputs no loss is computed: a scan that is predicted has no regions. */
cc_evaluation_source cc_net_view_test(const cc_net_view *view, const cc_net_view_part *part, cc_plan *plan);

#endif
