#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/readers/metaimage.h"
#include "support.h"

/* A disc around the phantom's nine inserts, slices 20 to 24, on the scan's grid or cut out of it. */
static void write_disc(const char *path, const cc_grid *scan, int x0, int y0, int z0, const int64_t dims[3],
                       float label) {
    cc_volume mask = {.grid = *scan};
    for (int k = 0; k < 3; k++) {
        mask.grid.dims[k] = dims[k];
        mask.grid.origin_mm[k] += (k == 0   ? x0
                                   : k == 1 ? y0
                                            : z0) *
                                  scan->spacing_mm[k]; /* axes are x, y, z */
    }
    float *next = mask.voxels = malloc(cc_volume_count(&mask) * sizeof *mask.voxels);
    assert_non_null(mask.voxels);
    for (int64_t z = z0; z < z0 + dims[2]; z++)
        for (int64_t y = y0; y < y0 + dims[1]; y++)
            for (int64_t x = x0; x < x0 + dims[0]; x++)
                *next++ =
                    z >= 20 && z <= 24 && (y - 217) * (y - 217) + (x - 258) * (x - 258) <= 10000 ? label : 0;
    assert_ok(cc_metaimage_write(path, &mask, "float32", false));
    cc_volume_deinit(&mask);
}

static json_t *score(const char *scan, const char *mask) {
    enum { CAPACITY = 1 << 17 };
    char *output = malloc(CAPACITY);
    assert_non_null(output);
    assert_int_equal(cc_test_run(output, CAPACITY, "%s score %s --mask %s --json", CC_PROGRAM, scan, mask),
                     0);
    json_t *got = json_loads(output, 0, NULL);
    assert_non_null(got);
    free(output);
    return got;
}

static double real_of(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

static void check_near(double got, double want) {
    if (!(fabs(got - want) < 1e-9 * fabs(want))) fail_msg("%.15g instead of %.15g", got, want);
}

/* What pydicom, numpy and scipy.ndimage.label give for the same disc. */
static void check_phantom(const json_t *got) {
    check_near(real_of(got, "agatston"), 966.388352);
    check_near(real_of(got, "volume_mm3"), 1223.822016);
    assert_string_equal(json_string_value(json_object_get(got, "category")), ">400");
    const json_t *lesions = json_object_get(got, "lesions"), *lesion;
    assert_int_equal(json_array_size(lesions), 328);
    size_t i, inserts = 0;
    json_array_foreach(lesions, i, lesion) {
        assert_int_equal(real_of(lesion, "artery"), 2);
        inserts += real_of(lesion, "voxels") >= 9;
        if (real_of(lesion, "voxels") != 417) continue;
        check_near(real_of(lesion, "agatston"), 396.271616);
        check_near(real_of(lesion, "volume_mm3"), 297.918144);
        check_near(real_of(lesion, "max_hu"), 1275);
        const json_t *centroid = json_object_get(lesion, "centroid_xyz");
        check_near(json_number_value(json_array_get(centroid, 0)), 180.05755395683454);
        check_near(json_number_value(json_array_get(centroid, 1)), 220.2158273381295);
        check_near(json_number_value(json_array_get(centroid, 2)), 21.964028776978417);
    }
    assert_int_equal(inserts, 7);
}

static void a_phantom_scores_as_numpy_and_scipy_do(void **state) {
    (void)state;
    cc_volume scan = {0};
    const char *path = cc_test_shared("data/qrm"), *mask = cc_test_path(cc_test_folder(), "mask.mha");
    assert_ok(cc_volume_read(&scan, path));
    write_disc(mask, &scan.grid, 0, 0, 0, scan.grid.dims, 2);
    cc_volume_deinit(&scan);
    json_t *got = score(path, mask);
    check_phantom(got);
    json_decref(got);
}

static void a_mask_on_another_grid_is_sampled(void **state) {
    (void)state;
    cc_volume scan = {0};
    const char *path = cc_test_shared("data/qrm"), *mask = cc_test_path(cc_test_folder(), "mask.mha");
    assert_ok(cc_volume_read(&scan, path));
    write_disc(mask, &scan.grid, 150, 110, 18, (int64_t[]){220, 215, 10}, 2);
    cc_volume_deinit(&scan);
    json_t *got = score(path, mask);
    check_phantom(got);
    json_decref(got);
}

static void write_small(const char *path, const float *voxels, double x_mm) {
    float copy[4];
    memcpy(copy, voxels, sizeof copy);
    const cc_volume volume = {.grid = {.dims = {2, 2, 1},
                                       .spacing_mm = {1, 1, 3},
                                       .origin_mm = {x_mm, 0, 0},
                                       .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}},
                              .voxels = copy};
    assert_ok(cc_metaimage_write(path, &volume, "float32", false));
}

static void masks_that_make_no_sense_are_refused_in_one_line(void **state) {
    (void)state;
    char output[4096];
    const char *folder = cc_test_folder(), *scan = cc_test_path(folder, "scan.mha");
    const char *mask = cc_test_path(folder, "mask.mha");
    write_small(scan, (const float[]){0, 200, 310, 0}, 0);
    write_small(mask, (const float[]){0, 0.5f, 1, 0}, 0);
    assert_int_equal(cc_test_run(output, sizeof output, "%s score %s --mask %s", CC_PROGRAM, scan, mask), 1);
    assert_non_null(strstr(output, "mask.mha: voxel 1 of the mask is 0.5 (labels are whole numbers"));
    write_small(mask, (const float[]){1, 1, 1, 0}, 900);
    assert_int_equal(cc_test_run(output, sizeof output, "%s score %s --mask %s", CC_PROGRAM, scan, mask), 1);
    assert_non_null(strstr(output, "no labelled voxel lies on the grid"));
    write_small(mask, (const float[]){0, 0, 0, 0}, 0);
    assert_int_equal(cc_test_run(output, sizeof output, "%s score %s --mask %s", CC_PROGRAM, scan, mask), 0);
    assert_non_null(strstr(output, "Agatston   0.0\n"));
}

static void the_choices_are_options(void **state) {
    (void)state;
    char output[4096];
    const char *scan = cc_test_path(cc_test_folder(), "scan.mha");
    write_small(scan, (const float[]){0, 200, 310, 0}, 0);
    assert_int_equal(cc_test_run(output, sizeof output,
                                 "%s score %s --threshold 250.5 --reference-spacing 1.5 2>&1", CC_PROGRAM,
                                 scan),
                     0);
    assert_non_null(strstr(output, "every voxel above 250.5 HU"));
    assert_non_null(strstr(output, "Agatston   6.0\n"));
    assert_int_equal(cc_test_run(output, sizeof output, "%s score %s --minimum-area 1.5", CC_PROGRAM, scan),
                     0);
    assert_non_null(strstr(output, "Agatston   0.0\n"));
    assert_int_equal(cc_test_run(output, sizeof output, "%s score %s --threshold nan", CC_PROGRAM, scan), 2);
    assert_non_null(strstr(output, "--threshold: wants a number from"));
    assert_int_equal(
        cc_test_run(output, sizeof output, "%s score %s --reference-spacing 0", CC_PROGRAM, scan), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phantom_scores_as_numpy_and_scipy_do),
        cmocka_unit_test(a_mask_on_another_grid_is_sampled),
        cmocka_unit_test(masks_that_make_no_sense_are_refused_in_one_line),
        cmocka_unit_test(the_choices_are_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
