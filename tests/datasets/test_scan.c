/* tests/datasets/test_scan.c -- one scan as slices: the same slices in whatever order its file holds the
 * voxels, and masks back in that order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"
#include "datasets/png.h"
#include "datasets/scan.h"
#include "datasets/volume_file.h"

enum { X = 4, Y = 3, Z = 2, COUNT = X * Y * Z };

/* The same scan, in the order of a file whose axis k is the patient's axis[k], backwards where mirrored[k].
 * Upright, voxel x, y, z holds 100*z + 10*y + x. */
static cc_volume filed(const int axis[3], const bool mirrored[3]) {
    static const int64_t upright[3] = {X, Y, Z};
    cc_volume v = {.type = "int16", .format = "nifti", .voxels = malloc(COUNT * sizeof(float))};
    assert_non_null(v.voxels);
    for (int k = 0; k < 3; k++) {
        v.grid.dims[k] = upright[axis[k]];
        v.grid.spacing_mm[k] = 1 + axis[k];
        v.grid.direction[axis[k] * 3 + k] = mirrored[k] ? -1 : 1;
    }
    for (int i = 0; i < COUNT; i++) {
        int64_t at[3] = {i % v.grid.dims[0], i / v.grid.dims[0] % v.grid.dims[1],
                         i / (v.grid.dims[0] * v.grid.dims[1])};
        int64_t xyz[3];
        for (int k = 0; k < 3; k++) xyz[axis[k]] = mirrored[k] ? v.grid.dims[k] - 1 - at[k] : at[k];
        v.voxels[i] = (float)(100 * xyz[2] + 10 * xyz[1] + xyz[0]);
    }
    return v;
}

static const struct {
    int axis[3];
    bool mirrored[3];
} orders[] = {{{0, 1, 2}, {false, false, false}},
              {{0, 1, 2}, {true, true, false}},
              {{0, 1, 2}, {false, true, true}},
              {{2, 0, 1}, {true, false, true}},
              {{1, 0, 2}, {false, true, false}}};

static void an_upright_scan_looks_alike_however_it_is_filed(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof orders / sizeof *orders; k++) {
        cc_volume v = filed(orders[k].axis, orders[k].mirrored);
        cc_scan_options options = {.name = "scan"};
        cc_slice_set *set;
        double mm[3];
        float hu[X * Y];
        uint8_t mask[X * Y];
        assert_ok(cc_scan_open(&set, &v, &options));
        assert_null(v.voxels);
        assert_int_equal(cc_slice_set_count(set), Z);
        assert_true(cc_slice_set_spacing(mm, set, 0));
        for (int a = 0; a < 3; a++) assert_true(mm[a] == 1 + a);
        for (int z = 0; z < Z; z++) {
            const cc_slice *slice = cc_slice_set_get(set, (size_t)z);
            assert_true(slice->width == X && slice->height == Y && slice->number == z);
            assert_ok(cc_slice_set_read(set, (size_t)z, hu, mask));
            for (int i = 0; i < X * Y; i++) {
                assert_true(hu[i] == (float)(100 * z + 10 * (i / X) + i % X));
                assert_int_equal(mask[i], 0);
            }
        }
        cc_slice_set_close(set);
    }
}

/* Of each slice the pixels of value 100*z + 10*y + x divisible by 3. */
static void a_mask_lies_where_its_voxels_lay(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof orders / sizeof *orders; k++) {
        cc_volume v = filed(orders[k].axis, orders[k].mirrored);
        cc_scan_options options = {.name = "scan"};
        cc_slice_set *set;
        float want[COUNT], hu[COUNT], got[COUNT];
        uint8_t mask[COUNT];
        memcpy(want, v.voxels, sizeof want);
        for (int i = 0; i < COUNT; i++) got[i] = -1;
        assert_ok(cc_scan_open(&set, &v, &options));
        for (size_t z = 0; z < cc_slice_set_count(set); z++) {
            const cc_slice *slice = cc_slice_set_get(set, z);
            assert_ok(cc_slice_set_read(set, z, hu, NULL));
            for (int i = 0; i < slice->height * slice->width; i++) mask[i] = (int)hu[i] % 3 ? 0 : 5;
            cc_scan_put(got, set, z, mask);
        }
        for (int i = 0; i < COUNT; i++) assert_true(got[i] == ((int)want[i] % 3 ? 0 : 5));
        cc_slice_set_close(set);
    }
}

static void a_picture_s_grey_range_spans_the_window(void **state) {
    (void)state;
    static const uint8_t grey[4] = {0, 51, 204, 255};
    char path[CC_PATH_MAX];
    cc_volume v = {0};
    cc_slice_set *set;
    float hu[4];
    double mm[3];
    cc_scan_options options = {.name = "picture", .window_hu = {-200, 800}};
    assert_ok(cc_path_join(path, cc_test_folder(), "p.png"));
    assert_ok(cc_png_write_gray(path, grey, 2, 2, 8));
    assert_ok(cc_volume_read(&v, path));
    assert_ok(cc_scan_open(&set, &v, &options));
    assert_ok(cc_slice_set_read(set, 0, hu, NULL));
    for (int i = 0; i < 4; i++)
        assert_true(hu[i] > -200.01F + grey[i] / 0.255F - 0.01F && hu[i] < -200 + grey[i] / 0.255F + 0.02F);
    assert_false(cc_slice_set_spacing(mm, set, 0));
    cc_slice_set_close(set);
}

static void what_is_no_scan_is_refused(void **state) {
    (void)state;
    static const int axis[3] = {0, 1, 2};
    static const bool mirrored[3] = {false};
    cc_slice_set *set;
    cc_scan_options options = {.name = "scan"};
    cc_volume v = filed(axis, mirrored);
    snprintf(v.type, sizeof v.type, "uint8");
    assert_error(cc_scan_open(&set, &v, &options), CC_EUNSUPPORTED, "no HU");
    snprintf(v.type, sizeof v.type, "int16");
    v.grid.dims[0] = 9000;
    assert_error(cc_scan_open(&set, &v, &options), CC_EFORMAT, "sides are 1 to 8192");
    cc_volume_deinit(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_upright_scan_looks_alike_however_it_is_filed),
        cmocka_unit_test(a_mask_lies_where_its_voxels_lay),
        cmocka_unit_test(a_picture_s_grey_range_spans_the_window),
        cmocka_unit_test(what_is_no_scan_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
