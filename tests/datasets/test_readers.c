/* tests/datasets/test_readers.c -- real files of every format against the sizes, places and digests of
 * expected.json in the shared data, and broken ones against the words of their errors. */
#include "support.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/file.h"
#include "datasets/labels.h"
#include "datasets/png.h"
#include "datasets/readers/metaimage.h"
#include "datasets/readers/metaimage_write.h"
#include "datasets/volume.h"
#include "datasets/volume_file.h"
#include "text_made.h"

static void compare(const char *name, const cc_volume *v, json_t *want) {
    cc_volume_summary got = cc_volume_summarise(v);
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(v->grid.dims[k],
                         json_integer_value(json_array_get(json_object_get(want, "dims_xyz"), k)));
        assert_true(v->grid.spacing_mm[k] ==
                    json_number_value(json_array_get(json_object_get(want, "spacing_mm_xyz"), k)));
    }
    assert_true(got.min == json_number_value(json_object_get(want, "min")));
    assert_true(got.max == json_number_value(json_object_get(want, "max")));
    assert_float_equal(got.mean, json_number_value(json_object_get(want, "mean")), 1e-9);
    if (strcmp(got.sha256.hex, json_string_value(json_object_get(want, "sha256_float32_zyx"))) != 0)
        fail_msg("%s: %s", name, got.sha256.hex);
}

static void compare_affine(const cc_grid *g, json_t *affine_ras) {
    for (size_t i = 0; affine_ras && i < 3; i++)
        for (size_t k = 0; k < 4; k++) {
            double want =
                json_number_value(json_array_get(json_array_get(affine_ras, i), k)) * (i < 2 ? -1 : 1);
            double got = k == 3 ? g->origin_mm[i] : g->direction[i * 3 + k] * g->spacing_mm[k];
            assert_true(fabs(got - want) < 1e-4);
        }
}

static void every_shared_file_reads_as_expected(void **state) {
    (void)state;
    json_t *all = json_load_file(cc_test_shared("data/expected.json"), 0, NULL), *want;
    assert_non_null(all);
    const char *name;
    json_object_foreach(all, name, want) {
        char relative[256];
        cc_volume volume = {0};
        snprintf(relative, sizeof relative, "data/%s", name);
        assert_ok(cc_volume_read(&volume, cc_test_shared(relative)));
        compare(name, &volume, want);
        compare_affine(&volume.grid, json_object_get(want, "affine_ras"));
        cc_volume_deinit(&volume);
    }
    json_decref(all);
}

static void every_bad_file_is_refused_with_its_field_and_reason(void **state) {
    (void)state;
    static const struct {
        const char *name;
        cc_status status;
        const char *part;
    } bad[] = {
        {"dicom/MR_truncated.dcm", CC_EFORMAT, "(7fe0,0010): it is longer than the file"},
        {"dicom/badVR.dcm", CC_EFORMAT, "(0028,0008): \"1A\" is no number"},
        {"dicom/meta_missing_tsyntax.dcm", CC_EFORMAT, "DICOM"},
        {"dicom/no-pixel-data.dcm", CC_EUNSUPPORTED, "holds no image"},
        {"dicom/no_meta.dcm", CC_EFORMAT, "no known image format"},
        {"dicom/reportsi.dcm", CC_EUNSUPPORTED, "holds no image"},
        {"dicom/rtstruct.dcm", CC_EUNSUPPORTED, "holds no image"},
        {"metaimage/bad-zlib.mha", CC_EFORMAT, "compressed data is broken"},
        {"metaimage/binary-noise.mhd", CC_EFORMAT, "no known image format"},
        {"metaimage/empty.mha", CC_EFORMAT, "empty"},
        {"metaimage/escape.mhd", CC_EFORMAT, "ElementDataFile: ../../../../../../etc/passwd leaves"},
        {"metaimage/huge-dims.mha", CC_EUNSUPPORTED, "dims: 4294967295 x"},
        {"metaimage/long-line.mha", CC_EFORMAT, "ObjectType"},
        {"metaimage/missing-file.mhd", CC_ENOTFOUND, "ElementDataFile: cannot open nowhere.raw"},
        {"metaimage/nan-spacing.mha", CC_EFORMAT, "spacing: axis x has nan"},
        {"metaimage/ndims-mismatch.mha", CC_EFORMAT, "DimSize: 3 whole numbers"},
        {"metaimage/negative-dims.mha", CC_EFORMAT, "axis y has -4"},
        {"metaimage/no-dimsize.mha", CC_EFORMAT, "DimSize: it is missing"},
        {"metaimage/truncated-data.mha", CC_EFORMAT, "need 64 bytes, but at most 57"},
        {"metaimage/unknown-type.mha", CC_EUNSUPPORTED, "ElementType: no scalar type: \"MET_BANANA\""},
        {"metaimage/zero-dims.mha", CC_EFORMAT, "axis y has 0"},
        {"metaimage/zlib-bomb.mha", CC_EFORMAT, "more than DimSize claims"},
        {"nifti/fuzz-1.nii", CC_EFORMAT, "no known image format"},
        {"nifti/fuzz-2.nii", CC_EFORMAT, "no known image format"},
        {"nifti/fuzz-3.nii", CC_EFORMAT, "no known image format"},
        {"nifti/fuzz-4.nii", CC_EFORMAT, "no known image format"},
        {"nifti/fuzz-5.nii", CC_EFORMAT, "no known image format"},
        {"nifti/not-nifti.nii", CC_EFORMAT, "no known image format"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char relative[256];
        cc_volume volume = {0};
        snprintf(relative, sizeof relative, "data/bad/%s", bad[i].name);
        const char *path = cc_test_shared(relative);
        assert_error(cc_volume_read(&volume, path), bad[i].status, bad[i].part);
        assert_string_equal(cc_error_get()->where, path);
        assert_null(volume.voxels);
    }
}

static cc_volume small_volume(void) {
    cc_volume v = {.grid = {.dims = {4, 3, 2},
                            .spacing_mm = {0.5, 0.7, 3},
                            .origin_mm = {-10, 20.25, 30},
                            .direction = {0, 0, 1, 1, 0, 0, 0, 1, 0}}};
    v.voxels = malloc(24 * sizeof *v.voxels);
    assert_non_null(v.voxels);
    for (int i = 0; i < 24; i++) v.voxels[i] = (float)(i * 10 - 100) + 0.25F;
    return v;
}

/* A fresh folder whose name outlives the static buffers. */
static void make_folder(char out[CC_PATH_MAX]) {
    assert_ok(cc_path_join(out, "", cc_test_folder()));
}

static void a_written_metaimage_reads_back(void **state) {
    (void)state;
    static const char *const types[] = {"uint8", "int16", "float32"}, *const names[] = {"a.mhd", "a.mha"};
    char folder[CC_PATH_MAX];
    make_folder(folder);
    cc_volume v = small_volume();
    for (int i = 0; i < 12; i++) {
        const char *type = types[i % 3], *path = cc_test_path(folder, names[i / 3 % 2]);
        cc_volume back = {0};
        assert_ok(cc_metaimage_write(path, &v, type, i >= 6));
        assert_ok(cc_volume_read(&back, path));
        assert_string_equal(back.type, type);
        assert_memory_equal(&back.grid, &v.grid, sizeof v.grid);
        for (int k = 0; k < 24; k++) {
            double want = i % 3 == 2 ? v.voxels[k] : k * 10 - 100;
            if (i % 3 == 0) want = want < 0 ? 0 : want;
            assert_true(back.voxels[k] == want);
        }
        cc_volume_deinit(&back);
    }
    assert_true(cc_file_exists(cc_test_path(folder, "a.raw")) &&
                cc_file_exists(cc_test_path(folder, "a.zraw")));
    assert_error(cc_metaimage_write(cc_test_path(folder, "a.png"), &v, "int16", false), CC_EINVAL,
                 ".mhd or .mha");
    cc_volume_deinit(&v);
}

static void write_text(const char *path, const char *text) {
    assert_ok(cc_file_write(path, text, strlen(text)));
}

static void a_big_endian_metaimage_is_swapped(void **state) {
    (void)state;
    static const char text[] =
        "NDims = 2\nDimSize = 2 1\nElementType = MET_SHORT\nElementByteOrderMSB = True\n"
        "ElementSize = 0.5 2\nElementDataFile = LOCAL\n\x01\x02\xff\xfe";
    const char *path = cc_test_path(cc_test_folder(), "b.mha");
    cc_volume v = {0};
    assert_ok(cc_file_write(path, text, sizeof text - 1));
    assert_ok(cc_volume_read(&v, path));
    assert_true(v.voxels[0] == 258 && v.voxels[1] == -2 && v.grid.spacing_mm[1] == 2 && v.grid.dims[2] == 1);
    cc_volume_deinit(&v);
}

static void data_outside_the_headers_folder_is_refused(void **state) {
    (void)state;
    const char *outside = cc_test_path(cc_test_folder(), "o.raw"), *folder = cc_test_folder();
    const char *path = cc_test_path(folder, "h.mhd"), *names[] = {outside, "link.raw", "in/../../o.raw"};
    assert_ok(cc_file_write(outside, "abcd", 4));
    assert_int_equal(symlink(outside, cc_test_path(folder, "link.raw")), 0);
    for (int i = 0; i < 3; i++) {
        char text[1024];
        cc_volume v = {0};
        snprintf(text, sizeof text,
                 "NDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = %s\n", names[i]);
        write_text(path, text);
        assert_error(cc_volume_read(&v, path), CC_EFORMAT, "leaves the header's folder");
    }
}

static void put(char *at, const void *value, size_t bytes) {
    memcpy(at, value, bytes);
}

static void a_nifti_2_file_is_scaled_and_placed(void **state) {
    (void)state;
    char bytes[544 + 4] = {0};
    int32_t size = 540, code = 1;
    int16_t type = 4, values[2] = {100, -7};
    int64_t dims[8] = {3, 2, 1, 1, 1, 1, 1, 1}, offset = 544;
    double pixels[8] = {1, 2, 3, 4}, slope = 2, intercept = -1024,
           rows[12] = {-2, 0, 0, 5, 0, 3, 0, 6, 0, 0, 4, 7};
    put(bytes, &size, 4);
    put(bytes + 4, "n+2\0\r\n\032\n", 8);
    put(bytes + 12, &type, 2);
    put(bytes + 16, dims, 64);
    put(bytes + 104, pixels, 64);
    put(bytes + 168, &offset, 8);
    put(bytes + 176, &slope, 8);
    put(bytes + 184, &intercept, 8);
    put(bytes + 348, &code, 4);
    put(bytes + 400, rows, 96);
    put(bytes + 544, values, 4);
    const char *path = cc_test_path(cc_test_folder(), "two.nii");
    cc_volume v = {0};
    assert_ok(cc_file_write(path, bytes, sizeof bytes));
    assert_ok(cc_volume_read(&v, path));
    assert_true(v.voxels[0] == 200 - 1024 && v.voxels[1] == -14 - 1024);
    assert_true(v.grid.spacing_mm[0] == 2 && v.grid.direction[0] == 1 && v.grid.direction[4] == -1);
    assert_true(v.grid.origin_mm[0] == -5 && v.grid.origin_mm[1] == -6 && v.grid.origin_mm[2] == 7);
    cc_volume_deinit(&v);
    dims[0] = 4, dims[4] = 2;
    put(bytes + 16, dims, 64);
    assert_ok(cc_file_write(path, bytes, sizeof bytes));
    assert_error(cc_volume_read(&v, path), CC_EUNSUPPORTED, "dim[4]: 2 volumes");
}

static void a_picture_is_a_volume_of_one_slice(void **state) {
    (void)state;
    const char *path = cc_test_path(cc_test_folder(), "p.png");
    static const uint8_t grey[6] = {1, 2, 3, 4, 5, 255};
    cc_volume v = {0};
    assert_ok(cc_png_write_gray(path, grey, 2, 3, 8));
    assert_ok(cc_volume_read(&v, path));
    assert_true(v.grid.dims[0] == 3 && v.grid.dims[1] == 2 && v.voxels[5] == 255);
    cc_volume_deinit(&v);
    char log[4096];
    const double stated[3] = {0.4, 0.5, 3};
    assert_ok(made_read(&v, log, path, NULL));
    assert_true(v.grid.spacing_mm[0] == 1 &&
                strstr(log, "spacing: a picture does not say how large a pixel is"));
    cc_volume_deinit(&v);
    assert_ok(made_read(&v, log, path, stated));
    assert_true(memcmp(v.grid.spacing_mm, stated, sizeof stated) == 0 && !*log);
    cc_volume_deinit(&v);
}

static void link_slice(const char *folder, const char *name, const char *to) {
    char from[CC_PATH_MAX];
    assert_non_null(realpath(cc_test_shared(name), from));
    assert_int_equal(symlink(from, cc_test_path(folder, to)), 0);
}

static void a_folder_that_is_not_one_even_series_is_refused(void **state) {
    (void)state;
    char folder[CC_PATH_MAX];
    make_folder(folder);
    cc_volume v = {0};
    write_text(cc_test_path(folder, "notes.txt"), "not an image");
    assert_error(cc_volume_read(&v, folder), CC_ENOTFOUND, "no DICOM file");
    link_slice(folder, "data/qrm/247E1990", "a");
    link_slice(folder, "data/qrm/25F68454", "b");
    link_slice(folder, "data/qrm/F5BB9187", "c");
    assert_error(cc_volume_read(&v, folder), CC_EUNSUPPORTED, "ImagePositionPatient");
    link_slice(folder, "data/chest-slices/A098752_19001231-32.dcm", "d");
    assert_error(cc_volume_read(&v, folder), CC_EUNSUPPORTED, "SeriesInstanceUID");
}

static void all_voxels_of_the_heart_land_on_the_ct(void **state) {
    (void)state;
    cc_volume ct = {0}, mask = {0}, moved = {0};
    assert_ok(cc_volume_read(&ct, cc_test_shared("data/heart-ct/ct_cropped.nii.gz")));
    assert_ok(cc_volume_read(&mask, cc_test_shared("data/heart-ct/heart.nii.gz")));
    assert_ok(cc_labels_resample(&moved, &mask, &ct.grid));
    assert_memory_equal(&moved.grid, &ct.grid, sizeof ct.grid);
    size_t inside = 0;
    for (size_t i = 0; i < cc_volume_count(&moved); i++) inside += moved.voxels[i] == 1;
    assert_int_equal(inside, 198176);
    cc_volume_deinit(&ct);
    cc_volume_deinit(&mask);
    cc_volume_deinit(&moved);
}

static void resampling_follows_axes_and_is_empty_outside(void **state) {
    (void)state;
    cc_volume v = small_volume(), out = {0};
    /* Axes of the volume: x runs along +y, y along +z, z along +x of the patient. */
    cc_grid onto = {.dims = {2, 4, 4},
                    .spacing_mm = {3, 0.5, 0.7},
                    .origin_mm = {-10, 20.25, 30},
                    .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    assert_ok(cc_labels_resample(&out, &v, &onto));
    for (int z = 0; z < 4; z++)
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 2; x++) {
                float want = z < 3 ? v.voxels[(x * 3 + z) * 4 + y] : 0;
                assert_true(out.voxels[(z * 4 + y) * 2 + x] == want);
            }
    cc_volume_deinit(&out);
    onto.origin_mm[0] += 0.6 * 3; /* 0.6 voxels on: slice 1 is nearest, then none */
    assert_ok(cc_labels_resample(&out, &v, &onto));
    assert_true(out.voxels[0] == v.voxels[12] && out.voxels[1] == 0);
    cc_volume_deinit(&v);
    cc_volume_deinit(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shared_file_reads_as_expected),
        cmocka_unit_test(every_bad_file_is_refused_with_its_field_and_reason),
        cmocka_unit_test(a_written_metaimage_reads_back),
        cmocka_unit_test(a_big_endian_metaimage_is_swapped),
        cmocka_unit_test(data_outside_the_headers_folder_is_refused),
        cmocka_unit_test(a_nifti_2_file_is_scaled_and_placed),
        cmocka_unit_test(a_picture_is_a_volume_of_one_slice),
        cmocka_unit_test(a_folder_that_is_not_one_even_series_is_refused),
        cmocka_unit_test(all_voxels_of_the_heart_land_on_the_ct),
        cmocka_unit_test(resampling_follows_axes_and_is_empty_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
