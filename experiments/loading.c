#include "experiments/loading.h"

#include <stdio.h>
#include <string.h>
#include "nets/model.h"

static cc_status bad_size(const cc_experiment_config *config, int side, int stride) {
    char hint[64];
    snprintf(hint, sizeof hint, "%d would be, or leave it out", cc_fit_size(side, stride));
    return cc_fail(CC_ECONFIG, "preprocess.size", hint, "%d is not a multiple of %d, which this %s needs",
                   side, stride, config->net.arch);
}

cc_status cc_loading_fit(cc_fit *out, const cc_slice_set *set, const cc_experiment_config *config) {
    int stride = cc_net_stride(&config->net), side = config->preprocess.size;
    if (!stride) return cc_error_get()->status;
    if (side % stride) return bad_size(config, side, stride);
    if (side == CC_SIZE_LARGEST) {
        int height, width;
        cc_slice_set_largest(&height, &width, set);
        side = height > width ? height : width;
    }
    side = cc_fit_size(side, stride);
    *out = (cc_fit){.mode = config->preprocess.fit, .height = side, .width = side};
    return cc_fit_check(out);
}

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
