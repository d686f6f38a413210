/* experiments/parity/net.c -- calcade-golden: a net's logits, loss and gradients, and its logits after one
 * step of the optimiser. In float32 a quantity passes within 10 times float32's own noise (an attribute of
 * /expect) + 1e-5; in bf16 the bounds are its own, to which TF32, which rounds less, is held too. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "experiments/config/config.h"
#include "experiments/parity/gradients.h"
#include "experiments/parity/made_values.h"
#include "experiments/parity/rounded.h"
#include "nets/engine/learner.h"
#include "nets/engine/plan.h"
#include "nets/losses/loss.h"

typedef struct net_case {
    cc_parity *parity;
    const cc_fixture *fixture;
    const cc_experiment_config *config;
    const float *input, *target;
    cc_shape in, out;
    cc_model *model;
    cc_plan *training, *inference;
    float *logits_gradient;
} net_case;

/* Of the gradients' norms in bf16, as measured on the shared fixtures: they lie within 8e-2 (PyTorch's autocast
 * errs as much). Their directions: experiments/parity/rounded.h. */
static const double bf16_norms = 0.1;

/* A net magnifies rounding to bf16 as it does that to float32, which is 2^-16 as large; but 2e-2 is
 * allowed, and half of the signal must be right.
 */
static double bf16_bound(const char *quantity, double noise) {
    if (strcmp(quantity, "grad_norms") == 0) return bf16_norms;
    return fmin(0.5, fmax(2e-2, 0x1p16 * noise));
}

static bool is_rounded(const net_case *c) {
    return c->parity->dtype == CC_BF16 || c->parity->tf32;
}

static cc_status bound_of(double *out, const net_case *c, const char *quantity) {
    char name[128];
    cc_fixture_array noise;
    snprintf(name, sizeof name, "float32_noise_%s", quantity);
    CC_TRY(cc_fixture_numbers(&noise, c->fixture, "/expect", name));
    if (noise.count != 1) return cc_fixture_fail(c->fixture, "/expect", "a noise is one number");
    *out = is_rounded(c) ? bf16_bound(quantity, noise.values[0]) : 10 * noise.values[0] + 1e-5;
    return CC_OK;
}

static cc_status compare(const net_case *c, const char *quantity, const double *got, const double *want,
                         size_t count) {
    double bound = 0;
    CC_TRY(bound_of(&bound, c, quantity));
    cc_parity_compare(c->parity, c->fixture, "net", quantity, got, want, count, bound);
    return CC_OK;
}

static cc_status compare_logits(const net_case *c, const char *quantity, const float *logits) {
    char object[128];
    cc_fixture_array want;
    snprintf(object, sizeof object, "/expect/%s", quantity);
    if (!cc_fixture_has(c->fixture, object)) return CC_OK; /* left out where made-up statistics blow up */
    CC_TRY(cc_fixture_dataset(&want, c->fixture, object));
    if (want.count != (size_t)cc_shape_count(&c->out))
        return cc_fixture_fail(c->fixture, object, "not as long as this net's logits");
    double *got = cc_arena_get_array(c->fixture->arena, want.count, sizeof *got);
    if (!got) return CC_ENOMEM;
    for (size_t i = 0; i < want.count; i++) got[i] = logits[i];
    return compare(c, quantity, got, want.values, want.count);
}

static cc_status infer(const net_case *c, const char *quantity) {
    const float *logits;
    CC_TRY(cc_plan_forward(c->inference, c->input, &logits));
    return compare_logits(c, quantity, logits);
}

/* Forward, loss, backward in training mode; leaves the gradients in the model. */
static cc_status train(net_case *c) {
    const float *logits;
    double value;
    cc_fixture_array want;
    size_t count = (size_t)cc_shape_count(&c->out);
    cc_loss_shape shape = {c->out.dims[0], c->out.dims[1], cc_shape_pixels(&c->out)};
    c->logits_gradient = cc_arena_get_array(c->fixture->arena, count, sizeof *c->logits_gradient);
    void *scratch = cc_arena_get(c->fixture->arena, cc_loss_scratch_bytes(&c->config->loss, shape));
    if (!c->logits_gradient || !scratch) return CC_ENOMEM;
    CC_TRY(cc_plan_forward(c->training, c->input, &logits));
    CC_TRY(compare_logits(c, "train_logits", logits));
    CC_TRY(cc_loss_evaluate(&value, c->logits_gradient, &c->config->loss, logits, c->target, shape, scratch));
    CC_TRY(cc_fixture_dataset(&want, c->fixture, "/expect/loss"));
    if (want.count != 1) return cc_fixture_fail(c->fixture, "/expect/loss", "a loss is one number");
    CC_TRY(compare(c, "loss", &value, want.values, 1));
    return cc_plan_backward(c->training, c->logits_gradient);
}

/* What the quantities that follow from the gradients say of the units near zero. */
static cc_status note_kinks(const net_case *c, size_t crossed, size_t units, double near) {
    char text[160];
    if (crossed > 0)
        snprintf(text, sizeof text, "%zu of %zu ReLU inputs within %.0e of zero taken from the other side",
                 crossed, units, near);
    else
        snprintf(text, sizeof text, "no choice among %zu ReLU inputs within %.0e of zero explains it", units,
                 near);
    c->parity->note = cc_arena_copy(c->fixture->arena, text);
    return c->parity->note ? CC_OK : CC_ENOMEM;
}

static cc_status cross_kinks(const net_case *c, cc_parity_gradients *g) {
    size_t crossed, units;
    cc_parity_pass pass = {
        .plan = c->training, .model = c->model, .input = c->input, .logits_gradient = c->logits_gradient};
    CC_TRY(bound_of(&pass.head_bound, c, "grad_heads"));
    CC_TRY(bound_of(&pass.norm_bound, c, "grad_norms"));
    if (cc_parity_error(g->got, g->want, g->head_count) <= pass.head_bound &&
        cc_parity_error(g->got_norms, g->want_norms, g->parameter_count) <= pass.norm_bound)
        return CC_OK;
    CC_TRY(bound_of(&pass.near, c, "train_logits"));
    CC_TRY(cc_parity_cross_kinks(&crossed, &units, g, &pass));
    return note_kinks(c, crossed, units, pass.near);
}

static cc_status compare_rounded(const net_case *c, const cc_parity_gradients *g) {
    cc_parity_sensitivity sensitivity;
    const cc_parity_pass_f32 pass = {.parity = c->parity,
                                     .config = c->config,
                                     .input = c->input,
                                     .target = c->target,
                                     .in = c->in,
                                     .out = c->out};
    CC_TRY(cc_parity_sensitivity_measure(&sensitivity, g, &pass));
    return cc_parity_rounded_compare(c->parity, g, &sensitivity);
}

static cc_status compare_exactly(const net_case *c, cc_parity_gradients *g) {
    CC_TRY(cross_kinks(c, g));
    return compare(c, "grad_heads", g->got, g->want, g->head_count);
}

static cc_status compare_gradients(const net_case *c) {
    cc_parity_gradients g;
    CC_TRY(cc_parity_gradients_read(&g, c->fixture, c->model));
    CC_TRY(cc_parity_gradients_take(&g));
    CC_TRY(is_rounded(c) ? compare_rounded(c, &g) : compare_exactly(c, &g));
    return compare(c, "grad_norms", g.got_norms, g.want_norms, g.parameter_count);
}

static cc_status step(const net_case *c) {
    const cc_optimizer_spec *spec = &c->config->optimizer;
    cc_learner *learner;
    CC_TRY(cc_learner_create(&learner, c->model, c->training, &c->config->loss, spec));
    cc_status status = cc_learner_apply(learner, spec->lr);
    cc_learner_destroy(learner);
    return status;
}

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

static cc_status compare_all(net_case *c) {
    cc_fixture_array want;
    double count = (double)cc_model_trained_values(c->model);
    CC_TRY(cc_fixture_numbers(&want, c->fixture, "/", "parameter_count"));
    cc_parity_compare(c->parity, c->fixture, "net", "parameter_count", &count, want.values, 1, 0);
    CC_TRY(make_weights(c));
    CC_TRY(infer(c, "eval_logits"));
    CC_TRY(train(c));
    CC_TRY(compare_gradients(c));
    CC_TRY(step(c));
    return infer(c, "eval_logits_after_step");
}

static cc_status read_pictures(net_case *c) {
    cc_fixture_array input, target;
    CC_TRY(cc_parity_read_floats(&c->input, &input, c->fixture, "/input"));
    CC_TRY(cc_parity_read_floats(&c->target, &target, c->fixture, "/target"));
    if (input.rank != 4 || target.rank != 4 || input.dims[1] != (size_t)c->config->net.in_channels)
        return cc_fixture_fail(c->fixture, "/input", "not N,C,H,W with the channels of the net");
    c->in = cc_shape_2d((int64_t)input.dims[0], (int64_t)input.dims[1], (int64_t)input.dims[2],
                        (int64_t)input.dims[3]);
    c->out = c->in;
    c->out.dims[1] = c->config->net.classes;
    for (int i = 0; i < 4; i++)
        if (target.dims[i] != (size_t)c->out.dims[i])
            return cc_fixture_fail(c->fixture, "/target", "not of the size of the logits");
    return CC_OK;
}

static cc_status check(net_case *c) {
    CC_TRY(read_pictures(c));
    CC_TRY(cc_loss_check(&c->config->loss));
    cc_plan_options options = {.n = c->in.dims[0],
                               .height = c->in.dims[2],
                               .width = c->in.dims[3],
                               .training = true,
                               .dtype = c->parity->dtype,
                               .tf32 = c->parity->tf32,
                               .tuning = c->parity->tuning};
    CC_TRY(cc_model_create(&c->model, &c->config->net, c->parity->backend));
    CC_TRY(cc_plan_create(&c->training, c->model, &options));
    options.training = false;
    CC_TRY(cc_plan_create(&c->inference, c->model, &options));
    return compare_all(c);
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
