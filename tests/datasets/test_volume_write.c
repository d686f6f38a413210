/* tests/datasets/test_volume_write.c -- volumes written and read back: voxels, type and affine, in every
 * format and with axes in any direction. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"
#include "datasets/volume.h"
#include "datasets/volume_file.h"

/* 5 x 4 x 3 voxels, value 7*index - 200; axes turned by `degrees` about z, mirrored along the second. */
static cc_volume made_volume(double degrees) {
    double a = degrees * 3.14159265358979323846 / 180;
    cc_volume v = {.grid = {.dims = {5, 4, 3},
                            .spacing_mm = {0.488281, 0.75, 3},
                            .origin_mm = {-120.5, 33.25, -810},
                            .direction = {cos(a), sin(a), 0, sin(a), -cos(a), 0, 0, 0, 1}}};
    v.voxels = malloc(60 * sizeof *v.voxels);
    assert_non_null(v.voxels);
    for (int i = 0; i < 60; i++) v.voxels[i] = (float)(7 * i - 200);
    return v;
}

static void assert_near(const double *a, const double *b, int count, double most) {
    for (int i = 0; i < count; i++) {
        if (!(fabs(a[i] - b[i]) <= most)) print_error("%d: %.9g is not %.9g\n", i, a[i], b[i]);
        assert_true(fabs(a[i] - b[i]) <= most);
    }
}

static void each_format_keeps_voxels_and_geometry(void **state) {
    (void)state;
    static const char *const names[] = {"m.mhd", "m.mha", "m.nii", "m.nii.gz"}, *const types[] = {"uint8",
                                                                                                  "int16",
                                                                                                  "float32"};
    char folder[CC_PATH_MAX], data[CC_PATH_MAX];
    assert_ok(cc_path_join(folder, "", cc_test_folder()));
    for (int i = 0; i < 24; i++) {
        const char *path = cc_test_path(folder, names[i % 4]), *type = types[i / 4 % 3];
        cc_volume v = made_volume(i < 12 ? 0 : 17), back = {0};
        assert_true(cc_volume_is_written(path));
        assert_ok(cc_volume_write(path, &v, type));
        assert_ok(cc_volume_data_path(data, path));
        assert_true(cc_file_exists(data));
        assert_int_equal(strcmp(data, path) != 0, i % 4 == 0);
        assert_ok(cc_volume_read(&back, path));
        assert_string_equal(back.type, type);
        assert_memory_equal(back.grid.dims, v.grid.dims, sizeof v.grid.dims);
        assert_near(back.grid.spacing_mm, v.grid.spacing_mm, 3, 1e-6);
        assert_near(back.grid.origin_mm, v.grid.origin_mm, 3, 1e-4);
        assert_near(back.grid.direction, v.grid.direction, 9, 1e-6);
        for (int k = 0; k < 60; k++)
            assert_true(back.voxels[k] == (i / 4 % 3 == 0 ? fmaxf(fminf(v.voxels[k], 255), 0) : v.voxels[k]));
        cc_volume_deinit(&v);
        cc_volume_deinit(&back);
    }
}

/* Programs that look at the qform alone see the same place. */
static void a_nifti_s_quaternion_says_what_its_matrix_says(void **state) {
    (void)state;
    char bytes[352];
    short none = 0;
    char path[CC_PATH_MAX];
    assert_ok(cc_path_join(path, cc_test_folder(), "q.nii"));
    cc_volume v = made_volume(17), back = {0};
    assert_ok(cc_volume_write(path, &v, "uint8"));
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), sizeof bytes);
    assert_int_equal(fseek(file, 254, SEEK_SET), 0); /* sform_code */
    assert_int_equal(fwrite(&none, sizeof none, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    assert_ok(cc_volume_read(&back, path));
    assert_near(back.grid.spacing_mm, v.grid.spacing_mm, 3, 1e-6);
    assert_near(back.grid.origin_mm, v.grid.origin_mm, 3, 1e-4);
    assert_near(back.grid.direction, v.grid.direction, 9, 1e-6);
    cc_volume_deinit(&v);
    cc_volume_deinit(&back);
}

static void what_cannot_be_written_is_refused(void **state) {
    (void)state;
    char folder[CC_PATH_MAX];
    assert_ok(cc_path_join(folder, "", cc_test_folder()));
    cc_volume v = made_volume(0);
    assert_false(cc_volume_is_written("m.png"));
    assert_false(cc_volume_is_written("mha"));
    assert_error(cc_volume_write(cc_test_path(folder, "m.nii"), &v, "int8"), CC_EINVAL, "not written");
    assert_error(cc_volume_write(cc_test_path(folder, "none/m.nii.gz"), &v, "int16"), CC_ENOTFOUND, "none");
    free(v.voxels);
    v.grid.dims[1] = 40000;
    v.voxels = calloc(cc_volume_count(&v), sizeof *v.voxels);
    assert_error(cc_volume_write(cc_test_path(folder, "m.nii"), &v, "int16"), CC_EUNSUPPORTED, "NIfTI-1");
    assert_false(cc_file_exists(cc_test_path(folder, "m.nii")));
    cc_volume_deinit(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_keeps_voxels_and_geometry),
        cmocka_unit_test(a_nifti_s_quaternion_says_what_its_matrix_says),
        cmocka_unit_test(what_cannot_be_written_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
