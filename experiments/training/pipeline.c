/* experiments/training/pipeline.c -- the steps of a run, in their order, each from what those before have
 * made:
 *
 *     open -> predict upstream -> view -> check -> train -> test -> measure -> illustrate -> write
 *
 * A run of stage "cascade" has nothing to train and takes the last net of its upstream runs as it is, one of
 * stage "ensemble" the nets of its members; all other steps are the same. What can be wrong with config and
 * data is found before plans and memory are made. */
#include "experiments/training/pipeline.h"

#include <inttypes.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "core/clock.h"
#include "core/log.h"
#include "core/peak_memory.h"
#include "experiments/cascade/truth.h"
#include "experiments/cascade/upstream_net.h"
#include "experiments/evaluation/reference.h"
#include "experiments/evaluation/result.h"
#include "experiments/planning/claim.h"
#include "experiments/planning/data.h"
#include "experiments/planning/data_check.h"
#include "experiments/training/trainer.h"
#include "nets/engine/needs.h"

/* A stopped training, or one whose device failed: what the same command will do. */
static cc_status explain_stop(cc_status status, const cc_planned_run *run, const cc_checkpoint *at) {
    const cc_error before = *cc_error_get();
    char title[160], way[96], hint[160];
    cc_planned_run_name(title, sizeof title, run);
    snprintf(way, sizeof way, "the same command starts it again: no step was taken yet");
    if (at->epoch > 0) snprintf(way, sizeof way, "the same command goes on after epoch %" PRId64, at->epoch);
    if (at->batches > 0)
        snprintf(way, sizeof way,
                 "the same command goes on after epoch %" PRId64 " and step %" PRId64 " of the next",
                 at->epoch, at->batches);
    if (status == CC_EINTERRUPTED) return cc_fail(status, title, way, "stopped on request");
    snprintf(hint, sizeof hint, "check nvidia-smi; %s", way);
    return cc_fail(status, title, hint, "%s: %s", before.where, before.what);
}

/* A training that lacks memory: what it needs of it. Its own memory has been given back. */
static cc_status explain_memory(const cc_planned_run *run, const cc_backend *backend, const cc_fit *fit) {
    const cc_experiment_config *c = run->config;
    cc_use use = {.trains = true,
                  .infers = true,
                  .averages = c->train.ema != CC_EMA_OFF,
                  .n = c->train.batch,
                  .depth = cc_data_depth(c),
                  .height = fit->height,
                  .width = fit->width,
                  .loss = &c->loss,
                  .optimizer = &c->optimizer};
    CC_TRY(cc_precision_find(&use.dtype, &use.tf32, c->train.precision));
    return cc_needs_explain(&c->net, backend, &use, 0);
}

/* Slices that cannot be read, and parts without truth, before plans and memory. */
static cc_status check_data(const cc_net_view *view) {
    const cc_dataset *d = view->dataset;
    if (cc_cascade_trains(view->cascade)) CC_TRY(cc_dataset_check(d, &d->split.validation));
    CC_TRY(cc_dataset_check(d, &d->split.test));
    return cc_truth_check(view);
}

/* The run. `state` is that of the file that lies at run->path now. */
static cc_status run_steps(const cc_planned_run *run, cc_run_state state, const cc_backend *backend,
                           cc_claim *claim) {
    const bool trains = cc_experiment_trains(run->config), combines = cc_experiment_is_ensemble(run->config);
    const double start_s = cc_clock_s();
    cc_status status = CC_OK;
    char checkpoint[CC_PATH_MAX] = "";
    cc_dataset dataset = {0};
    cc_cascade cascade = {0};
    cc_net_view view = {0};
    cc_trainer trainer = {
        .run = run, .state = state, .view = &view, .backend = backend, .claim = claim, .since_s = start_s};
    cc_upstream_net net = {0};
    cc_ensemble *ensemble = NULL;
    cc_test test = {0};
    cc_measures measures;
    cc_pictures pictures;
    cc_result_source result = {.run = run,
                               .state = state,
                               .test = &test,
                               .measures = &measures,
                               .pictures = &pictures,
                               .backend = backend};
    cc_arena *arena = cc_arena_create(); /* what goes into the result */
    if (!arena) return CC_ENOMEM;
    cc_peak_memory_start();
    backend->store->peak();
    if (trains) CC_CHECK(cc_checkpoint_path(checkpoint, run->path));
    if (trains) CC_CHECK(cc_file_sweep(checkpoint)); /* what a killed process left half written */

    /* Open: the slices, and which of them train, validate and test. */
    CC_CHECK(cc_dataset_open(&dataset, run));
    /* Predict: what the nets of upstream runs mark of them, stage by stage. */
    CC_CHECK(cc_cascade_predict(&cascade, &dataset, backend));
    /* View: what this run's net is shown, slices, regions, windows or volumes; and the batches that it trains
     * on, which of volumes takes decoding them all. */
    CC_CHECK(cc_net_view_init(&view, &cascade));
    CC_CHECK(check_data(&view));
    if (trains) CC_CHECK(cc_net_view_batches(&trainer.batches, &view));

    /* Train: epochs with checkpoints, the best one's weights in the end. Of a cascade: the last net as it is;
     * none where stage 3 has no window to look at. Of an ensemble: its members, each ready to predict. */
    if (trains) {
        CC_CHECK(cc_trainer_run(&trainer));
        result.model = trainer.model;
        result.plan = trainer.evaluation_plan;
        result.plan_choices = trainer.choices;
        result.log_variance = trainer.loss_numbers[0] ? trainer.loss_numbers : NULL;
        result.history = trainer.at.history;
        result.epoch_count = (size_t)trainer.at.epoch;
        result.best_epoch = trainer.at.best_epoch;
        result.started = trainer.at.started;
        result.seconds = trainer.at.seconds;
    } else {
        if (combines) {
            CC_CHECK(cc_ensemble_create(&ensemble, &view, backend));
            cascade.leaks = cascade.leaks || cc_ensemble_leaks(ensemble);
            cascade.in_sample = cascade.in_sample || cc_ensemble_is_in_sample(ensemble);
        } else if (view.set)
            CC_CHECK(cc_upstream_net_init(&net, cascade.last, view.set, backend, NULL));
        cc_log(CC_LOG_INFO, "%s %s: testing the %s on %zu slices", run->config->name, run->config->variant,
               combines ? "ensemble" : "chain", dataset.split.test.count);
        result.seconds = cc_clock_s() - start_s;
        result.started = time(NULL) - (int64_t)result.seconds;
    }
    cc_plan *plan = trains ? trainer.evaluation_plan : net.plan;
    const cc_predictor predictor = {.view = &view, .plan = plan, .ensemble = ensemble};

    /* Test: the test part through the net, counts of each slice. */
    CC_CHECK(cc_testing_run(&test, &predictor, arena));
    /* Measure: lesions, calcium and surfaces of each patient, stage by stage, from the masks kept. */
    cc_run_masks masks;
    const cc_measure_source measured = cc_testing_measured(&masks, &test);
    CC_CHECK(cc_measure_patients(&measures, &measured, arena));
    /* Illustrate: slices and steps for figures; of a roi run, what later runs match their images to. */
    CC_CHECK(cc_pictures_make(&pictures, &test, &predictor, arena));
    if (trains && cascade.stage == CC_STAGE_ROI)
        CC_CHECK(cc_reference_find(&result.reference, &view, plan, arena));
    /* Write: the result file; only then is the checkpoint of no more use. */
    result.peak_memory_bytes =
        backend->store->device_memory ? (int64_t)backend->store->peak() : cc_peak_memory_get();
    CC_CHECK(cc_claim_renew(claim));
    CC_CHECK(cc_data_check_kept(run));
    CC_CHECK(cc_result_write(&result));
    if (trains) unlink(checkpoint);
done:
    if (trains && (status == CC_EINTERRUPTED || status == CC_EDEVICE))
        status = explain_stop(status, run, &trainer.at);
    const cc_fit fit = view.fit;
    cc_testing_deinit(&test);
    cc_ensemble_destroy(ensemble);
    cc_upstream_net_deinit(&net);
    cc_trainer_deinit(&trainer);
    cc_net_view_deinit(&view);
    cc_cascade_deinit(&cascade);
    cc_dataset_close(&dataset);
    cc_arena_destroy(arena);
    if (trains && status == CC_ENOMEM && fit.height > 0) return explain_memory(run, backend, &fit);
    return status;
}

cc_status cc_pipeline_run(bool *made, const cc_planned_run *run, const cc_backend *backend) {
    cc_claim *claim;
    cc_run_state state = CC_RUN_MISSING;
    if (run->threads > 0) omp_set_num_threads(run->threads);
    CC_TRY(cc_claim_take(&claim, run->path, NULL));
    cc_status status = cc_planned_run_check(&state, run);
    *made = state != CC_RUN_DONE;
    if (status == CC_OK && *made) status = run_steps(run, state, backend, claim);
    cc_claim_release(claim);
    return status;
}
