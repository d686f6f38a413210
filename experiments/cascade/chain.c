#include "experiments/cascade/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "experiments/cascade/net.h"
#include "experiments/cascade/patients.h"
#include "experiments/cascade/predictions.h"
#include "experiments/cascade/regions.h"
#include "experiments/cascade/windows.h"

static const char *const stage_names[] = {"roi", "calcification", "false_positive"};

const char *cc_stage_name(cc_stage stage) {
    return stage_names[stage];
}

static void find_stage(cc_chain *c) {
    const cc_planned_run *const *upstream = c->run->upstream;
    c->last = c->run;
    for (int s = 0; s < 3; s++)
        if (strcmp(c->run->config->stage, stage_names[s]) == 0) c->stage = (cc_stage)s;
    if (strcmp(c->run->config->stage, "cascade") != 0) return;
    c->stage = upstream[CC_UPSTREAM_FALSE_POSITIVE] ? CC_STAGE_FALSE_POSITIVE : CC_STAGE_CALCIFICATION;
    c->last = upstream[c->stage == CC_STAGE_FALSE_POSITIVE ? CC_UPSTREAM_FALSE_POSITIVE
                                                           : CC_UPSTREAM_CALCIFICATION];
}

/* The run whose net marks calcification. */
static const cc_planned_run *stage_2(const cc_chain *c) {
    const cc_planned_run *upstream = c->run->upstream[CC_UPSTREAM_CALCIFICATION];
    return upstream ? upstream : c->run;
}

static cc_status read_reference(const cc_run_reference **out, cc_matching **matching,
                                const cc_planned_run *run, cc_arena *arena) {
    cc_run read;
    CC_TRY(cc_upstream_read(&read, run, CC_RUN_REFERENCE, arena));
    const cc_run_reference *r = read.reference;
    if (!r)
        return cc_fail(CC_EFORMAT, run->path, "train it for longer: its net marks nothing",
                       "the run has no reference slice to match to");
    CC_TRY(cc_matching_create(matching, r->image_hu, (size_t)r->height * (size_t)r->width));
    *out = r;
    return CC_OK;
}

static cc_box whole(const cc_slice *slice) {
    return (cc_box){0, 0, slice->height, slice->width};
}

/* One item a slice. `regions` NULL: the whole slice; else what lies outside is blanked or, with `cut`, gone.
 */
static cc_status open_view(cc_slice_set **out, const cc_slice_set *base, const cc_matching *matching,
                           const cc_box *regions, bool cut, double fill_hu, int cache_mb) {
    size_t count = cc_slice_set_count(base);
    cc_view_item *items = calloc(count, sizeof *items);
    if (!items) return cc_fail_memory("pictures", count * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        cc_box all = whole(cc_slice_set_get(base, i)), region = regions ? regions[i] : all;
        items[i] = (cc_view_item){.base = (uint32_t)i, .box = cut ? region : all, .keep = region};
    }
    cc_view_options options = {.base = base,
                               .items = items,
                               .count = count,
                               .matching = matching,
                               .fill_hu = fill_hu,
                               .cache_mb = cache_mb};
    cc_status status = cc_view_open(out, &options);
    free(items);
    return status;
}

/* The roi net sees slices as its own run does. */
static cc_status predict_roi(cc_chain *c, const cc_planned_run *net, const cc_backend *backend) {
    cc_status status = CC_OK;
    cc_matching *matching = NULL;
    cc_slice_set *view = NULL;
    const cc_run_reference *ignored;
    cc_prediction_job job = {
        .net = net, .asking = c->run, .base = c->base, .set = c->base, .preparation = "", .backend = backend};
    if (net->upstream[CC_UPSTREAM_REFERENCE]) {
        CC_CHECK(read_reference(&ignored, &matching, net->upstream[CC_UPSTREAM_REFERENCE], c->arena));
        CC_CHECK(open_view(&view, c->base, matching, NULL, false, net->config->preprocess.window_hu[0], 0));
        job.set = view;
    }
    CC_CHECK(cc_predictions_get(&c->roi, &job));
done:
    cc_slice_set_close(view);
    cc_matching_destroy(matching);
    return status;
}

static cc_status find_regions(cc_chain *c) {
    size_t count = cc_slice_set_count(c->base), without = 0;
    c->regions = cc_arena_get_array(c->arena, count, sizeof *c->regions);
    if (!c->regions) return CC_ENOMEM;
    if (c->roi)
        CC_TRY(cc_regions_find(c->regions, &without, c->roi, c->base, c->run->config));
    else
        for (size_t i = 0; i < count; i++) c->regions[i] = whole(cc_slice_set_get(c->base, i));
    if (without > 0)
        cc_log(CC_LOG_WARNING,
               "%s: no region of interest was found for %zu of %zu slices: they are used whole",
               c->run->upstream[CC_UPSTREAM_ROI]->path, without, count);
    return CC_OK;
}

/* Pictures for stage 2 are decoded again and again where it trains. */
static cc_status make_pictures(cc_chain *c, const cc_backend *backend) {
    const cc_planned_run *roi = c->run->upstream[CC_UPSTREAM_ROI];
    const cc_planned_run *net = c->stage == CC_STAGE_ROI ? c->run : stage_2(c);
    int cache_mb = net == c->run ? CC_SLICES_CACHE_MB : 0;
    if (roi) CC_TRY(predict_roi(c, roi, backend));
    CC_TRY(find_regions(c));
    if (!c->matching && !c->roi) return CC_OK;
    return open_view(&c->pictures, c->base, c->matching, c->regions,
                     c->roi && strcmp(c->run->config->preprocess.roi.mode, "crop") == 0,
                     net->config->preprocess.window_hu[0], cache_mb);
}

/* What makes stage 2's pictures, beside the data. */
static cc_status describe_preparation(char *out, size_t capacity, const cc_chain *c) {
    const cc_planned_run *roi = c->run->upstream[CC_UPSTREAM_ROI],
                         *reference = c->run->upstream[CC_UPSTREAM_REFERENCE];
    const char *mode = roi ? c->run->config->preprocess.roi.mode : "none";
    int used = snprintf(out, capacity, "reference %s roi %s mode %s",
                        reference ? reference->identity.hex : "", roi ? roi->identity.hex : "", mode);
    if (roi)
        used += snprintf(out + used, capacity - (size_t)used, " union %d opening %d margin %d crop %d",
                         c->run->config->preprocess.roi.unite, c->run->config->preprocess.roi.opening,
                         c->run->config->preprocess.roi.margin,
                         strcmp(mode, "crop") == 0 ? c->run->config->preprocess.roi.crop : 0);
    return used < (int)capacity ? CC_OK
                                : cc_fail(CC_EINVAL, mode, NULL, "the preparation's text is too long");
}

/* A net that was trained on other pictures than it is shown is allowed, as an ablation, and said. */
static void say_other_preparation(const cc_chain *c, const char *preparation) {
    char theirs[512];
    cc_chain other = {.run = stage_2(c)};
    if (describe_preparation(theirs, sizeof theirs, &other) == CC_OK && strcmp(theirs, preparation) != 0)
        cc_log(CC_LOG_WARNING,
               "%s: its net was trained on pictures that were matched or cut otherwise than by this run",
               stage_2(c)->path);
}

static cc_status predict_calcification(cc_chain *c, const cc_backend *backend) {
    char preparation[512];
    CC_TRY(describe_preparation(preparation, sizeof preparation, c));
    say_other_preparation(c, preparation);
    cc_prediction_job job = {.net = stage_2(c),
                             .asking = c->run,
                             .base = c->base,
                             .set = c->pictures ? c->pictures : c->base,
                             .preparation = preparation,
                             .backend = backend};
    return cc_predictions_get(&c->calcification, &job);
}

/* Which part of the split each slice is in. */
enum { PART_NONE, PART_LEARNT, PART_TEST };

static void mark(uint8_t *parts, const cc_split_part *part, uint8_t value) {
    for (size_t i = 0; i < part->count; i++) parts[part->slices[i]] = value;
}

static cc_status add_windows(cc_windows *windows, const cc_chain *c, size_t slice, bool learnt,
                             uint8_t *marked, uint8_t *truth) {
    const cc_slice *s = cc_slice_set_get(c->base, slice);
    uint32_t base = (uint32_t)slice;
    cc_masks_get(marked, c->calcification, slice);
    if (!learnt) return cc_windows_add(windows, base, CC_WINDOW_TRUE, marked, NULL, s->height, s->width);
    CC_TRY(cc_slice_set_read(c->base, slice, NULL, truth));
    CC_TRY(cc_windows_add(windows, base, CC_WINDOW_TRUE, truth, NULL, s->height, s->width));
    return cc_windows_add(windows, base, CC_WINDOW_FALSE, marked, truth, s->height, s->width);
}

/* A cascade learns nothing: it has windows in its test part alone. */
static cc_status list_windows(cc_windows *windows, const cc_chain *c, const cc_split *split) {
    cc_status status = CC_OK;
    int height, width;
    size_t count = cc_slice_set_count(c->base);
    cc_slice_set_largest(&height, &width, c->base);
    size_t pixels = (size_t)height * (size_t)width;
    uint8_t *parts = calloc(count, 1), *marked = malloc(pixels), *truth = malloc(pixels);
    if (!parts || !marked || !truth) CC_CHECK(cc_fail_memory("windows", count + 2 * pixels));
    mark(parts, &split->test, PART_TEST);
    if (c->last == c->run) {
        mark(parts, &split->train, PART_LEARNT);
        mark(parts, &split->validation, PART_LEARNT);
    }
    for (size_t i = 0; i < count; i++)
        if (parts[i] != PART_NONE)
            CC_CHECK(add_windows(windows, c, i, parts[i] == PART_LEARNT, marked, truth));
done:
    free(parts);
    free(marked);
    free(truth);
    return status;
}

static cc_status make_windows(cc_chain *c, const cc_split *split) {
    cc_status status = CC_OK;
    cc_windows windows;
    cc_windows_init(&windows, c->run->config->windows.size);
    double fill_hu = c->last->config->preprocess.window_hu[0];
    if (c->matching)
        CC_CHECK(open_view(&c->matched, c->base, c->matching, NULL, false, fill_hu, CC_SLICES_CACHE_MB));
    CC_CHECK(list_windows(&windows, c, split));
    cc_view_options options = {.base = c->matched ? c->matched : c->base,
                               .items = windows.items,
                               .count = windows.count,
                               .fill_hu = fill_hu};
    if (windows.count > 0) CC_CHECK(cc_view_open(&c->windows, &options));
done:
    cc_windows_deinit(&windows);
    return status;
}

static cc_status fill(cc_chain *c, const cc_split *split, const cc_backend *backend) {
    const cc_planned_run *reference = c->run->upstream[CC_UPSTREAM_REFERENCE];
    if (c->stage == CC_STAGE_FALSE_POSITIVE && c->last == c->run)
        CC_TRY(cc_patients_check_apart(c->run, c->base, split));
    CC_TRY(cc_patients_leak(&c->leaks, c->run, c->base, split));
    if (reference) CC_TRY(read_reference(&c->reference, &c->matching, reference, c->arena));
    CC_TRY(make_pictures(c, backend));
    if (c->stage != CC_STAGE_FALSE_POSITIVE) return CC_OK;
    CC_TRY(predict_calcification(c, backend));
    return make_windows(c, split);
}

cc_status cc_chain_init(cc_chain *out, const cc_planned_run *run, const cc_slice_set *base,
                        const cc_split *split, const cc_backend *backend) {
    *out = (cc_chain){.run = run, .base = base, .arena = cc_arena_create()};
    if (!out->arena) return CC_ENOMEM;
    find_stage(out);
    cc_status status = fill(out, split, backend);
    if (status != CC_OK) cc_chain_deinit(out);
    return status;
}

void cc_chain_deinit(cc_chain *c) {
    cc_slice_set_close(c->windows);
    cc_slice_set_close(c->matched);
    cc_slice_set_close(c->pictures);
    cc_masks_destroy(c->calcification);
    cc_masks_destroy(c->roi);
    cc_matching_destroy(c->matching);
    cc_arena_destroy(c->arena);
    *c = (cc_chain){0};
}

const cc_slice_set *cc_chain_set(const cc_chain *c) {
    if (c->stage == CC_STAGE_FALSE_POSITIVE) return c->windows;
    return c->pictures ? c->pictures : c->base;
}
