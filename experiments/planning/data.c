/* experiments/planning/data.c -- from a config's words to the options of datasets/slices.h and
 * datasets/split.h, and to the size of the net's input. Planning and training open data through here, so
 * that they cannot differ. */
#include "experiments/planning/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/scan_facts.h"
#include "nets/engine/model.h"

/* Only the masks of ctheart, which are pictures, are thresholded. */
static cc_status open_set(cc_slice_set **out, const cc_experiment_config *config, bool checking) {
    cc_slice_options options = {.source = config->data.source,
                                .root = config->data.root,
                                .image = config->data.image,
                                .mask = config->data.mask,
                                .list = config->data.list,
                                .labels = config->data.labels,
                                .label_count = config->data.label_count,
                                .skip_broken = config->data.skip_broken,
                                .checking = checking,
                                .cache_mb = CC_SLICES_CACHE_MB};
    const bool stated =
        strcmp(config->data.source, "ctheart") == 0 && config->data.mask_threshold != CC_MASK_THRESHOLD_NONE;
    if (stated) options.mask_threshold = &config->data.mask_threshold;
    memcpy(options.window_hu, config->preprocess.window_hu, sizeof options.window_hu);
    return cc_slice_set_open(out, &options);
}

cc_status cc_data_open(cc_slice_set **out, const cc_experiment_config *config) {
    return open_set(out, config, false);
}

cc_status cc_data_open_to_check(cc_slice_set **out, const cc_experiment_config *config) {
    return open_set(out, config, true);
}

/* NULL is "". */
static bool is_same_text(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

bool cc_data_is_same(const cc_experiment_config *a, const cc_experiment_config *b) {
    const char *texts[][2] = {{a->data.source, b->data.source},
                              {a->data.root, b->data.root},
                              {a->data.image, b->data.image},
                              {a->data.mask, b->data.mask},
                              {a->data.list, b->data.list}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!is_same_text(texts[i][0], texts[i][1])) return false;
    return true;
}

/* In their order, too: it is that of the classes. */
static bool has_same_labels(const cc_experiment_config *a, const cc_experiment_config *b) {
    return a->data.label_count == b->data.label_count &&
           memcmp(a->data.labels, b->data.labels, (size_t)a->data.label_count * sizeof *a->data.labels) == 0;
}

bool cc_data_has_same_slices(const cc_experiment_config *a, const cc_experiment_config *b) {
    return cc_data_is_same(a, b) && a->data.mask_threshold == b->data.mask_threshold &&
           a->data.skip_broken == b->data.skip_broken && has_same_labels(a, b);
}

/* Of data.split.file the paths are compared: a copy under another name is not known to be one. */
const char *cc_data_other_split(const cc_experiment_config *a, const cc_experiment_config *b, int fold) {
    if (a->data.skip_broken != b->data.skip_broken) return "data.skip_broken";
    if (strcmp(a->data.split.by, b->data.split.by) != 0) return "data.split.by";
    if (strcmp(a->data.split.by, "slab") == 0 && a->data.split.slab != b->data.split.slab)
        return "data.split.slab";
    if (!is_same_text(a->data.split.stratify, b->data.split.stratify)) return "data.split.stratify";
    if (!is_same_text(a->data.split.file, b->data.split.file)) return "data.split.file";
    if (a->data.split.seed != b->data.split.seed) return "data.split.seed";
    if (a->data.split.inner_folds != b->data.split.inner_folds) return "data.split.inner_folds";
    if (a->data.split.inner_fold != b->data.split.inner_fold) return "data.split.inner_fold";
    if (a->data.split.train != b->data.split.train) return "data.split.train";
    if (a->data.split.validation != b->data.split.validation) return "data.split.validation";
    if (fold == CC_FOLD_NONE && a->data.split.test != b->data.split.test) return "data.split.test";
    return fold != CC_FOLD_NONE && a->data.folds != b->data.folds ? "data.folds" : NULL;
}

bool cc_data_has_same_split(const cc_experiment_config *a, const cc_experiment_config *b) {
    return a->data.fold == b->data.fold && a->data.train_share == b->data.train_share &&
           !cc_data_other_split(a, b, a->data.fold);
}

const char *cc_data_split_file(const cc_experiment_config *config) {
    return strcmp(config->data.split.by, "list") == 0 ? config->data.list : config->data.split.file;
}

cc_status cc_data_split_digest(cc_digest_text *out, const cc_experiment_config *config) {
    cc_split_table table;
    const char *file = cc_data_split_file(config);
    *out = (cc_digest_text){""};
    if (!file) return CC_OK;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_split_table_read(&table, file, config->data.fold, arena);
    if (status == CC_OK) status = cc_split_table_digest(out, &table);
    cc_arena_destroy(arena);
    return status;
}

/* A list's own columns are a table of patients like that of a file. */
cc_split_spec cc_data_split_spec(const cc_experiment_config *config) {
    return (cc_split_spec){
        .train = config->data.split.train,
        .validation = config->data.split.validation,
        .test = config->data.split.test,
        .by = strcmp(config->data.split.by, "list") == 0 ? "patient" : config->data.split.by,
        .slab = config->data.split.slab,
        .stratify = config->data.split.stratify && strcmp(config->data.split.stratify, "group") == 0,
        .folds = config->data.folds,
        .inner_folds = config->data.split.inner_folds,
        .train_share = config->data.train_share < 1 ? config->data.train_share : 0,
        .inner_fold = config->data.split.inner_fold,
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
    cc_status status = CC_OK;
    cc_split_table table;
    if (cc_experiment_is_ensemble(config) &&
        config->ensemble.out_of_fold) { /* its members were trained on folds */
        *out = (cc_split){0};
        return cc_split_all(&out->test, set);
    }
    cc_split_spec spec = cc_data_split_spec(config);
    const char *file = cc_data_split_file(config);
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    if (file) {
        CC_CHECK(cc_split_table_read(&table, file, config->data.fold, arena));
        spec.table = &table;
    }
    CC_CHECK(cc_split_make(out, set, &spec, config->data.split.seed));
    status = need_parts(out);
    if (status != CC_OK) cc_split_deinit(out);
done:
    cc_arena_destroy(arena);
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

cc_status cc_data_channels(cc_channels *out, const cc_experiment_config *net) {
    return cc_channels_init(out, net->data.channels.items, net->data.channels.count, net->data.slices,
                            net->preprocess.window_hu);
}

cc_status cc_data_classes(cc_label_classes *out, const cc_experiment_config *net,
                          const cc_experiment_config *data) {
    CC_TRY(cc_label_classes_init(out, net->data.targets, data->data.labels, data->data.label_count));
    if (out->count == 1 || out->arteries || has_same_labels(net, data)) return CC_OK;
    return cc_fail(CC_ECONFIG, data->name, "give both the same data.labels, in the same order",
                   "the classes of the net of %s are other labels than those of this data", net->name);
}

cc_status cc_data_check_channels(const cc_slice_set *set, const cc_experiment_config *net) {
    cc_channels channels;
    bool neighbours = false;
    CC_TRY(cc_data_channels(&channels, net));
    if (cc_channels_have_mask(&channels) && !cc_slice_set_is_hu(set))
        return cc_fail(CC_EUNSUPPORTED, "data.channels", "use hu alone, or scans in HU",
                       "a channel above a threshold needs HU, and pictures of %s hold grey values",
                       net->data.source);
    if (channels.slices == 1) return CC_OK;
    for (size_t i = 1; i < cc_slice_set_count(set); i++) {
        const cc_slice *a = cc_slice_set_get(set, i - 1), *b = cc_slice_set_get(set, i);
        if (a->scan != b->scan || cc_slice_set_near(set, i - 1, 1) != i) continue;
        neighbours = true;
        if (a->height != b->height || a->width != b->width)
            return cc_fail(CC_EFORMAT, cc_slice_set_patient(set, a->patient), "set data.slices: 1",
                           "its slices %d and %d differ in size: one cannot be shown beside the other",
                           (int)a->number, (int)b->number);
    }
    if (neighbours) return CC_OK;
    return cc_fail(CC_EUNSUPPORTED, "data.slices", "set data.slices: 1",
                   "no slice has a neighbour in its scan: each would be shown %d times", channels.slices);
}

cc_status cc_data_check_classes(const cc_slice_set *set, const cc_experiment_config *config) {
    cc_label_classes classes;
    bool several = false;
    CC_TRY(cc_data_classes(&classes, config, config));
    const bool volume = strcmp(config->data.source, "volume") == 0; /* in memory: read once more in no time */
    if (classes.count == 1 || !(volume || cc_scan_facts_are_known(set))) return CC_OK;
    cc_scan_facts *facts = malloc(sizeof *facts);
    cc_status status = facts ? CC_OK : cc_fail_memory("labels", sizeof *facts);
    for (size_t i = 0; status == CC_OK && i < cc_slice_set_count(set); i++) {
        const cc_slice *slice = cc_slice_set_get(set, i);
        if (i > 0 && cc_slice_set_get(set, i - 1)->scan == slice->scan) continue;
        status = cc_scan_facts_read(facts, set, i, volume ? cc_slice_set_count(set) : 1);
        for (int label = 1; label < CC_LABELS && status == CC_OK; label++) {
            if (!facts->labels[label]) continue;
            several = several || (classes.of[label] > 1 && classes.of[label] != CC_LABEL_CLASS_NONE);
            /* Where labels are chosen, all others are background. */
            if (classes.of[label] == CC_LABEL_CLASS_NONE && config->data.label_count == 0)
                status =
                    cc_fail(CC_EFORMAT, cc_slice_set_patient(set, slice->patient),
                            "data.labels names those of LAD, LCX and RCA",
                            "its mask has the label %d, which is no artery of data.targets: arteries", label);
        }
    }
    if (status == CC_OK && classes.arteries && !several)
        status = cc_fail(CC_EFORMAT, "data.targets", "leave data.targets out",
                         "no mask tells arteries apart: all labels are that of the LAD");
    free(facts);
    return status;
}

cc_status cc_data_check(const cc_slice_set *set, const cc_experiment_config *config) {
    cc_split split;
    cc_fit canvas;
    if (config->net.arch) {
        CC_TRY(cc_data_canvas(&canvas, set, config));
        CC_TRY(cc_data_check_classes(set, config));
    }
    CC_TRY(cc_data_split(&split, set, config));
    cc_split_deinit(&split);
    return CC_OK;
}
