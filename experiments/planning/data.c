/* experiments/planning/data.c -- from a config's words to the options of datasets/slices.h and
 * datasets/split.h, and to the size of the net's input. Planning and training open data through here, so
 * that they cannot differ. */
#include "experiments/planning/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "datasets/folder_stamp.h"
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
    options.regions = cc_config_learns_regions(config);
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
           a->data.skip_broken == b->data.skip_broken && has_same_labels(a, b) &&
           cc_config_learns_regions(a) == cc_config_learns_regions(b);
}

/* Of a volume: all that lies in a file's folder, as its header may name other files there. */
static cc_status stamp_volume(cc_digest_text *out, const char *root, const char *name) {
    char path[CC_PATH_MAX], folder[CC_PATH_MAX];
    CC_TRY(cc_path_join(path, root, name));
    CC_TRY(cc_path_folder(folder, path));
    return cc_folder_stamp(out, cc_folder_exists(path) ? path : folder);
}

cc_status cc_data_stamp(cc_digest_text *out, const cc_experiment_config *config) {
    static const char *const by_scan[] = {"list", "nnunet", "decathlon"};
    cc_digest_text parts[2];
    *out = (cc_digest_text){""};
    for (size_t i = 0; i < sizeof by_scan / sizeof *by_scan; i++)
        if (strcmp(config->data.source, by_scan[i]) == 0) return CC_OK;
    if (strcmp(config->data.source, "volume") != 0) return cc_folder_stamp(out, config->data.root);
    CC_TRY(stamp_volume(&parts[0], config->data.root, config->data.image));
    CC_TRY(stamp_volume(&parts[1], config->data.root, config->data.mask));
    *out = cc_digest_of(parts, sizeof parts);
    return CC_OK;
}

cc_status cc_data_is_unchanged(bool *out, cc_digest_text *stamp, const cc_experiment_config *config,
                               const char *digest) {
    cc_digest_text looks, now;
    cc_slice_set *set;
    CC_TRY(cc_data_stamp(&looks, config));
    *out = looks.hex[0] && strcmp(looks.hex, stamp->hex) == 0;
    if (*out) return CC_OK;
    /* The looks were taken first: a file that changes while the digest is made looks different next time. */
    CC_TRY(cc_data_open(&set, config));
    cc_status status = cc_slice_set_digest(&now, set);
    cc_slice_set_close(set);
    *out = status == CC_OK && strcmp(now.hex, digest) == 0;
    if (*out) *stamp = looks;
    return status;
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

/* *out: of what the side of a square image is a multiple, in both directions. */
static cc_status find_stride(int *out, const cc_experiment_config *config) {
    int64_t dhw[CC_SPATIAL_MAX];
    CC_TRY(cc_net_stride(dhw, &config->net));
    if (dhw[0] > 0)
        return cc_fail(CC_ECONFIG, "net.arch", "take a net of images, or set data.items: volumes",
                       "%s takes volumes, and this experiment's data are slices", config->net.arch);
    int64_t stride = dhw[1];
    while (stride % dhw[2]) stride += dhw[1];
    *out = (int)stride;
    return CC_OK;
}

static cc_status bad_size(const cc_experiment_config *config, int side, int stride) {
    char hint[64];
    snprintf(hint, sizeof hint, "%d would be, or leave it out", cc_fit_size(side, stride));
    return cc_fail(CC_ECONFIG, "preprocess.size", hint, "%d is not a multiple of %d, which this %s needs",
                   side, stride, config->net.arch);
}

bool cc_data_has_volumes(const cc_experiment_config *config) {
    return config->data.items && strcmp(config->data.items, "volumes") == 0;
}

cc_status cc_data_check_mirrors(const cc_experiment_config *net, unsigned axes) {
    if (!axes || !cc_data_has_volumes(net)) return CC_OK;
    return cc_fail(CC_ECONFIG, net->name, "leave evaluate.mirrors out",
                   "its net takes volumes, and mirror images at test time are of slices");
}

int cc_data_depth(const cc_experiment_config *net) {
    return cc_data_has_volumes(net) ? net->volumes.patch[0] : 0;
}

/* Whether the net takes volumes, and of that size. */
static cc_status check_patch(const cc_experiment_config *config) {
    int64_t dhw[CC_SPATIAL_MAX];
    char hint[96];
    CC_TRY(cc_net_stride(dhw, &config->net));
    if (dhw[0] == 0)
        return cc_fail(CC_ECONFIG, "net.arch", "take a net of volumes, or leave data.items out",
                       "%s takes images, and data.items is volumes", config->net.arch);
    for (int k = 0; k < CC_SPATIAL_MAX; k++) {
        const int side = config->volumes.patch[k];
        if (side % dhw[k] == 0) continue;
        snprintf(hint, sizeof hint, "%d would be", cc_fit_size(side, (int)dhw[k]));
        return cc_fail(CC_ECONFIG, "volumes.patch", hint,
                       "along %c %d is not a multiple of %lld, which this "
                       "%s needs",
                       "zyx"[k], side, (long long)dhw[k], config -> net.arch);
    }
    return CC_OK;
}

cc_status cc_data_canvas(cc_fit *out, const cc_slice_set *set, const cc_experiment_config *config) {
    int stride = 1, side = config->preprocess.size;
    if (cc_data_has_volumes(config)) {
        CC_TRY(check_patch(config));
        *out = (cc_fit){.mode = config->preprocess.fit,
                        .height = config->volumes.patch[1],
                        .width = config->volumes.patch[2]};
        return CC_OK;
    }
    CC_TRY(find_stride(&stride, config));
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

cc_status cc_data_targets(cc_net_targets *out, const cc_experiment_config *net,
                          const cc_experiment_config *data) {
    CC_TRY(cc_net_targets_init(out, net, data->data.labels, data->data.label_count));
    const cc_label_classes *scored = &out->of[out->scored];
    if (scored->count == 1 || scored->arteries || has_same_labels(net, data)) return CC_OK;
    return cc_fail(CC_ECONFIG, data->name, "give both the same data.labels, in the same order",
                   "the classes of the net of %s are other labels than those of this data", net->name);
}

/* Whether the slices of each scan make a volume: all there, of one size, and of a known spacing where they
 * are to be resampled. */
static cc_status check_scans(const cc_slice_set *set, const cc_experiment_config *net) {
    double mm[3];
    const double *wanted = net->volumes.spacing_mm;
    const bool resampled = wanted[0] != 0 || wanted[1] != 0 || wanted[2] != 0;
    for (size_t i = 0; i < cc_slice_set_count(set); i++) {
        const cc_slice *a = cc_slice_set_get(set, i), *b = i > 0 ? cc_slice_set_get(set, i - 1) : NULL;
        const char *patient = cc_slice_set_patient(set, a->patient);
        if (resampled && !cc_slice_set_spacing(mm, set, i))
            return cc_fail(CC_EUNSUPPORTED, patient, "leave volumes.spacing_mm at 0",
                           "the spacing of its voxels is not known: it cannot be resampled");
        if (!b || a->scan != b->scan) continue;
        if (a->height != b->height || a->width != b->width)
            return cc_fail(CC_EFORMAT, patient, "set data.items: slices",
                           "its slices %d and %d differ in size: they make no volume", (int)b->number,
                           (int)a->number);
        if (a->number != b->number + 1)
            return cc_fail(CC_EFORMAT, patient, "set data.items: slices",
                           "between its slices %d and %d some are missing: they make no volume",
                           (int)b->number, (int)a->number);
    }
    return CC_OK;
}

cc_status cc_data_check_channels(const cc_slice_set *set, const cc_experiment_config *net) {
    cc_channels channels;
    bool neighbours = false;
    CC_TRY(cc_data_channels(&channels, net));
    if (cc_data_has_volumes(net)) CC_TRY(check_scans(set, net));
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
    cc_net_targets targets;
    bool several = false;
    CC_TRY(cc_data_targets(&targets, config, config));
    const cc_label_classes classes = targets.of[targets.scored];
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
