/* Which epoch is kept, when training ends, and that what is stored is what was counted. */
#include <math.h>
#include <omp.h>
#include "core/log.h"
#include "experiments/config/device.h"
#include "experiments/training/pipeline.h"
#include "run_data.h"
#include "runs.h"

typedef struct trained {
    cc_config *config;
    cc_run_plan *plan;
    cc_run run;
    cc_arena *arena;
} trained;

static const cc_backend *cpu(void) {
    const cc_backend *backend;
    assert_ok(cc_device_find(&backend, "cpu"));
    return backend;
}

/* Trains the small run with those overrides (up to a NULL), and reads its file. */
static void train(trained *t, const char *const *sets) {
    bool made;
    int count = 0;
    while (sets[count]) count++;
    assert_ok(cc_config_load(&t->config, runs_config, sets, count, CC_CONFIG_RUNNABLE));
    assert_ok(cc_run_plan_create(&t->plan, &t->config, 1, runs_folder(), &cc_backend_cpu, 1));
    const cc_planned_run *planned = cc_run_plan_get(t->plan, 0);
    assert_ok(cc_pipeline_run(&made, planned, cpu()));
    assert_true(made);
    t->arena = cc_arena_create();
    runs_read(&t->run, planned->path, t->arena);
    cc_run_state state;
    assert_ok(cc_planned_run_check(&state, planned));
    assert_int_equal(state, CC_RUN_DONE);
    assert_ok(cc_pipeline_run(&made, planned, cpu())); /* the plan still says it is missing */
    assert_false(made);
}

static void drop(trained *t) {
    cc_run_plan_destroy(t->plan);
    cc_config_destroy(t->config);
    cc_arena_destroy(t->arena);
}

static double score_of(const cc_run_epoch *e, bool f1) {
    return !f1 ? e->validation_loss : isnan(e->validation_f1) ? 0 : e->validation_f1;
}

/* The first epoch of the best score, by the rule that the names state. */
static int64_t first_best(const cc_run *run, bool f1, bool largest) {
    size_t best = 0;
    for (size_t i = 1; i < run->epoch_count; i++) {
        double now = score_of(&run->epochs[i], f1), then = score_of(&run->epochs[best], f1);
        if (largest ? now > then : now < then) best = i;
    }
    return (int64_t)best + 1;
}

static void the_best_epoch_is_kept_by_the_score_that_is_asked_for(void **state) {
    (void)state;
    static const struct {
        const char *monitor, *mode;
        bool f1, largest;
    } rules[] = {{"validation.f1", "max", true, true}, {"validation.loss", "min", false, false}};
    for (int i = 0; i < cc_test_cases(sizeof rules / sizeof *rules); i++) {
        trained t;
        char monitor[64], mode[64];
        snprintf(monitor, sizeof monitor, "train.early_stopping.monitor=%s", rules[i].monitor);
        snprintf(mode, sizeof mode, "train.early_stopping.mode=%s", rules[i].mode);
        train(&t, (const char *const[]){"train.epochs=8", monitor, mode, NULL});
        assert_int_equal(t.run.epoch_count, 8);
        assert_int_equal(t.run.best_epoch, first_best(&t.run, rules[i].f1, rules[i].largest));
        drop(&t);
    }
}

static void training_ends_after_as_many_epochs_without_a_better_one_as_patience_says(void **state) {
    (void)state;
    /* So small a step changes no weight: every epoch scores as the first, and none is better. */
    for (int patience = 1; patience <= cc_test_cases(3); patience++) {
        trained t;
        char text[64];
        snprintf(text, sizeof text, "train.early_stopping.patience=%d", patience);
        train(&t, (const char *const[]){"net.arch=unet", "optimizer.lr=1.0e-30", text, NULL});
        assert_int_equal(t.run.best_epoch, 1);
        assert_int_equal(t.run.epoch_count, 1 + patience);
        drop(&t);
    }
}

static void patience_counts_from_the_best_epoch(void **state) {
    (void)state;
    trained t;
    train(&t, (const char *const[]){"train.epochs=20", "optimizer.lr=3.0e-2",
                                    "train.early_stopping.patience=2", NULL});
    int64_t epochs = (int64_t)t.run.epoch_count, best = first_best(&t.run, true, true);
    assert_int_equal(t.run.best_epoch, best);
    assert_true(epochs == 20 ? epochs - best <= 2 : epochs - best == 2);
    drop(&t);
}

/* A model with the weights of a file, by their names. */
static void put_weights(cc_model *model, const cc_run *run) {
    assert_int_equal(cc_model_parameter_count(model), run->tensor_count);
    for (int i = 0; i < cc_model_parameter_count(model); i++) {
        size_t k = 0;
        while (k < run->tensor_count && strcmp(run->tensors[k].name, cc_model_parameter(model, i)->name) != 0)
            k++;
        assert_in_range(k, 0, run->tensor_count - 1);
        assert_ok(cc_model_set(model, i, run->tensors[k].data));
    }
}

typedef struct checked {
    const cc_run *run;
    const cc_slice_set *set;
    size_t count;
} checked;

static cc_status check_slice(void *context, const cc_prediction *p) {
    checked *c = context;
    const cc_run_slice *row = &c->run->slices[c->count++];
    assert_int_equal(row->slice, cc_slice_set_get(c->set, p->slice)->number);
    assert_int_equal(row->tp, p->counts.tp);
    assert_int_equal(row->fp, p->counts.fp);
    assert_int_equal(row->fn, p->counts.fn);
    assert_int_equal(row->tn, p->counts.tn);
    assert_true(row->soft_prediction == p->soft_prediction);
    assert_true(row->soft_truth == p->soft_truth);
    assert_true(row->soft_overlap == p->soft_overlap);
    assert_int_equal(row->tp + row->fn, (int64_t)p->soft_truth);
    return CC_OK;
}

/* The stored weights are those of the best epoch: they score as its row of the history and as the test rows
 * say. */
static void check_stored_weights(const char *const *sets) {
    trained t;
    run_data data;
    cc_model *model;
    cc_plan *plan;
    cc_evaluator *validation, *test;
    cc_evaluation found;
    train(&t, sets);
    const cc_experiment_config *config = cc_config_get(t.config, 0);
    assert_true(t.run.best_epoch < (int64_t)t.run.epoch_count); /* else the last weights would do as well */
    assert_ok(run_data_init(&data, cc_run_plan_get(t.plan, 0), cpu()));
    assert_ok(cc_model_create(&model, &config->net, cpu()));
    cc_plan_options options = {
        .n = config->train.batch, .height = data.view.fit.height, .width = data.view.fit.width};
    assert_ok(cc_plan_create(&plan, model, &options));
    put_weights(model, &t.run);
    cc_evaluation_source on_validation = cc_net_view_evaluation(&data.view, &data.view.validation, plan);
    cc_evaluation_source on_test = cc_net_view_evaluation(&data.view, &data.view.test, plan);
    assert_ok(cc_evaluator_create(&validation, &on_validation));
    assert_ok(cc_evaluator_create(&test, &on_test));
    assert_ok(cc_evaluator_run(&found, validation, NULL, NULL));
    assert_true(found.loss == t.run.epochs[t.run.best_epoch - 1].validation_loss);
    checked c = {.run = &t.run, .set = data.dataset.base};
    assert_ok(cc_evaluator_run(&found, test, check_slice, &c));
    assert_int_equal(c.count, t.run.slice_count);
    cc_evaluator_destroy(validation);
    cc_evaluator_destroy(test);
    cc_plan_destroy(plan);
    cc_model_destroy(model);
    run_data_deinit(&data);
    drop(&t);
}

static void stored_weights_give_the_stored_counts(void **state) {
    (void)state;
    check_stored_weights((const char *const[]){"train.epochs=50", "optimizer.lr=5.0e-2",
                                               "train.early_stopping.patience=1", NULL});
}

static void stored_averages_give_the_stored_counts(void **state) {
    (void)state;
    check_stored_weights((const char *const[]){"train.epochs=50", "optimizer.lr=5.0e-2", "train.ema=0.7",
                                               "train.early_stopping.patience=1", NULL});
}

/* An average that forgets at once is the weights themselves; one that remembers is not, but trains alike. */
static void the_average_is_scored_and_does_not_change_training(void **state) {
    (void)state;
    trained plain, quick, slow;
    train(&plain, (const char *const[]){"train.epochs=3", NULL});
    train(&quick, (const char *const[]){"train.epochs=3", "train.ema=1.0e-30", NULL});
    train(&slow, (const char *const[]){"train.epochs=3", "train.ema=0.9", NULL});
    for (int i = 0; i < 3; i++) {
        const cc_run_epoch *a = &plain.run.epochs[i], *b = &quick.run.epochs[i], *c = &slow.run.epochs[i];
        assert_true(a->train_loss == b->train_loss && a->train_loss == c->train_loss);
        assert_true(a->validation_loss == b->validation_loss && a->validation_loss != c->validation_loss);
    }
    drop(&plain);
    drop(&quick);
    drop(&slow);
}

static void the_history_has_the_learning_rate_of_each_epoch(void **state) {
    (void)state;
    trained t;
    train(&t, (const char *const[]){"train.epochs=4", "optimizer.lr=0.01", "optimizer.schedule.warmup=1",
                                    "optimizer.schedule.type=cosine", NULL});
    const double want[] = {0.005, 0.01, 0.0075, 0.0025};
    for (int i = 0; i < 4; i++) assert_true(fabs(t.run.epochs[i].learning_rate - want[i]) < 1e-12);
    drop(&t);
    /* So small a step changes no weight: no epoch is better than the first. */
    train(&t, (const char *const[]){"net.arch=unet", "train.epochs=4", "optimizer.lr=1.0e-7",
                                    "optimizer.clip_norm=1.0e-30", "optimizer.type=sgd",
                                    "optimizer.schedule={type: plateau, patience: 1, factor: 0.5}", NULL});
    const double lowered[] = {1e-7, 1e-7, 1e-7, 5e-8};
    for (int i = 0; i < 4; i++) assert_true(fabs(t.run.epochs[i].learning_rate - lowered[i]) < 1e-15);
    drop(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_ends_after_as_many_epochs_without_a_better_one_as_patience_says),
        cmocka_unit_test(stored_weights_give_the_stored_counts),
        cmocka_unit_test(stored_averages_give_the_stored_counts),
        cmocka_unit_test(the_average_is_scored_and_does_not_change_training),
    };
    const struct CMUnitTest optimised[] = {
        cmocka_unit_test(the_best_epoch_is_kept_by_the_score_that_is_asked_for),
        cmocka_unit_test(patience_counts_from_the_best_epoch),
        cmocka_unit_test(the_history_has_the_learning_rate_of_each_epoch),
    };
    omp_set_num_threads(1);
    cc_log_set_level(CC_LOG_WARNING);
    return cc_test_run_group(tests, optimised, runs_setup, NULL);
}
