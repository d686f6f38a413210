/* A plan's choices of algorithms: written down, they make the same plan again, and the same bytes. */
#include "support.h"
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "nets/backends/cpu/onednn.h"
#include "nets/engine/plan.h"

enum { SIZE = 32, BATCH = 2 };
static const cc_net_spec spec = {.arch = "unet-bn", .width = 16, .depth = 3, .in_channels = 1, .classes = 1};

/* Logits and the first weights' gradient of one step. */
typedef struct outcome {
    char *choices;
    float logits[BATCH * SIZE * SIZE], gradient[16 * 9];
} outcome;

static cc_status make(cc_model **model, cc_plan **plan, cc_tuning tuning, const char *recorded) {
    cc_plan_options options = {
        .n = BATCH, .height = SIZE, .width = SIZE, .training = true, .tuning = tuning, .recorded = recorded};
    assert_ok(cc_model_create(model, &spec, &cc_backend_cpu));
    return cc_plan_create(plan, *model, &options);
}

static outcome *run(cc_tuning tuning, const char *recorded) {
    outcome *o = calloc(1, sizeof *o);
    static float input[BATCH * SIZE * SIZE];
    const float *logits;
    cc_model *model;
    cc_plan *plan;
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < BATCH * SIZE * SIZE; i++) input[i] = (float)cc_rng_normal(&rng);
    assert_ok(make(&model, &plan, tuning, recorded));
    assert_ok(cc_model_initialise(model, 3));
    assert_ok(cc_plan_forward(plan, input, &logits));
    memcpy(o->logits, logits, sizeof o->logits);
    assert_ok(cc_plan_backward(plan, input));
    assert_ok(cc_model_get_gradient(o->gradient, model, 0));
    o->choices = strdup(cc_plan_choices(plan));
    cc_plan_destroy(plan);
    cc_model_destroy(model);
    return o;
}

static void outcome_free(outcome *o) {
    free(o->choices);
    free(o);
}

static void assert_same(const outcome *a, const outcome *b) {
    assert_string_equal(a->choices, b->choices);
    assert_memory_equal(a->logits, b->logits, sizeof a->logits);
    assert_memory_equal(a->gradient, b->gradient, sizeof a->gradient);
}

static void recorded_choices_make_the_same_bytes(void **state) {
    (void)state;
    for (int timed = 0; timed < 2; timed++) {
        outcome *a = run(timed ? CC_TUNING_TIMED : CC_TUNING_FIXED, NULL),
                *b = run(CC_TUNING_FIXED, a->choices);
        assert_same(a, b);
        outcome_free(a);
        outcome_free(b);
    }
}

/* Winograd's sums are others than the rule's, and come back the same. */
static void a_record_goes_before_the_rule(void **state) {
    (void)state;
    static const char record[] = "down.0.conv2 forward winograd any 1.250\n";
    if (cc_onednn_block() < 16 || strncmp(cc_onednn_version(), "2.", 2) != 0) {
        print_message("skipped: oneDNN has no Winograd convolution here\n");
        skip();
    }
    outcome *ruled = run(CC_TUNING_FIXED, NULL), *a = run(CC_TUNING_FIXED, record),
            *b = run(CC_TUNING_FIXED, record);
    assert_non_null(strstr(a->choices, "down.0.conv2 forward winograd jit_wino"));
    assert_null(strstr(ruled->choices, "winograd"));
    assert_same(a, b);
    assert_memory_not_equal(a->logits, ruled->logits, sizeof a->logits);
    outcome_free(ruled);
    outcome_free(a);
    outcome_free(b);
}

static void assert_refused(const char *record, cc_status status, const char *part) {
    cc_model *model;
    cc_plan *plan;
    assert_error(make(&model, &plan, CC_TUNING_FIXED, record), status, part);
    cc_model_destroy(model);
}

static void a_record_that_cannot_be_done_again_is_refused(void **state) {
    (void)state;
    assert_refused("down.0.conv2 forward\n", CC_EFORMAT, "line 1");
    assert_refused("down.0.conv2 sideways direct any 0\n", CC_EFORMAT, "line 1");
    assert_refused("down.0.conv2 forward magic any 0\n", CC_EUNSUPPORTED, "magic");
    assert_refused("down.0.conv2 forward depthwise any 0\n", CC_EUNSUPPORTED, "down.0.conv2");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(recorded_choices_make_the_same_bytes),
                                       cmocka_unit_test(a_record_goes_before_the_rule),
                                       cmocka_unit_test(a_record_that_cannot_be_done_again_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
