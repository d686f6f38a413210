/* tests/datasets/test_reduce.c -- cells of voxels, worked by hand; the shared fixture is compared by `calcade
 * parity`. */
#include "datasets/reduce.h"
#include "support.h"

/* x, y, z = 3, 2, 1 in cells of 2, 2, 2: a whole one without calcium, and what is left of another, with
 * it. */
static void a_cell_is_its_mean_or_with_calcium_its_maximum(void **state) {
    (void)state;
    const float in[6] = {10, 130, 131, 20, 40, -500};
    const int64_t dims[3] = {3, 2, 1}, factors[3] = {2, 2, 2};
    float value[2];
    uint8_t marked[2];
    cc_reduce(value, marked, in, dims, factors, 130);
    assert_true(value[0] == 50 && value[1] == 131);
    assert_true(marked[0] == 0 && marked[1] == 1); /* 130 itself is not above */
    cc_reduce(value, NULL, in, dims, factors, -600);
    assert_true(value[0] == 130 && value[1] == 131);
    const int64_t ones[3] = {1, 1, 1};
    float same[6];
    cc_reduce(same, NULL, in, dims, ones, 130);
    assert_memory_equal(same, in, sizeof in);
}

static void a_cell_has_the_label_that_most_of_its_labelled_voxels_have(void **state) {
    (void)state;
    /* Of 1 voxel against 3 of background, the label; of two labels, the one of more; of equals the lower. */
    const uint8_t in[12] = {0, 0, 3, 2, 2, 1, 0, 255, 3, 2, 1, 0};
    uint8_t out[3];
    cc_reduce_labels(out, in, (int64_t[]){6, 2, 1}, (int64_t[]){2, 2, 1});
    assert_memory_equal(out, ((uint8_t[]){255, 2, 1}), 3);
    cc_reduce_labels(out, (uint8_t[]){0, 0, 0}, (int64_t[]){3, 1, 1}, (int64_t[]){5, 1, 1});
    assert_int_equal(out[0], 0);
}

/* 7 voxels of 0.5 mm in cells of 3: three, the first about the second voxel, 0.5 mm on. */
static void cells_lie_about_their_voxels(void **state) {
    (void)state;
    cc_grid scan = cc_grid_unit(), cells;
    scan.dims[1] = 7, scan.spacing_mm[1] = 0.5, scan.origin_mm[0] = 4;
    scan.direction[0] = scan.direction[4] = 0, scan.direction[1] = -1, scan.direction[3] = 1;
    assert_ok(cc_reduce_grid(&cells, &scan, (int64_t[]){1, 3, 2}));
    assert_memory_equal(cells.dims, ((int64_t[]){1, 3, 1}), sizeof cells.dims);
    assert_true(cells.spacing_mm[1] == 1.5 && cells.spacing_mm[2] == 2);
    assert_true(cells.origin_mm[0] == 3.5 && cells.origin_mm[1] == 0 && cells.origin_mm[2] == 0.5);
    assert_error(cc_reduce_grid(&cells, &scan, (int64_t[]){1, 0, 2}), CC_EINVAL, "a factor of 0 along y");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_is_its_mean_or_with_calcium_its_maximum),
        cmocka_unit_test(a_cell_has_the_label_that_most_of_its_labelled_voxels_have),
        cmocka_unit_test(cells_lie_about_their_voxels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
