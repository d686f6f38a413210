/* experiments/commands/bench_run.c -- training steps or forward passes of a net on made-up images, timed.
 *
 * Images are normal noise, masks a random 15 % of pixels: times do not depend on what is shown, and a run
 * needs no data. Two steps go before those that are timed, as the first ones choose algorithms and touch
 * memory for the first time. */
#include "experiments/commands/bench_run.h"

#include <stdlib.h>
#include "core/clock.h"
#include "core/rng.h"
#include "core/sorted.h"
#include "nets/engine/needs.h"
#include "nets/engine/plan.h"

enum { WARM_UP = 2, SEED = 1 };

static const double positive_share = 0.15;
static const cc_optimizer_spec adam = {.type = "adam", .lr = 1e-4, .betas = {0.9, 0.999}, .eps = 1e-8};

/* Images, and masks or numbers of two classes, of the size of the plan, from a fixed seed. */
static cc_status make_data(cc_bench *b) {
    const cc_storage *store = b->request.backend->store;
    const size_t images = (size_t)cc_shape_count(cc_graph_input_shape(cc_plan_graph(b->plan))),
                 targets = cc_learner_target_bytes(b->plan, &b->loss) / sizeof *b->target;
    cc_rng rng = cc_rng_init(SEED, CC_PURPOSE_TEST, 0, 0);
    CC_TRY(store->get_host((void **)&b->input, images * sizeof *b->input, "images"));
    CC_TRY(store->get_host((void **)&b->target, targets * sizeof *b->target, "masks"));
    for (size_t i = 0; i < images; i++) b->input[i] = (float)cc_rng_normal(&rng);
    for (size_t i = 0; i < targets; i++) b->target[i] = cc_rng_uniform(&rng) < positive_share;
    return CC_OK;
}

/* The soft Dice loss of plain U-Nets, binary cross-entropy of the others; of a net with several outputs each
 * one's cross-entropy, weighed by trained variances. */
static void choose_loss(cc_bench *b) {
    const cc_loss_heads heads = cc_plan_heads(b->plan);
    b->loss = (cc_loss_spec){.type = b->request.net.encoder ? "bce" : "dice", .smooth = 1};
    if (heads.count == 1) return;
    for (int i = 0; i < heads.count; i++)
        b->terms[i] = (cc_loss_spec){.type = "cross-entropy", .head = heads.items[i].name, .weight = 1};
    b->loss = (cc_loss_spec){.type = "uncertainty", .terms = b->terms, .term_count = heads.count};
}

/* The model, its plan and, in training, its learner. */
static cc_status make_net(cc_bench *b) {
    const cc_bench_request *r = &b->request;
    const cc_plan_options options = {.n = r->batch,
                                     .depth = r->depth,
                                     .height = r->size,
                                     .width = r->size,
                                     .training = r->train,
                                     .dtype = r->dtype,
                                     .tf32 = r->tf32,
                                     .tuning = r->tuning};
    CC_TRY(cc_model_create(&b->model, &r->net, r->backend));
    CC_TRY(cc_plan_create(&b->plan, b->model, &options));
    choose_loss(b);
    CC_TRY(cc_model_initialise(b->model, SEED));
    return r->train ? cc_learner_create(&b->learner, b->model, b->plan, &b->loss, &adam) : CC_OK;
}

/* One training step, or one forward pass. */
static cc_status step(cc_bench *b) {
    const float *logits;
    double loss;
    if (b->learner) return cc_learner_step(b->learner, b->input, b->target, adam.lr, &loss);
    return cc_plan_forward(b->plan, b->input, &logits);
}

/* Times every step on its own. */
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
    cc_sorted_numbers(b->steps_s, (size_t)steps);
    return CC_OK;
}

/* Takes a benchmark whose making failed half way. */
static void free_net(cc_bench *b) {
    cc_learner_destroy(b->learner);
    cc_plan_destroy(b->plan);
    cc_model_destroy(b->model);
    b->learner = NULL;
    b->plan = NULL;
    b->model = NULL;
}

/* Which memory did not fit, as an error; the net is freed first, so that its memory counts as available. */
static cc_status explain_memory(cc_bench *b) {
    const cc_bench_request *r = &b->request;
    const cc_use use = {.trains = r->train,
                        .infers = !r->train,
                        .n = r->batch,
                        .depth = r->depth,
                        .height = r->size,
                        .width = r->size,
                        .dtype = r->dtype,
                        .tf32 = r->tf32,
                        .loss = b->loss.type ? &b->loss : NULL,
                        .optimizer = &adam};
    free_net(b);
    return cc_needs_explain(&r->net, r->backend, &use, 0);
}

cc_status cc_bench_run(cc_bench *out, const cc_bench_request *request) {
    *out = (cc_bench){.request = *request};
    const cc_storage *store = request->backend->store;
    size_t before = store->available();
    cc_status status = make_net(out);
    if (status == CC_OK) status = make_data(out);
    if (status == CC_OK) status = time_steps(out);
    if (status != CC_OK) return status == CC_ENOMEM ? explain_memory(out) : status;
    size_t after = store->available();
    out->device_bytes = before > after ? before - after : 0;
    return CC_OK;
}

void cc_bench_deinit(cc_bench *b) {
    free_net(b);
    b->request.backend->store->free_host(b->input);
    b->request.backend->store->free_host(b->target);
    free(b->steps_s);
}

double cc_bench_median_s(const cc_bench *b) {
    const int steps = b->request.steps;
    return (b->steps_s[(steps - 1) / 2] + b->steps_s[steps / 2]) / 2;
}
