/* experiments/dataset.h -- the data of one run: its slice set, the split, and how slices reach the net. */
#ifndef CC_EXPERIMENTS_DATASET_H
#define CC_EXPERIMENTS_DATASET_H

#include "core/digest.h"
#include "datasets/fit.h"
#include "datasets/loader.h"
#include "datasets/slices.h"
#include "datasets/split.h"
#include "experiments/config.h"

typedef struct cc_dataset {
    cc_slice_set *set;
    cc_split split;
    cc_fit fit;
    cc_augment augment;
    const cc_experiment_config *config; /* borrowed */
} cc_dataset;

/* The slice set that a config names, to be closed by cc_slice_set_close. */
cc_status cc_dataset_open_set(cc_slice_set **out, const cc_experiment_config *config);

/* Splits the set (which it then owns, also on failure) and finds the canvas: preprocess.size, or the largest
 * slice's longer side, rounded up to what the net needs. The config outlives it. */
cc_status cc_dataset_init(cc_dataset *out, cc_slice_set *set, const cc_experiment_config *config);
void cc_dataset_deinit(cc_dataset *dataset);

/* Whether the set can be split as the config asks, and its slices brought onto the net's canvas: what
 * cc_dataset_init may fail with, found without it. */
cc_status cc_dataset_try(const cc_slice_set *set, const cc_experiment_config *config);

/* Reads every slice of a part once, so that one that cannot be read is found before a training, not behind
 * it. CC_EINTERRUPTED where a signal came. */
cc_status cc_dataset_check(const cc_dataset *dataset, const cc_split_part *part);

/* A loader over one part of the split: for training shuffled, augmented and of full batches; else in order,
 * plain. */
cc_status cc_dataset_loader(cc_loader **out, const cc_dataset *dataset, const cc_split_part *part,
                            bool training);

#endif
