/* experiments/training/trainer.c -- the training of one run, from plans to the best epoch's weights.
 *
 *     plans -> weights, learner, average -> resume or start -> [ steps, validation, checkpoint ] x epochs
 *
 * Two runs of one config give the same bytes, stopped in between or not: the order of images depends on seed
 * and epoch alone (datasets/loader.h), a checkpoint holds all that the next step starts from, and a run that
 * is resumed uses the algorithms that its plans chose when it began. */
#include "experiments/training/trainer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/clock.h"
#include "core/version.h"
#include "experiments/config/device.h"
#include "experiments/planning/data.h"
#include "experiments/planning/data_check.h"
#include "experiments/planning/interrupt.h"
#include "experiments/training/finite.h"
#include "experiments/training/paper_counts.h"
#include "experiments/weights/weights.h"
#include "nets/engine/memory.h"

/* The model with a plan for training steps and one for inference, both for batches of the view's canvas.
 * Their choices of algorithms are noted as one text, "TRAINING\n\nINFERENCE", and found in a checkpoint as
 * such. */
static cc_status make_plans(cc_trainer *t) {
    cc_status status = CC_OK;
    const cc_experiment_config *config = t->run->config;
    cc_dtype dtype;
    cc_tuning tuning;
    bool tf32;
    char *recorded;
    CC_TRY(cc_model_create(&t->model, &config->net, t->backend));
    CC_TRY(cc_checkpoint_read_plan(&recorded, &t->at, t->checkpoint_path));
    char *inference = recorded ? strstr(recorded, "\n\n") : NULL;
    if (inference) inference[1] = 0; /* ends the first text */
    CC_CHECK(cc_precision_find(&dtype, &tf32, config->train.precision));
    CC_CHECK(cc_tuning_find(&tuning, config->train.plan));
    cc_device_note_tuning(t->backend, tuning);
    cc_plan_options options = {.n = config->train.batch,
                               .depth = cc_data_depth(config),
                               .height = t->view->fit.height,
                               .width = t->view->fit.width,
                               .training = true,
                               .seed = config->seed,
                               .dtype = dtype,
                               .tf32 = tf32,
                               .tuning = tuning,
                               .recorded = inference ? recorded : NULL};
    CC_CHECK(cc_plan_create(&t->train_plan, t->model, &options));
    options.training = false;
    options.recorded = inference ? inference + 2 : NULL;
    CC_CHECK(cc_plan_create(&t->evaluation_plan, t->model, &options));
    if (asprintf(&t->choices, "%s\n%s", cc_plan_choices(t->train_plan), cc_plan_choices(t->evaluation_plan)) <
        0) {
        t->choices = NULL;
        CC_CHECK(cc_fail_memory("plan", 0));
    }
done:
    free(recorded);
    return status;
}

/* All that a training changes: weights, optimiser's state and moving average, on the backend and, for
 * checkpoints, on the host; and the evaluator of the validation part. The steps allocate nothing more. */
static cc_status make_state(cc_trainer *t) {
    const cc_experiment_config *config = t->run->config;
    cc_checkpoint *c = &t->at;
    CC_TRY(cc_model_initialise(t->model, config->seed));
    CC_TRY(cc_ema_create(&t->ema, t->model, config->train.ema));
    CC_TRY(cc_learner_create(&t->learner, t->model, t->train_plan, &config->loss, &config->optimizer));
    cc_evaluation_source source = cc_net_view_evaluation(t->view, &t->view->validation, t->evaluation_plan);
    t->validated = *source.net;
    source.net = &t->validated;
    CC_TRY(cc_evaluator_create(&t->validation, &source));
    const cc_host_view *optimizer = cc_learner_state(t->learner), *ema = cc_ema_state(t->ema);
    c->started = time(NULL);
    c->plan = t->choices;
    c->history_capacity = (size_t)config->train.epochs;
    c->value_count = cc_model_value_count(t->model);
    c->optimizer = optimizer->values;
    c->optimizer_count = optimizer->count;
    c->ema = ema->values;
    c->ema_count = ema->count;
    CC_TRY(cc_memory_get((void **)&c->history, c->history_capacity * sizeof *c->history, "history"));
    CC_TRY(cc_memory_get((void **)&c->values, c->value_count * sizeof *c->values, "weights"));
    return cc_memory_get((void **)&c->best_values, c->value_count * sizeof *c->best_values, "best weights");
}

/* Says why a run is made again, what is trained on what, and what a reader of its scores must know. */
static void announce(const cc_trainer *t) {
    const cc_planned_run *run = t->run;
    const cc_experiment_config *config = run->config;
    const cc_dataset *d = t->view->dataset;
    const cc_split *split = &d->split;
    if (t->state == CC_RUN_STALE && run->difference[0])
        cc_log(CC_LOG_INFO, "%s was made with %s, as train.threads states: the run is made anew", run->path,
               run->difference);
    else if (t->state == CC_RUN_STALE)
        cc_log(CC_LOG_INFO, "%s was made from another config or other data: the run is made anew", run->path);
    if (t->state == CC_RUN_DAMAGED) cc_log(CC_LOG_WARNING, "%s is damaged: the run is made anew", run->path);

    char depth[16] = "";
    if (cc_data_depth(config)) snprintf(depth, sizeof depth, "%dx", cc_data_depth(config));
    cc_log(
        CC_LOG_INFO,
        "%s: training %s, %lld parameters, %s%dx%d; %zu items of %zu slices, %zu validation, %zu test slices",
        t->title, config->net.encoder ? config->net.encoder : config->net.arch,
        (long long)cc_model_trained_values(t->model), depth, t->view->fit.height, t->view->fit.width,
        cc_training_batches_items(&t->batches), split->train.count, split->validation.count,
        split->test.count);
    if (config->data.train_share > 0 && config->data.train_share < 1)
        cc_log(CC_LOG_INFO, "%s: trained on a share of %g of the training patients (data.train_share)",
               t->title, config->data.train_share);
    if (cc_split_leaks(split, d->base))
        cc_log(CC_LOG_WARNING,
               "%s: slices of one patient lie in several parts (data.split.by: %s): its scores flatter",
               t->title, config->data.split.by);

    char line[CC_PAPER_COUNTS_BYTES];
    cc_run_counts counts = {.source = config->data.source,
                            .stage = config->stage,
                            .by = config->data.split.by,
                            .patients = cc_slice_set_patient_count(d->base),
                            .slices = cc_slice_set_count(d->base),
                            .train_items = cc_training_batches_items(&t->batches),
                            .validation = split->validation.count,
                            .test = split->test.count};
    if (cc_paper_counts_describe(line, &counts)) cc_log(CC_LOG_INFO, "%s: %s", t->title, line);
}

/* Weights to start from (net.weights). A run's identity holds their digest: they must still be those that the
 * plan saw. */
static cc_status load_weights(cc_trainer *t) {
    const char *path = t->run->config->net.weights;
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

/* Says why a checkpoint is not used; where only the machine differs in its identity, in what. */
static cc_status warn_of_checkpoint(const cc_trainer *t, cc_checkpoint_state state) {
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

/* Puts the checkpoint's values in place, or starts from the first epoch. */
static cc_status resume_or_start(cc_trainer *t) {
    const cc_planned_run *run = t->run;
    cc_checkpoint_state state;
    CC_TRY(cc_checkpoint_read(&state, &t->at, t->checkpoint_path));
    const bool resumes = state == CC_CHECKPOINT_WHOLE;
    if (resumes) {
        *cc_learner_steps(t->learner) = t->at.step;
        CC_TRY(cc_host_view_put(cc_learner_state(t->learner)));
    } else {
        CC_TRY(cc_learner_reset(t->learner));
    }
    CC_TRY(cc_host_view_put(cc_ema_state(t->ema)));
    if (resumes) {
        char threads[64] = "";
        if (run->threads_of_checkpoint)
            snprintf(threads, sizeof threads, ", with %d thread%s as it began", run->threads,
                     run->threads == 1 ? "" : "s");
        char steps[48] = "";
        if (t->at.batches > 0)
            snprintf(steps, sizeof steps, " and step %lld/%zu of the next", (long long)t->at.batches,
                     cc_training_batches_count(&t->batches));
        cc_log(CC_LOG_INFO, "%s: going on after epoch %lld/%d%s%s", t->title, (long long)t->at.epoch,
               run->config->train.epochs, steps, threads);
        return cc_model_set_all(t->model, t->at.values);
    }
    if (state != CC_CHECKPOINT_NONE) CC_TRY(warn_of_checkpoint(t, state));
    return load_weights(t);
}

/* Brings weights and state to the host, and ends the training where one of them is NaN or infinite. */
static cc_status fetch_state(cc_trainer *t) {
    const cc_training_values values = {.model = t->model,
                                       .values = t->at.values,
                                       .optimizer = cc_learner_state(t->learner),
                                       .ema = cc_ema_state(t->ema)};
    CC_TRY(cc_model_get_all(t->at.values, t->model));
    CC_TRY(cc_host_view_fetch(cc_learner_state(t->learner)));
    CC_TRY(cc_host_view_fetch(cc_ema_state(t->ema)));
    return cc_training_check_finite(&values, t->title, t->at.epoch + 1, &t->run->config->optimizer);
}

/* A score for people: "0.817", or "-" where it is 0/0. */
static void format_score(char out[16], double score) {
    if (isnan(score))
        snprintf(out, 16, "-");
    else
        snprintf(out, 16, "%.3f", score);
}

/* A loss for people: four significant digits, so that a focal loss of 0.0000213 is not shown as none. */
static void format_loss(char out[16], double loss) {
    /* '#' keeps the zeros at the end: lines below each other have as many digits. */
    snprintf(out, 16, "%#.4g", loss);
}

/* What the claim says of the training: `batch` steps of the epoch at hand are taken. */
static void note_progress(const cc_trainer *t, size_t batch) {
    const uint64_t batches = cc_training_batches_count(&t->batches),
                   epochs = (uint64_t)t->run->config->train.epochs;
    const uint64_t done = (uint64_t)t->at.epoch * batches + batch;
    const double seconds = cc_clock_s() - t->began_s;
    const cc_claim_progress progress = {
        .epoch = t->at.epoch,
        .epochs = (int64_t)epochs,
        .step = (int64_t)batch,
        .steps = (int64_t)batches,
        .score = t->at.epoch > 0 ? t->at.best : NAN,
        /* As if every epoch were trained, as long as those of this process. */
        .seconds_left = done > t->began_step
                            ? seconds / (double)(done - t->began_step) * (double)(epochs * batches - done)
                            : NAN};
    cc_claim_note_progress(t->claim, &progress);
}

/* What the loss trains of its own, parted by spaces, in as many digits; "" where that is nothing. */
static cc_status format_loss_numbers(char *out, size_t capacity, int digits, const cc_trainer *t) {
    float numbers[CC_LOSS_PARAMETERS_MAX];
    int count;
    size_t used = 0;
    out[0] = 0;
    CC_TRY(cc_learner_loss_parameters(numbers, &count, t->learner));
    for (int i = 0; i < count && used < capacity; i++)
        used += (size_t)snprintf(out + used, capacity - used, "%s%.*g", i ? " " : "", digits, numbers[i]);
    return CC_OK;
}

/* "epoch 3/40  loss 0.1234  F1 0.817" beside the bar. */
static void show_progress(const cc_trainer *t, size_t batch, double loss) {
    char detail[120], shown[16], f1[16] = "";
    size_t batches = cc_training_batches_count(&t->batches);
    if (t->at.epoch > 0) format_score(f1, t->at.history[t->at.epoch - 1].validation_f1);
    format_loss(shown, loss);
    snprintf(detail, sizeof detail, "epoch %lld/%d  loss %s%s%s", (long long)t->at.epoch + 1,
             t->run->config->train.epochs, shown, f1[0] ? "  F1 " : "", f1);
    cc_progress_update(t->progress, (uint64_t)t->at.epoch * batches + batch, detail);
    note_progress(t, batch);
}

/* Adds the time since the last call to the run's account. */
static void count_time(cc_trainer *t) {
    double now = cc_clock_s();
    t->at.seconds += now - t->since_s;
    t->since_s = now;
}

/* Stopped within an epoch, `done` of its steps being taken: notes where, and writes the checkpoint, for which
 * the state has been fetched. Returns CC_EINTERRUPTED with its message where that went well. */
static cc_status stop_within_epoch(cc_trainer *t, size_t done, double loss_sum, double start_s) {
    const cc_error reason = *cc_error_get();
    if (t->at.epoch == 0) /* no epoch is the best one yet */
        memset(t->at.best_values, 0, t->at.value_count * sizeof *t->at.best_values);
    t->at.step = *cc_learner_steps(t->learner);
    t->at.batches = (int64_t)done;
    t->at.loss_sum = loss_sum;
    t->at.epoch_seconds = cc_clock_s() - start_s;
    count_time(t);
    CC_TRY(cc_claim_check(t->claim));
    CC_TRY(cc_data_check_kept(t->run));
    CC_TRY(cc_checkpoint_write(t->checkpoint_path, &t->at));
    return cc_fail(CC_EINTERRUPTED, reason.where, reason.hint, "%s", reason.what);
}

/* One pass over the training items, or what is left of it: a step a batch. While a step runs on a device, the
 * loader's next batch is brought there. *loss_sum is over all batches of the epoch. */
static cc_status train_epoch(double *loss_sum, cc_trainer *t, double start_s) {
    double sum = t->at.loss_sum, loss;
    size_t done = (size_t)t->at.batches, batches = cc_training_batches_count(&t->batches);
    const float *images, *targets;
    cc_training_batches_start(&t->batches, (uint64_t)t->at.epoch + 1, done);
    CC_TRY(cc_training_batches_next(&t->batches, &images, &targets));
    if (images) CC_TRY(cc_learner_feed(t->learner, images, targets));
    while (images) {
        if (cc_interrupt_check() != CC_OK) {
            const cc_error reason = *cc_error_get();
            /* Nothing is lost where no step was taken since the last checkpoint, or since the start. */
            if ((int64_t)done == t->at.batches) return reason.status;
            CC_TRY(fetch_state(t));
            (void)cc_fail(reason.status, reason.where, reason.hint, "%s", reason.what);
            return stop_within_epoch(t, done, sum, start_s);
        }
        CC_TRY(cc_claim_check(t->claim));
        CC_TRY(cc_learner_start(t->learner, cc_schedule_rate(&t->schedule)));
        CC_TRY(cc_ema_update(t->ema, *cc_learner_steps(t->learner)));
        CC_TRY(cc_training_batches_next(&t->batches, &images, &targets)); /* NULL at the end of the epoch */
        if (images) CC_TRY(cc_learner_feed(t->learner, images, targets));
        cc_status status = cc_learner_finish(t->learner, &loss);
        done++;
        if (status == CC_EINVAL) {
            /* The update of such a step was not applied; but an earlier one may have spoilt the weights, and
             * then a layer can be named. */
            CC_TRY(fetch_state(t));
            return cc_fail(CC_EINVAL, t->title, "lower optimizer.lr, or set optimizer.clip_norm",
                           "epoch %" PRId64 ", step %zu of %zu: the loss is %s", t->at.epoch + 1, done,
                           batches, isnan(loss) ? "no number" : "infinite");
        }
        CC_TRY(status);
        sum += loss;
        show_progress(t, done, sum / (double)done);
    }
    *loss_sum = sum;
    return CC_OK;
}

/* Loss and scores of the validation part, with the moving average's weights where there is one, and with what
 * the loss trains of its own as it is now. Leaves the weights in the model. */
static cc_status validate(cc_run_epoch *row, cc_trainer *t) {
    cc_evaluation found;
    cc_scores scores;
    float numbers[CC_LOSS_PARAMETERS_MAX];
    int count;
    CC_TRY(cc_learner_loss_parameters(numbers, &count, t->learner));
    for (int i = 0; i < count; i++) t->validated.loss.log_variance[i] = numbers[i];
    CC_TRY(cc_ema_swap(t->ema));
    CC_TRY(cc_evaluator_run(&found, t->validation, NULL, NULL));
    CC_TRY(cc_scores_from_counts(&scores, &found.counts, CC_EMPTY_SKIP));
    row->validation_loss = found.loss;
    row->validation_f1 = scores.value[CC_SCORE_F1];
    row->validation_precision = scores.value[CC_SCORE_PRECISION];
    row->validation_recall = scores.value[CC_SCORE_RECALL];
    return CC_OK;
}

/* The score that early stopping and the schedule look at. A validation set on which nothing is true and
 * nothing predicted has F1 0/0, which counts as 0. */
static double monitored(const cc_trainer *t, const cc_run_epoch *row) {
    const char *monitor = t->run->config->train.early_stopping.monitor;
    if (strcmp(monitor, "validation.loss") == 0) return row->validation_loss;
    return isnan(row->validation_f1) ? 0 : row->validation_f1;
}

/* Epochs, until their number or the patience is used up. t->at is what a checkpoint holds: after each epoch
 * it and the model are what the next one starts from. */
static cc_status run_epochs(cc_trainer *t) {
    const cc_experiment_config *config = t->run->config;
    const int epochs = config->train.epochs, patience = config->train.early_stopping.patience;
    const bool largest = strcmp(config->train.early_stopping.mode, "max") == 0;
    const size_t batches = cc_training_batches_count(&t->batches);
    cc_checkpoint *at = &t->at;
    /* The learning rate depends on the epochs so far and, with a plateau, on their scores. */
    t->schedule = cc_schedule_start(&config->optimizer, epochs, largest);
    for (int64_t i = 0; i < at->epoch; i++) cc_schedule_note(&t->schedule, monitored(t, &at->history[i]));

    while (at->epoch < epochs) {
        if (patience != CC_PATIENCE_OFF && at->epoch > 0 && at->epoch - at->best_epoch >= patience) break;
        const double start_s = cc_clock_s() - at->epoch_seconds;
        double loss_sum = 0;
        cc_run_epoch row = {.epoch = at->epoch + 1, .learning_rate = cc_schedule_rate(&t->schedule)};
        CC_TRY(train_epoch(&loss_sum, t, start_s));
        row.train_loss = loss_sum / (double)batches;
        CC_TRY(fetch_state(t));
        cc_status status = validate(&row, t);
        if (status == CC_EINTERRUPTED) {
            /* Going on, the epoch is validated again: its steps are all taken, from the weights themselves.
             */
            const cc_error reason = *cc_error_get();
            CC_TRY(cc_ema_swap(t->ema));
            (void)cc_fail(status, reason.where, reason.hint, "%s", reason.what);
            return stop_within_epoch(t, batches, loss_sum, start_s);
        }
        CC_TRY(status);
        row.seconds = cc_clock_s() - start_s;
        at->batches = 0;
        at->loss_sum = at->epoch_seconds = 0;
        at->history[at->epoch++] = row;
        at->step = *cc_learner_steps(t->learner);
        count_time(t);

        /* Early stopping keeps the first of equally good epochs. */
        const double score = monitored(t, &row);
        const bool better =
            at->best_epoch == 0 || isnan(at->best) || (largest ? score > at->best : score < at->best);
        if (better) {
            at->best = score;
            at->best_epoch = at->epoch;
            CC_TRY(cc_model_get_all(at->best_values, t->model)); /* what was validated */
        }
        CC_TRY(cc_ema_swap(t->ema)); /* and back: training goes on from the weights themselves */
        cc_schedule_note(&t->schedule, score);
        char f1[16], loss[16], validation_loss[16], numbers[128];
        format_score(f1, row.validation_f1);
        format_loss(loss, row.train_loss);
        format_loss(validation_loss, row.validation_loss);
        CC_TRY(format_loss_numbers(numbers, sizeof numbers, 3, t));
        cc_log(CC_LOG_INFO, "epoch %lld/%d: loss %s; validation loss %s, F1 %s%s%s%s (%.1f s)",
               (long long)at->epoch, epochs, loss, validation_loss, f1, better ? ", best" : "",
               numbers[0] ? "; log-variances " : "", numbers, row.seconds);
        CC_TRY(cc_claim_check(t->claim));
        CC_TRY(cc_data_check_kept(t->run));
        CC_TRY(cc_checkpoint_write(t->checkpoint_path, at));
    }
    return CC_OK;
}

cc_status cc_trainer_run(cc_trainer *t) {
    const cc_experiment_config *config = t->run->config;
    cc_planned_run_name(t->title, sizeof t->title, t->run);
    CC_TRY(cc_checkpoint_path(t->checkpoint_path, t->run->path));
    t->at.identity = t->run->identity;
    memcpy(t->at.machine, t->run->machine, sizeof t->at.machine);
    CC_TRY(make_plans(t));
    CC_TRY(make_state(t));
    announce(t);
    CC_TRY(resume_or_start(t));

    const size_t batches = cc_training_batches_count(&t->batches);
    t->progress = cc_progress_create(t->title, (uint64_t)config->train.epochs * batches);
    cc_progress_skip(t->progress, (uint64_t)t->at.epoch * batches + (uint64_t)t->at.batches);
    t->began_s = cc_clock_s();
    t->began_step = (uint64_t)t->at.epoch * batches + (uint64_t)t->at.batches;
    CC_TRY(run_epochs(t));
    cc_progress_destroy(t->progress);
    t->progress = NULL;
    if (t->at.epoch < config->train.epochs)
        cc_log(CC_LOG_INFO, "%s: stopped early (patience %d); epoch %" PRId64 " is the best and kept",
               t->title, config->train.early_stopping.patience, t->at.best_epoch);

    CC_TRY(format_loss_numbers(t->loss_numbers, sizeof t->loss_numbers, 9, t)); /* read back as they are */

    /* The best epoch's weights are what is tested and stored. */
    const cc_training_values best = {.model = t->model, .values = t->at.best_values};
    CC_TRY(cc_training_check_finite(&best, t->title, t->at.best_epoch, &config->optimizer));
    CC_TRY(cc_model_set_all(t->model, t->at.best_values));
    count_time(t);
    return CC_OK;
}

void cc_trainer_deinit(cc_trainer *t) {
    cc_progress_destroy(t->progress);
    cc_memory_free(t->at.history);
    cc_memory_free(t->at.values);
    cc_memory_free(t->at.best_values);
    cc_evaluator_destroy(t->validation);
    cc_training_batches_deinit(&t->batches);
    cc_ema_destroy(t->ema);
    cc_learner_destroy(t->learner);
    cc_plan_destroy(t->train_plan);
    cc_plan_destroy(t->evaluation_plan);
    cc_model_destroy(t->model);
    free(t->choices);
    *t = (cc_trainer){0};
}
