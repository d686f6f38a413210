/* tests/nets/engine/test_bf16.c -- what bf16 keeps of a number, and how much memory it saves. */
#include "support.h"
#include <math.h>
#include <string.h>
#include "core/rng.h"
#include "nets/backends/cpu/onednn.h"
#include "nets/engine/learner.h"
#include "nets/engine/plan.h"

static float narrowed(float value) {
    const cc_shape one = cc_shape_2d(1, 1, 1, 1);
    uint16_t bits;
    float out;
    cc_backend_cpu.to_blocked(&bits, &value, &one, 1, CC_BF16);
    cc_backend_cpu.from_blocked(&out, &bits, &one, 1, CC_BF16);
    return out;
}

static void numbers_are_rounded_to_the_nearest_and_ties_to_even(void **state) {
    (void)state;
    static const struct {
        float value, want;
    } cases[] = {
        {0, 0},
        {1, 1},
        {-3.140625f, -3.140625f},
        {1 + 0x1p-8f, 1},                            /* a tie: 1 is even */
        {1 + 0x1p-7f + 0x1p-8f, 1 + 0x1p-6f},        /* a tie: down is odd */
        {1 + 0x1p-8f + 0x1p-20f, 1 + 0x1p-7f},       /* just above a tie */
        {-(1 + 0x1p-8f + 0x1p-20f), -(1 + 0x1p-7f)}, /* the sign is apart */
        {0x1.fffffep127f, INFINITY},                 /* the largest float32 */
        {0x1p-126f, 0x1p-126f},                      /* the range is float32's */
        {-INFINITY, -INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(narrowed(cases[i].value) == cases[i].want);
}

static void not_a_number_stays_none(void **state) {
    (void)state;
    static const uint32_t nans[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < sizeof nans / sizeof *nans; i++) {
        float value;
        memcpy(&value, &nans[i], sizeof value);
        assert_true(isnan(narrowed(value)));
    }
}

/* Pieces of every length, alone and with an end that fills no row of lanes. */
static void sums_round_once(void **state) {
    (void)state;
    enum { MOST = 70 };
    for (int64_t count = 1; count <= MOST; count++) {
        const cc_shape shape = cc_shape_2d(1, 1, 1, count);
        float a[MOST], b[MOST], got[MOST];
        uint16_t sum[MOST], other[MOST];
        for (int i = 0; i < count; i++) a[i] = narrowed((float)i / 7), b[i] = narrowed(1 / (float)(i + 3));
        cc_backend_cpu.to_blocked(sum, a, &shape, 1, CC_BF16);
        cc_backend_cpu.to_blocked(other, b, &shape, 1, CC_BF16);
        cc_backend_cpu.add(sum, other, (size_t)count, CC_BF16);
        cc_backend_cpu.from_blocked(got, sum, &shape, 1, CC_BF16);
        for (int i = 0; i < count; i++) assert_true(got[i] == narrowed(a[i] + b[i]));
    }
}

static size_t plan_bytes(const char *name, int64_t size, cc_dtype dtype) {
    cc_net_spec spec;
    cc_model *model;
    cc_plan *plan;
    cc_plan_options options = {.n = 2, .height = size, .width = size, .training = true, .dtype = dtype};
    assert_ok(cc_net_find(&spec, name));
    assert_ok(cc_model_create(&model, &spec, &cc_backend_cpu));
    assert_ok(cc_plan_create(&plan, model, &options));
    size_t bytes = cc_plan_bytes(plan);
    cc_plan_destroy(plan);
    cc_model_destroy(model);
    return bytes;
}

/* oneDNN 2's code generator reads past a table of its own while it makes bf16 convolutions: those of the
 * big nets anywhere, of all nets for processors with AMX. Without the address sanitizer's heap it does no
 * harm, with it the process ends. */
static bool onednn_faults(bool big_nets) {
#ifdef CC_SANITIZED
    return strncmp(cc_onednn_version(), "2.", 2) == 0 && (big_nets || cc_onednn_has_amx());
#else
    (void)big_nets;
    return false;
#endif
}

static bool can_plan(bool big_nets) {
    if (!cc_backend_cpu.has(CC_BF16)) {
        print_message("skipped: this processor has no bf16\n");
        return false;
    }
    if (onednn_faults(big_nets)) {
        print_message("skipped: oneDNN faults under the address sanitizer here\n");
        return false;
    }
    return true;
}

static void plans_of_the_big_nets_take_less_than_two_thirds_of_the_memory(void **state) {
    (void)state;
    static const char *const nets[] = {"efficientnet-b0", "efficientnet-b3:transpose", "resnet-34",
                                       "resnet-50"};
    if (!can_plan(true)) return;
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        double ratio = (double)plan_bytes(nets[i], 256, CC_BF16) / (double)plan_bytes(nets[i], 256, CC_F32);
        if (ratio >= 0.65) print_error("%s: %.3f\n", nets[i], ratio);
        assert_true(ratio < 0.65);
    }
}

enum { SIDE = 32, BATCH = 4, PIXELS = BATCH * SIDE * SIDE };

/* Discs in noise, and where they are. */
static void draw_discs(float *images, float *targets, uint64_t stream) {
    cc_rng rng = cc_rng_init(3, CC_PURPOSE_TEST, 0, stream);
    for (int n = 0; n < BATCH; n++) {
        double x = cc_rng_between(&rng, 8, 24), y = cc_rng_between(&rng, 8, 24),
               radius = cc_rng_between(&rng, 4, 8);
        for (int i = n * SIDE * SIDE; i < (n + 1) * SIDE * SIDE; i++) {
            targets[i] = hypot(i % SIDE - x, i / SIDE % SIDE - y) < radius;
            images[i] = 2 * targets[i] + (float)cc_rng_normal(&rng);
        }
    }
}

/* F1 on pictures that a small net was not trained with. */
static double trained_f1(cc_dtype dtype) {
    enum { STEPS = 150, TESTS = 8 };
    static float images[PIXELS], targets[PIXELS];
    const cc_loss_spec loss = {.type = "bce"};
    const cc_optimizer_spec adam = {.type = "adam", .lr = 1e-2, .betas = {0.9, 0.999}, .eps = 1e-8};
    cc_plan_options options = {.n = BATCH, .height = SIDE, .width = SIDE, .training = true, .dtype = dtype};
    cc_net_spec spec;
    cc_model *model;
    cc_plan *training, *inference;
    cc_learner *learner;
    double value, hits = 0, all = 0;
    assert_ok(cc_net_find(&spec, "unet-bn:8x3"));
    assert_ok(cc_model_create(&model, &spec, &cc_backend_cpu));
    assert_ok(cc_plan_create(&training, model, &options));
    options.training = false;
    assert_ok(cc_plan_create(&inference, model, &options));
    assert_ok(cc_model_initialise(model, 1));
    assert_ok(cc_learner_create(&learner, model, training, &loss, &adam));
    for (int i = 0; i < STEPS; i++) {
        draw_discs(images, targets, (uint64_t)i);
        assert_ok(cc_learner_step(learner, images, targets, adam.lr, &value));
    }
    for (int i = 0; i < TESTS; i++) {
        const float *logits;
        draw_discs(images, targets, (uint64_t)(STEPS + i));
        assert_ok(cc_plan_forward(inference, images, &logits));
        for (int k = 0; k < PIXELS; k++) {
            hits += 2 * (logits[k] > 0 && targets[k] > 0);
            all += (logits[k] > 0) + (targets[k] > 0);
        }
    }
    cc_learner_destroy(learner);
    cc_plan_destroy(inference);
    cc_plan_destroy(training);
    cc_model_destroy(model);
    return hits / all;
}

static void training_ends_where_that_in_float32_does(void **state) {
    (void)state;
    if (!can_plan(false)) return;
    double single = trained_f1(CC_F32), half = trained_f1(CC_BF16);
    if (fabs(single - half) > 0.01 || single < 0.9) print_error("F1 %.4f, in bf16 %.4f\n", single, half);
    assert_true(single > 0.9);
    assert_true(fabs(single - half) <= 0.01);
}

static void what_a_backend_does_not_have_is_refused(void **state) {
    (void)state;
    cc_net_spec spec;
    cc_model *model;
    cc_plan *plan;
    cc_plan_options options = {.n = 1, .height = 16, .width = 16, .dtype = CC_BF16};
    assert_ok(cc_net_find(&spec, "unet-bn:4x3"));
    assert_ok(cc_model_create(&model, &spec, &cc_backend_reference));
    assert_error(cc_plan_create(&plan, model, &options), CC_EUNSUPPORTED, "bf16");
    cc_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_rounded_to_the_nearest_and_ties_to_even),
        cmocka_unit_test(not_a_number_stays_none),
        cmocka_unit_test(sums_round_once),
        cmocka_unit_test(plans_of_the_big_nets_take_less_than_two_thirds_of_the_memory),
        cmocka_unit_test(training_ends_where_that_in_float32_does),
        cmocka_unit_test(what_a_backend_does_not_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
