/* experiments/cascade/dataset.c -- opening and splitting a run's data, what its net sees of each part, and
 * the checks that come before a training: slices that cannot be read, and parts without truth. */
#include "experiments/cascade/dataset.h"

#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "core/rng.h"
#include "experiments/cascade/loading.h"
#include "experiments/planning/data.h"
#include "experiments/planning/interrupt.h"

cc_status cc_dataset_part_init(cc_dataset_part *out, const cc_dataset *d, const cc_split_part *slices) {
    size_t items = d->set ? cc_slice_set_count(d->set) : 0;
    *out = (cc_dataset_part){.slices = slices};
    out->items.slices = calloc(items + 1, sizeof *out->items.slices);
    if (!out->items.slices) return cc_fail_memory("items", items * sizeof *out->items.slices);
    for (size_t i = 0, at = 0; i < items; i++) {
        uint32_t base = d->set == d->base ? (uint32_t)i : cc_view_get(d->set, i)->base;
        while (at < slices->count && slices->slices[at] < base) at++;
        if (at < slices->count && slices->slices[at] == base)
            out->items.slices[out->items.count++] = (uint32_t)i;
    }
    return CC_OK;
}

void cc_dataset_part_deinit(cc_dataset_part *part) {
    free(part->items.slices);
    *part = (cc_dataset_part){0};
}

static bool is_empty(const uint8_t *mask, const cc_slice *slice) {
    size_t pixels = (size_t)slice->height * (size_t)slice->width;
    for (size_t i = 0; i < pixels; i++)
        if (mask[i]) return false;
    return true;
}

/* Takes most slices without truth out of what is trained on. Whether one stays depends on the seed and its
 * number alone. */
static cc_status thin_out(cc_dataset_part *part, const cc_dataset *d) {
    const cc_experiment_config *config = d->run->config;
    int height, width;
    size_t kept = 0;
    cc_slice_set_largest(&height, &width, d->set);
    uint8_t *mask = malloc((size_t)height * (size_t)width);
    if (!mask) return cc_fail_memory("a mask", (size_t)height * (size_t)width);
    for (size_t i = 0; i < part->items.count; i++) {
        uint32_t item = part->items.slices[i];
        cc_rng rng = cc_rng_init(config->seed, CC_PURPOSE_EMPTY, 0, item);
        cc_status status = cc_slice_set_read(d->set, item, NULL, mask);
        if (status != CC_OK) return free(mask), status;
        if (!is_empty(mask, cc_slice_set_get(d->set, item)) ||
            cc_rng_uniform(&rng) < config->train.empty_slices)
            part->items.slices[kept++] = item;
    }
    part->items.count = kept;
    free(mask);
    return CC_OK;
}

static cc_status need_windows(const cc_dataset *d) {
    const char *hint = "add patients with calcification to it";
    if (!d->train.items.count)
        return cc_fail(CC_ECONFIG, "data.split.train", hint, "there is no window to train on");
    if (!d->validation.items.count)
        return cc_fail(CC_ECONFIG, "data.split.validation", hint,
                       "there is no window to choose the best epoch by");
    return CC_OK;
}

static bool is_trained(const cc_dataset *d) {
    return d->chain.last == d->run;
}

static cc_status fill(cc_dataset *d, const cc_backend *backend) {
    const cc_experiment_config *config = d->run->config;
    CC_TRY(cc_augment_init(&d->augment, config->augment.items, config->augment.count));
    CC_TRY(cc_augment_init(&d->augment_negative, config->windows.augment_negative.items,
                           config->windows.augment_negative.count));
    CC_TRY(cc_chain_init(&d->chain, d->run, d->base, &d->split, backend));
    d->set = cc_chain_set(&d->chain);
    CC_TRY(cc_dataset_part_init(&d->train, d, &d->split.train));
    if (strcmp(config->stage, "calcification") == 0 && config->train.empty_slices < 1)
        CC_TRY(thin_out(&d->train, d));
    CC_TRY(cc_dataset_part_init(&d->validation, d, &d->split.validation));
    CC_TRY(cc_dataset_part_init(&d->test, d, &d->split.test));
    return d->set ? cc_data_canvas(&d->fit, d->set, d->chain.last->config) : CC_OK;
}

static cc_status open_and_fill(cc_dataset *d, const cc_backend *backend) {
    CC_TRY(cc_data_open(&d->base, d->run->config));
    CC_TRY(cc_data_split(&d->split, d->base, d->run->config));
    CC_TRY(fill(d, backend));
    return is_trained(d) ? need_windows(d) : CC_OK;
}

cc_status cc_dataset_init(cc_dataset *out, const cc_planned_run *run, const cc_backend *backend) {
    *out = (cc_dataset){.run = run};
    cc_status status = open_and_fill(out, backend);
    if (status != CC_OK) cc_dataset_deinit(out);
    return status;
}

cc_status cc_dataset_init_scan(cc_dataset *out, const cc_planned_run *run, cc_slice_set *scan,
                               const cc_backend *backend) {
    *out = (cc_dataset){.run = run, .base = scan};
    cc_status status = cc_split_all(&out->split.test, scan);
    if (status == CC_OK) status = fill(out, backend);
    if (status != CC_OK) cc_dataset_deinit(out);
    return status;
}

void cc_dataset_deinit(cc_dataset *dataset) {
    cc_dataset_part_deinit(&dataset->train);
    cc_dataset_part_deinit(&dataset->validation);
    cc_dataset_part_deinit(&dataset->test);
    cc_chain_deinit(&dataset->chain);
    cc_split_deinit(&dataset->split);
    cc_slice_set_close(dataset->base);
    *dataset = (cc_dataset){0};
}

cc_status cc_dataset_check(const cc_dataset *dataset, const cc_split_part *part) {
    cc_status status = CC_OK;
    int height, width;
    cc_slice_set_largest(&height, &width, dataset->base);
    size_t pixels = (size_t)height * (size_t)width;
    float *image = malloc(pixels * sizeof *image);
    uint8_t *mask = malloc(pixels);
    if (!image || !mask) CC_CHECK(cc_fail_memory("a slice", pixels * (sizeof *image + 1)));
    for (size_t i = 0; i < part->count; i++) {
        CC_CHECK(cc_interrupt_check());
        CC_CHECK(cc_slice_set_read(dataset->base, part->slices[i], image, mask));
    }
done:
    free(image);
    free(mask);
    return status;
}

/* Whether one of these slices has a true pixel; those behind the first that has are not read. */
static cc_status find_truth(bool *out, const cc_slice_set *set, const cc_split_part *part) {
    cc_status status = CC_OK;
    int height, width;
    *out = false;
    if (!set) return CC_OK;
    cc_slice_set_largest(&height, &width, set);
    uint8_t *mask = malloc((size_t)height * (size_t)width);
    if (!mask) return cc_fail_memory("a mask", (size_t)height * (size_t)width);
    for (size_t i = 0; i < part->count && !*out; i++) {
        CC_CHECK(cc_interrupt_check());
        CC_CHECK(cc_slice_set_read(set, part->slices[i], NULL, mask));
        *out = !is_empty(mask, cc_slice_set_get(set, part->slices[i]));
    }
done:
    free(mask);
    return status;
}

/* What empty masks of a source mostly come from. */
static const char *likely_cause(const char *source) {
    if (strcmp(source, "coca") == 0)
        return "check calcium_xml: outlines of the four arteries, whose pixels read more than 130 HU";
    if (strcmp(source, "ctheart") == 0)
        return "check the masks: all their pixels are 0, or below the threshold";
    return "check the masks: all their labels are 0";
}

/* A part that must have truth has none that the net sees. */
static cc_status explain_no_truth(const cc_dataset *d, const char *key, const char *part,
                                  const cc_split_part *slices, const char *then) {
    bool in_slices, anywhere = false;
    const cc_split_part *all[] = {&d->split.train, &d->split.validation, &d->split.test};
    CC_TRY(find_truth(&in_slices, d->base, slices));
    if (in_slices)
        return cc_fail(CC_EINVAL, key, "check the run of upstream.roi, or set preprocess.roi.mode: none",
                       "the %s part has no true pixel within what the net sees of it%s", part, then);
    for (int i = 0; i < 3 && !anywhere; i++) CC_TRY(find_truth(&anywhere, d->base, all[i]));
    if (!anywhere)
        return cc_fail(CC_EINVAL, d->run->config->data.root, likely_cause(d->run->config->data.source),
                       "no slice of the dataset has a true pixel: its truth is empty");
    return cc_fail(CC_EINVAL, key,
                   "choose another data.split.seed, fold or data.split, or give the part a larger share",
                   "no slice of the %s part has a true pixel: its truth is empty%s", part, then);
}

cc_status cc_dataset_check_truth(const cc_dataset *d) {
    bool found;
    char name[160];
    const cc_experiment_config *config = d->run->config;
    cc_planned_run_name(name, sizeof name, d->run);
    if (is_trained(d)) {
        const bool by_f1 = strcmp(config->train.early_stopping.monitor, "validation.f1") == 0;
        CC_TRY(find_truth(&found, d->set, &d->train.items));
        if (!found) return explain_no_truth(d, "data.split.train", "training", &d->split.train, "");
        CC_TRY(find_truth(&found, d->set, &d->validation.items));
        if (!found && by_f1)
            return explain_no_truth(d, "data.split.validation", "validation", &d->split.validation,
                                    ", so that F1 would be 0 in every epoch and the first one kept");
        if (!found)
            cc_log(CC_LOG_WARNING,
                   "%s: the validation part has no true pixel: its loss chooses the net that marks "
                   "the least",
                   name);
    }
    CC_TRY(find_truth(&found, d->base, &d->split.test));
    if (!found)
        cc_log(CC_LOG_WARNING,
               "%s: no slice of the test part has a true pixel: its truth is empty, and the scores "
               "say nothing of what is found",
               name);
    return CC_OK;
}

cc_run_spacing cc_dataset_spacing(const cc_dataset *d, size_t slice) {
    double mm[3];
    (void)cc_slice_set_spacing(mm, d->base, slice);
    return (cc_run_spacing){mm[0], mm[1]};
}

cc_status cc_dataset_loader(cc_loader **out, const cc_dataset *d) {
    cc_loader_options options = cc_loading_options(d->set, &d->train.items, &d->fit, d->run->config);
    options.augment = &d->augment;
    if (d->chain.windows) options.augment_negative = &d->augment_negative;
    options.shuffle = options.drop_last = true;
    return cc_loader_create(out, &options);
}

cc_evaluation_source cc_dataset_evaluation(const cc_dataset *d, const cc_dataset_part *part, cc_plan *plan) {
    const cc_experiment_config *config = d->run->config;
    bool both = d->chain.stage == CC_STAGE_FALSE_POSITIVE && strcmp(config->windows.output, "intersect") == 0;
    return (cc_evaluation_source){.plan = plan,
                                  .net = d->chain.last->config,
                                  .fit = d->fit,
                                  .threshold = config->results.threshold,
                                  .base = d->base,
                                  .slices = part->slices,
                                  .set = d->set,
                                  .items = &part->items,
                                  .within = both ? d->chain.calcification : NULL};
}
