/* experiments/cascade/loading.h -- the options of a loader that serves a config's net. */
#ifndef CC_EXPERIMENTS_CASCADE_LOADING_H
#define CC_EXPERIMENTS_CASCADE_LOADING_H

#include "datasets/loader.h"
#include "datasets/split.h"
#include "experiments/config/config.h"

/* In order, plain: what an evaluation asks for. *channels is room for those of the config's net, which the
 * options point to. As cc_data_channels. */
cc_status cc_loading_options(cc_loader_options *out, cc_channels *channels, const cc_slice_set *set,
                             const cc_split_part *part, const cc_fit *fit,
                             const cc_experiment_config *config);

#endif
