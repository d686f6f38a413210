/* tests/metrics/test_bounds.c -- the box around two masks, and what is copied from it. */
#include "metrics/bounds.h"
#include "support.h"

enum { DEPTH = 3, HEIGHT = 4, WIDTH = 5, VOXELS = DEPTH * HEIGHT * WIDTH };

static int at(int z, int y, int x) {
    return (z * HEIGHT + y) * WIDTH + x;
}

static void the_box_holds_both_masks_and_no_more(void **state) {
    (void)state;
    uint8_t a[VOXELS] = {0}, b[VOXELS] = {0};
    int16_t values[VOXELS], got[8];
    for (int i = 0; i < VOXELS; i++) values[i] = (int16_t)i;
    a[at(1, 3, 3)] = 7;
    b[at(2, 2, 2)] = 1;
    const cc_bounds box = cc_bounds_find(a, b, DEPTH, HEIGHT, WIDTH);
    assert_memory_equal(&box, (&(cc_bounds){{1, 2, 2}, {2, 2, 2}}), sizeof box);
    assert_int_equal(cc_bounds_voxels(&box), 8);
    cc_bounds_copy(got, &box, values, sizeof *values, HEIGHT, WIDTH);
    for (int i = 0; i < 8; i++) assert_int_equal(got[i], at(1 + i / 4, 2 + i / 2 % 2, 2 + i % 2));
}

static void it_reaches_to_the_last_voxel(void **state) {
    (void)state;
    uint8_t a[VOXELS] = {0}, b[VOXELS] = {0};
    a[0] = b[VOXELS - 1] = 1;
    const cc_bounds box = cc_bounds_find(a, b, DEPTH, HEIGHT, WIDTH);
    assert_memory_equal(&box, (&(cc_bounds){{0, 0, 0}, {DEPTH, HEIGHT, WIDTH}}), sizeof box);
}

static void empty_masks_have_an_empty_box(void **state) {
    (void)state;
    const uint8_t none[VOXELS] = {0};
    const cc_bounds box = cc_bounds_find(none, none, DEPTH, HEIGHT, WIDTH);
    assert_memory_equal(&box, (&(cc_bounds){0}), sizeof box);
    assert_int_equal(cc_bounds_voxels(&box), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_box_holds_both_masks_and_no_more),
        cmocka_unit_test(it_reaches_to_the_last_voxel),
        cmocka_unit_test(empty_masks_have_an_empty_box),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
