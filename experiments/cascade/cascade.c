/* experiments/cascade/cascade.c -- upstream runs predict the slices of a run's dataset, stage by stage.
 *
 * Source of the stages: the paper, sections 3.2.1 (matching and region), 3.2.2 (calcification) and 3.2.3
 * (windows around what stage 2 marked, which net_view.c makes). */
#include "experiments/cascade/cascade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "datasets/view.h"
#include "experiments/cascade/out_of_fold.h"
#include "experiments/cascade/patients.h"
#include "experiments/cascade/predictions.h"
#include "experiments/cascade/regions.h"
#include "experiments/cascade/upstream_net.h"
#include "experiments/planning/data.h"
#include "experiments/planning/run_nets.h"

static const char *const stage_names[] = {"roi", "calcification", "false_positive"};

const char *cc_cascade_stage_name(cc_cascade_stage stage) {
    return stage_names[stage];
}

bool cc_cascade_trains(const cc_cascade *c) {
    return c->last == c->run;
}

/* Which net has the last word, and whose run it is of. */
static void find_last_net(cc_cascade *c) {
    c->last = cc_planned_run_net(c->run);
    for (int s = 0; s < 3; s++)
        if (strcmp(c->run->config->stage, stage_names[s]) == 0) c->stage = (cc_cascade_stage)s;
    if (cc_experiment_trains(c->run->config)) return;
    if (cc_experiment_is_ensemble(c->run->config)) { /* what all its members mark */
        const bool roi = strcmp(c->last->config->stage, stage_names[CC_STAGE_ROI]) == 0;
        c->stage = roi ? CC_STAGE_ROI : CC_STAGE_CALCIFICATION;
        return;
    }
    c->stage =
        c->run->upstream[CC_UPSTREAM_FALSE_POSITIVE] ? CC_STAGE_FALSE_POSITIVE : CC_STAGE_CALCIFICATION;
}

/* The slice that a roi run has chosen as reference, and the matching to its histogram. */
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

/* Whether a run matches scans to a standard that it learns itself, rather than to a reference upstream. */
static bool by_landmarks(const cc_planned_run *run) {
    const char *method = run->config->preprocess.histogram_method;
    return method && strcmp(method, "landmarks") == 0;
}

/* The standard that a finished run has learnt. */
static cc_status read_standard(const cc_landmarks **out, const cc_planned_run *run, cc_arena *arena) {
    cc_run read;
    cc_landmarks *standard = cc_arena_get(arena, sizeof *standard);
    if (!standard) return CC_ENOMEM;
    CC_TRY(cc_upstream_read(&read, run, CC_RUN_BASIC, arena));
    if (!read.provenance.landmarks || !cc_landmarks_parse(standard, read.provenance.landmarks))
        return cc_fail(CC_EFORMAT, run->path, "run it again",
                       "the run has no landmarks, to which it matched");
    *out = standard;
    return CC_OK;
}

/* The standard of this run: of the scans of its training patients, and of nobody else. Of a scan without a
 * training part, which is to be predicted, the standard that the run has learnt before. */
static cc_status find_standard(cc_cascade *c) {
    cc_status status = CC_OK;
    const cc_split_part *train = &c->dataset->split.train;
    const cc_slice_set *base = c->dataset->base;
    cc_landmarks *scans = NULL, *standard = cc_arena_get(c->arena, sizeof *standard);
    size_t count = 0;
    if (!standard) return CC_ENOMEM;
    if (train->count == 0) return read_standard(&c->standard, c->run, c->arena);
    scans = calloc(train->count, sizeof *scans);
    if (!scans) return cc_fail_memory("landmarks", train->count * sizeof *scans);
    /* A part lists slices in the set's order: those of a scan follow each other, and the first stands for
     * all. */
    for (size_t i = 0; i < train->count; i++) {
        const uint32_t scan = cc_slice_set_get(base, train->slices[i])->scan;
        if (i > 0 && cc_slice_set_get(base, train->slices[i - 1])->scan == scan) continue;
        CC_CHECK(cc_landmarks_find(&scans[count++], base, train->slices[i]));
    }
    cc_landmarks_learn(standard, scans, count);
    c->standard = standard;
done:
    free(scans);
    return status;
}

/* The box of a slice that nothing is cut from. */
static cc_box whole(const cc_slice *slice) {
    return (cc_box){0, 0, slice->height, slice->width};
}

/* One item a slice. `regions` NULL: the whole slice; else what lies outside is blanked or, with `cut`,
 * gone. */
static cc_status open_view(cc_slice_set **out, const cc_slice_set *base, const cc_matching *matching,
                           const cc_landmarks *standard, const cc_box *regions, bool cut, double fill_hu,
                           int cache_mb) {
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
                               .standard = standard,
                               .fill_hu = fill_hu,
                               .cache_mb = cache_mb};
    cc_status status = cc_view_open(out, &options);
    free(items);
    return status;
}

cc_status cc_cascade_open_matched(cc_slice_set **out, const cc_slice_set *base, const cc_matching *matching,
                                  const cc_landmarks *standard, double fill_hu, int cache_mb) {
    return open_view(out, base, matching, standard, NULL, false, fill_hu, cache_mb);
}

static bool crops(const cc_cascade *c) {
    return c->roi && strcmp(c->run->config->preprocess.roi.mode, "crop") == 0;
}

void cc_cascade_crop(const cc_box **regions, const cc_masks **marked, const cc_cascade *c) {
    *regions = crops(c) ? c->regions : NULL;
    *marked = crops(c) ? c->roi : NULL;
}

cc_status cc_cascade_open_slices(cc_slice_set **out, const cc_cascade *c, int cache_mb) {
    /* Blanked pixels are the lower end of the window that the net sees: black. */
    const cc_planned_run *net = c->stage == CC_STAGE_FALSE_POSITIVE
                                    ? cc_planned_run_net(c->run->upstream[CC_UPSTREAM_CALCIFICATION])
                                    : c->last;
    const bool cut = crops(c);
    const cc_box *regions = cut && cc_data_has_volumes(net->config) ? NULL : c->regions;
    *out = NULL;
    if (!c->matching && !c->standard && !(c->roi && regions)) return CC_OK;
    return open_view(out, c->dataset->base, c->matching, c->standard, regions, cut,
                     net->config->preprocess.window_hu[0], cache_mb);
}

/* Stage 1: what the roi net marks, which is shown slices as in its own run, and the region of each slice. */
static cc_status predict_regions(cc_cascade *c, const cc_backend *backend) {
    cc_status status = CC_OK;
    cc_matching *matching = NULL;
    cc_slice_set *view = NULL;
    const cc_slice_set *base = c->dataset->base;
    const cc_planned_run *net = c->run->upstream[CC_UPSTREAM_ROI];
    const cc_run_reference *ignored;
    const cc_landmarks *standard = NULL;
    size_t count = cc_slice_set_count(base), without = 0;
    c->regions = cc_arena_get_array(c->arena, count, sizeof *c->regions);
    if (!c->regions) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) c->regions[i] = whole(cc_slice_set_get(base, i));
    if (!net) return CC_OK; /* without stage 1 a region is the whole slice */

    cc_prediction_job job = {
        .net = net, .asking = c->run, .base = base, .set = base, .preparation = "", .backend = backend};
    const cc_planned_run *reference = net->upstream[CC_UPSTREAM_REFERENCE];
    if (reference) {
        CC_CHECK(read_reference(&ignored, &matching, reference, c->arena));
    }
    if (by_landmarks(net)) CC_CHECK(read_standard(&standard, net, c->arena));
    if (matching || standard) {
        CC_CHECK(cc_cascade_open_matched(&view, base, matching, standard,
                                         net->config->preprocess.window_hu[0], 0));
        job.set = view;
    }
    CC_CHECK(cc_predictions_get(&c->roi, &job));
    /* How masks become boxes is this run's choice (preprocess.roi), not that of the roi run. */
    CC_CHECK(cc_regions_find(c->regions, &without, c->roi, base, c->run->config));
    if (without > 0)
        cc_log(CC_LOG_WARNING,
               "%s: no region of interest was found for %zu of %zu slices: they are used whole", net->path,
               without, count);
done:
    cc_slice_set_close(view);
    cc_matching_destroy(matching);
    return status;
}

/* What makes the images of stage 2, beside the data: a part of the cache's key, so that its words are
 * fixed. */
static cc_status describe_preparation(char *out, size_t capacity, const cc_planned_run *run,
                                      const cc_landmarks *standard) {
    const cc_planned_run *roi = run->upstream[CC_UPSTREAM_ROI],
                         *reference = run->upstream[CC_UPSTREAM_REFERENCE];
    const char *mode = roi ? run->config->preprocess.roi.mode : "none";
    int used = snprintf(out, capacity, "reference %s roi %s mode %s",
                        reference ? reference->identity.hex : "", roi ? roi->identity.hex : "", mode);
    /* The numbers themselves: two runs of one split and share have the same standard, whatever else they
     * differ in. */
    if (standard) {
        char landmarks[CC_LANDMARKS_BYTES];
        cc_landmarks_format(landmarks, standard);
        used += snprintf(out + used, capacity - (size_t)used, " landmarks %s", landmarks);
    }
    if (roi)
        used += snprintf(out + used, capacity - (size_t)used, " union %d opening %d margin %d crop %d",
                         run->config->preprocess.roi.unite, run->config->preprocess.roi.opening,
                         run->config->preprocess.roi.margin,
                         strcmp(mode, "crop") == 0 ? run->config->preprocess.roi.crop : 0);
    return used < (int)capacity ? CC_OK
                                : cc_fail(CC_EINVAL, mode, NULL, "the preparation's text is too long");
}

/* Warns where a net of stage 2 was trained on images prepared otherwise than this run prepares them, which is
 * allowed as an ablation. */
static cc_status compare_preparation(const cc_cascade *c, const cc_planned_run *net,
                                     const char *preparation) {
    char theirs[1024];
    const cc_landmarks *standard = NULL;
    if (by_landmarks(net)) CC_TRY(read_standard(&standard, net, c->arena));
    if (describe_preparation(theirs, sizeof theirs, net, standard) == CC_OK &&
        strcmp(theirs, preparation) != 0)
        cc_log(CC_LOG_WARNING,
               "%s: its net was trained on pictures that were matched or cut otherwise than by this run",
               net->path);
    return CC_OK;
}

/* Stage 2: what the calcification net marks of the slices as this run prepares them, and what the nets
 * out of fold mark of those that stage 3 learns from. */
static cc_status predict_calcification(cc_cascade *c, const cc_backend *backend) {
    char preparation[1024];
    cc_slice_set *slices;
    const cc_planned_run *net = c->run->upstream[CC_UPSTREAM_CALCIFICATION];
    CC_TRY(cc_cascade_open_slices(&slices, c, 0));
    cc_status status = describe_preparation(preparation, sizeof preparation, c->run, c->standard);
    if (status == CC_OK && net->member_count == 0) status = compare_preparation(c, net, preparation);
    for (int i = 0; i < net->member_count && status == CC_OK; i++)
        status = compare_preparation(c, net->members[i], preparation);
    if (status == CC_OK) {
        cc_prediction_job job = {.net = net,
                                 .asking = c->run,
                                 .base = c->dataset->base,
                                 .set = slices ? slices : c->dataset->base,
                                 .preparation = preparation,
                                 .backend = backend};
        cc_cascade_crop(&job.regions, &job.marked, c);
        status = cc_predictions_get(&c->calcification, &job);
        if (status == CC_OK && c->run->out_of_fold_count > 0)
            status = cc_out_of_fold_predict(c->calcification, c->dataset, &job);
    }
    cc_slice_set_close(slices);
    return status;
}

/* Patients whom upstream runs have seen, or keep for their tests: what they may not be is an error before
 * anything is predicted; what a reader of the scores must know is noted. */
static cc_status check_patients(cc_cascade *c) {
    cc_patients_found found;
    cc_run read;
    const cc_planned_run *stage_3 = c->run->upstream[CC_UPSTREAM_FALSE_POSITIVE];
    CC_TRY(cc_patients_check(&found, c->run, c->dataset->base, &c->dataset->split));
    c->leaks = found.leaks;
    c->in_sample = found.in_sample;
    /* Of a cascade, what its stage 3 has learnt from. */
    if (!stage_3 || !c->run->data_digest.hex[0]) return CC_OK;
    CC_TRY(cc_upstream_read(&read, stage_3, CC_RUN_BASIC, c->arena));
    c->in_sample = read.in_sample_upstream;
    return CC_OK;
}

cc_status cc_cascade_predict(cc_cascade *out, const cc_dataset *dataset, const cc_backend *backend) {
    cc_status status = CC_OK;
    const cc_planned_run *run = dataset->run, *reference = run->upstream[CC_UPSTREAM_REFERENCE];
    *out = (cc_cascade){.dataset = dataset, .run = run, .arena = cc_arena_create()};
    if (!out->arena) return CC_ENOMEM;
    find_last_net(out);
    CC_CHECK(cc_planned_run_check_nets(run, dataset->base)); /* of a scan no plan has looked at it */
    CC_CHECK(check_patients(out));
    if (reference) CC_CHECK(read_reference(&out->reference, &out->matching, reference, out->arena));
    if (by_landmarks(run)) CC_CHECK(find_standard(out));
    CC_CHECK(predict_regions(out, backend));
    if (out->stage == CC_STAGE_FALSE_POSITIVE) CC_CHECK(predict_calcification(out, backend));
done:
    if (status != CC_OK) cc_cascade_deinit(out);
    return status;
}

void cc_cascade_deinit(cc_cascade *c) {
    cc_masks_destroy(c->calcification);
    cc_masks_destroy(c->roi);
    cc_matching_destroy(c->matching);
    cc_arena_destroy(c->arena);
    *c = (cc_cascade){0};
}
