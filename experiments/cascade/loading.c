/* experiments/cascade/loading.c -- a config's batch, window, channels, seed and workers as options of
 * datasets/loader.h: the one place where training and evaluation agree on how an image reaches the net. */
#include "experiments/cascade/loading.h"

#include <string.h>
#include "experiments/planning/data.h"

cc_status cc_loading_options(cc_loader_options *out, cc_channels *channels, const cc_slice_set *set,
                             const cc_split_part *part, const cc_fit *fit,
                             const cc_experiment_config *config) {
    CC_TRY(cc_data_channels(channels, config));
    *out = (cc_loader_options){.set = set,
                               .slices = part->slices,
                               .slice_count = part->count,
                               .fit = *fit,
                               .channels = channels,
                               .batch = config->train.batch,
                               .seed = config->seed,
                               .workers = config->train.workers};
    memcpy(out->window_hu, config->preprocess.window_hu, sizeof out->window_hu);
    return CC_OK;
}
