/* tests/datasets/test_morphology.c -- unions, openings and boxes of masks: by hand on small pictures, and
 * for random ones against the definition, rectangle by rectangle. */
#include "datasets/morphology.h"
#include <string.h>
#include "core/rng.h"
#include "support.h"

static void a_union_holds_what_any_slice_holds(void **state) {
    (void)state;
    const uint8_t slices[] = {7, 0, 0, 0, /**/ 0, 3, 1, 0};
    uint8_t out[] = {9, 9, 9, 9};
    cc_mask_union(out, slices, 2, 2, 2);
    assert_memory_equal(out, ((uint8_t[]){1, 1, 1, 0}), 4);
}

/* '#' is foreground. */
static void check_opening(const char *before, const char *after, int height, int width, int tall, int wide) {
    uint8_t mask[64];
    assert_int_equal(strlen(before), height * width);
    for (int i = 0; i < height * width; i++) mask[i] = before[i] == '#' ? 255 : 0;
    cc_mask_open(mask, mask, height, width, tall, wide);
    for (int i = 0; i < height * width; i++) assert_int_equal(mask[i], after[i] == '#');
}

static void an_opening_keeps_what_the_rectangle_fits_in(void **state) {
    (void)state;
    check_opening("##.##"
                  "#####"
                  ".##.#",
                  "##.##"
                  "#####"
                  ".##..",
                  3, 5, 2, 2);
    check_opening("##.##"
                  "#####"
                  ".##.#",
                  "....."
                  "#####"
                  ".....",
                  3, 5, 1, 3);
    check_opening("##.##"
                  "#####"
                  ".##.#",
                  ".#..#"
                  ".#..#"
                  ".#..#",
                  3, 5, 3, 1);
}

static void a_rectangle_of_one_pixel_changes_nothing_and_one_too_large_leaves_nothing(void **state) {
    (void)state;
    check_opening("#.##", "#.##", 2, 2, 1, 1);
    check_opening("####", "####", 2, 2, 2, 2);
    check_opening("####", "....", 2, 2, 3, 2);
    check_opening("####", "....", 2, 2, 1, 3);
}

/* By the definition: every rectangle that fits is filled. */
static void open_plainly(uint8_t *out, const uint8_t *in, int height, int width, int tall, int wide) {
    memset(out, 0, (size_t)(height * width));
    for (int y = 0; y + tall <= height; y++)
        for (int x = 0; x + wide <= width; x++) {
            int inside = 0;
            for (int i = 0; i < tall * wide; i++) inside += in[(y + i / wide) * width + x + i % wide];
            for (int i = 0; inside == tall * wide && i < tall * wide; i++)
                out[(y + i / wide) * width + x + i % wide] = 1;
        }
}

static void openings_of_random_masks_follow_the_definition(void **state) {
    (void)state;
    enum { HEIGHT = 19, WIDTH = 23 };
    uint8_t in[HEIGHT * WIDTH], out[HEIGHT * WIDTH], want[HEIGHT * WIDTH];
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_BOOTSTRAP, 0, 0);
    for (int round = 0; round < 40; round++) {
        int tall = 1 + round % 4, wide = 1 + round % 5;
        for (int i = 0; i < HEIGHT * WIDTH; i++) in[i] = cc_rng_below(&rng, 10) > 0;
        cc_mask_open(out, in, HEIGHT, WIDTH, tall, wide);
        open_plainly(want, in, HEIGHT, WIDTH, tall, wide);
        assert_memory_equal(out, want, sizeof out);
    }
}

static void check_box(const uint8_t *mask, int y0, int x0, int y1, int x1) {
    cc_box box = cc_mask_box(mask, 3, 4);
    assert_int_equal(box.y0, y0);
    assert_int_equal(box.x0, x0);
    assert_int_equal(box.y1, y1);
    assert_int_equal(box.x1, x1);
}

static void a_box_lies_closely_around_the_foreground_and_is_zero_without_any(void **state) {
    (void)state;
    check_box((uint8_t[12]){0}, 0, 0, 0, 0);
    check_box((uint8_t[12]){[11] = 1}, 2, 3, 3, 4);
    check_box((uint8_t[12]){[2] = 1, [5] = 200}, 0, 1, 2, 3);
    check_box((uint8_t[12]){[0] = 1, [11] = 1}, 0, 0, 3, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_union_holds_what_any_slice_holds),
        cmocka_unit_test(an_opening_keeps_what_the_rectangle_fits_in),
        cmocka_unit_test(a_rectangle_of_one_pixel_changes_nothing_and_one_too_large_leaves_nothing),
        cmocka_unit_test(openings_of_random_masks_follow_the_definition),
        cmocka_unit_test(a_box_lies_closely_around_the_foreground_and_is_zero_without_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
