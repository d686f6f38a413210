/* experiments/loading.h -- how a config's pictures reach its net: the canvas and the loader's options. */
#ifndef CC_EXPERIMENTS_LOADING_H
#define CC_EXPERIMENTS_LOADING_H

#include "datasets/loader.h"
#include "datasets/split.h"
#include "experiments/config.h"

/* The canvas for a set: preprocess.size, or the longer side of the set's largest slice, rounded up to what
 * the net needs. CC_ECONFIG where the size does not suit the net. */
cc_status cc_loading_fit(cc_fit *out, const cc_slice_set *set, const cc_experiment_config *config);

/* In order, plain: what an evaluation asks for. */
cc_loader_options cc_loading_options(const cc_slice_set *set, const cc_split_part *part, const cc_fit *fit,
                                     const cc_experiment_config *config);

#endif
