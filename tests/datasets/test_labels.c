/* tests/datasets/test_labels.c -- masks laid on scans. Right values are arithmetic on a few voxels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "said.h"
#include "datasets/labels.h"
#include "datasets/png.h"
#include "datasets/volume.h"
#include "datasets/volume_file.h"

static const cc_grid scan = {.dims = {8, 6, 4},
                             .spacing_mm = {0.5, 0.5, 3},
                             .origin_mm = {-10, -20, 30},
                             .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}};

/* Writes a mask in which the voxels of one box have a value. */
static const char *write_mask(const cc_grid *grid, const int64_t from[3], const int64_t to[3], float value) {
    cc_volume v = {.grid = *grid};
    const char *path = cc_test_path(cc_test_folder(), "mask.mha");
    v.voxels = calloc(cc_volume_count(&v), sizeof *v.voxels);
    assert_non_null(v.voxels);
    for (int64_t z = from[2]; z < to[2]; z++)
        for (int64_t y = from[1]; y < to[1]; y++)
            for (int64_t x = from[0]; x < to[0]; x++)
                v.voxels[(z * grid->dims[1] + y) * grid->dims[0] + x] = value;
    assert_ok(cc_volume_write(path, &v, "float32"));
    cc_volume_deinit(&v);
    return path;
}

static said heard;
static uint8_t *labels;
static size_t labelled;

static cc_status lay(const char *path) {
    said_start(&heard);
    cc_status status = cc_labels_read(&labels, &labelled, path, &scan);
    said_end(&heard);
    return status;
}

static void drop(void) {
    free(labels);
    labels = NULL;
}

static void a_mask_on_the_scan_s_grid_is_laid_without_a_word(void **state) {
    (void)state;
    assert_ok(lay(write_mask(&scan, (int64_t[]){0, 0, 0}, (int64_t[]){8, 6, 4}, 3)));
    assert_string_equal(heard.text, "");
    assert_int_equal(labelled, 8 * 6 * 4);
    drop();
}

static void voxels_off_the_scan_are_counted_and_said(void **state) {
    (void)state;
    cc_grid moved = scan;
    moved.origin_mm[0] -= 1.5; /* three voxels */
    moved.dims[0] = 11;
    assert_ok(lay(write_mask(&moved, (int64_t[]){0, 0, 0}, (int64_t[]){5, 2, 1}, 1)));
    assert_non_null(strstr(heard.text, "warning: "));
    assert_non_null(strstr(heard.text, "mask.mha: 6 of 10 labelled voxels lie off the scan"));
    assert_int_equal(labelled, 4);
    drop();
    assert_ok(lay(write_mask(&moved, (int64_t[]){3, 0, 0}, (int64_t[]){11, 6, 4}, 1)));
    assert_string_equal(heard.text, "");
    assert_int_equal(labelled, 8 * 6 * 4);
    drop();
    assert_error(lay(write_mask(&moved, (int64_t[]){0, 0, 0}, (int64_t[]){3, 6, 4}, 1)), CC_EFORMAT,
                 "no labelled voxel lies on the grid of the scan: all 72 lie off it");
}

/* A coarse voxel is off the scan by its own middle, though the scan's voxels in it are labelled. */
static void a_coarse_mask_is_counted_in_its_own_voxels(void **state) {
    (void)state;
    cc_grid coarse = scan;
    for (int k = 0; k < 2; k++) {
        coarse.spacing_mm[k] = 1;
        coarse.dims[k] = scan.dims[k] / 2;
        coarse.origin_mm[k] += 0.25; /* each holds 2 x 2 of the scan's */
    }
    assert_ok(lay(write_mask(&coarse, (int64_t[]){1, 1, 1}, (int64_t[]){3, 2, 2}, 2)));
    assert_string_equal(heard.text, "");
    assert_int_equal(labelled, 2 * 4);
    drop();
    coarse.origin_mm[2] += 3; /* its last slice lies behind the scan's */
    assert_ok(lay(write_mask(&coarse, (int64_t[]){1, 1, 2}, (int64_t[]){2, 2, 4}, 2)));
    assert_non_null(strstr(heard.text, "1 of 2 labelled voxels lie off the scan"));
    assert_int_equal(labelled, 4);
    drop();
}

/* A label one fine voxel thick: every second one of them is never the nearest. */
static void labels_lost_between_coarse_voxels_are_said(void **state) {
    (void)state;
    cc_grid fine = scan;
    fine.spacing_mm[0] = 0.125; /* a quarter: the scan's voxels are fine ones 0, 4, 8, ... */
    fine.dims[0] = 32;
    assert_ok(lay(write_mask(&fine, (int64_t[]){4, 0, 0}, (int64_t[]){12, 6, 4}, 1))); /* two whole ones */
    assert_string_equal(heard.text, "");
    assert_int_equal(labelled, 2 * 6 * 4);
    drop();
    assert_ok(lay(write_mask(&fine, (int64_t[]){4, 0, 0}, (int64_t[]){5, 2, 1}, 7)));
    assert_non_null(
        strstr(heard.text, "mask.mha: label 7 fills 0.375 mm3 in the mask, but 1.5 mm3 in the scan's"));
    assert_int_equal(labelled, 2);
    drop();
    assert_error(lay(write_mask(&fine, (int64_t[]){5, 0, 0}, (int64_t[]){6, 2, 1}, 7)), CC_EFORMAT,
                 "all of its 2 labelled voxels fall between those of the scan");
}

/* Saved again with the affine lost or moved: all labels may still land on the scan, but elsewhere. */
static void a_mask_of_the_same_dims_at_another_place_is_said(void **state) {
    (void)state;
    cc_grid other = scan;
    other.origin_mm[2] += 3;
    assert_ok(lay(write_mask(&other, (int64_t[]){1, 1, 0}, (int64_t[]){4, 4, 2}, 1)));
    assert_non_null(
        strstr(heard.text, "mask.mha: it has as many voxels as its scan along each axis, but its affine"));
    assert_int_equal(labelled, 18);
    drop();
    other = scan; /* turned by a tool, at the same place */
    for (int k = 0; k < 2; k++) {
        other.direction[4 * k] = -1;
        other.origin_mm[k] += (double)(scan.dims[k] - 1) * 0.5;
    }
    assert_ok(lay(write_mask(&other, (int64_t[]){0, 0, 0}, (int64_t[]){1, 1, 1}, 1)));
    assert_string_equal(heard.text, "");
    assert_int_equal(labels[5 * 8 + 7], 1);
    drop();
}

/* What nibabel writes of the labels 1, 2 and 3 into integer types: 0.996078, 1.00002, 2.99994. */
static void scaled_labels_are_rounded_and_soft_ones_refused(void **state) {
    (void)state;
    static const struct {
        float value;
        int label;
    } read[] = {{0.996078F, 1}, {1.00002F, 1}, {2.99994F, 3}, {254.995F, 255}, {-0.004F, 0}, {0, 0}};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        uint8_t got = 99;
        assert_true(cc_label_from(&got, read[i].value));
        assert_int_equal(got, read[i].label);
    }
    static const float refused[] = {0.4F, 0.5F, 0.98F, 1.02F, -0.5F, -1, 255.5F, 256, 1e30F, NAN, INFINITY};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        uint8_t got = 99;
        assert_false(cc_label_from(&got, refused[i]));
        assert_int_equal(got, 99);
    }
    const int64_t from[3] = {1, 0, 0}, to[3] = {3, 1, 1};
    assert_ok(lay(write_mask(&scan, from, to, 1.99994F)));
    assert_int_equal(labels[1], 2);
    drop();
    assert_error(lay(write_mask(&scan, from, to, 0.25F)), CC_EFORMAT, "voxel 1 of the mask is 0.25");
    assert_error(lay(write_mask(&scan, from, to, 0.004F)), CC_EFORMAT, "the mask's largest value is 0.004");
}

static void a_picture_is_laid_on_a_picture_only(void **state) {
    (void)state;
    static const uint8_t grey[48] = {[9] = 1, [10] = 1};
    const char *path = cc_test_path(cc_test_folder(), "mask.png");
    assert_ok(cc_png_write_gray(path, grey, 6, 8, 8));
    assert_error(lay(path), CC_EFORMAT, "mask.png: a picture has no affine");
    const cc_grid picture = {
        .dims = {8, 6, 1}, .spacing_mm = {0.5, 0.5, 3}, .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    said_start(&heard);
    cc_status status = cc_labels_read(&labels, &labelled, path, &picture);
    said_end(&heard);
    assert_ok(status);
    assert_int_equal(labelled, 2);
    assert_true(labels[9] == 1 && labels[10] == 1);
    drop();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mask_on_the_scan_s_grid_is_laid_without_a_word),
        cmocka_unit_test(voxels_off_the_scan_are_counted_and_said),
        cmocka_unit_test(a_coarse_mask_is_counted_in_its_own_voxels),
        cmocka_unit_test(labels_lost_between_coarse_voxels_are_said),
        cmocka_unit_test(a_mask_of_the_same_dims_at_another_place_is_said),
        cmocka_unit_test(scaled_labels_are_rounded_and_soft_ones_refused),
        cmocka_unit_test(a_picture_is_laid_on_a_picture_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
