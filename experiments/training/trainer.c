/* experiments/training/trainer.c -- one run: data, plans, epochs with their checkpoints, the test, the
 * result. */
#include "experiments/training/trainer.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "core/clock.h"
#include "core/log.h"
#include "core/version.h"
#include "experiments/cascade/evaluate.h"
#include "experiments/config/device.h"
#include "experiments/evaluation/result.h"
#include "experiments/planning/interrupt.h"
#include "experiments/planning/run_lock.h"
#include "experiments/training/cascade_test.h"
#include "experiments/training/checkpoint.h"
#include "experiments/training/finite.h"
#include "experiments/training/paper_counts.h"
#include "experiments/weights/weights.h"
#include "nets/engine/ema.h"
#include "nets/engine/learner.h"
#include "nets/engine/plan.h"
#include "nets/engine/memory.h"
#include "nets/engine/needs.h"
#include "nets/engine/schedule.h"

typedef struct trainer {
    const cc_planned_run *run;
    cc_run_state state; /* of the result file that is there already */
    const cc_experiment_config *config;
    const cc_backend *backend;
    cc_dataset dataset;
    cc_model *model;
    cc_plan *train_plan, *evaluation_plan;
    cc_learner *learner;
    cc_ema *ema;
    cc_schedule schedule;
    cc_loader *loader;
    cc_evaluator *validation;
    cc_checkpoint at; /* where training stands; owns its history and values, borrows the optimiser's state */
    cc_progress *progress;
    char *choices; /* of both plans, as a result holds them */
    char title[160], checkpoint_path[CC_PATH_MAX];
    double started_s; /* since when at.seconds does not count */
} trainer;

/* Both plans' choices, an empty line between them. */
static cc_status note_choices(trainer *t) {
    if (asprintf(&t->choices, "%s\n%s", cc_plan_choices(t->train_plan),
                 cc_plan_choices(t->evaluation_plan)) >= 0)
        return CC_OK;
    t->choices = NULL;
    return cc_fail_memory("plan", 0);
}

/* `recorded`: the choices of the run that goes on, or NULL. */
static cc_status make_plans_from(trainer *t, char *recorded) {
    const cc_fit *fit = &t->dataset.fit;
    cc_dtype dtype;
    cc_tuning tuning;
    bool tf32;
    char *evaluation = recorded ? strstr(recorded, "\n\n") : NULL;
    if (evaluation) evaluation[1] = 0;
    CC_TRY(cc_precision_find(&dtype, &tf32, t->config->train.precision));
    CC_TRY(cc_tuning_find(&tuning, t->config->train.plan));
    cc_device_note_tuning(t->backend, tuning);
    cc_plan_options options = {.n = t->config->train.batch,
                               .height = fit->height,
                               .width = fit->width,
                               .training = true,
                               .seed = t->config->seed,
                               .dtype = dtype,
                               .tf32 = tf32,
                               .tuning = tuning,
                               .recorded = evaluation ? recorded : NULL};
    CC_TRY(cc_plan_create(&t->train_plan, t->model, &options));
    options.training = false;
    options.recorded = evaluation ? evaluation + 2 : NULL;
    CC_TRY(cc_plan_create(&t->evaluation_plan, t->model, &options));
    return note_choices(t);
}

static cc_status make_plans(trainer *t) {
    char *recorded;
    CC_TRY(cc_model_create(&t->model, &t->config->net, t->backend));
    CC_TRY(cc_checkpoint_read_plan(&recorded, &t->at, t->checkpoint_path));
    cc_status status = make_plans_from(t, recorded);
    free(recorded);
    CC_TRY(status);
    CC_TRY(cc_model_initialise(t->model, t->config->seed));
    CC_TRY(cc_ema_create(&t->ema, t->model, t->config->train.ema));
    return cc_learner_create(&t->learner, t->model, t->train_plan, &t->config->loss, &t->config->optimizer);
}

/* What may be wrong with the data comes first: plans take time and memory. */
static cc_status open_data(trainer *t) {
    CC_TRY(cc_dataset_init(&t->dataset, t->run, t->backend));
    CC_TRY(cc_dataset_loader(&t->loader, &t->dataset));
    CC_TRY(cc_dataset_check(&t->dataset, &t->dataset.split.validation));
    CC_TRY(cc_dataset_check(&t->dataset, &t->dataset.split.test));
    return cc_dataset_check_truth(&t->dataset);
}

static cc_status make_evaluator(trainer *t) {
    cc_evaluation_source source =
        cc_dataset_evaluation(&t->dataset, &t->dataset.validation, t->evaluation_plan);
    return cc_evaluator_create(&t->validation, &source);
}

static cc_status make_checkpoint(trainer *t) {
    cc_checkpoint *c = &t->at;
    const cc_host_view *state = cc_learner_state(t->learner), *ema = cc_ema_state(t->ema);
    c->started = time(NULL);
    c->plan = t->choices;
    c->history_capacity = (size_t)t->config->train.epochs;
    c->value_count = cc_model_value_count(t->model);
    c->optimizer = state->values;
    c->optimizer_count = state->count;
    c->ema = ema->values;
    c->ema_count = ema->count;
    CC_TRY(cc_memory_get((void **)&c->history, c->history_capacity * sizeof *c->history, "history"));
    CC_TRY(cc_memory_get((void **)&c->values, c->value_count * sizeof *c->values, "weights"));
    return cc_memory_get((void **)&c->best_values, c->value_count * sizeof *c->best_values, "best weights");
}

static void compare_with_paper(const trainer *t) {
    const cc_dataset *d = &t->dataset;
    char line[CC_PAPER_COUNTS_BYTES];
    cc_run_counts counts = {.source = t->config->data.source,
                            .stage = t->config->stage,
                            .by = t->config->data.split.by,
                            .patients = cc_slice_set_patient_count(d->base),
                            .slices = cc_slice_set_count(d->base),
                            .train_items = cc_loader_item_count(t->loader),
                            .validation = d->split.validation.count,
                            .test = d->split.test.count};
    if (cc_paper_counts_describe(line, &counts)) cc_log(CC_LOG_INFO, "%s: %s", t->title, line);
}

static void say_what_starts(const trainer *t) {
    const cc_split *split = &t->dataset.split;
    cc_log(
        CC_LOG_INFO,
        "%s: training %s, %lld parameters, %dx%d; %zu items of %zu slices, %zu validation, %zu test slices",
        t->title, t->config->net.encoder ? t->config->net.encoder : t->config->net.arch,
        (long long)cc_model_trained_values(t->model), t->dataset.fit.height, t->dataset.fit.width,
        cc_loader_item_count(t->loader), split->train.count, split->validation.count, split->test.count);
    if (cc_split_leaks(split, t->dataset.base))
        cc_log(CC_LOG_WARNING,
               "%s: slices of one patient lie in several parts (data.split.by: %s): its scores flatter",
               t->title, t->config->data.split.by);
    compare_with_paper(t);
}

/* A run's identity holds the digest of its weights: they must still be those that the plan saw. */
static cc_status load_weights(trainer *t) {
    const char *path = t->config->net.weights;
    char line[CC_WEIGHTS_LINE_BYTES];
    cc_digest_text digest;
    cc_weights_summary summary;
    if (!path) return CC_OK;
    CC_TRY(cc_digest_of_file(&digest, path));
    if (strcmp(digest.hex, t->run->weights_digest.hex) != 0)
        return cc_fail(CC_EIO, path, "run it again", "the file has changed since the run was planned");
    CC_TRY(cc_weights_load(&summary, t->model, path));
    cc_weights_describe(line, sizeof line, &summary);
    cc_log(CC_LOG_INFO, "%s: weights of %s: %s", t->title, path, line);
    return CC_OK;
}

static cc_status put_state(trainer *t) {
    CC_TRY(cc_host_view_put(cc_learner_state(t->learner)));
    return cc_host_view_put(cc_ema_state(t->ema));
}

/* Of a checkpoint that is of no use. */
static cc_status say_why_anew(const trainer *t, cc_checkpoint_state state) {
    char why[2 * CC_MACHINE_BYTES] = "is of another config, other data or another version of calcade";
    cc_checkpoint_title title;
    cc_digest_text identity;
    cc_machine made;
    if (state == CC_CHECKPOINT_DAMAGED) snprintf(why, sizeof why, "is damaged");
    CC_TRY(cc_checkpoint_title_read(&title, t->checkpoint_path));
    if (state == CC_CHECKPOINT_FOREIGN && cc_machine_parse(&made, title.machine)) {
        CC_TRY(cc_planned_run_identity(&identity, t->run, CC_NUMERICS_VERSION, title.machine));
        if (strcmp(identity.hex, title.identity.hex) == 0) {
            size_t used = (size_t)snprintf(why, sizeof why, "was made with ");
            cc_machine_differences(why + used, sizeof why - used, &made, &t->run->here);
        }
    }
    cc_log(CC_LOG_WARNING, "%s %s: training starts anew", t->checkpoint_path, why);
    return CC_OK;
}

static cc_status take_up(trainer *t) {
    cc_checkpoint_state state;
    CC_TRY(cc_checkpoint_read(&state, &t->at, t->checkpoint_path));
    if (state == CC_CHECKPOINT_WHOLE) {
        char threads[64] = "";
        if (t->run->threads_of_checkpoint)
            snprintf(threads, sizeof threads, ", with %d thread%s as it began", t->run->threads,
                     t->run->threads == 1 ? "" : "s");
        *cc_learner_steps(t->learner) = t->at.step;
        CC_TRY(put_state(t));
        cc_log(CC_LOG_INFO, "%s: going on after epoch %lld/%d%s", t->title, (long long)t->at.epoch,
               t->config->train.epochs, threads);
        return cc_model_set_all(t->model, t->at.values);
    }
    if (t->at.optimizer_count > 0) /* plain SGD has no state */
        memset(t->at.optimizer, 0, t->at.optimizer_count * sizeof *t->at.optimizer);
    CC_TRY(put_state(t));
    if (state != CC_CHECKPOINT_NONE) CC_TRY(say_why_anew(t, state));
    return load_weights(t);
}

static void say_why_again(const trainer *t) {
    if (t->state == CC_RUN_STALE && t->run->difference[0])
        cc_log(CC_LOG_INFO, "%s was made with %s, as train.threads states: the run is made anew",
               t->run->path, t->run->difference);
    else if (t->state == CC_RUN_STALE)
        cc_log(CC_LOG_INFO, "%s was made from another config or other data: the run is made anew",
               t->run->path);
    if (t->state == CC_RUN_DAMAGED)
        cc_log(CC_LOG_WARNING, "%s is damaged: the run is made anew", t->run->path);
}

static cc_status trainer_init(trainer *t, const cc_planned_run *run, cc_run_state state,
                              const cc_backend *backend) {
    *t = (trainer){
        .run = run, .state = state, .config = run->config, .backend = backend, .started_s = cc_clock_s()};
    cc_planned_run_name(t->title, sizeof t->title, run);
    CC_TRY(cc_path_append(t->checkpoint_path, run->path, ".checkpoint"));
    CC_TRY(cc_file_sweep(t->checkpoint_path));
    t->at.identity = run->identity;
    memcpy(t->at.machine, run->machine, sizeof t->at.machine);
    CC_TRY(open_data(t));
    CC_TRY(make_plans(t));
    CC_TRY(make_evaluator(t));
    CC_TRY(make_checkpoint(t));
    say_why_again(t);
    say_what_starts(t);
    return take_up(t);
}

static void trainer_deinit(trainer *t) {
    cc_progress_destroy(t->progress);
    cc_memory_free(t->at.history);
    cc_memory_free(t->at.values);
    cc_memory_free(t->at.best_values);
    cc_evaluator_destroy(t->validation);
    cc_loader_destroy(t->loader);
    cc_ema_destroy(t->ema);
    cc_learner_destroy(t->learner);
    cc_plan_destroy(t->train_plan);
    cc_plan_destroy(t->evaluation_plan);
    cc_model_destroy(t->model);
    free(t->choices);
    cc_dataset_deinit(&t->dataset);
}

/* A ratio 0/0 is no number. */
static void format_score(char out[16], double score) {
    if (isnan(score))
        snprintf(out, 16, "-");
    else
        snprintf(out, 16, "%.3f", score);
}

static void show_progress(const trainer *t, size_t batch, double loss) {
    char detail[120], f1[16] = "";
    size_t batches = cc_loader_batch_count(t->loader);
    if (t->at.epoch > 0) format_score(f1, t->at.history[t->at.epoch - 1].validation_f1);
    snprintf(detail, sizeof detail, "epoch %lld/%d  loss %.4f%s%s", (long long)t->at.epoch + 1,
             t->config->train.epochs, loss, f1[0] ? "  F1 " : "", f1);
    cc_progress_update(t->progress, (uint64_t)t->at.epoch * batches + batch, detail);
}

/* Brings weights and state to the host, and ends the training where they are no longer numbers. */
static cc_status fetch_state(trainer *t) {
    const cc_training_values values = {.model = t->model,
                                       .values = t->at.values,
                                       .optimizer = cc_learner_state(t->learner),
                                       .ema = cc_ema_state(t->ema)};
    CC_TRY(cc_model_get_all(t->at.values, t->model));
    CC_TRY(cc_host_view_fetch(cc_learner_state(t->learner)));
    CC_TRY(cc_host_view_fetch(cc_ema_state(t->ema)));
    return cc_training_check_finite(&values, t->title, t->at.epoch + 1, &t->config->optimizer);
}

/* The update of such a step was not applied; but an earlier one may have spoilt the weights. */
static cc_status explain_loss(trainer *t, size_t step, double loss) {
    CC_TRY(fetch_state(t));
    return cc_fail(CC_EINVAL, t->title, "lower optimizer.lr, or set optimizer.clip_norm",
                   "epoch %" PRId64 ", step %zu of %zu: the loss is %s", t->at.epoch + 1, step,
                   cc_loader_batch_count(t->loader), isnan(loss) ? "no number" : "infinite");
}

/* The next batch, brought while the step before it runs; NULL at the end of the epoch. */
static cc_status bring_next(const cc_batch **batch, trainer *t) {
    CC_TRY(cc_loader_next(t->loader, batch));
    return *batch ? cc_learner_feed(t->learner, (*batch)->images, (*batch)->targets) : CC_OK;
}

static cc_status train_epoch(double *mean_loss, trainer *t) {
    double sum = 0, loss;
    size_t done = 0;
    const cc_batch *batch;
    cc_loader_start(t->loader, (uint64_t)t->at.epoch + 1);
    CC_TRY(bring_next(&batch, t));
    while (batch) {
        CC_TRY(cc_interrupt_check());
        CC_TRY(cc_learner_start(t->learner, cc_schedule_rate(&t->schedule)));
        CC_TRY(cc_ema_update(t->ema, *cc_learner_steps(t->learner)));
        CC_TRY(bring_next(&batch, t));
        cc_status status = cc_learner_finish(t->learner, &loss);
        done++;
        if (status == CC_EINVAL) return explain_loss(t, done, loss);
        CC_TRY(status);
        sum += loss;
        show_progress(t, done, sum / (double)done);
    }
    *mean_loss = sum / (double)done;
    return CC_OK;
}

/* What early stopping looks at. A validation set on which nothing is true and nothing predicted scores 0. */
static double monitored(const trainer *t, const cc_run_epoch *row) {
    if (strcmp(t->config->train.early_stopping.monitor, "validation.loss") == 0) return row->validation_loss;
    return isnan(row->validation_f1) ? 0 : row->validation_f1;
}

static bool is_largest_best(const trainer *t) {
    return strcmp(t->config->train.early_stopping.mode, "max") == 0;
}

static bool is_better(const trainer *t, double score) {
    if (t->at.best_epoch == 0 || isnan(t->at.best)) return true;
    return is_largest_best(t) ? score > t->at.best : score < t->at.best;
}

/* Where the learning rate stands after the epochs that are done. */
static void start_schedule(trainer *t) {
    t->schedule = cc_schedule_start(&t->config->optimizer, t->config->train.epochs, is_largest_best(t));
    for (int64_t i = 0; i < t->at.epoch; i++) cc_schedule_note(&t->schedule, monitored(t, &t->at.history[i]));
}

static bool should_stop(const trainer *t) {
    int patience = t->config->train.early_stopping.patience;
    if (t->at.epoch >= t->config->train.epochs) return true;
    return patience != CC_PATIENCE_OFF && t->at.epoch > 0 && t->at.epoch - t->at.best_epoch >= patience;
}

/* Moves the time since the last call to the run's account. */
static void note_time(trainer *t) {
    double now = cc_clock_s();
    t->at.seconds += now - t->started_s;
    t->started_s = now;
}

/* The model holds what was validated, t->at what training goes on from; afterwards both do. */
static cc_status note_epoch(trainer *t, const cc_run_epoch *row) {
    t->at.history[t->at.epoch++] = *row;
    t->at.step = *cc_learner_steps(t->learner);
    note_time(t);
    char f1[16];
    bool better = is_better(t, monitored(t, row));
    if (better) {
        t->at.best = monitored(t, row);
        t->at.best_epoch = t->at.epoch;
        CC_TRY(cc_model_get_all(t->at.best_values, t->model));
    }
    CC_TRY(cc_ema_swap(t->ema));
    cc_schedule_note(&t->schedule, monitored(t, row));
    format_score(f1, row->validation_f1);
    cc_log(CC_LOG_INFO, "epoch %lld/%d: loss %.4f; validation loss %.4f, F1 %s%s (%.1f s)",
           (long long)t->at.epoch, t->config->train.epochs, row->train_loss, row->validation_loss, f1,
           better ? ", best" : "", row->seconds);
    return cc_checkpoint_write(t->checkpoint_path, &t->at);
}

static cc_status run_epoch(trainer *t) {
    double start = cc_clock_s();
    cc_run_epoch row = {.epoch = t->at.epoch + 1, .learning_rate = cc_schedule_rate(&t->schedule)};
    cc_evaluation validation;
    cc_scores scores;
    CC_TRY(train_epoch(&row.train_loss, t));
    CC_TRY(fetch_state(t));
    CC_TRY(cc_ema_swap(t->ema));
    CC_TRY(cc_evaluator_run(&validation, t->validation, NULL, NULL));
    CC_TRY(cc_scores_from_counts(&scores, &validation.counts, CC_EMPTY_SKIP));
    row.validation_loss = validation.loss;
    row.validation_f1 = scores.value[CC_SCORE_F1];
    row.validation_precision = scores.value[CC_SCORE_PRECISION];
    row.validation_recall = scores.value[CC_SCORE_RECALL];
    row.seconds = cc_clock_s() - start;
    return note_epoch(t, &row);
}

static cc_status write_result(trainer *t) {
    const cc_training_values best = {.model = t->model, .values = t->at.best_values};
    CC_TRY(cc_training_check_finite(&best, t->title, t->at.best_epoch, &t->config->optimizer));
    CC_TRY(cc_model_set_all(t->model, t->at.best_values));
    note_time(t);
    cc_result_source source = {.run = t->run,
                               .state = t->state,
                               .dataset = &t->dataset,
                               .model = t->model,
                               .backend = t->backend,
                               .plan = t->evaluation_plan,
                               .plan_choices = t->choices,
                               .history = t->at.history,
                               .epoch_count = (size_t)t->at.epoch,
                               .best_epoch = t->at.best_epoch,
                               .started = t->at.started,
                               .seconds = t->at.seconds};
    CC_TRY(cc_result_write(&source));
    unlink(t->checkpoint_path);
    return CC_OK;
}

static cc_status train_and_test(trainer *t) {
    size_t batches = cc_loader_batch_count(t->loader);
    t->progress = cc_progress_create(t->title, (uint64_t)t->config->train.epochs * batches);
    cc_progress_skip(t->progress, (uint64_t)t->at.epoch * batches);
    start_schedule(t);
    while (!should_stop(t)) CC_TRY(run_epoch(t));
    cc_progress_destroy(t->progress);
    t->progress = NULL;
    if (t->at.epoch < t->config->train.epochs)
        cc_log(CC_LOG_INFO, "%s: stopped early (patience %d); epoch %" PRId64 " is the best and kept",
               t->title, t->config->train.early_stopping.patience, t->at.best_epoch);
    return write_result(t);
}

/* What a stopped run's user wants to know. */
static void say_how_to_go_on(char *out, size_t capacity, const trainer *t) {
    snprintf(out, capacity, "the same command starts it again: no epoch was whole yet");
    if (t->at.epoch > 0)
        snprintf(out, capacity, "the same command goes on after epoch %" PRId64, t->at.epoch);
}

static cc_status explain_stop(const trainer *t) {
    char hint[96];
    say_how_to_go_on(hint, sizeof hint, t);
    return cc_fail(CC_EINTERRUPTED, t->title, hint, "stopped on request");
}

static cc_status explain_device(const trainer *t) {
    const cc_error before = *cc_error_get();
    char hint[160], way[96];
    say_how_to_go_on(way, sizeof way, t);
    snprintf(hint, sizeof hint, "check nvidia-smi; %s", way);
    return cc_fail(CC_EDEVICE, t->title, hint, "%s: %s", before.where, before.what);
}

/* The trainer's memory has been given back. */
static cc_status explain_memory(const trainer *t, int height, int width) {
    const cc_experiment_config *c = t->config;
    cc_use use = {.trains = true,
                  .infers = true,
                  .averages = c->train.ema != CC_EMA_OFF,
                  .n = c->train.batch,
                  .height = height,
                  .width = width,
                  .loss = &c->loss,
                  .optimizer = &c->optimizer};
    CC_TRY(cc_precision_find(&use.dtype, &use.tf32, c->train.precision));
    return cc_needs_explain(&c->net, t->backend, &use, 0);
}

static cc_status train_locked(const cc_planned_run *run, cc_run_state state, const cc_backend *backend) {
    trainer t = {0};
    cc_status status = trainer_init(&t, run, state, backend);
    if (status == CC_OK) status = train_and_test(&t);
    if (status == CC_EINTERRUPTED) status = explain_stop(&t);
    if (status == CC_EDEVICE) status = explain_device(&t);
    const int height = t.dataset.fit.height, width = t.dataset.fit.width;
    trainer_deinit(&t);
    return status == CC_ENOMEM && height > 0 ? explain_memory(&t, height, width) : status;
}

cc_status cc_train_run(bool *trained, const cc_planned_run *run, const cc_backend *backend) {
    cc_run_lock lock;
    cc_run_state state;
    if (run->threads > 0) omp_set_num_threads(run->threads);
    CC_TRY(cc_run_lock_take(&lock, run->path));
    cc_status status = cc_planned_run_check(&state, run);
    *trained = state != CC_RUN_DONE;
    bool chain = strcmp(run->config->stage, "cascade") == 0;
    if (status == CC_OK && *trained)
        status = chain ? cc_chain_test(run, state, backend) : train_locked(run, state, backend);
    cc_run_lock_release(&lock);
    return status;
}
