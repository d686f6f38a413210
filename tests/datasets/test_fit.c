/* tests/datasets/test_fit.c -- slices on a canvas and back. Right pixels are by hand, on pictures of a
 * few. */
#include <stdbool.h>
#include <string.h>
#include "support.h"
#include "datasets/fit.h"

static void a_size_is_rounded_up_to_the_multiple(void **state) {
    (void)state;
    assert_int_equal(cc_fit_size(122, 16), 128);
    assert_int_equal(cc_fit_size(128, 16), 128);
    assert_int_equal(cc_fit_size(1, 16), 16);
    assert_int_equal(cc_fit_size(7, 1), 7);
}

static void padding_centres_a_small_slice(void **state) {
    (void)state;
    static const float in[] = {1, 2, 3, 4, 5, 6};
    static const uint8_t mask[] = {0, 1, 0, 2, 0, 0};
    cc_fit fit = {.mode = "pad", .height = 5, .width = 5};
    float canvas[25], back[6];
    uint8_t canvas_mask[25];
    memset(canvas_mask, 7, sizeof canvas_mask);
    cc_fit_image(canvas, &fit, in, 2, 3, 9);
    cc_fit_mask(canvas_mask, &fit, mask, 2, 3);
    cc_fit_restore(back, &fit, canvas, 2, 3, -1);
    assert_memory_equal(back, in, sizeof in);
    for (int i = 0; i < 25; i++) {
        int y = i / 5 - 1, x = i % 5 - 1;
        bool inside = y >= 0 && y < 2 && x >= 0 && x < 3;
        assert_true(canvas[i] == (inside ? in[y * 3 + x] : 9));
        assert_int_equal(canvas_mask[i], inside ? mask[y * 3 + x] : 0);
    }
}

/* 5 x 4 onto 2 x 6: rows are cut, columns padded. */
static void padding_cuts_a_large_axis_about_its_centre(void **state) {
    (void)state;
    float in[20], canvas[12], back[20];
    uint8_t mask[20], canvas_mask[12];
    for (int i = 0; i < 20; i++) in[i] = (float)i, mask[i] = (uint8_t)(i + 1);
    cc_fit fit = {.mode = "pad", .height = 2, .width = 6};
    cc_fit_image(canvas, &fit, in, 5, 4, -5);
    cc_fit_mask(canvas_mask, &fit, mask, 5, 4);
    cc_fit_restore(back, &fit, canvas, 5, 4, 0.25f);
    for (int i = 0; i < 12; i++) {
        int y = i / 6 + 1, x = i % 6 - 1;
        bool inside = x >= 0 && x < 4;
        assert_true(canvas[i] == (inside ? in[y * 4 + x] : -5));
        assert_int_equal(canvas_mask[i], inside ? mask[y * 4 + x] : 0);
    }
    for (int i = 0; i < 20; i++) assert_true(back[i] == (i / 4 == 1 || i / 4 == 2 ? in[i] : 0.25f));
}

static void every_pair_of_sizes_comes_back_where_it_was(void **state) {
    (void)state;
    float in[81], canvas[81], back[81];
    for (int i = 0; i < 81; i++) in[i] = (float)i;
    for (int size = 1; size <= 9; size++)
        for (int side = 1; side <= 9; side++) {
            cc_fit fit = {.mode = "pad", .height = side, .width = side};
            int kept = 0, want = size < side ? size : side;
            cc_fit_image(canvas, &fit, in, size, size, -1);
            cc_fit_restore(back, &fit, canvas, size, size, -2);
            for (int i = 0; i < size * size; i++) {
                assert_true(back[i] == -2 || back[i] == in[i]);
                kept += back[i] == in[i];
            }
            assert_int_equal(kept, want * want);
        }
}

/* torch.nn.functional.interpolate(mode="bilinear", align_corners=False) of [[0, 4], [8, 12]] to 4 x 4. */
static void scaling_up_is_bilinear_with_pixel_centres(void **state) {
    (void)state;
    static const float in[] = {0, 4, 8, 12};
    static const float want[] = {0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12};
    cc_fit fit = {.mode = "scale", .height = 4, .width = 4};
    float canvas[16], back[4];
    cc_fit_image(canvas, &fit, in, 2, 2, -1);
    assert_memory_equal(canvas, want, sizeof want);
    cc_fit_restore(back, &fit, canvas, 2, 2, -1);
    static const float want_back[] = {1.5f, 4.5f, 7.5f, 10.5f};
    assert_memory_equal(back, want_back, sizeof want_back);
}

static void scaling_a_mask_takes_the_nearest_label(void **state) {
    (void)state;
    static const uint8_t in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const uint8_t up[] = {1, 1, 2, 2, 3, 3}, down[] = {2, 5, 8};
    uint8_t canvas[18];
    cc_fit fit = {.mode = "scale", .height = 3, .width = 6};
    cc_fit_mask(canvas, &fit, in, 3, 3);
    assert_memory_equal(canvas, up, sizeof up);
    fit.width = 1;
    cc_fit_mask(canvas, &fit, in, 3, 3);
    assert_memory_equal(canvas, down, sizeof down);
}

static void a_scale_of_1_changes_nothing(void **state) {
    (void)state;
    float in[35], out[35];
    uint8_t mask[35], out_mask[35];
    for (int i = 0; i < 35; i++) in[i] = (float)(i * i) / 7, mask[i] = (uint8_t)i;
    cc_fit fit = {.mode = "scale", .height = 5, .width = 7};
    cc_fit_image(out, &fit, in, 5, 7, 0);
    cc_fit_mask(out_mask, &fit, mask, 5, 7);
    assert_memory_equal(in, out, sizeof in);
    assert_memory_equal(mask, out_mask, sizeof mask);
}

static void a_fit_that_is_none_is_refused(void **state) {
    (void)state;
    assert_ok(cc_fit_check(&(cc_fit){.mode = "pad", .height = 16, .width = 32}));
    assert_error(cc_fit_check(&(cc_fit){.mode = "crop", .height = 1, .width = 1}), CC_ECONFIG,
                 "preprocess.fit");
    assert_error(cc_fit_check(&(cc_fit){.height = 1, .width = 1}), CC_ECONFIG, "preprocess.fit");
    assert_error(cc_fit_check(&(cc_fit){.mode = "pad", .height = 0, .width = 1}), CC_ECONFIG,
                 "preprocess.size");
    assert_error(cc_fit_check(&(cc_fit){.mode = "pad", .height = 1, .width = 1 << 20}), CC_ECONFIG,
                 "preprocess.size");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_size_is_rounded_up_to_the_multiple),
        cmocka_unit_test(padding_centres_a_small_slice),
        cmocka_unit_test(padding_cuts_a_large_axis_about_its_centre),
        cmocka_unit_test(every_pair_of_sizes_comes_back_where_it_was),
        cmocka_unit_test(scaling_up_is_bilinear_with_pixel_centres),
        cmocka_unit_test(scaling_a_mask_takes_the_nearest_label),
        cmocka_unit_test(a_scale_of_1_changes_nothing),
        cmocka_unit_test(a_fit_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
