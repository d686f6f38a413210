/* experiments/data.h -- the slices that a config names, and how it splits them. */
#ifndef CC_EXPERIMENTS_DATA_H
#define CC_EXPERIMENTS_DATA_H

#include "datasets/slices.h"
#include "datasets/split.h"
#include "experiments/config.h"

/* To be closed by cc_slice_set_close. */
cc_status cc_data_open(cc_slice_set **out, const cc_experiment_config *config);

/* To be given back by cc_split_deinit. CC_ECONFIG as cc_split_make, and where a part has no slice. */
cc_status cc_data_split(cc_split *out, const cc_slice_set *set, const cc_experiment_config *config);

#endif
