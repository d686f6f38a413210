/* tests/metrics/test_surfaces.c -- distances between surfaces against MONAI's in golden/rivals-scores.h5, and
 * against SciPy's at borders, of single voxels and in planes. */
#include "metrics/surfaces.h"
#include <hdf5.h>
#include <math.h>
#include <string.h>
#include "made_scan.h"
#include "support.h"

/* In the order of the golden columns. */
static void check_scores(const char *name, const uint8_t *prediction, const uint8_t *truth, const int size[3],
                         const double spacing_mm[3], double tolerance_mm, const double want[5],
                         double relative) {
    cc_surface_distances d;
    cc_surface_scores s;
    assert_ok(cc_surface_distances_init(&d, prediction, truth, size[0], size[1], size[2], spacing_mm));
    assert_ok(cc_surface_scores_make(&s, &d, tolerance_mm));
    cc_surface_distances_deinit(&d);
    const double got[5] = {s.hausdorff, s.hausdorff95, s.assd, s.to_truth, s.nsd};
    for (int i = 0; i < 5; i++) {
        if (got[i] == want[i] || (isnan(got[i]) && isnan(want[i]))) continue;
        if (!(fabs(got[i] - want[i]) <= relative * fabs(want[i])))
            fail_msg("%s, column %d: %.15g instead of %.15g", name, i, got[i], want[i]);
    }
}

/* A dataset as a whole into `out`, of at most `capacity` values; its rank, and its dims of three. */
static int read_array(void *out, size_t capacity, int size[3], hid_t group, const char *name, hid_t type) {
    hid_t set = H5Dopen2(group, name, H5P_DEFAULT), space = H5Dget_space(set);
    hsize_t dims[3] = {0};
    int rank = H5Sget_simple_extent_ndims(space);
    assert_true(rank >= 1 && rank <= 3 && (size_t)H5Sget_simple_extent_npoints(space) <= capacity);
    H5Sget_simple_extent_dims(space, dims, NULL);
    for (int k = 0; k < 3; k++) size[k] = k < 3 - rank ? 1 : (int)dims[k - (3 - rank)];
    assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) >= 0);
    H5Sclose(space);
    H5Dclose(set);
    return rank;
}

static void read_attribute(double *out, hid_t group, const char *name) {
    hid_t attribute = H5Aopen(group, name, H5P_DEFAULT);
    assert_true(H5Aread(attribute, H5T_NATIVE_DOUBLE, out) >= 0);
    H5Aclose(attribute);
}

/* 1e-6 relative: MONAI rounds to float32. */
static void scores_are_those_of_monai(void **state) {
    (void)state;
    static const char *const names[] = {"overlap",     "border",          "specks", "one-voxel",
                                        "two-voxels",  "identical",       "plane",  "both-empty",
                                        "truth-empty", "prediction-empty"};
    hid_t file = H5Fopen(cc_test_shared("golden/rivals-scores.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t surfaces = H5Gopen2(file, "surfaces", H5P_DEFAULT);
    assert_true(surfaces >= 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        static uint8_t prediction[1 << 14], truth[1 << 14];
        int size[3], other[3];
        double want[5], spacing[3], tolerance;
        hid_t group = H5Gopen2(surfaces, names[i], H5P_DEFAULT);
        int rank = read_array(prediction, sizeof prediction, size, group, "prediction", H5T_NATIVE_UINT8);
        read_array(truth, sizeof truth, other, group, "truth", H5T_NATIVE_UINT8);
        assert_memory_equal(size, other, sizeof size);
        read_array(want, 5, other, group, "expect/values", H5T_NATIVE_DOUBLE);
        read_attribute(spacing, group, "spacing"); /* slowest first */
        read_attribute(&tolerance, group, "tolerance");
        const double mm[3] = {spacing[rank - 1], spacing[rank - 2], rank == 3 ? spacing[0] : 1};
        check_scores(names[i], prediction, truth, size, mm, tolerance, want, 1e-6);
        H5Gclose(group);
    }
    H5Gclose(surfaces);
    H5Fclose(file);
}

static const int made_size[3] = {MADE_DEPTH, MADE_HEIGHT, MADE_WIDTH};
static const double made_mm[3] = {0.45, 0.7, 3};

/* SciPy 1.17.1: surface m & ~binary_erosion(m), distances distance_transform_edt(~surface, spacing),
 * quantiles numpy.percentile; tolerance 1 mm. Prediction: label 1 and hu > 200; truth: hu > 300. */
static void scattered_voxels_are_as_far_apart_as_scipy_has_them(void **state) {
    (void)state;
    static made_scan scan;
    static uint8_t prediction[MADE_VOXELS], truth[MADE_VOXELS];
    make_scan(&scan);
    for (int i = 0; i < MADE_VOXELS; i++) {
        prediction[i] = scan.mask[i] == 1 && scan.hu[i] > 200;
        truth[i] = scan.truth[i] && scan.hu[i] > 300;
    }
    check_scores("scan", prediction, truth, made_size, made_mm, 1,
                 (double[]){2.8359301824974463, 1.9448650338776723, 0.7351300865499166, 0.8094798828735359,
                            0.7673267326732673},
                 1e-12);
    const int third = 2 * MADE_HEIGHT * MADE_WIDTH, size[3] = {1, MADE_HEIGHT, MADE_WIDTH};
    check_scores("slice", prediction + third, truth + third, size, made_mm, 1,
                 (double[]){2.8359301824974463, 2.772870021718824, 1.0091251981833997, 1.1803349174607611,
                            0.6333333333333333},
                 1e-12);
}

static void fill(uint8_t *mask, const int low[3], const int high[3]) {
    memset(mask, 0, MADE_VOXELS);
    for (int z = low[0]; z < high[0]; z++)
        for (int y = low[1]; y < high[1]; y++)
            for (int x = low[2]; x < high[2]; x++) mask[(z * MADE_HEIGHT + y) * MADE_WIDTH + x] = 255;
}

/* Two boxes that lie in opposite corners and overlap in the middle, by SciPy as above: voxels at the border
 * are on the surface. Then one voxel in each mask. */
static void borders_are_surfaces_and_a_voxel_is_its_own(void **state) {
    (void)state;
    static uint8_t prediction[MADE_VOXELS], truth[MADE_VOXELS];
    fill(prediction, (int[]){0, 0, 0}, (int[]){4, 7, 9});
    fill(truth, (int[]){1, 3, 5}, (int[]){5, 12, 14});
    check_scores("boxes", prediction, truth, made_size, made_mm, 1,
                 (double[]){5.129571132170798, 4.314499839186007, 2.3220665660340614, 2.0872428351189156,
                            0.22058823529411764},
                 1e-12);
    const double far = sqrt(9 * 9 + 6.3 * 6.3 + 4.5 * 4.5);
    fill(prediction, (int[]){4, 11, 13}, (int[]){5, 12, 14});
    fill(truth, (int[]){1, 2, 3}, (int[]){2, 3, 4});
    check_scores("voxels", prediction, truth, made_size, made_mm, far, (double[]){far, far, far, far, 1},
                 1e-15);
    check_scores("voxels", prediction, truth, made_size, made_mm, far * 0.999,
                 (double[]){far, far, far, far, 0}, 1e-15);
}

/* 3 x 0.1 mm is more than 0.3 mm in binary numbers. */
static void a_distance_that_is_the_tolerance_lies_within_it(void **state) {
    (void)state;
    check_scores("line", (uint8_t[]){1, 0, 0, 0}, (uint8_t[]){0, 0, 0, 1}, (int[]){1, 1, 4},
                 (double[]){0.1, 1, 1}, 0.3, (double[]){0.3, 0.3, 0.3, 0.3, 1}, 1e-15);
}

/* Worked by hand: distances 0, 0, 0, 1, 2, 3, 4 one way, 0 the other; the 95 % quantile is at rank 5.7. */
static void a_quantile_lies_between_two_ranks(void **state) {
    (void)state;
    check_scores("row", (uint8_t[]){1, 1, 1, 1, 1, 1, 1}, (uint8_t[]){1, 1, 1, 0, 0, 0, 0}, (int[]){1, 1, 7},
                 (double[]){1, 1, 1}, 2, (double[]){4, 3.7, 1, 10.0 / 7, 0.8}, 1e-15);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    const uint8_t mask[1] = {0};
    cc_surface_distances d = {.to_truth_count = 9};
    cc_surface_scores s = {.nsd = -9};
    assert_error(cc_surface_distances_init(&d, mask, mask, 1, 1, 0, made_mm), CC_EINVAL, "none or too many");
    assert_error(cc_surface_distances_init(&d, mask, mask, 1, 1, 1, (double[]){1, 0, 1}), CC_EINVAL,
                 "spacing of 0 mm");
    assert_true(d.to_truth_count == 9);
    d = (cc_surface_distances){0};
    assert_error(cc_surface_scores_make(&s, &d, -1), CC_EINVAL, "tolerance of -1 mm");
    assert_error(cc_surface_scores_make(&s, &d, NAN), CC_EINVAL, "tolerance");
    assert_true(s.nsd == -9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_monai),
        cmocka_unit_test(scattered_voxels_are_as_far_apart_as_scipy_has_them),
        cmocka_unit_test(borders_are_surfaces_and_a_voxel_is_its_own),
        cmocka_unit_test(a_distance_that_is_the_tolerance_lies_within_it),
        cmocka_unit_test(a_quantile_lies_between_two_ranks),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
