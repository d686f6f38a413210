/* tests/nets/losses/test_class_losses.c -- losses of class numbers, and of several outputs of a net: finite
 * differences, pixels that count nothing, and which output a term looks at. The values of PyTorch's packages
 * are in the parity fixtures (rivals-losses.h5). */
#include "support.h"
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "nets/losses/loss.h"

enum { CLASSES = 3, PIXELS = 700 /* several pieces of softmax, the last one short */, N = 2 };
enum { COUNT = N * CLASSES * PIXELS };

static const cc_loss_spec dice_and_entropy[] = {
    {.type = "softmax-dice", .smooth = 1e-5, .batch = true, .weight = 0.7},
    {.type = "cross-entropy", .weight = 1.3}};
static const cc_loss_spec specs[] = {
    {.type = "cross-entropy"},
    {.type = "cross-entropy", .class_weights = {0.5, 1, 4}, .class_weight_count = 3, .ignore = 255},
    {.type = "cross-entropy", .label_smoothing = 0.2, .class_weights = {0.5, 1, 4}, .class_weight_count = 3},
    {.type = "softmax-dice", .smooth = 1e-5, .background = true},
    {.type = "softmax-dice", .smooth = 1, .squared = true},
    {.type = "softmax-dice", .smooth = 1, .batch = true, .ignore = 255},
    {.type = "tversky", .alpha = 0.3, .beta = 0.7, .gamma = 1},
    {.type = "tversky", .alpha = 0.3, .beta = 0.7, .gamma = 0.75, .smooth = 1, .ignore = 255},
    {.type = "sum", .terms = dice_and_entropy, .term_count = 2}};
enum { SPECS = sizeof specs / sizeof *specs };

static const cc_loss_shape shape = {N, CLASSES, PIXELS};

/* Logits, and class numbers with some that are not known where the loss ignores those. */
static void fill(float *logits, float *target, const cc_loss_spec *spec, uint64_t seed) {
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < COUNT; i++) logits[i] = (float)(2 * cc_rng_normal(&rng));
    for (int i = 0; i < N * PIXELS; i++) {
        target[i] = (float)(int)(3 * cc_rng_uniform(&rng));
        if (spec->ignore > 0 && cc_rng_uniform(&rng) < 0.2) target[i] = CC_TARGET_IGNORED;
    }
}

static double evaluate(float *gradient, const cc_loss_spec *spec, const float *logits, const float *target,
                       cc_loss_shape s) {
    double value;
    void *scratch = malloc(cc_loss_scratch_bytes(spec, s));
    assert_non_null(scratch);
    assert_ok(cc_loss_check(spec));
    assert_ok(cc_loss_evaluate(&value, gradient, spec, logits, target, s, scratch));
    free(scratch);
    return value;
}

/* A central difference with a step of 2^-6 has an error of some 1e-5 of the derivative. */
static void assert_slope(double slope, double above, double below, double step) {
    const double wanted = (above - below) / (2 * step);
    if (!(fabs(slope - wanted) <= 2e-3 * fabs(wanted) + 2e-7)) print_error("%.9g, not %.9g\n", slope, wanted);
    assert_true(fabs(slope - wanted) <= 2e-3 * fabs(wanted) + 2e-7);
}

static void every_gradient_is_that_of_finite_differences(void **state) {
    (void)state;
    static float logits[COUNT], target[N * PIXELS], gradient[COUNT];
    const float step = 0x1p-6f;
    for (int k = 0; k < SPECS; k++) {
        fill(logits, target, &specs[k], 3);
        evaluate(gradient, &specs[k], logits, target, shape);
        for (int i = 5; i < COUNT; i += 331) {
            const float kept = logits[i];
            logits[i] = kept + step;
            const double above = evaluate(NULL, &specs[k], logits, target, shape);
            logits[i] = kept - step;
            const double below = evaluate(NULL, &specs[k], logits, target, shape);
            logits[i] = kept;
            assert_slope(gradient[i], above, below, step);
        }
    }
}

/* NumPy, from the definitions: two images of four pixels, three classes. Finite differences would not see a
 * factor that value and gradient share. */
static void values_are_those_of_the_definitions(void **state) {
    (void)state;
    static const float logits[] = {1,   -1, .5f, 2, 0,    .25f, -2, 1,   -.5f, 1.5f, .75f, -1,
                                   .3f, 0,  -1,  1, 1.2f, -.7f, 2,  .1f, 0,    .4f,  .6f,  -1.5f};
    static const float target[] = {0, 2, 1, 0, 1, 1, 2, 0};
    static const struct {
        cc_loss_spec spec;
        double value;
    } cases[] = {{{.type = "cross-entropy"}, 1.109473410113659},
                 {{.type = "cross-entropy", .class_weights = {0.5, 1, 4}, .class_weight_count = 3},
                  1.1352191677721017},
                 {{.type = "softmax-dice", .smooth = 1e-5, .background = true}, 0.5802623770746314},
                 {{.type = "softmax-dice", .smooth = 1, .squared = true}, 0.35690216750891635},
                 {{.type = "softmax-dice", .smooth = 1, .batch = true}, 0.538410659834297}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float gradient[24];
        const double got = evaluate(gradient, &cases[i].spec, logits, target, (cc_loss_shape){2, 3, 4});
        if (!(fabs(got - cases[i].value) < 1e-6)) print_error("%s: %.9g\n", cases[i].spec.type, got);
        assert_true(fabs(got - cases[i].value) < 1e-6);
    }
}

static void bytes_do_not_depend_on_threads(void **state) {
    (void)state;
    static float logits[COUNT], target[N * PIXELS], one[COUNT], two[COUNT];
    const int threads = omp_get_max_threads();
    for (int k = 0; k < SPECS; k++) {
        fill(logits, target, &specs[k], 5);
        omp_set_num_threads(1);
        const double alone = evaluate(one, &specs[k], logits, target, shape);
        omp_set_num_threads(3);
        const double together = evaluate(two, &specs[k], logits, target, shape);
        assert_memory_equal(&alone, &together, sizeof alone);
        assert_memory_equal(one, two, sizeof one);
    }
    omp_set_num_threads(threads);
}

static void what_is_ignored_counts_nothing_and_what_is_no_class_is_not_passed_over(void **state) {
    (void)state;
    static float logits[COUNT], target[N * PIXELS], gradient[COUNT];
    for (int k = 0; k < SPECS; k++) {
        fill(logits, target, &specs[k], 7);
        if (specs[k].ignore > 0) {
            const double before = evaluate(gradient, &specs[k], logits, target, shape);
            for (int i = 0; i < COUNT; i++) {
                if (target[i / (CLASSES * PIXELS) * PIXELS + i % PIXELS] != CC_TARGET_IGNORED) continue;
                assert_true(gradient[i] == 0);
                logits[i] += 1;
            }
            assert_true(evaluate(NULL, &specs[k], logits, target, shape) == before);
        }
        target[11] = specs[k].ignore > 0 ? CLASSES : CC_TARGET_IGNORED;
        assert_true(isnan(evaluate(NULL, &specs[k], logits, target, shape)));
        target[11] = 0.5f;
        assert_true(isnan(evaluate(NULL, &specs[k], logits, target, shape)));
    }
    for (int i = 0; i < N * PIXELS; i++) target[i] = CC_TARGET_IGNORED; /* nothing is known of any pixel */
    assert_true(evaluate(gradient, &specs[1], logits, target, shape) == 0);
    for (int i = 0; i < COUNT; i++) assert_true(gradient[i] == 0);
}

static void lovasz_is_the_one_worked_out_by_hand(void **state) {
    (void)state;
    const cc_loss_spec spec = {.type = "lovasz"};
    /* Errors 1 - x s: pixel 0 (true) 0.5, pixel 1 (false) 3, pixel 2 (false) -1. In falling order pixel 1, 0,
     * 2; with one true pixel the Jaccard losses are 1 - 1/2, 1 - 0/2, 1: steps 1/2, 1/2, 0. */
    const float logits[] = {0.5f, 2, -2}, target[] = {1, 0, 0};
    float gradient[3];
    const double value = evaluate(gradient, &spec, logits, target, (cc_loss_shape){1, 1, 3});
    assert_true(fabs(value - (3 * 0.5 + 0.5 * 0.5)) < 1e-12);
    assert_true(gradient[0] == -0.5f && gradient[1] == 0.5f && gradient[2] == 0);
}

/* ---- several outputs ---- */

static const cc_loss_spec terms[] = {
    {.type = "cross-entropy", .head = "region", .weight = 1},
    {.type = "sum", .head = "lesion", .terms = dice_and_entropy, .term_count = 2, .weight = 0.5}};
static const cc_loss_spec uncertain = {.type = "uncertainty",
                                       .terms = terms,
                                       .term_count = 2,
                                       .log_variance = {0.25, -0.5},
                                       .log_variance_count = 2};

static cc_loss_heads two_heads(void) {
    return (cc_loss_heads){
        .count = 2,
        .items = {{.name = "region", .shape = {1, 4, 30}}, {.name = "lesion", .shape = {1, 2, 30}}}};
}
enum { OF_HEADS = 6 * 30 };

static double evaluate_heads(float *gradient, float *parameter_gradients, const float *parameters,
                             const float *logits) {
    cc_loss_heads heads = two_heads();
    static float target[60];
    double value;
    assert_ok(cc_loss_bind(&heads, &uncertain));
    assert_int_equal(cc_loss_target_count(&heads), 60);
    for (int i = 0; i < 60; i++) target[i] = (float)(i < 30 ? i % 4 : i % 2);
    void *scratch = malloc(cc_loss_scratch_bytes_of(&uncertain, &heads));
    assert_ok(cc_loss_evaluate_heads(&value, &uncertain,
                                     &(cc_loss_io){.heads = &heads,
                                                   .logits = logits,
                                                   .target = target,
                                                   .gradient = gradient,
                                                   .parameters = parameters,
                                                   .parameter_gradients = parameter_gradients,
                                                   .scratch = scratch}));
    free(scratch);
    return value;
}

static void each_term_reaches_its_head_and_its_variance(void **state) {
    (void)state;
    float logits[OF_HEADS], gradient[OF_HEADS], by_s[CC_LOSS_PARAMETERS_MAX], s[CC_LOSS_PARAMETERS_MAX];
    const float step = 0x1p-6f;
    cc_rng rng = cc_rng_init(9, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < OF_HEADS; i++) logits[i] = (float)cc_rng_normal(&rng);
    assert_int_equal(cc_loss_parameters(s, &uncertain), 2);
    assert_true(s[0] == 0.25f && s[1] == -0.5f);
    s[0] = 0.5f; /* as training has moved it */
    evaluate_heads(gradient, by_s, s, logits);
    for (int i = 0; i < OF_HEADS; i += 7) {
        const float kept = logits[i];
        logits[i] = kept + step;
        const double above = evaluate_heads(NULL, NULL, s, logits);
        logits[i] = kept - step;
        assert_slope(gradient[i], above, evaluate_heads(NULL, NULL, s, logits), step);
        logits[i] = kept;
    }
    for (int i = 0; i < 2; i++) {
        const float kept = s[i];
        s[i] = kept + step;
        const double above = evaluate_heads(NULL, NULL, s, logits);
        s[i] = kept - step;
        assert_slope(by_s[i], above, evaluate_heads(NULL, NULL, s, logits), step);
        s[i] = kept;
    }
}

static void a_loss_that_does_not_suit_the_outputs_is_refused(void **state) {
    (void)state;
    cc_loss_heads heads = two_heads(), one = cc_loss_one_head((cc_loss_shape){1, 3, 30});
    const cc_loss_spec other[] = {{.type = "cross-entropy", .head = "artery", .weight = 1}},
                       half[] = {{.type = "cross-entropy", .head = "region", .weight = 1}},
                       mixed[] = {{.type = "cross-entropy", .weight = 1}, {.type = "dice", .weight = 1}},
                       inner[] = {uncertain};
    assert_error(cc_loss_bind(&heads, &(cc_loss_spec){.type = "sum", .terms = other, .term_count = 1}),
                 CC_ECONFIG, "no output \"artery\"");
    assert_error(cc_loss_bind(&heads, &(cc_loss_spec){.type = "bce"}), CC_ECONFIG, "which output");
    assert_error(cc_loss_bind(&heads, &(cc_loss_spec){.type = "sum", .terms = half, .term_count = 1}),
                 CC_ECONFIG, "no loss looks at the output \"lesion\"");
    assert_error(cc_loss_bind(&one, &(cc_loss_spec){.type = "sum", .terms = mixed, .term_count = 2}),
                 CC_ECONFIG, "dice takes a mask for each class");
    assert_error(cc_loss_bind(&one, &(cc_loss_spec){.type = "lovasz"}), CC_ECONFIG, "of one class");
    assert_error(cc_loss_bind(&one, &(cc_loss_spec){.type = "cross-entropy", .class_weight_count = 2}),
                 CC_ECONFIG, "2 class_weights for 3 classes");
    assert_error(cc_loss_check(&(cc_loss_spec){.type = "sum", .terms = inner, .term_count = 1}), CC_ECONFIG,
                 "cannot be a term");
    assert_error(cc_loss_check(&(cc_loss_spec){
                     .type = "uncertainty", .terms = terms, .term_count = 2, .log_variance_count = 1}),
                 CC_ECONFIG, "1 numbers of log_variance");
    assert_int_equal(cc_loss_target(&uncertain, "lesion"), CC_TARGET_NUMBERS);
    assert_int_equal(cc_loss_target(&(cc_loss_spec){.type = "dice"}, NULL), CC_TARGET_MASKS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_gradient_is_that_of_finite_differences),
        cmocka_unit_test(values_are_those_of_the_definitions),
        cmocka_unit_test(bytes_do_not_depend_on_threads),
        cmocka_unit_test(what_is_ignored_counts_nothing_and_what_is_no_class_is_not_passed_over),
        cmocka_unit_test(lovasz_is_the_one_worked_out_by_hand),
        cmocka_unit_test(each_term_reaches_its_head_and_its_variance),
        cmocka_unit_test(a_loss_that_does_not_suit_the_outputs_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
