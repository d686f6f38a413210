/* tests/nets/cuda_steps.h -- whole steps of the CUDA backend against the CPU's: layouts, what is passed to
 * cuDNN, losses, optimisers, recordings; on a GPU, and on the host with stand-ins for the libraries. */
#ifndef CC_TESTS_NETS_CUDA_STEPS_H
#define CC_TESTS_NETS_CUDA_STEPS_H

#include "support.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "nets/engine/ema.h"
#include "nets/engine/learner.h"
#include "nets/engine/plan.h"

#ifndef CC_TESTS_STEP_SIZE
#define CC_TESTS_STEP_SIZE 32
#endif
enum { SIZE = CC_TESTS_STEP_SIZE, BATCH = 2, STEPS = 4 };
static const size_t pixels = BATCH * SIZE * SIZE;

typedef struct run {
    double losses[STEPS];
    float *values; /* the model's, or the moving average's */
    float *logits;
    size_t count;
} run;

static void fill(float *images, float *masks) {
    cc_rng rng = cc_rng_init(3, CC_PURPOSE_TEST, 0, 0);
    for (size_t i = 0; i < pixels; i++) images[i] = (float)cc_rng_normal(&rng);
    for (size_t i = 0; i < pixels; i++) masks[i] = cc_rng_uniform(&rng) < 0.3;
}

/* A plan that was there, and recorded, before there was one that trains sees what was learned as the other
 * does. */
static void check_early(cc_plan *early, const float *images, const run *out) {
    const float *logits;
    assert_ok(cc_plan_forward(early, images, &logits));
    assert_memory_equal(logits, out->logits, pixels * sizeof(float));
    cc_plan_destroy(early);
}

static void train(run *out, const cc_backend *backend, const char *name, const cc_loss_spec *loss,
                  const cc_optimizer_spec *optimizer, cc_dtype dtype) {
    cc_net_spec spec;
    cc_model *model;
    cc_plan *early, *training, *inference;
    cc_learner *learner;
    cc_ema *ema;
    const float *logits;
    float images[BATCH * SIZE * SIZE], masks[BATCH * SIZE * SIZE];
    cc_plan_options options = {
        .n = BATCH, .height = SIZE, .width = SIZE, .seed = 5, .dtype = dtype, .tuning = CC_TUNING_EXACT};
    fill(images, masks);
    assert_ok(cc_net_find(&spec, name));
    assert_ok(cc_model_create(&model, &spec, backend));
    assert_ok(cc_plan_create(&early, model, &options));
    assert_ok(cc_model_initialise(model, 1));
    for (int i = 0; i < 2; i++) assert_ok(cc_plan_forward(early, images, &logits));
    options.training = true;
    assert_ok(cc_plan_create(&training, model, &options));
    options.training = false;
    assert_ok(cc_plan_create(&inference, model, &options));
    assert_ok(cc_learner_create(&learner, model, training, loss, optimizer));
    assert_ok(cc_ema_create(&ema, model, 0.5));
    for (int i = 0; i < STEPS; i++) {
        assert_ok(cc_learner_step(learner, images, masks, optimizer->lr / (i + 1), &out->losses[i]));
        assert_ok(cc_ema_update(ema, i + 1));
        assert_ok(cc_plan_forward(inference, images, &logits));
    }
    out->logits = malloc(pixels * sizeof(float));
    memcpy(out->logits, logits, pixels * sizeof(float));
    check_early(early, images, out);
    assert_ok(cc_ema_swap(ema));
    out->count = cc_model_value_count(model);
    out->values = malloc(out->count * sizeof(float));
    assert_ok(cc_model_get_all(out->values, model));
    cc_ema_destroy(ema);
    cc_learner_destroy(learner);
    cc_plan_destroy(inference);
    cc_plan_destroy(training);
    cc_model_destroy(model);
}

static double difference(const float *a, const float *b, size_t count) {
    double error = 0, norm = 0;
    for (size_t i = 0; i < count; i++) {
        error += pow((double)a[i] - b[i], 2);
        norm += pow(b[i], 2);
    }
    return sqrt(error / norm);
}

static void compare(const char *name, const cc_loss_spec *loss, const cc_optimizer_spec *optimizer,
                    cc_dtype dtype, double tolerance) {
    run cuda, cpu;
    train(&cuda, &cc_backend_cuda, name, loss, optimizer, dtype);
    train(&cpu, &cc_backend_cpu, name, loss, optimizer, CC_F32);
    double worst =
        fmax(difference(cuda.values, cpu.values, cpu.count), difference(cuda.logits, cpu.logits, pixels));
    for (int i = 0; i < STEPS; i++) worst = fmax(worst, fabs(cuda.losses[i] - cpu.losses[i]) / cpu.losses[i]);
    if (worst > tolerance)
        print_error("%s, %s, %s: differs by %.1e\n", name, loss->type, optimizer->type, worst);
    assert_true(worst <= tolerance);
    free(cuda.values), free(cuda.logits), free(cpu.values), free(cpu.logits);
}

static const cc_optimizer_spec sgd = {
    .type = "sgd", .lr = 0.02, .momentum = 0.9, .weight_decay = 1e-3, .clip_norm = 0.5};
static const cc_optimizer_spec adam = {
    .type = "adam", .lr = 1e-3, .weight_decay = 1e-3, .betas = {0.9, 0.999}, .eps = 1e-3};
static const cc_optimizer_spec adamw = {
    .type = "adamw", .lr = 1e-3, .weight_decay = 1e-2, .betas = {0.9, 0.999}, .eps = 1e-3};
static const cc_optimizer_spec nesterov = {
    .type = "sgd", .lr = 0.02, .momentum = 0.9, .nesterov = true, .weight_decay = 1e-3};
static const cc_loss_spec dice = {.type = "dice", .smooth = 1};

static void every_loss_trains_as_on_the_cpu(void **state) {
    (void)state;
    static const cc_loss_spec terms[] = {{.type = "dice", .smooth = 1, .weight = 0.5},
                                         {.type = "bootstrap-bce", .fraction = 0.25, .weight = 2}};
    static const cc_loss_spec losses[] = {{.type = "bce"},
                                          {.type = "bce", .positive_weight = 7.5},
                                          {.type = "focal", .alpha = 0.25, .gamma = 2},
                                          {.type = "dice", .smooth = 1},
                                          {.type = "iou", .smooth = 1},
                                          {.type = "generalised-dice"},
                                          {.type = "bootstrap-bce", .fraction = 0.25},
                                          {.type = "bootstrap-bce", .fraction = 0.25, .positive_weight = 3},
                                          {.type = "sum", .terms = terms, .term_count = 2}};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        compare("unet-bn:8x3", &losses[i], &sgd, CC_F32, 2e-4);
}

static void every_optimiser_trains_as_on_the_cpu(void **state) {
    (void)state;
    compare("unet:8x3", &dice, &adam, CC_F32, 2e-4);
    compare("unet-bn:8x3", &dice, &adamw, CC_F32, 2e-4);
    compare("unet-bn:8x3", &dice, &nesterov, CC_F32, 2e-4);
}

static void bf16_stays_near_float32(void **state) {
    (void)state;
    compare("unet-bn:8x3", &dice, &sgd, CC_BF16, 6e-2);
}

static const struct CMUnitTest cuda_step_tests[] = {
    cmocka_unit_test(every_loss_trains_as_on_the_cpu),
    cmocka_unit_test(every_optimiser_trains_as_on_the_cpu),
    cmocka_unit_test(bf16_stays_near_float32),
};

#endif
