/* experiments/cascade/predictions.c -- an upstream net over every slice of a dataset, once: its masks are
 * kept in a cache beside the results, since every run of stage 3 asks for the same ones. */
#include "experiments/cascade/predictions.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "experiments/cascade/combine.h"
#include "experiments/cascade/evaluate.h"
#include "experiments/cascade/upstream_net.h"
#include "experiments/planning/data_check.h"
#include "experiments/planning/run_nets.h"

/* Masks depend on the net, the slices, how these are prepared and, by rounding, on backend and threads:
 * all of it is in the key. The file is OUT/.cache/KEY.masks. */
static cc_status name_file(cc_digest_text *key, char path[CC_PATH_MAX], const cc_prediction_job *job) {
    char threads[16], file[96];
    cc_digest *digest = cc_digest_create();
    if (!digest) return CC_ENOMEM;
    snprintf(threads, sizeof threads, "%d", omp_get_max_threads());
    cc_digest_add_string(digest, job->net->identity.hex);
    cc_digest_add_string(digest, job->asking->data_digest.hex);
    cc_digest_add_string(digest, job->preparation);
    cc_digest_add_string(digest, job->backend->describe());
    cc_digest_add_string(digest, threads);
    if (job->slices) cc_digest_add_string(digest, "whom it tested");
    *key = cc_digest_finish(digest);
    cc_digest_destroy(digest);
    snprintf(file, sizeof file, ".cache/%s.masks", key->hex);
    return cc_path_join(path, job->asking->folder, file);
}

/* What the evaluator's sink fills. */
typedef struct collected {
    cc_masks *masks;
    cc_progress *progress;
    size_t done;
} collected;

static cc_status collect(void *context, const cc_prediction *p) {
    collected *c = context;
    cc_masks_put(c->masks, p->slice, p->mask);
    cc_progress_update(c->progress, ++c->done, NULL);
    return CC_OK;
}

/* Some slices of the base through one net, which is shown the job's set. */
static cc_status predict_by(const cc_prediction_job *job, const cc_planned_run *run, unsigned mirrors,
                            const cc_split_part *slices, bool by_class, cc_prediction_sink *sink, void *to) {
    cc_status status = CC_OK;
    cc_upstream_net net = {0};
    cc_evaluator *evaluator = NULL;
    cc_evaluation ignored;
    CC_CHECK(cc_upstream_net_init(&net, run, job->set, job->backend, NULL));
    /* The set has an item for each slice of the base, of the same number: one list is of both. */
    cc_evaluation_source source = {.plan = net.plan,
                                   .net = run->config,
                                   .fit = net.fit,
                                   .threshold = run->config->results.threshold,
                                   .mirrors = mirrors,
                                   .by_class = by_class,
                                   .base = job->base,
                                   .slices = slices,
                                   .set = job->set,
                                   .items = slices,
                                   .regions = job->regions,
                                   .marked = job->marked};
    CC_CHECK(cc_evaluator_create(&evaluator, &source));
    CC_CHECK(cc_evaluator_run(&ignored, evaluator, sink, to));
done:
    cc_evaluator_destroy(evaluator);
    cc_upstream_net_deinit(&net);
    return status;
}

/* The same of one member of an ensemble. */
static cc_status predict_member(void *context, int number, const cc_split_part *slices, bool by_class,
                                cc_prediction_sink *sink, void *to) {
    const cc_prediction_job *job = context;
    const cc_planned_run *member = job->net->members[number];
    const unsigned mirrors = cc_experiment_mirrors(member->config) | cc_experiment_mirrors(job->net->config);
    return predict_by(job, member, mirrors, slices, by_class, sink, to);
}

/* The job's slices of the base through the net, or through the members of an ensemble. */
static cc_status predict(cc_masks *masks, const cc_prediction_job *job) {
    cc_status status = CC_OK;
    cc_split_part all = {0};
    collected c = {.masks = masks};
    const cc_experiment_config *config = job->net->config;
    /* Of all slices whatever their part: windows to train on need them as much as those to test. */
    CC_CHECK(cc_split_all(&all, job->base));
    const cc_split_part *slices = job->slices ? job->slices : &all;
    cc_log(CC_LOG_INFO, "%s: predicting %zu slices", job->net->path, slices->count);
    c.progress = cc_progress_create(config->stage, slices->count);
    if (job->net->member_count > 0) {
        const cc_combination combination = {.combine = config->ensemble.combine,
                                            .members = job->net->member_count,
                                            .classes = cc_planned_run_net(job->net)->config->net.classes,
                                            .predict = predict_member,
                                            .context = (void *)(uintptr_t)job,
                                            .base = job->base,
                                            .slices = slices,
                                            .threshold = config->results.threshold};
        CC_CHECK(cc_combination_run(&combination, collect, &c));
    } else {
        CC_CHECK(predict_by(job, job->net, cc_experiment_mirrors(config), slices, false, collect, &c));
    }
done:
    cc_progress_destroy(c.progress);
    free(all.slices);
    return status;
}

/* Read from the cache, or predicted and written to it. */
static cc_status find_masks(cc_masks *masks, const cc_prediction_job *job) {
    cc_digest_text key;
    char path[CC_PATH_MAX], line[1024];
    cc_masks_state state;
    if (!job->asking->data_digest.hex[0]) return predict(masks, job); /* a scan: nothing names its slices */
    CC_TRY(name_file(&key, path, job));
    CC_TRY(cc_masks_read(&state, masks, path, &key));
    if (state == CC_MASKS_WHOLE) return CC_OK;
    if (state == CC_MASKS_DAMAGED)
        cc_log(CC_LOG_WARNING, "%s is damaged: its slices are predicted anew", path);
    CC_TRY(predict(masks, job));
    CC_TRY(cc_data_check_kept(job->asking));
    if (cc_masks_write(masks, path, &key) != CC_OK) { /* no fault of the run: it has its masks */
        cc_error_line(line, sizeof line);
        cc_log(CC_LOG_WARNING, "%s: the next run predicts these slices again", line);
        cc_error_clear();
    }
    return CC_OK;
}

cc_status cc_predictions_get(cc_masks **out, const cc_prediction_job *job) {
    cc_masks *masks;
    CC_TRY(cc_masks_create(&masks, job->base));
    cc_status status = find_masks(masks, job);
    if (status == CC_OK)
        *out = masks;
    else
        cc_masks_destroy(masks);
    return status;
}
