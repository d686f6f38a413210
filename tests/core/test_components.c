/* tests/core/test_components.c -- connected components of masks. Right labels are drawn by hand on small
 * pictures. */
#include "core/components.h"
#include <stdlib.h>
#include "support.h"

static void check_labels(const uint8_t *mask, int depth, int height, int width, int neighbours,
                         const uint32_t *labels, size_t count) {
    cc_components c;
    assert_ok(cc_components_init(&c, mask, depth, height, width, neighbours));
    assert_int_equal(c.count, count);
    size_t voxels = (size_t)(depth * height * width), sum = 0, foreground = 0;
    assert_memory_equal(c.labels, labels, voxels * sizeof *labels);
    for (size_t i = 0; i < count; i++) sum += c.sizes[i];
    for (size_t i = 0; i < voxels; i++) foreground += mask[i] != 0;
    assert_int_equal(sum, foreground);
    cc_components_deinit(&c);
}

static void corners_join_with_8_neighbours_only(void **state) {
    (void)state;
    const uint8_t mask[] = {1, 0, 0, 1, /**/ 0, 9, 0, 1, /**/ 0, 0, 1, 0};
    check_labels(mask, 1, 3, 4, 4, (uint32_t[]){1, 0, 0, 2, 0, 3, 0, 2, 0, 0, 4, 0}, 4);
    check_labels(mask, 1, 3, 4, 8, (uint32_t[]){1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0}, 1);
}

/* Two slices of 2x2: a column through both, and a voxel at the corner of its upper end. */
static void slices_join_in_3d_only(void **state) {
    (void)state;
    const uint8_t mask[] = {1, 0, 0, 0, /**/ 1, 0, 0, 1};
    check_labels(mask, 2, 2, 2, 6, (uint32_t[]){1, 0, 0, 0, 1, 0, 0, 2}, 2);
    check_labels(mask, 2, 2, 2, 26, (uint32_t[]){1, 0, 0, 0, 1, 0, 0, 1}, 1);
    check_labels(mask, 2, 2, 2, 4, (uint32_t[]){1, 0, 0, 0, 2, 0, 0, 3}, 3);
    check_labels(mask, 2, 2, 2, 8, (uint32_t[]){1, 0, 0, 0, 2, 0, 0, 2}, 2);
    const uint8_t corner[] = {1, 0, 0, 0, /**/ 0, 0, 0, 1};
    check_labels(corner, 2, 2, 2, 6, (uint32_t[]){1, 0, 0, 0, 0, 0, 0, 2}, 2);
    check_labels(corner, 2, 2, 2, 26, (uint32_t[]){1, 0, 0, 0, 0, 0, 0, 1}, 1);
}

/* Branches that meet only at the end: a comb, teeth up. */
static void branches_that_meet_late_are_one(void **state) {
    (void)state;
    const uint8_t mask[] = {1, 0, 1, 0, 1, /**/ 1, 0, 1, 0, 1, /**/ 1, 1, 1, 1, 1};
    cc_components c;
    check_labels(mask, 1, 3, 5, 4, (uint32_t[]){1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1}, 1);
    assert_ok(cc_components_init(&c, mask, 1, 2, 5, 4));
    assert_int_equal(c.count, 3);
    for (int i = 0; i < 3; i++) assert_int_equal(c.sizes[i], 2);
    cc_components_deinit(&c);
}

static void an_edge_of_the_picture_joins_nothing(void **state) {
    (void)state;
    check_labels((uint8_t[]){0, 0, 1, /**/ 1, 0, 0}, 1, 2, 3, 8, (uint32_t[]){0, 0, 1, 2, 0, 0}, 2);
    check_labels((uint8_t[]){0, 0, 0, /**/ 1, 0, 1}, 1, 2, 3, 8, (uint32_t[]){0, 0, 0, 1, 0, 2}, 2);
}

static void an_empty_mask_has_no_component(void **state) {
    (void)state;
    check_labels((uint8_t[4]){0}, 1, 2, 2, 26, (uint32_t[4]){0}, 0);
}

/* One path through a large volume, which a recursive fill would not survive. */
static void a_full_volume_is_one_component(void **state) {
    (void)state;
    enum { SIDE = 100 };
    uint8_t *mask = malloc((size_t)SIDE * SIDE * SIDE);
    cc_components c;
    assert_non_null(mask);
    for (size_t i = 0; i < (size_t)SIDE * SIDE * SIDE; i++) mask[i] = 1;
    assert_ok(cc_components_init(&c, mask, SIDE, SIDE, SIDE, 26));
    assert_int_equal(c.count, 1);
    assert_int_equal(c.sizes[0], SIDE * SIDE * SIDE);
    cc_components_deinit(&c);
    free(mask);
}

static void wrong_neighbours_and_sizes_are_refused(void **state) {
    (void)state;
    const uint8_t mask[1] = {1};
    cc_components c;
    assert_error(cc_components_init(&c, mask, 1, 1, 1, 18), CC_EINVAL, "18 neighbours");
    assert_error(cc_components_init(&c, mask, 0, 1, 1, 6), CC_EINVAL, "none or too many");
    assert_error(cc_components_init(&c, mask, 1 << 11, 1 << 11, 1 << 11, 6), CC_EINVAL, "none or too many");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corners_join_with_8_neighbours_only),
        cmocka_unit_test(slices_join_in_3d_only),
        cmocka_unit_test(branches_that_meet_late_are_one),
        cmocka_unit_test(an_edge_of_the_picture_joins_nothing),
        cmocka_unit_test(an_empty_mask_has_no_component),
        cmocka_unit_test(a_full_volume_is_one_component),
        cmocka_unit_test(wrong_neighbours_and_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
