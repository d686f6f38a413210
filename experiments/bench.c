#include "experiments/bench.h"

#include <stdlib.h>
#include "core/clock.h"
#include "core/rng.h"
#include "nets/memory.h"

enum { WARM_UP = 2, SEED = 1 };

static const double learning_rate = 1e-4, positive_share = 0.15;

static cc_status make_data(cc_bench *b) {
    const size_t count = (size_t)(b->request.batch * b->request.size * b->request.size);
    cc_rng rng = cc_rng_init(SEED, CC_PURPOSE_TEST, 0, 0);
    CC_TRY(cc_memory_get((void **)&b->input, count * sizeof *b->input, "images"));
    CC_TRY(cc_memory_get((void **)&b->target, count * sizeof *b->target, "masks"));
    for (size_t i = 0; i < count; i++) b->input[i] = (float)cc_rng_normal(&rng);
    for (size_t i = 0; i < count; i++) b->target[i] = cc_rng_uniform(&rng) < positive_share;
    return CC_OK;
}

static cc_status make_net(cc_bench *b) {
    const cc_bench_request *r = &b->request;
    const cc_plan_options options = {.n = r->batch,
                                     .height = r->size,
                                     .width = r->size,
                                     .training = r->train,
                                     .dtype = r->dtype,
                                     .tuning = r->tuning};
    const cc_loss_spec loss = {.type = r->net.encoder ? "bce" : "dice", .smooth = 1};
    const cc_optimizer_spec adam = {.type = "adam", .lr = learning_rate, .betas = {0.9, 0.999}, .eps = 1e-8};
    CC_TRY(cc_model_create(&b->model, &r->net, r->backend));
    CC_TRY(cc_plan_create(&b->plan, b->model, &options));
    CC_TRY(cc_model_initialise(b->model, SEED));
    return r->train ? cc_learner_create(&b->learner, b->model, b->plan, &loss, &adam) : CC_OK;
}

static cc_status step(cc_bench *b) {
    const float *logits;
    double loss;
    if (b->learner) return cc_learner_step(b->learner, b->input, b->target, learning_rate, &loss);
    return cc_plan_forward(b->plan, b->input, &logits);
}

static int shorter_first(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static cc_status time_steps(cc_bench *b) {
    const int steps = b->request.steps;
    b->steps_s = calloc((size_t)steps, sizeof *b->steps_s);
    if (!b->steps_s) return cc_fail_memory("times", (size_t)steps * sizeof *b->steps_s);
    for (int i = 0; i < WARM_UP; i++) CC_TRY(step(b));
    if (b->request.profile) CC_TRY(cc_plan_time(&b->times, b->plan));
    for (int i = 0; i < steps; i++) {
        double start = cc_clock_s();
        CC_TRY(step(b));
        b->steps_s[i] = cc_clock_s() - start;
        b->mean_s += b->steps_s[i] / steps;
    }
    qsort(b->steps_s, (size_t)steps, sizeof *b->steps_s, shorter_first);
    return CC_OK;
}

cc_status cc_bench_run(cc_bench *out, const cc_bench_request *request) {
    const cc_storage *store = request->backend->store;
    *out = (cc_bench){.request = *request};
    size_t before = store->available();
    CC_TRY(make_net(out));
    CC_TRY(make_data(out));
    CC_TRY(time_steps(out));
    size_t after = store->available();
    out->device_bytes = before > after ? before - after : 0;
    return CC_OK;
}

void cc_bench_deinit(cc_bench *b) {
    cc_learner_destroy(b->learner);
    cc_plan_destroy(b->plan);
    cc_model_destroy(b->model);
    cc_memory_free(b->input);
    cc_memory_free(b->target);
    free(b->steps_s);
}

double cc_bench_median_s(const cc_bench *b) {
    const int steps = b->request.steps;
    return (b->steps_s[(steps - 1) / 2] + b->steps_s[steps / 2]) / 2;
}
