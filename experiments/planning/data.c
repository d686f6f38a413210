/* experiments/planning/data.c -- from a config's words to the options of datasets/slices.h and
 * datasets/split.h, and to the size of the net's input. Planning and training open data through here, so
 * that they cannot differ. */
#include "experiments/planning/data.h"

#include <stdio.h>
#include <string.h>
#include "nets/engine/model.h"

/* Only the masks of ctheart, which are pictures, are thresholded. */
cc_status cc_data_open(cc_slice_set **out, const cc_experiment_config *config) {
    cc_slice_options options = {.source = config->data.source,
                                .root = config->data.root,
                                .image = config->data.image,
                                .mask = config->data.mask,
                                .skip_broken = config->data.skip_broken,
                                .cache_mb = CC_SLICES_CACHE_MB};
    const bool stated =
        strcmp(config->data.source, "ctheart") == 0 && config->data.mask_threshold != CC_MASK_THRESHOLD_NONE;
    if (stated) options.mask_threshold = &config->data.mask_threshold;
    memcpy(options.window_hu, config->preprocess.window_hu, sizeof options.window_hu);
    return cc_slice_set_open(out, &options);
}

bool cc_data_is_same(const cc_experiment_config *a, const cc_experiment_config *b) {
    const char *texts[][2] = {{a->data.source, b->data.source},
                              {a->data.root, b->data.root},
                              {a->data.image, b->data.image},
                              {a->data.mask, b->data.mask}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *x = texts[i][0] ? texts[i][0] : "", *y = texts[i][1] ? texts[i][1] : "";
        if (strcmp(x, y) != 0) return false;
    }
    return true;
}

bool cc_data_has_same_slices(const cc_experiment_config *a, const cc_experiment_config *b) {
    return cc_data_is_same(a, b) && a->data.mask_threshold == b->data.mask_threshold &&
           a->data.skip_broken == b->data.skip_broken;
}

/* The config's data.split, data.folds and data.fold. */
static cc_split_spec split_spec(const cc_experiment_config *config) {
    return (cc_split_spec){.train = config->data.split.train,
                           .validation = config->data.split.validation,
                           .test = config->data.split.test,
                           .by = config->data.split.by,
                           .slab = config->data.split.slab,
                           .stratify = config->data.split.stratify &&
                                       strcmp(config->data.split.stratify, "group") == 0,
                           .folds = config->data.folds,
                           .fold = config->data.fold == CC_FOLD_NONE ? CC_SPLIT_NO_FOLD : config->data.fold};
}

/* A run needs all three parts, whatever their shares are. */
static cc_status need_parts(const cc_split *split) {
    if (!split->train.count)
        return cc_fail(CC_ECONFIG, "data.split.train", "give it a share", "no slice is left to train on");
    if (!split->validation.count)
        return cc_fail(CC_ECONFIG, "data.split.validation", "give it a share",
                       "no slice is left to choose the best epoch by");
    if (!split->test.count)
        return cc_fail(CC_ECONFIG, "data.split.test", "give it a share", "no slice is left to test on");
    return CC_OK;
}

cc_status cc_data_split(cc_split *out, const cc_slice_set *set, const cc_experiment_config *config) {
    cc_split_spec spec = split_spec(config);
    CC_TRY(cc_split_make(out, set, &spec, config->seed));
    cc_status status = need_parts(out);
    if (status != CC_OK) cc_split_deinit(out);
    return status;
}

static cc_status bad_size(const cc_experiment_config *config, int side, int stride) {
    char hint[64];
    snprintf(hint, sizeof hint, "%d would be, or leave it out", cc_fit_size(side, stride));
    return cc_fail(CC_ECONFIG, "preprocess.size", hint, "%d is not a multiple of %d, which this %s needs",
                   side, stride, config->net.arch);
}

cc_status cc_data_canvas(cc_fit *out, const cc_slice_set *set, const cc_experiment_config *config) {
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

cc_status cc_data_check(const cc_slice_set *set, const cc_experiment_config *config) {
    cc_split split;
    cc_fit canvas;
    if (config->net.arch) CC_TRY(cc_data_canvas(&canvas, set, config));
    CC_TRY(cc_data_split(&split, set, config));
    cc_split_deinit(&split);
    return CC_OK;
}
