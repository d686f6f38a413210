/* tests/datasets/test_augment.c -- flips and rotations. Right pixels are by hand, or printed by
 * scipy.ndimage.rotate (order 1 for pictures, 0 for masks). */
#include <string.h>
#include "support.h"
#include "datasets/augment.h"

static cc_variant variant(const char *name) {
    cc_augment augment;
    assert_ok(cc_augment_init(&augment, &name, 1));
    return augment.variants[1];
}

static void three_names_give_four_items_original_first(void **state) {
    (void)state;
    static const char *const names[] = {"hflip", "vflip", "rotate45"};
    cc_augment augment;
    assert_ok(cc_augment_init(&augment, names, 3));
    assert_int_equal(augment.count, 4);
    assert_string_equal(augment.variants[0].name, "original");
    for (int i = 0; i < 3; i++) assert_string_equal(augment.variants[i + 1].name, names[i]);
    assert_int_equal(augment.variants[3].degrees, 45);
    assert_ok(cc_augment_init(&augment, NULL, 0));
    assert_int_equal(augment.count, 1);
}

static void a_name_that_is_none_is_refused(void **state) {
    (void)state;
    cc_augment augment;
    static const char *const bad[] = {"flip",      "hflips",    "rotate",    "rotate0",
                                      "rotate360", "rotate045", "rotate4.5", "rotate-45",
                                      "original",  "",          "rotate45 "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_error(cc_augment_init(&augment, &bad[i], 1), CC_ECONFIG, "augment");
    static const char *const twice[] = {"hflip", "rotate45", "hflip"};
    assert_error(cc_augment_init(&augment, twice, 3), CC_ECONFIG, "\"hflip\" stands there twice");
    const char *many[CC_AUGMENT_MAX + 1];
    for (int i = 0; i <= CC_AUGMENT_MAX; i++) many[i] = "hflip";
    assert_error(cc_augment_init(&augment, many, CC_AUGMENT_MAX + 1), CC_ECONFIG, "17 names");
}

/* Exact pictures of 2 rows and 3 columns. */
static void flips_mirror_picture_and_mask(void **state) {
    (void)state;
    static const float in[] = {1, 2, 3, 4, 5, 6}, h[] = {3, 2, 1, 6, 5, 4}, v[] = {4, 5, 6, 1, 2, 3};
    static const uint8_t mask[] = {1, 0, 0, 0, 2, 0}, mask_h[] = {0, 0, 1, 0, 2, 0},
                         mask_v[] = {0, 2, 0, 1, 0, 0};
    float out[6];
    uint8_t out_mask[6];
    cc_variant hflip = variant("hflip"), vflip = variant("vflip");
    cc_variant_apply(&hflip, out, out_mask, in, mask, 2, 3, -9);
    assert_memory_equal(out, h, sizeof h);
    assert_memory_equal(out_mask, mask_h, sizeof mask_h);
    cc_variant_apply(&vflip, out, out_mask, in, mask, 2, 3, -9);
    assert_memory_equal(out, v, sizeof v);
    assert_memory_equal(out_mask, mask_v, sizeof mask_v);
}

static void quarter_turns_are_exact_and_counter_clockwise(void **state) {
    (void)state;
    static const float in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, quarter[] = {3, 6, 9, 2, 5, 8, 1, 4, 7};
    static const uint8_t mask[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, quarter_mask[] = {3, 6, 9, 2, 5, 8, 1, 4, 7};
    float a[9], b[9];
    uint8_t c[9], d[9];
    cc_variant turn = variant("rotate90"), half = variant("rotate180"), three = variant("rotate270");
    cc_variant_apply(&turn, a, c, in, mask, 3, 3, -9);
    assert_memory_equal(a, quarter, sizeof quarter);
    assert_memory_equal(c, quarter_mask, sizeof quarter_mask);
    cc_variant_apply(&turn, b, d, a, c, 3, 3, -9);
    cc_variant_apply(&half, a, c, in, mask, 3, 3, -9);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_equal(c, d, sizeof c);
    cc_variant_apply(&turn, a, c, b, d, 3, 3, -9);
    cc_variant_apply(&three, b, d, in, mask, 3, 3, -9);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_equal(c, d, sizeof c);
}

/* scipy.ndimage.rotate 1.17 of a 7 x 7 picture whose pixel i is (i * 37) % 100, cval -50; of
 * that / 25 for the mask. */
static void rotation_is_scipys(void **state) {
    (void)state;
    static const struct {
        const char *name;
        float image[49];
        uint8_t mask[49];
    } cases[] = {
        {"rotate45",
         {-50,      -50,      56.2914f, 51.9911f, 50.6346f, -50,      -50,      -50,      21.1228f, 26.873f,
          32.6232f, 24.7696f, 92.6518f, -50,      58.7464f, 45.2578f, 45.9828f, 51.733f,  40.3259f, 37.4975f,
          41.7758f, 84.3532f, 69.3928f, 70.1177f, 88,       64.4609f, 58.0791f, 68.8545f, 41.331f,  42.0559f,
          35.6741f, 32.8457f, 30.0172f, 30.7422f, 24.3604f, -50,      66.1909f, 54.7838f, 43.3768f, 49.127f,
          54.8772f, -50,      -50,      -50,      59.68f,   45.3292f, 54.0232f, -50,      -50},
         {0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 2, 0, 3, 0, 2, 1, 1, 2, 1, 0, 2, 3, 3, 3, 3,
          3, 3, 3, 0, 2, 2, 0, 1, 1, 0, 0, 3, 2, 0, 2, 2, 0, 0, 0, 1, 1, 1, 0, 0}},
        {"rotate10",
         {-50,      -50,      -50,      30.5897f, 57.7246f, 57.2597f, -50,      44.5933f, 65.4775f, 47.0927f,
          47.9298f, 24.5498f, 40.2408f, -50,      46.8472f, 69.3895f, 73.7464f, 36.0575f, 51.2671f, 29.6876f,
          -50,      45.7672f, 29.3634f, 58.4179f, 88,       35.9385f, 47.6919f, 75.9549f, -50,      51.5056f,
          24.7329f, 41.1979f, 70.5162f, 46.6722f, 40.2402f, -50,      55.4812f, 51.4502f, 28.0702f, 28.9073f,
          53.0324f, 51.4213f, -50,      68.9426f, 57.7633f, 45.4103f, -50,      -50,      -50},
         {0, 0, 0, 1, 3, 3, 0, 2, 3, 1, 2, 0, 1, 0, 2, 2, 3, 1, 2, 0, 0, 0, 0, 2, 3,
          1, 2, 2, 0, 2, 0, 1, 3, 0, 0, 0, 1, 2, 0, 1, 3, 0, 0, 3, 3, 1, 0, 0, 0}},
        {"rotate70",
         {-50,      73.8927f, 60.247f,  34.3744f, -50, -50,      -50,      -50,      37.3282f, 28.863f,
          25.4294f, 59.7103f, 42.3659f, 29.6473f, -50, 46.4913f, 45.8269f, 40.7596f, 53.8489f, 56.1901f,
          59.1735f, 66.0894f, 47.9958f, 52.0428f, 88,  60.0647f, 36.2547f, 10.382f,  67.3298f, 70.7346f,
          65.0812f, 39.2085f, 30.1731f, 29.5087f, -50, 54.5313f, 42.1624f, 32.77f,   50.5706f, 47.137f,
          49.678f,  -50,      -50,      -50,      -50, 43.7602f, 61.825f,  81.7017f, -50},
         {0, 3, 1, 1, 0, 0, 0, 0, 1, 1, 0, 2, 2, 0, 0, 2, 2, 1, 3, 3, 3, 2, 1, 1, 3,
          1, 1, 0, 3, 3, 3, 2, 0, 0, 0, 2, 0, 0, 2, 1, 1, 0, 0, 0, 0, 1, 1, 3, 0}},
        {"rotate60",
         {-50,      -50,      59.046f,  45.6288f, -50, -50,      -50,      -50,      34.2796f, 20.3815f,
          19.8808f, 62.6814f, 59.0718f, -50,      -50, 54.4608f, 44.1525f, 47.2417f, 46.741f,  40.0225f,
          56.5091f, 59.1173f, 48.809f,  61.7058f, 88,  64.2942f, 53.9859f, 36.9789f, 76.6706f, 66.3623f,
          52.4641f, 35.4571f, 31.8475f, 21.5392f, -50, -50,      36.5434f, 33.4148f, 56.1192f, 55.6185f,
          41.7204f, -50,      -50,      -50,      -50, 60.275f,  56.1845f, -50,      -50},
         {0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 2, 2, 0, 0, 2, 1, 1, 1, 0, 3, 2, 1, 1, 3,
          3, 1, 1, 3, 2, 2, 0, 1, 0, 0, 0, 0, 0, 2, 2, 1, 0, 0, 0, 0, 3, 1, 0, 0}},
    };
    float in[49], out[49];
    uint8_t mask[49], out_mask[49];
    for (int i = 0; i < 49; i++) in[i] = (float)((i * 37) % 100), mask[i] = (uint8_t)(i * 37 % 100 / 25);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        cc_variant turn = variant(cases[k].name);
        cc_variant_apply(&turn, out, out_mask, in, mask, 7, 7, -50);
        for (int i = 0; i < 49; i++) assert_float_equal(out[i], cases[k].image[i], 1e-4);
        assert_memory_equal(out_mask, cases[k].mask, 49);
    }
}

static void what_is_turned_in_from_outside_is_fill(void **state) {
    (void)state;
    float in[64], out[64];
    uint8_t mask[64], out_mask[64];
    for (int i = 0; i < 64; i++) in[i] = 5, mask[i] = 3;
    cc_variant turn = variant("rotate45");
    cc_variant_apply(&turn, out, out_mask, in, mask, 8, 8, -200);
    static const int corners[] = {0, 7, 56, 63};
    for (int i = 0; i < 4; i++) {
        assert_true(out[corners[i]] == -200);
        assert_int_equal(out_mask[corners[i]], 0);
    }
    for (int i = 0; i < 64; i++) assert_true(out[i] == -200 ? out_mask[i] == 0 : out_mask[i] == 3);
    assert_float_equal(out[27], 5, 1e-6);
}

static void picture_or_mask_may_be_left_out(void **state) {
    (void)state;
    static const char *const names[] = {"hflip", "rotate30"};
    float in[9] = {1, 2, 3}, out[9];
    uint8_t mask[9] = {1}, out_mask[9];
    cc_augment augment;
    assert_ok(cc_augment_init(&augment, names, 2));
    for (int i = 0; i < augment.count; i++) {
        float both[9];
        uint8_t both_mask[9];
        cc_variant_apply(&augment.variants[i], both, both_mask, in, mask, 3, 3, 0);
        cc_variant_apply(&augment.variants[i], out, NULL, in, NULL, 3, 3, 0);
        cc_variant_apply(&augment.variants[i], NULL, out_mask, NULL, mask, 3, 3, 0);
        assert_memory_equal(both, out, sizeof out);
        assert_memory_equal(both_mask, out_mask, sizeof out_mask);
    }
}

static void a_name_is_told_from_other_words(void **state) {
    (void)state;
    static const char *const names[] = {"hflip", "vflip", "rotate1", "rotate45", "rotate359"};
    static const char *const others[] = {"",        "original",  "hflips",    "rotate",
                                         "rotate0", "rotate045", "rotate360", "rotate1.5"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) assert_true(cc_augment_is_name(names[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) assert_false(cc_augment_is_name(others[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_names_give_four_items_original_first),
        cmocka_unit_test(a_name_that_is_none_is_refused),
        cmocka_unit_test(flips_mirror_picture_and_mask),
        cmocka_unit_test(quarter_turns_are_exact_and_counter_clockwise),
        cmocka_unit_test(rotation_is_scipys),
        cmocka_unit_test(what_is_turned_in_from_outside_is_fill),
        cmocka_unit_test(a_name_is_told_from_other_words),
        cmocka_unit_test(picture_or_mask_may_be_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
