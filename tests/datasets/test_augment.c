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
    assert_error(cc_augment_init(&augment, many, CC_AUGMENT_MAX + 1), CC_ECONFIG, "64 names");
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

/* scipy.ndimage.rotate 1.17 of a 5 x 6 picture whose pixel i is (i * 37) % 100, cval -50; of i % 3 for the
 * mask. */
static void rotation_is_scipys(void **state) {
    (void)state;
    static const struct {
        const char *name;
        float image[30];
        uint8_t mask[30];
    } cases[] = {
        {"rotate45",
         {-50,      -50,      36.8536f, 53.4204f, 22.8048f, -50,      -50,      69.883f,  40.8916f, 67.9663f,
          57.0205f, 51.4049f, 32.2017f, 73.921f,  45.818f,  57.3597f, 43.0129f, 40.7983f, 21.5951f, 63.3144f,
          41.2774f, 46.753f,  88.4723f, -50,      -50,      51.8195f, 21.2038f, 36.1464f, -50,      -50},
         {0, 0, 1, 1, 2, 0, 0, 2, 0, 1, 1, 2, 1, 1, 2, 0, 1, 1, 0, 1, 1, 2, 0, 0, 0, 0, 1, 1, 0, 0}},
        {"rotate10",
         {-50,      -50,      -50,      26.1475f, 56.9671f, -50,      20.6138f, 60.872f,  83.0057f, 41.3883f,
          66.5605f, -50,      35.8546f, 74.4275f, 24.9874f, 56.6291f, 71.4336f, 39.2946f, -50,      29.8473f,
          33.3057f, 71.8699f, 31.7717f, 52.3862f, -50,      39.0452f, 46.8525f, -50,      -50,      -50},
         {0, 0, 0, 0, 1, 0, 0, 1, 2, 0, 1, 0, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 0}},
        {"rotate70",
         {-50,      -50,      56.6935f, 52.6128f, 43.9336f, -50,      -50,      21.086f,  47.0802f, 72.6018f,
          18.4639f, -50,      -50,      86.508f,  51.3632f, 53.164f,  85.189f,  -50,      -50,      59.2638f,
          58.6383f, 30.9746f, 59.2478f, -50,      -50,      32.0197f, 55.7174f, 19.5131f, -50,      -50},
         {0, 0, 1, 2, 2, 0, 0, 0, 0, 1, 1, 0, 0, 2, 2, 0, 0, 0, 0, 1, 1, 2, 2, 0, 0, 0, 0, 1, 0, 0}},
        {"rotate30",
         {-50,      -50,     13.8734f, 56.9164f, 20.0555f, -50,      -50,      71.383f,  57.7272f, 57.4689f,
          70.608f,  -50,     28.8927f, 66.9115f, 38.3038f, 58.0215f, 41.1366f, 44.1073f, -50,      64.3552f,
          32.1577f, 58.574f, 71.7132f, -50,      -50,      53.3052f, 16.0836f, 59.1266f, -50,      -50},
         {0, 0, 0, 1, 2, 0, 0, 2, 0, 0, 1, 0, 0, 1, 2, 0, 1, 2, 0, 1, 2, 2, 0, 0, 0, 0, 1, 2, 0, 0}},
    };
    float in[30], out[30];
    uint8_t mask[30], out_mask[30];
    for (int i = 0; i < 30; i++) in[i] = (float)((i * 37) % 100), mask[i] = (uint8_t)(i % 3);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        cc_variant turn = variant(cases[k].name);
        cc_variant_apply(&turn, out, out_mask, in, mask, 5, 6, -50);
        for (int i = 0; i < 30; i++) assert_float_equal(out[i], cases[k].image[i], 1e-4);
        assert_memory_equal(out_mask, cases[k].mask, 30);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_names_give_four_items_original_first),
        cmocka_unit_test(a_name_that_is_none_is_refused),
        cmocka_unit_test(flips_mirror_picture_and_mask),
        cmocka_unit_test(quarter_turns_are_exact_and_counter_clockwise),
        cmocka_unit_test(rotation_is_scipys),
        cmocka_unit_test(what_is_turned_in_from_outside_is_fill),
        cmocka_unit_test(picture_or_mask_may_be_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
