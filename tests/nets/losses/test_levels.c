/* tests/nets/losses/test_levels.c -- deep supervision: the target at the size of each level against PyTorch's
 * interpolate, and one loss over several levels. Whole nets with it: fixtures of MONAI's in
 * tests/experiments/parity. */
#include "support.h"
#include <math.h>
#include "nets/losses/levels.h"

/* torch.nn.functional.interpolate(arange(from), to, mode="nearest-exact") of PyTorch 2.15. */
static void a_target_is_brought_to_a_level_as_pytorch_does(void **state) {
    (void)state;
    static const struct {
        int from, to;
        float want[6];
    } rows[] = {{12, 6, {1, 3, 5, 7, 9, 11}},
                {12, 4, {1, 4, 7, 10}},
                {12, 2, {3, 9}},
                {7, 3, {1, 3, 5}},
                {10, 4, {1, 3, 6, 8}}};
    float given[144], all[200];
    for (int i = 0; i < 144; i++) given[i] = (float)i;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const int from = rows[r].from, to = rows[r].to;
        const cc_loss_heads heads = {
            .count = 2,
            .items = {{.shape = {1, 1, from}, .target_channels = 1, .size = {1, 1, from}},
                      {.shape = {1, 1, to}, .target_channels = 1, .size = {1, 1, to}, .auxiliary = true}}};
        cc_level_targets(all, given, &heads);
        assert_memory_equal(all, given, (size_t)from * sizeof *all);
        assert_memory_equal(all + from, rows[r].want, (size_t)to * sizeof *all);
    }
    /* Two volumes of 2 x 4 x 9 to 1 x 2 x 3: the same of torch.arange(144).reshape(2, 1, 2, 4, 9). */
    static const float want[12] = {46, 49, 52, 64, 67, 70, 118, 121, 124, 136, 139, 142};
    const cc_loss_heads volumes = {
        .count = 2,
        .items = {{.shape = {2, 1, 72}, .target_channels = 1, .size = {2, 4, 9}},
                  {.shape = {2, 1, 6}, .target_channels = 1, .size = {1, 2, 3}, .auxiliary = true}}};
    assert_int_equal(cc_loss_given_targets(&volumes), 144);
    cc_level_targets(all, given, &volumes);
    assert_memory_equal(all + 144, want, sizeof want);
}

/* Weights of 4/7, 2/7 and 1/7. Logits of 0 against masks: the cross-entropy of each level is log 2; a level
 * whose logit is x against a true pixel has log(1 + exp(-x)). */
static void a_loss_at_several_levels_is_their_weighted_sum(void **state) {
    (void)state;
    static const cc_loss_spec bce = {.type = "bce"};
    cc_loss_heads heads = {
        .count = 3,
        .items = {{.shape = {1, 1, 4}, .size = {1, 1, 4}},
                  {.name = "level1", .shape = {1, 1, 2}, .size = {1, 1, 2}, .auxiliary = true},
                  {.name = "level2", .shape = {1, 1, 1}, .size = {1, 1, 1}, .auxiliary = true}}};
    cc_level_loss loss;
    assert_ok(cc_level_loss_init(&loss, &heads, &bce));
    const float logits[7] = {0, 0, 0, 0, 1, 1, 2}, given[4] = {1, 1, 1, 1};
    float all[7], gradient[7];
    double value, scratch[64];
    assert_true(cc_loss_scratch_bytes_of(&loss.whole, &heads) <= sizeof scratch);
    cc_level_targets(all, given, &heads);
    assert_ok(cc_loss_evaluate_heads(
        &value, &loss.whole,
        &(cc_loss_io){
            .heads = &heads, .logits = logits, .target = all, .gradient = gradient, .scratch = scratch}));
    const double want = (4 * log(2) + 2 * log1p(exp(-1)) + log1p(exp(-2))) / 7;
    assert_true(fabs(value - want) < 1e-12);
    /* d/dx log(1 + exp(-x)) = -1 / (1 + exp(x)), over the pixels of the level. */
    assert_true(fabs(gradient[3] + 4.0 / 7 / 2 / 4) < 1e-7);
    assert_true(fabs(gradient[5] + 2.0 / 7 / (1 + exp(1)) / 2) < 1e-7);
    assert_true(fabs(gradient[6] + 1.0 / 7 / (1 + exp(2))) < 1e-7);
}

static void a_loss_that_trains_numbers_has_one_level(void **state) {
    (void)state;
    static const cc_loss_spec term = {.type = "bce", .weight = 1},
                              loss = {.type = "uncertainty", .terms = &term, .term_count = 1};
    cc_loss_heads heads = {
        .count = 2,
        .items = {{.shape = {1, 1, 4}}, {.name = "level1", .shape = {1, 1, 2}, .auxiliary = true}}};
    cc_level_loss levels;
    assert_error(cc_level_loss_init(&levels, &heads, &loss), CC_ECONFIG, "net.deep_supervision");
    heads.count = 1;
    assert_ok(cc_level_loss_init(&levels, &heads, &loss));
    assert_string_equal(levels.whole.type, "uncertainty");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_brought_to_a_level_as_pytorch_does),
        cmocka_unit_test(a_loss_at_several_levels_is_their_weighted_sum),
        cmocka_unit_test(a_loss_that_trains_numbers_has_one_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
