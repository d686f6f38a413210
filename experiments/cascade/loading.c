/* experiments/cascade/loading.c -- a config's batch, window, seed and workers as options of
 * datasets/loader.h: the one place where training and evaluation agree on how an image reaches the net. */
#include "experiments/cascade/loading.h"

#include <string.h>

cc_loader_options cc_loading_options(const cc_slice_set *set, const cc_split_part *part, const cc_fit *fit,
                                     const cc_experiment_config *config) {
    cc_loader_options options = {.set = set,
                                 .slices = part->slices,
                                 .slice_count = part->count,
                                 .fit = *fit,
                                 .batch = config->train.batch,
                                 .seed = config->seed,
                                 .workers = config->train.workers};
    memcpy(options.window_hu, config->preprocess.window_hu, sizeof options.window_hu);
    return options;
}
