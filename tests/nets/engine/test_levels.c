/* tests/nets/engine/test_levels.c -- a net with deep supervision: only its training plan has outputs at
 * coarser levels, it is fed one target, and apart from them it is the net without. Right values of logits,
 * loss and gradients are MONAI's: tests/experiments/parity/deep-supervision-*.h5. */
#include "support.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "nets/engine/learner.h"
#include "nets/engine/needs.h"
#include "nets/engine/plan.h"
#include "nets/losses/levels.h"

enum { BATCH = 2, SIDE = 32, PIXELS = SIDE * SIDE, LEVELS = 2 };

static const cc_loss_spec dice = {.type = "dice", .smooth = 1};
static const cc_optimizer_spec sgd = {.type = "sgd", .lr = 0.01, .momentum = 0.9};

/* nnU-Net's with four levels of few channels. */
static cc_net_spec net_of(int deep_supervision) {
    cc_net_spec spec;
    assert_ok(cc_net_find(&spec, "dynunet"));
    spec.channel_count = spec.kernel_count = spec.stride_count = 4;
    for (int i = 0; i < 4; i++) spec.channels[i] = 4 * (i + 1);
    spec.deep_supervision = deep_supervision;
    return spec;
}

static const cc_plan_options training = {.n = BATCH, .height = SIDE, .width = SIDE, .training = true},
                             inference = {.n = BATCH, .height = SIDE, .width = SIDE};

static void draw(float *input, float *target) {
    cc_rng rng = cc_rng_init(5, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < BATCH * PIXELS; i++) {
        input[i] = (float)cc_rng_normal(&rng);
        target[i] = cc_rng_uniform(&rng) < 0.3;
    }
}

static void only_training_has_the_coarser_outputs(void **state) {
    (void)state;
    const cc_net_spec deep = net_of(LEVELS), plain = net_of(0);
    cc_model *model, *without;
    cc_plan *train, *infer, *other;
    assert_ok(cc_model_create(&model, &deep, &cc_backend_cpu));
    assert_ok(cc_model_create(&without, &plain, &cc_backend_cpu));
    assert_ok(cc_plan_create(&train, model, &training));
    assert_ok(cc_plan_create(&infer, model, &inference));
    assert_ok(cc_plan_create(&other, without, &inference));
    const cc_loss_heads heads = cc_plan_heads(train);
    assert_int_equal(heads.count, 1 + LEVELS);
    assert_null(heads.items[0].name);
    assert_int_equal(heads.items[0].shape.pixels, PIXELS);
    assert_string_equal(heads.items[2].name, "level2");
    assert_int_equal(heads.items[2].shape.pixels, PIXELS / 16);

    /* Inference: the same layers as without, the same choices, the same memory. */
    assert_int_equal(cc_plan_heads(infer).count, 1);
    assert_string_equal(cc_plan_choices(infer), cc_plan_choices(other));
    assert_int_equal(cc_plan_bytes(infer), cc_plan_bytes(other));

    /* One seed starts the layers that both have alike, and both give the same logits. */
    const float *logits, *expected;
    float *input = malloc(BATCH * PIXELS * sizeof *input), *target = malloc(BATCH * PIXELS * sizeof *target);
    draw(input, target);
    assert_ok(cc_model_initialise(model, 3));
    assert_ok(cc_model_initialise(without, 3));
    assert_ok(cc_plan_forward(infer, input, &logits));
    assert_ok(cc_plan_forward(other, input, &expected));
    assert_memory_equal(logits, expected, BATCH * PIXELS * sizeof *logits);
    free(input), free(target);
    cc_plan_destroy(train), cc_plan_destroy(infer), cc_plan_destroy(other);
    cc_model_destroy(model), cc_model_destroy(without);
}

/* The loss of a step is that of the logits of all levels; its gradients reach the heads. */
static void a_step_is_fed_one_target(void **state) {
    (void)state;
    const cc_net_spec deep = net_of(LEVELS);
    cc_model *model;
    cc_plan *plan;
    cc_learner *learner;
    cc_level_loss loss;
    const float *logits;
    double value, want;
    float *input = malloc(BATCH * PIXELS * sizeof *input), *target = malloc(BATCH * PIXELS * sizeof *target);
    draw(input, target);
    assert_ok(cc_model_create(&model, &deep, &cc_backend_cpu));
    assert_ok(cc_plan_create(&plan, model, &training));
    assert_ok(cc_model_initialise(model, 3));
    assert_ok(cc_learner_create(&learner, model, plan, &dice, &sgd));
    assert_int_equal(cc_learner_target_bytes(plan, &dice), BATCH * PIXELS * sizeof *target);
    assert_int_equal(cc_learner_fed_bytes(plan, &dice),
                     BATCH * (PIXELS + PIXELS / 4 + PIXELS / 16) * sizeof *target);

    cc_loss_heads heads = cc_plan_heads(plan);
    assert_ok(cc_level_loss_init(&loss, &heads, &dice));
    float *all = malloc(cc_loss_target_count(&heads) * sizeof *all);
    void *scratch = malloc(cc_loss_scratch_bytes_of(&loss.whole, &heads));
    cc_level_targets(all, target, &heads);
    assert_ok(cc_plan_forward(plan, input, &logits));
    assert_ok(cc_loss_evaluate_heads(
        &want, &loss.whole,
        &(cc_loss_io){.heads = &heads, .logits = logits, .target = all, .scratch = scratch}));
    assert_ok(cc_learner_step(learner, input, target, sgd.lr, &value));
    assert_true(fabs(value - want) < 1e-7 * want);
    int reached = 0;
    for (int i = 0; i < cc_model_parameter_count(model); i++) {
        const cc_parameter *p = cc_model_parameter(model, i);
        float gradient[64];
        if (strncmp(p->name, "deep_supervision_heads.", 23) != 0) continue;
        assert_true(p->count <= 64);
        assert_ok(cc_model_get_gradient(gradient, model, i));
        for (int64_t k = 0; k < p->count; k++) assert_true(gradient[k] != 0);
        reached++;
    }
    assert_int_equal(reached, 2 * LEVELS);
    free(input), free(target), free(all), free(scratch);
    cc_learner_destroy(learner);
    cc_plan_destroy(plan);
    cc_model_destroy(model);
}

/* The host's targets of all levels are the only memory beside logits, loss and clipping that a learner has
 * more of than without. */
static void what_a_learner_takes_is_measured(void **state) {
    (void)state;
    size_t bytes[2];
    for (int i = 0; i < 2; i++) {
        const cc_net_spec spec = net_of(i * LEVELS);
        cc_model *model;
        cc_plan *plan;
        size_t optimizer = 0;
        bytes[i] = 0;
        assert_ok(cc_model_create(&model, &spec, &cc_backend_cpu));
        assert_ok(cc_plan_create(&plan, model, &training));
        cc_learner_measure(&optimizer, &bytes[i], model, plan, &dice, &sgd);
        cc_plan_destroy(plan);
        cc_model_destroy(model);
    }
    const size_t targets = BATCH * (PIXELS + PIXELS / 4 + PIXELS / 16) * sizeof(float),
                 logits = BATCH * (PIXELS / 4 + PIXELS / 16) * sizeof(float);
    assert_in_range(bytes[1] - bytes[0], targets + logits, targets + logits + 1024);
}

static void the_prior_is_that_of_every_output(void **state) {
    (void)state;
    cc_net_spec spec = net_of(LEVELS);
    cc_model *model;
    cc_plan *plan;
    int biases = 0;
    spec.prior = 0.25;
    assert_ok(cc_model_create(&model, &spec, &cc_backend_cpu));
    assert_ok(cc_plan_create(&plan, model, &training));
    assert_ok(cc_model_initialise(model, 1));
    for (int i = 0; i < cc_model_parameter_count(model); i++) {
        float value[64];
        const cc_parameter *p = cc_model_parameter(model, i);
        if (!strstr(p->name, ".conv.conv.bias")) continue;
        assert_ok(cc_model_get(value, model, i));
        assert_true(fabs(value[0] - log(0.25 / 0.75)) < 1e-6);
        biases++;
    }
    assert_int_equal(biases, 1 + LEVELS);
    cc_plan_destroy(plan);
    cc_model_destroy(model);
}

static void the_deepest_level_has_no_output(void **state) {
    (void)state;
    const cc_net_spec spec = net_of(3);
    cc_graph *graph;
    assert_error(cc_net_build(&graph, &spec, 1, 0, SIDE, SIDE), CC_EINVAL,
                 "between the finest and the deepest");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_training_has_the_coarser_outputs),
        cmocka_unit_test(a_step_is_fed_one_target),
        cmocka_unit_test(what_a_learner_takes_is_measured),
        cmocka_unit_test(the_prior_is_that_of_every_output),
        cmocka_unit_test(the_deepest_level_has_no_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
