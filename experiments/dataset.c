#include "experiments/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/interrupt.h"
#include "nets/model.h"

cc_status cc_dataset_open_set(cc_slice_set **out, const cc_experiment_config *config) {
    cc_slice_options options = {.source = config->data.source,
                                .root = config->data.root,
                                .image = config->data.image,
                                .mask = config->data.mask,
                                .cache_mb = CC_SLICES_CACHE_MB};
    memcpy(options.window_hu, config->preprocess.window_hu, sizeof options.window_hu);
    return cc_slice_set_open(out, &options);
}

static cc_status bad_size(const cc_experiment_config *config, int side, int stride) {
    char hint[64];
    snprintf(hint, sizeof hint, "%d would be, or leave it out", cc_fit_size(side, stride));
    return cc_fail(CC_ECONFIG, "preprocess.size", hint, "%d is not a multiple of %d, which this %s needs",
                   side, stride, config->net.arch);
}

static cc_status find_fit(cc_fit *out, const cc_slice_set *set, const cc_experiment_config *config) {
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

cc_status cc_dataset_init(cc_dataset *out, cc_slice_set *set, const cc_experiment_config *config) {
    cc_status status = CC_OK;
    cc_split_spec spec = split_spec(config);
    *out = (cc_dataset){.set = set, .config = config};
    CC_CHECK(find_fit(&out->fit, set, config));
    CC_CHECK(cc_split_make(&out->split, set, &spec, config->seed));
    CC_CHECK(need_parts(&out->split));
    CC_CHECK(cc_augment_init(&out->augment, config->augment.items, config->augment.count));
done:
    if (status != CC_OK) cc_dataset_deinit(out);
    return status;
}

cc_status cc_dataset_try(const cc_slice_set *set, const cc_experiment_config *config) {
    cc_split split;
    cc_fit fit;
    cc_split_spec spec = split_spec(config);
    if (config->net.arch) CC_TRY(find_fit(&fit, set, config));
    CC_TRY(cc_split_make(&split, set, &spec, config->seed));
    cc_status status = need_parts(&split);
    cc_split_deinit(&split);
    return status;
}

void cc_dataset_deinit(cc_dataset *dataset) {
    cc_split_deinit(&dataset->split);
    cc_slice_set_close(dataset->set);
    memset(dataset, 0, sizeof *dataset);
}

cc_status cc_dataset_check(const cc_dataset *dataset, const cc_split_part *part) {
    cc_status status = CC_OK;
    int height, width;
    cc_slice_set_largest(&height, &width, dataset->set);
    size_t pixels = (size_t)height * (size_t)width;
    float *image = malloc(pixels * sizeof *image);
    uint8_t *mask = malloc(pixels);
    if (!image || !mask) CC_CHECK(cc_fail_memory("a slice", pixels * (sizeof *image + 1)));
    for (size_t i = 0; i < part->count; i++) {
        CC_CHECK(cc_interrupt_check());
        CC_CHECK(cc_slice_set_read(dataset->set, part->slices[i], image, mask));
    }
done:
    free(image);
    free(mask);
    return status;
}

cc_status cc_dataset_loader(cc_loader **out, const cc_dataset *dataset, const cc_split_part *part,
                            bool training) {
    const cc_experiment_config *config = dataset->config;
    cc_loader_options options = {.set = dataset->set,
                                 .slices = part->slices,
                                 .slice_count = part->count,
                                 .augment = training ? &dataset->augment : NULL,
                                 .fit = dataset->fit,
                                 .batch = config->train.batch,
                                 .shuffle = training,
                                 .drop_last = training,
                                 .seed = config->seed,
                                 .workers = config->train.workers};
    memcpy(options.window_hu, config->preprocess.window_hu, sizeof options.window_hu);
    return cc_loader_create(out, &options);
}
