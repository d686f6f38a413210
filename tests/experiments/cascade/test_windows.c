/* Where stage 3 looks: one window a component, in the slice, over all that was marked. */
#include <string.h>
#include "experiments/cascade/windows.h"
#include "support.h"

enum { SIDE = 40, SIZE = 16 };

static uint8_t mask[SIDE * SIDE], truth[SIDE * SIDE];

static void clear(void) {
    memset(mask, 0, sizeof mask);
    memset(truth, 0, sizeof truth);
}

static void fill(uint8_t *out, cc_box box, uint8_t value) {
    for (int y = box.y0; y < box.y1; y++)
        for (int x = box.x0; x < box.x1; x++) out[y * SIDE + x] = value;
}

static void assert_box(const cc_view_item *item, int y0, int x0, int y1, int x1) {
    const cc_box *b = &item->box;
    if (b->y0 != y0 || b->x0 != x0 || b->y1 != y1 || b->x1 != x1)
        print_error("%d %d %d %d is not %d %d %d %d\n", b->y0, b->x0, b->y1, b->x1, y0, x0, y1, x1);
    assert_true(b->y0 == y0 && b->x0 == x0 && b->y1 == y1 && b->x1 == x1);
    assert_memory_equal(b, &item->keep, sizeof *b);
}

static void a_window_lies_about_the_middle_of_its_component_and_in_the_slice(void **state) {
    (void)state;
    cc_windows w;
    clear();
    cc_windows_init(&w, SIZE);
    fill(mask, (cc_box){20, 18, 24, 22}, 1);
    assert_ok(cc_windows_add(&w, 7, CC_WINDOW_TRUE, mask, NULL, SIDE, SIDE));
    clear();
    fill(mask, (cc_box){0, 39, 1, 40}, 3); /* a corner, of another label */
    assert_ok(cc_windows_add(&w, 9, CC_WINDOW_FALSE, mask, NULL, SIDE, SIDE));
    assert_int_equal(w.count, 2);
    assert_box(&w.items[0], 14, 12, 30, 28);
    assert_int_equal(w.items[0].base, 7);
    assert_box(&w.items[1], 0, 24, 16, 40);
    assert_int_equal(w.items[1].group, CC_WINDOW_FALSE);
    cc_windows_deinit(&w);
}

static void corners_join_components_and_a_gap_parts_them(void **state) {
    (void)state;
    cc_windows w;
    clear();
    cc_windows_init(&w, SIZE);
    fill(mask, (cc_box){8, 8, 9, 9}, 1);
    fill(mask, (cc_box){9, 9, 10, 10}, 1);
    fill(mask, (cc_box){30, 8, 31, 9}, 1);
    fill(mask, (cc_box){32, 8, 33, 9}, 1);
    assert_ok(cc_windows_add(&w, 0, 0, mask, NULL, SIDE, SIDE));
    assert_int_equal(w.count, 3);
    assert_box(&w.items[0], 1, 1, 17, 17);
    assert_box(&w.items[1], 22, 0, 38, 16);
    assert_box(&w.items[2], 24, 0, 40, 16);
    cc_windows_deinit(&w);
}

static void a_window_is_not_listed_twice(void **state) {
    (void)state;
    cc_windows w;
    clear();
    cc_windows_init(&w, SIZE);
    fill(mask, (cc_box){0, 0, 1, 1}, 1);
    fill(mask, (cc_box){2, 2, 3, 3}, 1); /* both at the corner */
    assert_ok(cc_windows_add(&w, 0, 0, mask, NULL, SIDE, SIDE));
    assert_int_equal(w.count, 1);
    assert_ok(cc_windows_add(&w, 1, 0, mask, NULL, SIDE, SIDE));
    assert_int_equal(w.count, 2);
    cc_windows_deinit(&w);
}

static void a_large_component_is_covered_by_several_windows(void **state) {
    (void)state;
    cc_windows w;
    uint8_t seen[SIDE * SIDE] = {0};
    clear();
    cc_windows_init(&w, SIZE);
    fill(mask, (cc_box){1, 2, 39, 22}, 1);
    assert_ok(cc_windows_add(&w, 0, 0, mask, NULL, SIDE, SIDE));
    assert_int_equal(w.count, 3 * 2);
    for (size_t i = 0; i < w.count; i++) {
        const cc_box *b = &w.items[i].box;
        assert_true(b->y0 >= 0 && b->x0 >= 0 && b->y1 <= SIDE && b->x1 <= SIDE);
        assert_true(b->y1 - b->y0 == SIZE && b->x1 - b->x0 == SIZE);
        fill(seen, *b, 1);
    }
    for (size_t i = 0; i < sizeof mask; i++) assert_true(seen[i] || !mask[i]);
    cc_windows_deinit(&w);
}

static void a_slice_smaller_than_the_window_is_shown_whole(void **state) {
    (void)state;
    cc_windows w;
    clear();
    cc_windows_init(&w, 64);
    fill(mask, (cc_box){3, 3, 5, 30}, 1);
    assert_ok(cc_windows_add(&w, 0, 0, mask, NULL, SIDE, SIDE));
    assert_int_equal(w.count, 1);
    assert_box(&w.items[0], 0, 0, SIDE, SIDE);
    cc_windows_deinit(&w);
}

static void a_component_that_touches_the_truth_is_not_false(void **state) {
    (void)state;
    cc_windows w;
    clear();
    cc_windows_init(&w, SIZE);
    fill(mask, (cc_box){2, 2, 6, 6}, 1);
    fill(mask, (cc_box){30, 30, 34, 34}, 1);
    fill(truth, (cc_box){5, 5, 9, 9}, 2);
    assert_ok(cc_windows_add(&w, 0, CC_WINDOW_FALSE, mask, truth, SIDE, SIDE));
    assert_int_equal(w.count, 1);
    assert_box(&w.items[0], 24, 24, 40, 40);
    memset(mask, 0, sizeof mask);
    assert_ok(cc_windows_add(&w, 1, CC_WINDOW_FALSE, mask, truth, SIDE, SIDE));
    assert_int_equal(w.count, 1);
    cc_windows_deinit(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_lies_about_the_middle_of_its_component_and_in_the_slice),
        cmocka_unit_test(corners_join_components_and_a_gap_parts_them),
        cmocka_unit_test(a_window_is_not_listed_twice),
        cmocka_unit_test(a_large_component_is_covered_by_several_windows),
        cmocka_unit_test(a_slice_smaller_than_the_window_is_shown_whole),
        cmocka_unit_test(a_component_that_touches_the_truth_is_not_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
