/* tests/datasets/test_slices_volume.c -- one volume and its mask as slices; the mask on a grid of its own. */
#include <math.h>
#include <string.h>
#include "tree.h"
#include "datasets/volume.h"
#include "datasets/volume_file.h"

/* A CT of 4 x 3 x 2 voxels, value -1000 + index; its mask is 6 wide, from x = -1, label 1 + z at x = 2. */
static const int ct_dims[3] = {4, 3, 2}, mask_dims[3] = {6, 3, 2};

static const char *write_pair(void) {
    const char *dir = cc_test_folder();
    int16_t ct[24];
    uint8_t mask[36];
    for (int i = 0; i < 24; i++) ct[i] = (int16_t)(i - 1000);
    for (int i = 0; i < 36; i++) mask[i] = i % 6 == 3 ? (uint8_t)(1 + i / 18) : 0;
    tree_write_mha(dir, "ct.mha", ct_dims, 0, "MET_SHORT", ct, sizeof ct);
    tree_write_mha(dir, "mask.mha", mask_dims, -1, "MET_UCHAR", mask, sizeof mask);
    return dir;
}

static cc_slice_options volume_options(const char *root, const char *image, const char *mask) {
    return (cc_slice_options){.source = "volume", .root = root, .image = image, .mask = mask};
}

static cc_slice_set *open_volume(const char *root, const char *image, const char *mask) {
    cc_slice_set *set = NULL;
    cc_slice_options options = volume_options(root, image, mask);
    assert_ok(cc_slice_set_open(&set, &options));
    return set;
}

static void refused(const char *root, const char *image, const char *mask, cc_status status,
                    const char *part) {
    cc_slice_set *set = NULL;
    cc_slice_options options = volume_options(root, image, mask);
    assert_error(cc_slice_set_open(&set, &options), status, part);
    assert_null(set);
}

static void slices_lie_at_fixed_z_with_the_masks_own_labels(void **state) {
    (void)state;
    const char *root = write_pair();
    cc_slice_set *set = open_volume(root, "ct.mha", "mask.mha");
    assert_int_equal(cc_slice_set_count(set), 2);
    assert_int_equal(cc_slice_set_patient_count(set), 1);
    assert_string_equal(cc_slice_set_patient(set, 0), "ct");
    for (int z = 0; z < 2; z++) {
        const cc_slice *slice = cc_slice_set_get(set, (size_t)z);
        float image[12];
        uint8_t mask[12];
        assert_int_equal(slice->number, z);
        assert_int_equal(slice->height, 3);
        assert_int_equal(slice->width, 4);
        assert_ok(cc_slice_set_read(set, (size_t)z, image, mask));
        for (int i = 0; i < 12; i++) {
            assert_true(image[i] == (float)(12 * z + i - 1000));
            assert_int_equal(mask[i], i % 4 == 2 ? 1 + z : 0);
        }
    }
    cc_slice_set_close(set);
}

static void hu_are_whole_and_within_int16(void **state) {
    (void)state;
    const char *root = write_pair();
    float ct[24] = {-0.6f, 12.4f, 1e9f, -1e9f}, image[12];
    tree_write_mha(root, "ct.mha", ct_dims, 0, "MET_FLOAT", ct, sizeof ct);
    cc_slice_set *set = open_volume(root, "ct.mha", "mask.mha");
    assert_ok(cc_slice_set_read(set, 0, image, NULL));
    assert_true(image[0] == -1 && image[1] == 12 && image[2] == 32767 && image[3] == -32768);
    cc_slice_set_close(set);
}

static void the_digest_follows_voxels_labels_and_names(void **state) {
    (void)state;
    cc_digest_text digests[4];
    int16_t ct[24] = {5};
    for (int i = 0; i < 4; i++) {
        const char *root = write_pair();
        if (i == 2) tree_write_mha(root, "ct.mha", ct_dims, 0, "MET_SHORT", ct, sizeof ct);
        if (i == 3) assert_int_equal(cc_test_run(NULL, 0, "mv '%s/ct.mha' '%s/b.mha'", root, root), 0);
        cc_slice_set *set = open_volume(root, i == 3 ? "b.mha" : "ct.mha", "mask.mha");
        assert_ok(cc_slice_set_digest(&digests[i], set));
        cc_slice_set_close(set);
    }
    assert_string_equal(digests[0].hex, digests[1].hex);
    assert_string_not_equal(digests[0].hex, digests[2].hex);
    assert_string_not_equal(digests[0].hex, digests[3].hex);
}

/* A CT of 4 x 3 x 2 voxels whose file's axes run to the head, to the left and to the front. */
static void slices_are_axial_and_upright_whatever_the_file_s_order(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    float voxels[24];
    cc_volume v = {.grid = {.dims = {2, 4, 3},
                            .spacing_mm = {3, 0.5, 0.75},
                            .origin_mm = {10, 20 + 2 * 0.75, 30},
                            .direction = {0, 1, 0, 0, 0, -1, 1, 0, 0}},
                   .voxels = voxels};
    for (int i = 0; i < 24; i++) voxels[i] = (float)(100 * (i % 2) + 10 * (2 - i / 8) + i / 2 % 4);
    assert_ok(cc_volume_write(cc_test_path(root, "ct.mha"), &v, "int16"));
    const cc_grid upright = {.dims = {4, 3, 2},
                             .spacing_mm = {0.5, 0.75, 3},
                             .origin_mm = {10, 20, 30},
                             .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    v.grid = upright;
    for (int i = 0; i < 24; i++) voxels[i] = (float)(i % 3);
    assert_ok(cc_volume_write(cc_test_path(root, "mask.mha"), &v, "uint8"));
    cc_slice_set *set = open_volume(root, "ct.mha", "mask.mha");
    double mm[3];
    assert_true(cc_slice_set_spacing(mm, set, 0));
    assert_true(mm[0] == 0.5 && mm[1] == 0.75 && mm[2] == 3);
    assert_int_equal(cc_slice_set_count(set), 2);
    for (int z = 0; z < 2; z++) {
        float image[12];
        uint8_t mask[12];
        assert_ok(cc_slice_set_read(set, (size_t)z, image, mask));
        for (int i = 0; i < 12; i++) {
            assert_true(image[i] == (float)(100 * z + 10 * (i / 4) + i % 4));
            assert_int_equal(mask[i], (12 * z + i) % 3);
        }
    }
    cc_slice_set_close(set);
}

/* Of a scan sheared by 30 degrees between slices: 3 cos 30 mm. */
static void a_sheared_scan_has_the_distance_of_its_slices(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    float voxels[24];
    const cc_volume v = {.grid = {.dims = {4, 3, 2},
                                  .spacing_mm = {0.5, 0.75, 3},
                                  .direction = {1, 0, 0, 0, 1, 0.5, 0, 0, sqrt(3) / 2}},
                         .voxels = voxels};
    for (int i = 0; i < 24; i++) voxels[i] = (float)(i % 3);
    assert_ok(cc_volume_write(cc_test_path(root, "ct.mha"), &v, "int16"));
    assert_ok(cc_volume_write(cc_test_path(root, "mask.nii"), &v, "uint8"));
    cc_slice_set *set = open_volume(root, "ct.mha", "mask.nii");
    double mm[3];
    uint8_t mask[12];
    assert_true(cc_slice_set_spacing(mm, set, 0));
    assert_true(mm[0] == 0.5 && mm[1] == 0.75);
    assert_float_equal(mm[2], 3 * sqrt(3) / 2, 1e-12);
    assert_ok(cc_slice_set_read(set, 1, NULL, mask));
    for (int i = 0; i < 12; i++) assert_int_equal(mask[i], (12 + i) % 3);
    cc_slice_set_close(set);
}

static void what_is_no_ct_with_mask_is_refused(void **state) {
    (void)state;
    const char *root = write_pair();
    refused(root, NULL, "mask.mha", CC_ECONFIG, "data.image");
    refused(root, "ct.mha", "", CC_ECONFIG, "data.mask");
    refused(root, "none.mha", "mask.mha", CC_ENOTFOUND, "none.mha");
    refused(root, "ct.mha", "none.nii.gz", CC_ENOTFOUND, "none.nii.gz");
    refused(root, "../../etc/passwd", "mask.mha", CC_EINVAL, "leads out of the dataset's folder");
    refused(root, "/etc/passwd", "mask.mha", CC_EINVAL, "leads out of the dataset's folder");
    float voxels[36] = {0};
    tree_write_mha(root, "empty.mha", mask_dims, -1, "MET_FLOAT", voxels, sizeof voxels);
    refused(root, "ct.mha", "empty.mha", CC_EFORMAT, "empty.mha: no labelled voxel lies on the grid");
    voxels[9] = 0.5f;
    tree_write_mha(root, "half.mha", mask_dims, -1, "MET_FLOAT", voxels, sizeof voxels);
    refused(root, "ct.mha", "half.mha", CC_EFORMAT, "half.mha: voxel 9 of the mask is 0.5");
    voxels[9] = 1;
    tree_write_mha(root, "far.mha", mask_dims, 100, "MET_FLOAT", voxels, sizeof voxels);
    refused(root, "ct.mha", "far.mha", CC_EFORMAT, "no labelled voxel");
}

/* The data's README says that all 198,176 mask voxels lie inside the CT. */
static void the_heart_ct_keeps_every_voxel_of_its_mask(void **state) {
    (void)state;
    const char *root = cc_test_shared("data/heart-ct");
    cc_slice_set *set = open_volume(root, "ct_cropped.nii.gz", "heart.nii.gz");
    assert_int_equal(cc_slice_set_count(set), 112);
    assert_string_equal(cc_slice_set_patient(set, 0), "ct_cropped");
    int height, width;
    cc_slice_set_largest(&height, &width, set);
    assert_int_equal(height, 102);
    assert_int_equal(width, 122);
    size_t pixels = (size_t)height * (size_t)width, labelled = 0;
    uint8_t *mask = malloc(pixels);
    for (size_t i = 0; i < 112; i++) {
        assert_int_equal(cc_slice_set_get(set, i)->number, i);
        assert_ok(cc_slice_set_read(set, i, NULL, mask));
        for (size_t k = 0; k < pixels; k++) labelled += mask[k] > 0;
    }
    assert_int_equal(labelled, 198176);
    free(mask);
    cc_slice_set_close(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_lie_at_fixed_z_with_the_masks_own_labels),
        cmocka_unit_test(hu_are_whole_and_within_int16),
        cmocka_unit_test(the_digest_follows_voxels_labels_and_names),
        cmocka_unit_test(slices_are_axial_and_upright_whatever_the_file_s_order),
        cmocka_unit_test(a_sheared_scan_has_the_distance_of_its_slices),
        cmocka_unit_test(what_is_no_ct_with_mask_is_refused),
        cmocka_unit_test(the_heart_ct_keeps_every_voxel_of_its_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
