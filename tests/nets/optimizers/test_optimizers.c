/* tests/nets/optimizers/test_optimizers.c -- the optimisers on the host against PyTorch's documented formulas
 * in double, steps by hand, and clipping by PyTorch itself. */
#include "support.h"
#include <math.h>
#include <omp.h>
#include <string.h>
#include "core/rng.h"
#include "nets/optimizers/optimizer.h"

enum { COUNT = 50021, STEPS = 4, KINDS = 8 };

static const cc_optimizer_spec specs[KINDS] = {
    {.type = "sgd", .lr = 0.05},
    {.type = "sgd", .lr = 0.05, .weight_decay = 0.01},
    {.type = "sgd", .lr = 0.05, .momentum = 0.9, .weight_decay = 1e-3},
    {.type = "adam", .lr = 1e-3, .betas = {0.9, 0.999}, .eps = 1e-8},
    {.type = "adam", .lr = 1e-2, .betas = {0.8, 0.99}, .eps = 1e-3, .weight_decay = 0.1},
    {.type = "adamw", .lr = 1e-3, .betas = {0.9, 0.95}, .eps = 1e-8, .weight_decay = 0.05},
    {.type = "adamw", .lr = 1e-3, .betas = {0, 0}, .eps = 1e-8},
    {.type = "sgd", .lr = 0.02, .momentum = 0.99, .nesterov = true, .weight_decay = 3e-5},
};

/* Gradients of very different size, as nets have. */
static void fill(float *params, float *grads) {
    cc_rng rng = cc_rng_init(3, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < COUNT; i++) params[i] = (float)cc_rng_normal(&rng);
    for (int i = 0; i < STEPS * COUNT; i++)
        grads[i] = (float)(cc_rng_normal(&rng) * pow(10, i % COUNT % 9 - 6));
}

static void follow(float *params, float *state, const cc_optimizer_spec *spec, const float *grads) {
    memset(state, 0, 2 * COUNT * sizeof *state);
    assert_ok(cc_optimizer_check(spec));
    for (int t = 1; t <= STEPS; t++)
        assert_ok(cc_optimizer_step(spec, spec->lr, t, params, grads + (t - 1) * COUNT, state, COUNT));
}

/* One parameter through all steps, as PyTorch's documentation writes them. */
static double naive(const cc_optimizer_spec *s, double p, const float *grads) {
    double m = 0, v = 0;
    for (int t = 1; t <= STEPS; t++) {
        double g = grads[(t - 1) * COUNT];
        if (strcmp(s->type, "adamw") == 0)
            p -= s->lr * s->weight_decay * p;
        else
            g += s->weight_decay * p;
        if (strcmp(s->type, "sgd") == 0) {
            m = t == 1 ? g : s->momentum * m + g;
            p -= s->lr * (s->nesterov ? g + s->momentum * m : m);
            continue;
        }
        m = s->betas[0] * m + (1 - s->betas[0]) * g;
        v = s->betas[1] * v + (1 - s->betas[1]) * g * g;
        double mean = m / (1 - pow(s->betas[0], t)), square = v / (1 - pow(s->betas[1], t));
        p -= s->lr * mean / (sqrt(square) + s->eps);
    }
    return p;
}

static void every_optimiser_follows_its_formula(void **state) {
    (void)state;
    static float start[COUNT], params[COUNT], grads[STEPS * COUNT], kept[2 * COUNT];
    fill(start, grads);
    for (int k = 0; k < KINDS; k++) {
        memcpy(params, start, sizeof params);
        follow(params, kept, &specs[k], grads);
        double off = 0, size = 0;
        for (int i = 0; i < COUNT; i++) {
            double want = naive(&specs[k], start[i], grads + i);
            off += (params[i] - want) * (params[i] - want);
            size += (want - start[i]) * (want - start[i]);
        }
        /* Of the way gone, not of where it ends: a step too small by a percent must not pass. */
        assert_true(sqrt(off / size) < 2e-4);
    }
}

static void steps_worked_out_by_hand_are_met(void **state) {
    (void)state;
    float p = 1, g = 0.5f, kept[2] = {0, 0};
    cc_optimizer_spec sgd = {.type = "sgd", .momentum = 0.5};
    assert_ok(cc_optimizer_step(&sgd, 0.5, 1, &p, &g, kept, 1));
    assert_true(p == 0.75f && kept[0] == 0.5f);
    assert_ok(cc_optimizer_step(&sgd, 0.5, 2, &p, &g, kept, 1));
    assert_true(p == 0.375f && kept[0] == 0.75f);
    /* Nesterov's: the buffer is 0.5 and then 0.75; the steps go along 0.5 + 0.25 and 0.5 + 0.375. */
    p = 1, kept[0] = 0, sgd.nesterov = true;
    assert_ok(cc_optimizer_step(&sgd, 0.5, 1, &p, &g, kept, 1));
    assert_true(p == 0.625f && kept[0] == 0.5f);
    assert_ok(cc_optimizer_step(&sgd, 0.5, 2, &p, &g, kept, 1));
    assert_true(p == 0.1875f && kept[0] == 0.75f);
    /* Adam's first step is lr times the sign of the gradient, whatever its size. */
    p = 1, g = -1e-3f, kept[0] = kept[1] = 0;
    cc_optimizer_spec adam = {.type = "adam", .betas = {0.9, 0.999}, .eps = 0};
    assert_ok(cc_optimizer_step(&adam, 0.25, 1, &p, &g, kept, 1));
    assert_true(p == 1.25f);
}

static void the_state_is_as_long_as_declared(void **state) {
    (void)state;
    const int want[KINDS] = {0, 0, 1, 2, 2, 2, 2, 1};
    for (int k = 0; k < KINDS; k++) assert_int_equal(cc_optimizer_state_count(&specs[k]), want[k]);
    float p[2] = {1, 2}, g[2] = {1, 1};
    assert_ok(cc_optimizer_step(&specs[0], 1, 1, p, g, NULL, 2));
    assert_true(p[0] == 0 && p[1] == 1);
}

static void bytes_do_not_depend_on_threads(void **state) {
    (void)state;
    static float one[COUNT], two[COUNT], grads[STEPS * COUNT], kept_one[2 * COUNT], kept_two[2 * COUNT];
    int threads = omp_get_max_threads();
    for (int k = 0; k < KINDS; k++) {
        fill(one, grads);
        memcpy(two, one, sizeof two);
        omp_set_num_threads(1);
        follow(one, kept_one, &specs[k], grads);
        omp_set_num_threads(3);
        follow(two, kept_two, &specs[k], grads);
        assert_memory_equal(one, two, sizeof one);
        assert_memory_equal(kept_one, kept_two, sizeof kept_one);
    }
    omp_set_num_threads(threads);
}

/* torch.nn.utils.clip_grad_norm_([p], 1.5) of PyTorch 1.13 on g_i = 0.3 (37 i mod 101 - 50) / 50, i < 1000.
 */
static void a_gradient_is_clipped_as_pytorch_does(void **state) {
    (void)state;
    float grads[1000], again[1000];
    for (int i = 0; i < 1000; i++) grads[i] = (float)(0.3 * (i * 37 % 101 - 50) / 50);
    memcpy(again, grads, sizeof grads);
    cc_optimizer_clip(again, 1000, 6); /* the norm is 5.5364298820495605 */
    assert_memory_equal(again, grads, sizeof grads);
    cc_optimizer_clip(grads, 1000, 1.5);
    assert_true(fabs(grads[0] + 0.08127980679273605) < 1e-7);
    assert_true(fabs(grads[1] + 0.02113274857401848) < 1e-7);
    assert_true(fabs(grads[999] - 0.078028604388237) < 1e-7);
}

/* torch.nn.utils.clip_grad_norm_ multiplies by max_norm / NaN. */
static void a_gradient_whose_norm_is_nan_becomes_nan(void **state) {
    (void)state;
    float grads[] = {1, NAN, 3};
    cc_optimizer_clip(grads, 3, 1);
    for (int i = 0; i < 3; i++) assert_true(isnan(grads[i]));
}

static void clipping_does_not_depend_on_threads(void **state) {
    (void)state;
    static float params[COUNT], one[STEPS * COUNT], three[STEPS * COUNT];
    int threads = omp_get_max_threads();
    fill(params, one);
    memcpy(three, one, sizeof one);
    omp_set_num_threads(1);
    cc_optimizer_clip(one, STEPS * COUNT, 0.1);
    omp_set_num_threads(3);
    cc_optimizer_clip(three, STEPS * COUNT, 0.1);
    omp_set_num_threads(threads);
    assert_memory_equal(one, three, sizeof one);
}

static void wrong_specs_are_refused_with_their_field(void **state) {
    (void)state;
    cc_optimizer_spec spec = specs[3];
    spec.betas[1] = 1;
    assert_error(cc_optimizer_check(&spec), CC_ECONFIG, "optimizer.betas[1]");
    spec = specs[2], spec.momentum = -0.1;
    assert_error(cc_optimizer_check(&spec), CC_ECONFIG, "optimizer.momentum");
    spec = specs[0], spec.lr = NAN;
    assert_error(cc_optimizer_check(&spec), CC_ECONFIG, "optimizer.lr");
    spec = specs[0], spec.clip_norm = -1;
    assert_error(cc_optimizer_check(&spec), CC_ECONFIG, "optimizer.clip_norm");
    spec = specs[0], spec.nesterov = true;
    assert_error(cc_optimizer_check(&spec), CC_ECONFIG, "optimizer.nesterov: there is no momentum");
    spec.type = "lion";
    assert_error(cc_optimizer_check(&spec), CC_ECONFIG, "one of sgd, adam, adamw");
    assert_error(cc_optimizer_step(&spec, 1, 1, NULL, NULL, NULL, 0), CC_ECONFIG, "lion");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimiser_follows_its_formula),
        cmocka_unit_test(steps_worked_out_by_hand_are_met),
        cmocka_unit_test(the_state_is_as_long_as_declared),
        cmocka_unit_test(bytes_do_not_depend_on_threads),
        cmocka_unit_test(a_gradient_is_clipped_as_pytorch_does),
        cmocka_unit_test(a_gradient_whose_norm_is_nan_becomes_nan),
        cmocka_unit_test(clipping_does_not_depend_on_threads),
        cmocka_unit_test(wrong_specs_are_refused_with_their_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
