/* experiments/cascade/dataset.h -- the data of one run: its slices, their split, and what the net sees of
 * them. */
#ifndef CC_EXPERIMENTS_CASCADE_DATASET_H
#define CC_EXPERIMENTS_CASCADE_DATASET_H

#include "datasets/loader.h"
#include "datasets/slices.h"
#include "datasets/split.h"
#include "experiments/cascade/chain.h"
#include "experiments/cascade/evaluate.h"

/* The slices of one part of the split, and the items that the net sees of them. */
typedef struct cc_dataset_part {
    const cc_split_part *slices; /* of the base */
    cc_split_part items;         /* of the set, ascending: one a slice, or windows: several or none */
} cc_dataset_part;

typedef struct cc_dataset {
    const cc_planned_run *run; /* borrowed */
    cc_slice_set *base;        /* the dataset's own slices */
    cc_split split;            /* of the base */
    cc_chain chain;
    const cc_slice_set *set; /* what the net sees: the base or a view of it; NULL: stage 3 without a window */
    cc_dataset_part train, validation, test;
    cc_fit fit; /* of the net's canvas */
    cc_augment augment,
        augment_negative; /* of groups CC_WINDOW_TRUE (all other items too), CC_WINDOW_FALSE */
} cc_dataset;

/* Opens the data of a run whose upstream runs are done, splits them and prepares the pictures. A run that
 * trains needs something to train on, and all parts: CC_ECONFIG. On failure there is nothing to deinit. */
cc_status cc_dataset_init(cc_dataset *out, const cc_planned_run *run, const cc_backend *backend);
/* The same for a scan without truth (datasets/scan.h): all of its slices are the test part, and nothing is to
 * be trained. The dataset owns `scan` from here on, on failure too. */
cc_status cc_dataset_init_scan(cc_dataset *out, const cc_planned_run *run, cc_slice_set *scan,
                               const cc_backend *backend);
void cc_dataset_deinit(cc_dataset *dataset);

/* The items that lie in some slices (borrowed, ascending) of the base. */
cc_status cc_dataset_part_init(cc_dataset_part *out, const cc_dataset *dataset, const cc_split_part *slices);
void cc_dataset_part_deinit(cc_dataset_part *part); /* takes a zeroed one */

/* In-plane spacing of a slice of the base, as pictures of it store it. */
cc_run_spacing cc_dataset_spacing(const cc_dataset *dataset, size_t slice);

/* Reads every slice of a part once, so that one that cannot be read is found before a training, not behind
 * it. CC_EINTERRUPTED where a signal came. */
cc_status cc_dataset_check(const cc_dataset *dataset, const cc_split_part *part);

/* Whether training can work: something true to learn from, and to choose the epoch by. What is looked at is
 * what the net sees, up to the first slice with truth of each part. A test part without truth is warned of.
 *   CC_EINVAL  no true pixel in the training part, or in the validation part where its F1 chooses */
cc_status cc_dataset_check_truth(const cc_dataset *dataset);

/* A loader over the training part: shuffled, augmented and of full batches. */
cc_status cc_dataset_loader(cc_loader **out, const cc_dataset *dataset);

/* How a net of this run is evaluated on a part; `plan` is an inference plan on dataset->fit. */
cc_evaluation_source cc_dataset_evaluation(const cc_dataset *dataset, const cc_dataset_part *part,
                                           cc_plan *plan);

#endif
