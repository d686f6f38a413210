/* tests/nets/losses/test_losses.c -- the losses on the host against their definitions written once more in
 * double, finite differences, and values by hand; PyTorch's own are in the parity fixtures. */
#include "support.h"
#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "nets/losses/loss.h"

enum { SPECS = 12, COUNT_MAX = 40000 };

static const cc_loss_spec inner[] = {{.type = "focal", .alpha = 0.6, .gamma = 1.5, .weight = 0.5},
                                     {.type = "iou", .smooth = 0.1, .weight = 2}};
static const cc_loss_spec outer[] = {{.type = "bootstrap-bce", .fraction = 0.3, .weight = 0.7},
                                     {.type = "sum", .weight = 1.3, .term_count = 2, .terms = inner},
                                     {.type = "bce", .weight = 0.25}};
static const cc_loss_spec specs[SPECS] = {
    {.type = "bce"},
    {.type = "focal", .alpha = 0.25, .gamma = 2},
    {.type = "focal", .alpha = 0.75, .gamma = 0.5},
    {.type = "dice", .smooth = 1},
    {.type = "dice", .smooth = 0},
    {.type = "iou", .smooth = 1e-5},
    {.type = "generalised-dice"},
    {.type = "bootstrap-bce", .fraction = 0.21},
    {.type = "sum", .term_count = 3, .terms = outer},
    {.type = "bce", .positive_weight = 7.5},
    {.type = "bce", .positive_weight = 0.25},
    {.type = "bootstrap-bce", .fraction = 0.21, .positive_weight = 3},
};

static double evaluate(float *gradient, const cc_loss_spec *spec, const float *logits, const float *target,
                       cc_loss_shape shape) {
    double value;
    void *scratch = malloc(cc_loss_scratch_bytes(spec, shape));
    assert_non_null(scratch);
    assert_ok(cc_loss_check(spec));
    assert_ok(cc_loss_evaluate(&value, gradient, spec, logits, target, shape, scratch));
    free(scratch);
    return value;
}

static size_t count_of(cc_loss_shape shape) {
    return (size_t)(shape.n * shape.classes * shape.pixels);
}

static void fill(float *logits, float *target, size_t count, uint64_t seed, double share) {
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_TEST, 0, 0);
    for (size_t i = 0; i < count; i++) {
        logits[i] = (float)(2 * cc_rng_normal(&rng));
        target[i] = cc_rng_uniform(&rng) < share;
    }
}

/* ---- the definitions once more, naively, in double ---- */

static double naive_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static double naive_bce(double x, double g) {
    return -g * log(naive_sigmoid(x)) - (1 - g) * log(naive_sigmoid(-x));
}

static double naive_weighted(const cc_loss_spec *spec, double x, double g) {
    const double weight = spec->positive_weight > 0 ? spec->positive_weight : 1;
    return -weight * g * log(naive_sigmoid(x)) - (1 - g) * log(naive_sigmoid(-x));
}

static double naive_focal(const cc_loss_spec *spec, double x, double g) {
    double miss = naive_sigmoid(g > 0.5 ? -x : x), alpha = g > 0.5 ? spec->alpha : 1 - spec->alpha;
    return alpha * pow(miss, spec->gamma) * naive_bce(x, g);
}

static int descending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static double naive_hardest(const cc_loss_spec *spec, const double *x, const float *g, size_t pixels) {
    double *errors = malloc(pixels * sizeof *errors), total = 0;
    assert_non_null(errors);
    for (size_t i = 0; i < pixels; i++) errors[i] = naive_weighted(spec, x[i], g[i]);
    qsort(errors, pixels, sizeof *errors, descending);
    size_t k = (size_t)ceil(spec->fraction * (double)pixels);
    for (size_t i = 0; i < k; i++) total += errors[i];
    free(errors);
    return total / (double)k;
}

static double naive_overlap(const cc_loss_spec *spec, const double *x, const float *g, size_t pixels) {
    double both = 0, sum = 0;
    for (size_t i = 0; i < pixels; i++) {
        both += naive_sigmoid(x[i]) * g[i];
        sum += naive_sigmoid(x[i]) + g[i];
    }
    if (strcmp(spec->type, "dice") == 0) return 1 - (2 * both + spec->smooth) / (sum + spec->smooth);
    return 1 - (both + spec->smooth) / (sum - both + spec->smooth);
}

static double naive_generalised(const double *x, const float *g, size_t count) {
    double above = 0, below = 0;
    for (int class = 0; class < 2; class ++) {
        double volume = 0, both = 0, sum = 0;
        for (size_t i = 0; i < count; i++) {
            double p = naive_sigmoid(class ? x[i] : -x[i]), r = class ? g[i] : 1 - g[i];
            volume += r;
            both += p * r;
            sum += p + r;
        }
        double weight = 1 / (volume * volume + 1e-6);
        above += weight * both;
        below += weight * sum;
    }
    return 1 - 2 * above / below;
}

static double naive_loss(const cc_loss_spec *spec, const double *x, const float *g, cc_loss_shape shape) {
    size_t count = count_of(shape), pixels = count / (size_t)shape.n;
    double total = 0;
    if (strcmp(spec->type, "generalised-dice") == 0) return naive_generalised(x, g, count);
    if (strcmp(spec->type, "sum") == 0) {
        for (int i = 0; i < spec->term_count; i++)
            total += spec->terms[i].weight * naive_loss(&spec->terms[i], x, g, shape);
        return total;
    }
    if (strcmp(spec->type, "bce") == 0 || strcmp(spec->type, "focal") == 0) {
        for (size_t i = 0; i < count; i++)
            total += spec->type[0] == 'b' ? naive_weighted(spec, x[i], g[i]) : naive_focal(spec, x[i], g[i]);
        return total / (double)count;
    }
    for (size_t i = 0; i < count; i += pixels)
        total += strcmp(spec->type, "bootstrap-bce") == 0 ? naive_hardest(spec, x + i, g + i, pixels)
                                                          : naive_overlap(spec, x + i, g + i, pixels);
    return total / (double)shape.n;
}

/* ---- promises ---- */

static void every_loss_has_its_naive_value_over_many_chunks(void **state) {
    (void)state;
    static float logits[COUNT_MAX], target[COUNT_MAX];
    static double exact[COUNT_MAX];
    cc_loss_shape shape = {3, 2, 4111};
    size_t count = count_of(shape);
    fill(logits, target, count, 1, 0.2);
    for (size_t i = 0; i < count; i++) exact[i] = logits[i];
    for (int s = 0; s < SPECS; s++) {
        double value = evaluate(NULL, &specs[s], logits, target, shape);
        double want = naive_loss(&specs[s], exact, target, shape);
        assert_true(fabs(value - want) <= 1e-12 * fabs(want));
    }
}

static void check_differences(const cc_loss_spec *spec, const float *logits, const float *target,
                              cc_loss_shape shape) {
    enum { SMALL = 64 };
    float gradient[SMALL];
    double exact[SMALL], off = 0, size = 0, h = 1e-5;
    size_t count = count_of(shape);
    assert_true(count <= SMALL);
    evaluate(gradient, spec, logits, target, shape);
    for (size_t i = 0; i < count; i++) exact[i] = logits[i];
    for (size_t i = 0; i < count; i++) {
        exact[i] = logits[i] + h;
        double up = naive_loss(spec, exact, target, shape);
        exact[i] = logits[i] - h;
        double slope = (up - naive_loss(spec, exact, target, shape)) / (2 * h);
        exact[i] = logits[i];
        off += (gradient[i] - slope) * (gradient[i] - slope);
        size += slope * slope;
    }
    assert_true(size > 0 && sqrt(off / size) < 1e-6);
}

static void every_gradient_is_that_of_finite_differences(void **state) {
    (void)state;
    float logits[64], target[64];
    cc_loss_shape shape = {2, 2, 15};
    for (uint64_t seed = 0; seed < 5; seed++)
        for (int s = 0; s < SPECS; s++) {
            fill(logits, target, count_of(shape), seed, 0.3);
            check_differences(&specs[s], logits, target, shape);
        }
}

static void soft_targets_have_gradients_too(void **state) {
    (void)state;
    float logits[64], target[64];
    cc_loss_shape shape = {2, 1, 30};
    cc_rng rng = cc_rng_init(9, CC_PURPOSE_TEST, 0, 0);
    fill(logits, target, count_of(shape), 9, 0.3);
    for (size_t i = 0; i < count_of(shape); i++) target[i] = (float)cc_rng_uniform(&rng);
    for (int s = 0; s < SPECS; s++) check_differences(&specs[s], logits, target, shape);
}

static void values_worked_out_by_hand_are_met(void **state) {
    (void)state;
    const float logits[] = {0, 0, 0, 0}, target[] = {1, 0, 0, 0};
    float gradient[4];
    cc_loss_shape shape = {1, 1, 4};
    /* p = 1/2: bce log 2; focal (0.25 + 3 * 0.75) / 4 * log 2 / 4; I = 1/2, P + G = 3. */
    assert_true(fabs(evaluate(gradient, &specs[0], logits, target, shape) - log(2)) < 1e-14);
    assert_true(gradient[0] == -0.125f && gradient[3] == 0.125f);
    assert_true(fabs(evaluate(NULL, &specs[1], logits, target, shape) - 0.15625 * log(2)) < 1e-14);
    assert_true(fabs(evaluate(NULL, &specs[3], logits, target, shape) - 0.5) < 1e-14);
    cc_loss_spec iou = {.type = "iou", .smooth = 0};
    assert_true(fabs(evaluate(NULL, &iou, logits, target, shape) - 0.8) < 1e-14);
}

static void among_equally_hard_pixels_the_first_are_taken(void **state) {
    (void)state;
    const float logits[] = {-1, 0, 0, 3, 0, 0, /* second image */ 0, 0, 0, 0, 0, 0};
    const float target[12] = {0};
    float gradient[12];
    cc_loss_spec spec = {.type = "bootstrap-bce", .fraction = 0.5};
    double value = evaluate(gradient, &spec, logits, target, (cc_loss_shape){2, 1, 6});
    assert_true(fabs(value - (log1p(exp(3)) + 5 * log(2)) / 6) < 1e-14);
    const int taken[12] = {0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0};
    for (int i = 0; i < 12; i++) assert_int_equal(gradient[i] != 0, taken[i]);
    spec.fraction = 1e-9;
    evaluate(gradient, &spec, logits, target, (cc_loss_shape){2, 1, 6});
    for (int i = 0; i < 12; i++) assert_int_equal(gradient[i] != 0, i == 3 || i == 6);
}

static void extreme_logits_and_empty_or_full_targets_stay_finite(void **state) {
    (void)state;
    const float ends[] = {-FLT_MAX, -1e4f, -80, -20, 0, 20, 80, 1e4f, FLT_MAX};
    enum { COUNT = 90 };
    float logits[COUNT], target[COUNT], gradient[COUNT];
    for (int fixed = -1; fixed < 9; fixed++)
        for (int kind = 0; kind < 3; kind++)
            for (int s = 0; s < SPECS; s++) {
                for (int i = 0; i < COUNT; i++) {
                    logits[i] = ends[fixed < 0 ? i % 9 : fixed];
                    target[i] = kind == 2 ? i % 2 : kind;
                }
                double value = evaluate(gradient, &specs[s], logits, target, (cc_loss_shape){3, 2, 15});
                assert_true(isfinite(value));
                for (int i = 0; i < COUNT; i++) assert_true(isfinite(gradient[i]));
            }
}

static void a_nan_logit_makes_the_loss_nan(void **state) {
    (void)state;
    const float logits[] = {1, NAN, -2, 3}, target[] = {0, 1, 0, 1};
    for (int s = 0; s < SPECS; s++)
        assert_true(isnan(evaluate(NULL, &specs[s], logits, target, (cc_loss_shape){1, 1, 4})));
}

static void bytes_do_not_depend_on_threads_or_on_the_gradient_wanted(void **state) {
    (void)state;
    static float logits[COUNT_MAX], target[COUNT_MAX], one[COUNT_MAX], two[COUNT_MAX];
    cc_loss_shape shape = {2, 1, 19001};
    size_t bytes = count_of(shape) * sizeof(float);
    int threads = omp_get_max_threads();
    fill(logits, target, count_of(shape), 5, 0.1);
    for (int s = 0; s < SPECS; s++) {
        omp_set_num_threads(1);
        double alone = evaluate(one, &specs[s], logits, target, shape);
        omp_set_num_threads(3);
        memset(two, 0xff, bytes);
        double together = evaluate(two, &specs[s], logits, target, shape);
        assert_memory_equal(&alone, &together, sizeof alone);
        assert_memory_equal(one, two, bytes);
        double unwanted = evaluate(NULL, &specs[s], logits, target, shape);
        assert_memory_equal(&alone, &unwanted, sizeof alone);
    }
    omp_set_num_threads(threads);
}

static void wrong_specs_are_refused_with_their_field(void **state) {
    (void)state;
    cc_loss_spec terms[] = {{.type = "bce", .weight = 1}, {.type = "focal", .alpha = 2, .weight = 1}};
    cc_loss_spec sum = {.type = "sum", .term_count = 2, .terms = terms};
    assert_error(cc_loss_check(&sum), CC_ECONFIG, "loss.terms[1].alpha");
    terms[1].alpha = 0.5, terms[0].weight = -1;
    assert_error(cc_loss_check(&sum), CC_ECONFIG, "loss.terms[0].weight");
    sum.term_count = 0;
    assert_error(cc_loss_check(&sum), CC_ECONFIG, "a sum of 0 terms");
    assert_error(cc_loss_check(&(cc_loss_spec){.type = "mse"}), CC_ECONFIG, "generalised-dice");
    assert_error(cc_loss_check(&(cc_loss_spec){.type = NULL}), CC_ECONFIG, "loss.type");
    assert_error(cc_loss_check(&(cc_loss_spec){.type = "dice", .smooth = NAN}), CC_ECONFIG, "loss.smooth");
    assert_error(cc_loss_check(&(cc_loss_spec){.type = "dice", .smooth = 2e6}), CC_ECONFIG, "loss.smooth");
    assert_error(cc_loss_check(&(cc_loss_spec){.type = "bootstrap-bce", .fraction = 1.5}), CC_ECONFIG,
                 "loss.fraction");
    assert_error(cc_loss_check(&(cc_loss_spec){.type = "bce", .positive_weight = -1}), CC_ECONFIG,
                 "loss.positive_weight");
    assert_error(cc_loss_check(&(cc_loss_spec){.type = "bootstrap-bce"}), CC_ECONFIG, "loss.fraction");
    assert_string_equal(cc_error_get()->hint, "above 0 and up to 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_loss_has_its_naive_value_over_many_chunks),
        cmocka_unit_test(every_gradient_is_that_of_finite_differences),
        cmocka_unit_test(soft_targets_have_gradients_too),
        cmocka_unit_test(values_worked_out_by_hand_are_met),
        cmocka_unit_test(among_equally_hard_pixels_the_first_are_taken),
        cmocka_unit_test(extreme_logits_and_empty_or_full_targets_stay_finite),
        cmocka_unit_test(a_nan_logit_makes_the_loss_nan),
        cmocka_unit_test(bytes_do_not_depend_on_threads_or_on_the_gradient_wanted),
        cmocka_unit_test(wrong_specs_are_refused_with_their_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
