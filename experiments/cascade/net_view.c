/* experiments/cascade/net_view.c -- views of a dataset's slices as the run's net is shown them, and the items
 * of each part of the split. */
#include "experiments/cascade/net_view.h"

#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "experiments/cascade/loading.h"
#include "experiments/cascade/windows.h"
#include "experiments/planning/data.h"

_Static_assert((int)CC_LOADER_TARGETS_MAX >= (int)CC_HEADS_MAX, "a target for each output");

/* Windows of stage 3 on one slice. Where it is `learned` from (training, validation) they lie around the
 * truth, and around what stage 2 marked that touches none; else (test) around all that stage 2 marked,
 * since truth must not matter there. marked[] and truth[] hold one slice. */
static cc_status add_windows(cc_windows *windows, const cc_cascade *c, uint32_t slice, bool learned,
                             uint8_t *marked, uint8_t *truth) {
    const cc_slice *s = cc_slice_set_get(c->dataset->base, slice);
    cc_masks_get(marked, c->calcification, slice);
    if (!learned) return cc_windows_add(windows, slice, CC_WINDOW_TRUE, marked, NULL, s->height, s->width);
    CC_TRY(cc_slice_set_read(c->dataset->base, slice, NULL, truth));
    CC_TRY(cc_windows_add(windows, slice, CC_WINDOW_TRUE, truth, NULL, s->height, s->width));
    return cc_windows_add(windows, slice, CC_WINDOW_FALSE, marked, truth, s->height, s->width);
}

/* What stage 3 is shown; v->set stays NULL where there is no window at all. A view's items are in the
 * order of its base's slices, whatever their part. */
static cc_status open_windows(cc_net_view *v) {
    enum { PART_NONE, PART_LEARNED, PART_TEST };
    cc_status status = CC_OK;
    const cc_cascade *c = v->cascade;
    const cc_slice_set *base = v->dataset->base;
    const cc_split *split = &v->dataset->split;
    const double fill_hu = c->last->config->preprocess.window_hu[0];
    int height, width;
    size_t count = cc_slice_set_count(base);
    cc_slice_set_largest(&height, &width, base);
    size_t pixels = (size_t)height * (size_t)width;
    uint8_t *parts = NULL, *marked = NULL, *truth = NULL;
    cc_windows windows;
    cc_windows_init(&windows, c->run->config->windows.size);
    if (c->matching || c->standard)
        CC_CHECK(cc_cascade_open_matched(&v->matched, base, c->matching, c->standard, fill_hu,
                                         CC_SLICES_CACHE_MB));
    parts = calloc(count, 1);
    marked = malloc(pixels);
    truth = malloc(pixels);
    if (!parts || !marked || !truth) CC_CHECK(cc_fail_memory("windows", count + 2 * pixels));

    /* A cascade learns nothing: it has windows in its test part alone. */
    for (size_t i = 0; i < split->test.count; i++) parts[split->test.slices[i]] = PART_TEST;
    if (cc_cascade_trains(c)) {
        for (size_t i = 0; i < split->train.count; i++) parts[split->train.slices[i]] = PART_LEARNED;
        for (size_t i = 0; i < split->validation.count; i++)
            parts[split->validation.slices[i]] = PART_LEARNED;
    }
    for (size_t i = 0; i < count; i++)
        if (parts[i] != PART_NONE)
            CC_CHECK(add_windows(&windows, c, (uint32_t)i, parts[i] == PART_LEARNED, marked, truth));

    cc_view_options options = {.base = v->matched ? v->matched : base,
                               .items = windows.items,
                               .count = windows.count,
                               .fill_hu = fill_hu};
    /* No cache of its own: the slices that windows are cut from are cached. */
    if (windows.count > 0) CC_CHECK(cc_view_open(&v->own, &options));
    v->set = v->own;
done:
    cc_windows_deinit(&windows);
    free(parts);
    free(marked);
    free(truth);
    return status;
}

/* Takes most items without truth out of what stage 2 is trained on. Whether one stays depends on the seed and
 * its number alone. */
static cc_status thin_out(cc_net_view_part *part, const cc_net_view *v) {
    cc_status status = CC_OK;
    const cc_experiment_config *config = v->dataset->run->config;
    int height, width;
    size_t kept = 0;
    cc_slice_set_largest(&height, &width, v->set);
    uint8_t *mask = malloc((size_t)height * (size_t)width);
    if (!mask) return cc_fail_memory("a mask", (size_t)height * (size_t)width);
    for (size_t i = 0; i < part->items.count; i++) {
        uint32_t item = part->items.slices[i];
        const cc_slice *slice = cc_slice_set_get(v->set, item);
        cc_rng rng = cc_rng_init(config->seed, CC_PURPOSE_EMPTY, 0, item);
        CC_CHECK(cc_slice_set_read(v->set, item, NULL, mask));
        const bool any = cc_mask_box(mask, slice->height, slice->width).y1 > 0;
        if (any || cc_rng_uniform(&rng) < config->train.empty_slices) part->items.slices[kept++] = item;
    }
    part->items.count = kept;
done:
    free(mask);
    return status;
}

/* Only windows can be missing: all parts of a dataset's split have slices. (Of a scan only the test part
 * has.) */
static cc_status need_windows(const cc_net_view *v) {
    const char *hint = "add patients with calcification to it";
    if (!v->train.items.count)
        return cc_fail(CC_ECONFIG, "data.split.train", hint, "there is no window to train on");
    if (!v->validation.items.count)
        return cc_fail(CC_ECONFIG, "data.split.validation", hint,
                       "there is no window to choose the best epoch by");
    return CC_OK;
}

cc_status cc_net_view_init(cc_net_view *out, const cc_cascade *c) {
    cc_status status = CC_OK;
    const cc_dataset *d = c->dataset;
    const cc_experiment_config *config = d->run->config;
    const bool trains = cc_cascade_trains(c);
    *out = (cc_net_view){.dataset = d, .cascade = c};
    CC_CHECK(cc_data_targets(&out->targets, c->last->config, config));
    if (c->stage == CC_STAGE_FALSE_POSITIVE) {
        CC_CHECK(open_windows(out));
    } else {
        /* Slices that a net trains on are decoded once an epoch. */
        CC_CHECK(cc_cascade_open_slices(&out->own, c, trains ? CC_SLICES_CACHE_MB : 0));
        out->set = out->own ? out->own : d->base;
    }
    CC_CHECK(cc_net_view_part_init(&out->train, out, &d->split.train));
    if (strcmp(config->stage, "calcification") == 0 && config->train.empty_slices < 1)
        CC_CHECK(thin_out(&out->train, out));
    CC_CHECK(cc_net_view_part_init(&out->validation, out, &d->split.validation));
    CC_CHECK(cc_net_view_part_init(&out->test, out, &d->split.test));
    /* The canvas follows from the set: with preprocess.size null the largest item decides. */
    if (out->set) CC_CHECK(cc_data_canvas(&out->fit, out->set, c->last->config));
    if (trains && d->split.train.count > 0) CC_CHECK(need_windows(out));
done:
    if (status != CC_OK) cc_net_view_deinit(out);
    return status;
}

void cc_net_view_deinit(cc_net_view *view) {
    cc_net_view_part_deinit(&view->train);
    cc_net_view_part_deinit(&view->validation);
    cc_net_view_part_deinit(&view->test);
    cc_slice_set_close(view->own);
    cc_slice_set_close(view->matched);
    *view = (cc_net_view){0};
}

cc_status cc_net_view_part_init(cc_net_view_part *out, const cc_net_view *v, const cc_split_part *slices) {
    size_t items = v->set ? cc_slice_set_count(v->set) : 0;
    *out = (cc_net_view_part){.slices = slices};
    out->items.slices = calloc(items + 1, sizeof *out->items.slices);
    if (!out->items.slices) return cc_fail_memory("items", items * sizeof *out->items.slices);
    /* Both lists ascend in slices of the base. */
    for (size_t i = 0, at = 0; i < items; i++) {
        uint32_t base = v->own ? cc_view_get(v->set, i)->base : (uint32_t)i;
        while (at < slices->count && slices->slices[at] < base) at++;
        if (at < slices->count && slices->slices[at] == base)
            out->items.slices[out->items.count++] = (uint32_t)i;
    }
    return CC_OK;
}

void cc_net_view_part_deinit(cc_net_view_part *part) {
    free(part->items.slices);
    *part = (cc_net_view_part){0};
}

const cc_label_classes *cc_net_view_classes(const cc_net_view *view) {
    return &view->targets.of[view->targets.scored];
}

int cc_net_view_regions(const cc_net_view *view) {
    const cc_net_targets *t = &view->targets;
    if (t->regions == CC_NO_OUTPUT || t->of[t->scored].count > 1) return 0;
    return t->of[t->regions].count > 1 ? t->of[t->regions].count : 0;
}

cc_status cc_net_view_batches(cc_training_batches *out, const cc_net_view *v) {
    const cc_planned_run *run = v->dataset->run;
    cc_loader_options options;
    cc_channels channels;
    *out = (cc_training_batches){0};
    if (cc_data_has_volumes(run->config)) {
        cc_scan_volume_source source = {.set = v->set,
                                        .net = run->config,
                                        .classes = cc_net_view_classes(v),
                                        .planes = run->config->augment_random.types.count > 0};
        cc_cascade_crop(&source.regions, &source.marked, v->cascade);
        return cc_training_volumes_create(&out->volumes, &source, &v->dataset->random, &v->train.items,
                                          run->folder);
    }
    CC_TRY(
        cc_loading_options(&options, &channels, v->set, &v->train.items, &v->fit, v->dataset->run->config));
    options.classes = v->targets.of;
    options.targets = v->targets.count;
    options.augment = &v->dataset->augment;
    options.random = &v->dataset->random;
    if (v->cascade->stage == CC_STAGE_FALSE_POSITIVE)
        options.augment_negative = &v->dataset->augment_negative;
    options.shuffle = options.drop_last = true; /* every step has a full batch */
    return cc_loader_create(&out->slices, &options);
}

cc_evaluation_source cc_net_view_evaluation(const cc_net_view *v, const cc_net_view_part *part,
                                            cc_plan *plan) {
    const cc_experiment_config *config = v->dataset->run->config;
    const cc_cascade *c = v->cascade;
    /* "intersect": stage 3 may only take pixels away from what stage 2 marked. */
    bool both = c->stage == CC_STAGE_FALSE_POSITIVE && strcmp(config->windows.output, "intersect") == 0;
    const cc_box *regions;
    const cc_masks *marked;
    cc_cascade_crop(&regions, &marked, c);
    return (cc_evaluation_source){.plan = plan,
                                  .net = c->last->config,
                                  .fit = v->fit,
                                  .threshold = config->results.threshold,
                                  .base = v->dataset->base,
                                  .slices = part->slices,
                                  .set = v->set,
                                  .items = &part->items,
                                  .targets = &v->targets,
                                  .regions = regions,
                                  .marked = marked,
                                  .within = both ? c->calcification : NULL};
}

cc_evaluation_source cc_net_view_test(const cc_net_view *v, const cc_net_view_part *part, cc_plan *plan) {
    cc_evaluation_source source = cc_net_view_evaluation(v, part, plan);
    source.above_hu = v->dataset->run->config->evaluate.above_hu;
    source.mirrors = cc_experiment_mirrors(v->dataset->run->config);
    source.only_above = v->cascade->stage != CC_STAGE_ROI && source.above_hu != CC_ABOVE_HU_NONE;
    if (v->targets.count > 1) source.targets = NULL;
    return source;
}
