/* experiments/parity/net.c -- calcade-golden: a net's logits, loss and gradients, and its logits after one
 * step of the optimiser.
 *
 * Version 2 has volumes, class numbers as targets, nets with several outputs (each quantity then has _HEAD
 * behind its name; outputs of levels that training alone has no target of their own), long outputs of which
 * every k-th value is kept, and numbers that a loss trains.
 *
 * In float32 a quantity passes within 10 times float32's own noise (an attribute of /expect, measured in
 * PyTorch against float64) + 1e-5; in bf16 the bounds are its own, to which TF32, which rounds less, is held
 * too. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "experiments/config/config.h"
#include "experiments/parity/batch.h"
#include "experiments/parity/flip_search.h"
#include "experiments/parity/gradients.h"
#include "experiments/parity/made_values.h"
#include "experiments/parity/rounded.h"
#include "nets/engine/learner.h"
#include "nets/engine/plan.h"
#include "nets/losses/loss.h"

/* One fixture on its way through one net. */
typedef struct net_case {
    cc_parity *parity;
    const cc_fixture *fixture;
    const cc_experiment_config *config;
    cc_parity_batch batch;
    cc_model *model;
    cc_plan *training, *inference;
    float *logits_gradient;
    float loss_gradients[CC_LOSS_PARAMETERS_MAX]; /* of the numbers that the loss trains */
} net_case;

/* A net magnifies rounding to bf16 as it does that to float32, which is 2^-16 as large; but 2e-2 is
 * allowed, and half of the signal must be right. Gradients: experiments/parity/rounded.h. */
static double bf16_bound(double noise) {
    return fmin(0.5, fmax(2e-2, 0x1p16 * noise));
}

/* Whether products are rounded to fewer bits than float32 has. */
static bool is_rounded(const net_case *c) {
    return c->parity->dtype == CC_BF16 || c->parity->tf32;
}

/* The relative error that a quantity may have. */
static cc_status bound_of(double *out, const net_case *c, const char *quantity) {
    char name[128];
    cc_fixture_array noise;
    snprintf(name, sizeof name, "float32_noise_%s", quantity);
    CC_TRY(cc_fixture_numbers(&noise, c->fixture, "/expect", name));
    if (noise.count != 1) return cc_fixture_fail(c->fixture, "/expect", "a noise is one number");
    *out = is_rounded(c) ? bf16_bound(noise.values[0]) : 10 * noise.values[0] + 1e-5;
    return CC_OK;
}

/* Compares and counts one quantity. */
static cc_status compare(const net_case *c, const char *quantity, const double *got, const double *want,
                         size_t count) {
    double bound = 0;
    CC_TRY(bound_of(&bound, c, quantity));
    cc_parity_compare(c->parity, c->fixture, "net", quantity, got, want, count, bound);
    return CC_OK;
}

/* One output's logits against those that the fixture has: all of them, or every k-th of the flattened array
 * and the norm of the whole. */
static cc_status compare_output(const net_case *c, const char *quantity, const float *logits, size_t count) {
    char object[160], norm[160];
    cc_fixture_array want, every, shape, l2;
    size_t step = 1, of = 1;
    double squares = 0;
    snprintf(object, sizeof object, "/expect/%.120s", quantity);
    CC_TRY(cc_fixture_dataset(&want, c->fixture, object));
    const bool sampled = cc_fixture_has_attribute(c->fixture, object, "every");
    if (sampled) {
        CC_TRY(cc_fixture_numbers(&every, c->fixture, object, "every"));
        CC_TRY(cc_fixture_numbers(&shape, c->fixture, object, "shape"));
        CC_TRY(cc_fixture_numbers(&l2, c->fixture, object, "l2"));
        for (size_t i = 0; i < shape.count; i++) of *= (size_t)shape.values[i];
        if (every.count != 1 || !(every.values[0] >= 1) || l2.count != 1 || of != count)
            return cc_fixture_fail(c->fixture, object, "not a sample of this net's logits");
        step = (size_t)every.values[0];
    }
    if (want.count != (count + step - 1) / step)
        return cc_fixture_fail(c->fixture, object, "not as long as this net's logits");
    double *got = cc_arena_get_array(c->fixture->arena, want.count, sizeof *got);
    if (!got) return CC_ENOMEM;
    for (size_t i = 0; i < want.count; i++) got[i] = logits[i * step];
    CC_TRY(compare(c, quantity, got, want.values, want.count));
    if (!sampled) return CC_OK;

    double bound = 0;
    for (size_t i = 0; i < count; i++) squares += (double)logits[i] * logits[i];
    const double whole = sqrt(squares);
    snprintf(norm, sizeof norm, "%.120s norm", quantity);
    CC_TRY(bound_of(&bound, c, quantity));
    cc_parity_compare(c->parity, c->fixture, "net", norm, &whole, l2.values, 1, bound);
    return CC_OK;
}

/* The logits of all outputs of a plan, one behind the other, against those that the fixture has; some are
 * left out where made-up statistics blow up. */
static cc_status compare_logits(const net_case *c, const char *quantity, const cc_plan *plan,
                                const float *logits) {
    const cc_loss_heads heads = cc_plan_heads(plan);
    for (int i = 0; i < heads.count; i++) {
        const cc_loss_head *head = &heads.items[i];
        const size_t count = (size_t)(head->shape.n * head->shape.classes * head->shape.pixels);
        char name[128], object[160];
        snprintf(name, sizeof name, "%s%s%.80s", quantity, head->name ? "_" : "",
                 head->name ? head->name : "");
        snprintf(object, sizeof object, "/expect/%s", name);
        if (cc_fixture_has(c->fixture, object)) CC_TRY(compare_output(c, name, logits, count));
        logits += count;
    }
    return CC_OK;
}

/* A forward pass with running statistics. */
static cc_status infer(const net_case *c, const char *quantity) {
    const float *logits;
    CC_TRY(cc_plan_forward(c->inference, c->batch.input, &logits));
    return compare_logits(c, quantity, c->inference, logits);
}

/* Numbers that the loss trains, or their gradients. */
static cc_status compare_loss_numbers(const net_case *c, const char *quantity, const float *values,
                                      int count) {
    double got[CC_LOSS_PARAMETERS_MAX];
    cc_fixture_array want;
    char object[128];
    if (count == 0) return CC_OK;
    snprintf(object, sizeof object, "/expect/%s", quantity);
    CC_TRY(cc_fixture_dataset(&want, c->fixture, object));
    if (want.count != (size_t)count) return cc_fixture_fail(c->fixture, object, "not one for each term");
    for (int i = 0; i < count; i++) got[i] = values[i];
    return compare(c, quantity, got, want.values, want.count);
}

/* Forward, loss, backward in training mode; leaves the gradients in the model. */
static cc_status train(net_case *c) {
    const float *logits;
    double value;
    cc_fixture_array want;
    float initial[CC_LOSS_PARAMETERS_MAX];
    c->logits_gradient =
        cc_arena_get_array(c->fixture->arena, cc_parity_batch_logits(&c->batch), sizeof *c->logits_gradient);
    if (!c->logits_gradient) return CC_ENOMEM;
    CC_TRY(cc_plan_forward(c->training, c->batch.input, &logits));
    CC_TRY(compare_logits(c, "train_logits", c->training, logits));
    CC_TRY(cc_parity_batch_loss(&value, c->logits_gradient, c->loss_gradients, &c->batch, logits,
                                c->fixture->arena));
    CC_TRY(cc_fixture_dataset(&want, c->fixture, "/expect/loss"));
    if (want.count != 1) return cc_fixture_fail(c->fixture, "/expect/loss", "a loss is one number");
    CC_TRY(compare(c, "loss", &value, want.values, 1));
    CC_TRY(compare_loss_numbers(c, "grad_log_variance", c->loss_gradients,
                                cc_loss_parameters(initial, &c->config->loss)));
    return cc_plan_backward(c->training, c->logits_gradient);
}

/* What counts as zero: as far as the logits, of the worst output, may be off. */
static cc_status near_of(double *out, const net_case *c) {
    *out = 0;
    for (int i = 0; i < c->batch.heads.count; i++) {
        const char *head = c->batch.heads.items[i].name;
        char name[128];
        double bound = 0;
        snprintf(name, sizeof name, "train_logits%s%.80s", head ? "_" : "", head ? head : "");
        CC_TRY(bound_of(&bound, c, name));
        *out = fmax(*out, bound);
    }
    return CC_OK;
}

/* Where the gradients lie outside their bounds, looks for ReLUs near zero and near ties of max pools that
 * explain it, and takes the gradients of that choice; says in the note of the quantities that follow what was
 * found. */
static cc_status search_flips(const net_case *c, cc_parity_gradients *g) {
    size_t flipped, units;
    char text[160];
    cc_parity_pass pass = {.plan = c->training,
                           .model = c->model,
                           .input = c->batch.input,
                           .logits_gradient = c->logits_gradient};
    CC_TRY(bound_of(&pass.head_bound, c, "grad_heads"));
    CC_TRY(bound_of(&pass.norm_bound, c, "grad_norms"));
    if (cc_parity_error(g->got, g->want, g->head_count) <= pass.head_bound &&
        cc_parity_error(g->got_norms, g->want_norms, g->parameter_count) <= pass.norm_bound)
        return CC_OK;
    CC_TRY(near_of(&pass.near, c));
    CC_TRY(cc_parity_flip_search(&flipped, &units, g, &pass));
    if (flipped > 0)
        snprintf(text, sizeof text,
                 "%zu of %zu ReLU inputs at zero or ties of max pools, to %.0e, taken the other way", flipped,
                 units, pass.near);
    else
        snprintf(text, sizeof text,
                 "no choice among %zu ReLU inputs at zero or ties of max pools, to %.0e, explains it", units,
                 pass.near);
    c->parity->note = cc_arena_copy(c->fixture->arena, text);
    return c->parity->note ? CC_OK : CC_ENOMEM;
}

/* The gradients of all parameters: their first values as one vector in float32, layer by layer in a rounded
 * precision; and their norms. */
static cc_status compare_gradients(const net_case *c) {
    cc_parity_gradients g;
    cc_parity_sensitivity sensitivity;
    const cc_parity_pass_f32 pass = {.parity = c->parity, .batch = &c->batch};
    CC_TRY(cc_parity_gradients_read(&g, c->fixture, c->model));
    CC_TRY(cc_parity_gradients_take(&g));
    if (is_rounded(c)) {
        CC_TRY(cc_parity_sensitivity_measure(&sensitivity, &g, &pass));
        return cc_parity_rounded_compare(c->parity, &g, &sensitivity);
    }
    CC_TRY(search_flips(c, &g));
    CC_TRY(compare(c, "grad_heads", g.got, g.want, g.head_count));
    return compare(c, "grad_norms", g.got_norms, g.want_norms, g.parameter_count);
}

/* One step of the optimiser on the gradients that the model and the loss have. */
static cc_status step(const net_case *c) {
    const cc_optimizer_spec *spec = &c->config->optimizer;
    cc_learner *learner;
    float numbers[CC_LOSS_PARAMETERS_MAX];
    int count;
    CC_TRY(cc_learner_create(&learner, c->model, c->training, &c->config->loss, spec));
    cc_status status = cc_learner_apply(learner, spec->lr, c->loss_gradients);
    if (status == CC_OK) status = cc_learner_loss_parameters(numbers, &count, learner);
    cc_learner_destroy(learner);
    CC_TRY(status);
    return compare_loss_numbers(c, "log_variance_after_step", numbers, count);
}

/* Sets every parameter and statistic to the values made from its name. */
static cc_status make_weights(const net_case *c) {
    for (int i = 0; i < cc_model_parameter_count(c->model); i++) {
        const cc_parameter *p = cc_model_parameter(c->model, i);
        float *values = cc_arena_get_array(c->fixture->arena, (size_t)p->count, sizeof *values);
        if (!values) return CC_ENOMEM;
        cc_made_values(values, p, c->config->seed);
        CC_TRY(cc_model_set(c->model, i, values));
    }
    return CC_OK;
}

/* The trained values that the net has. A package may hold more, which it makes and never uses; its count is
 * nothing to compare with, but no smaller one makes sense. */
static cc_status compare_parameter_count(const net_case *c) {
    const double count = (double)cc_model_trained_values(c->model);
    cc_fixture_array want, package;
    CC_TRY(cc_fixture_numbers(&want, c->fixture, "/", "parameter_count"));
    cc_parity_compare(c->parity, c->fixture, "net", "parameter_count", &count, want.values, 1, 0);
    if (!cc_fixture_has_attribute(c->fixture, "/", "parameter_count_package")) return CC_OK;
    CC_TRY(cc_fixture_numbers(&package, c->fixture, "/", "parameter_count_package"));
    if (package.count != 1 || package.values[0] < want.values[0])
        return cc_fixture_fail(c->fixture, "/", "parameter_count_package is below parameter_count");
    return CC_OK;
}

/* All quantities of one fixture. */
static cc_status check(net_case *c) {
    CC_TRY(cc_parity_batch_read_input(&c->batch, c->fixture, c->config));
    CC_TRY(cc_loss_check(&c->config->loss));

    /* One model with two plans: batch norms use the batch's statistics in training, the running ones else. */
    cc_plan_options options = cc_parity_batch_plan(&c->batch);
    options.training = true;
    options.dtype = c->parity->dtype;
    options.tf32 = c->parity->tf32;
    options.tuning = c->parity->tuning;
    CC_TRY(cc_model_create(&c->model, &c->config->net, c->parity->backend));
    options.keeps_values = true; /* the search for uncertain units looks at them */
    CC_TRY(cc_plan_create(&c->training, c->model, &options));
    options.training = options.keeps_values = false;
    CC_TRY(cc_plan_create(&c->inference, c->model, &options));
    CC_TRY(cc_parity_batch_read_targets(&c->batch, c->fixture, c->training));
    CC_TRY(compare_parameter_count(c));

    CC_TRY(make_weights(c));
    CC_TRY(infer(c, "eval_logits"));
    CC_TRY(train(c));
    CC_TRY(compare_gradients(c));
    CC_TRY(step(c));
    return infer(c, "eval_logits_after_step");
}

cc_status cc_parity_net(cc_parity *parity, const cc_fixture *fixture) {
    cc_status status;
    char *text, where[512];
    cc_config *config = NULL;
    net_case c = {.parity = parity, .fixture = fixture};
    snprintf(where, sizeof where, "%.400s: spec", fixture->path);
    CC_CHECK(cc_fixture_text(&text, fixture, "/", "spec"));
    CC_CHECK(cc_config_parse_text(&config, text, strlen(text), where, NULL, 0));
    c.config = cc_config_get(config, 0);
    CC_CHECK(check(&c));
done:
    parity->note = NULL; /* it was of this fixture */
    cc_plan_destroy(c.training);
    cc_plan_destroy(c.inference);
    cc_model_destroy(c.model);
    cc_config_destroy(config);
    return status;
}
