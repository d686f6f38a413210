/* tests/datasets/test_slices_orcascore.c -- the orCaScore layout: names, groups, labels, and scans in
 * another orientation, which give the same slices. */
#include <string.h>
#include "said.h"
#include "tree.h"
#include "datasets/readers/metaimage.h"
#include "datasets/readers/metaimage_write.h"
#include "datasets/upright.h"
#include "datasets/volume.h"
#include "datasets/volume_file.h"

enum { SIDE = 6, DEPTH = 3, VOXELS = SIDE * SIDE * DEPTH };

static float hu_of(int seed, int i) {
    return (float)(-1000 + 37 * seed + i);
}

/* A scan of its own values, or labels 0 to 3. */
static void write_image(const char *root, const char *relative, int seed, bool labels, bool compressed) {
    char path[CC_PATH_MAX], folder[CC_PATH_MAX];
    float voxels[VOXELS];
    cc_volume volume = {.grid = {.dims = {SIDE, SIDE, DEPTH},
                                 .spacing_mm = {0.5, 0.5, 3},
                                 .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}},
                        .voxels = voxels};
    for (int i = 0; i < VOXELS; i++) voxels[i] = labels ? (float)((i + seed) % 4) : hu_of(seed, i);
    assert_ok(cc_path_join(path, root, relative));
    assert_ok(cc_path_folder(folder, path));
    assert_ok(cc_folder_make(folder));
    assert_ok(cc_metaimage_write(path, &volume, labels ? "uint8" : "int16", compressed));
}

static void add_scan(const char *root, const char *images, const char *references, const char *name,
                     int seed) {
    char path[CC_PATH_MAX];
    snprintf(path, sizeof path, "%s/%sCTI.mhd", images, name);
    write_image(root, path, seed, false, seed % 2);
    snprintf(path, sizeof path, "%s/%sR.mhd", references, name);
    write_image(root, path, seed, true, seed % 2);
}

static cc_slice_set *open_set(const char *root) {
    cc_slice_set *set = NULL;
    cc_slice_options options = {.source = "orcascore", .root = root, .cache_mb = 1};
    assert_ok(cc_slice_set_open(&set, &options));
    return set;
}

static void refused(const char *root, cc_status status, const char *part) {
    cc_slice_set *set = NULL;
    cc_slice_options options = {.source = "orcascore", .root = root};
    assert_error(cc_slice_set_open(&set, &options), status, part);
    assert_null(set);
}

static void shell(const char *root, const char *command) {
    assert_int_equal(cc_test_run(NULL, 0, "cd '%s' && %s", root, command), 0);
}

static void scans_without_contrast_come_with_labels_by_artery(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    add_scan(root, "Images", "Reference standard", "TRV2P1", 2); /* plain */
    add_scan(root, "Images", "Reference standard", "TRV1P3", 1); /* compressed */
    write_image(root, "Images/TRV1P3CTAI.mhd", 9, false, false);
    write_image(root, "Images/TRV1P4CTI.mhd", 9, false, false); /* no reference: left out */
    cc_slice_set *set = open_set(root);
    assert_int_equal(cc_slice_set_patient_count(set), 2);
    assert_int_equal(cc_slice_set_count(set), 2 * DEPTH);
    assert_string_equal(cc_slice_set_patient(set, 0), "TRV1P3");
    assert_string_equal(cc_slice_set_patient(set, 1), "TRV2P1");
    assert_int_equal(cc_slice_set_group(set, 0), 0);
    assert_int_equal(cc_slice_set_group(set, 1), 1);
    double spacing[3];
    assert_true(cc_slice_set_spacing(spacing, set, 4));
    assert_true(spacing[0] == 0.5 && spacing[1] == 0.5 && spacing[2] == 3);
    for (size_t s = 0; s < cc_slice_set_count(set); s++) {
        float image[SIDE * SIDE];
        uint8_t mask[SIDE * SIDE];
        int seed = s < DEPTH ? 1 : 2, z = (int)s % DEPTH;
        assert_int_equal(cc_slice_set_get(set, s)->number, z);
        assert_ok(cc_slice_set_read(set, s, image, mask));
        for (int i = 0; i < SIDE * SIDE; i++) {
            assert_true(image[i] == hu_of(seed, z * SIDE * SIDE + i));
            assert_int_equal(mask[i], (z * SIDE * SIDE + i + seed) % 4);
        }
    }
    cc_slice_set_close(set);
}

static void every_spelling_and_depth_of_the_folders_is_found(void **state) {
    (void)state;
    static const char *const folders[][2] = {{"Images", "ReferenceStandard"},
                                             {"Training_set/Images", "Training_set/Reference standard"},
                                             {"a/v1/Images", "a/v1/Reference_standard"}};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const char *root = cc_test_folder();
        add_scan(root, folders[i][0], folders[i][1], "TRV4P12", 3);
        cc_slice_set *set = open_set(root);
        assert_int_equal(cc_slice_set_count(set), DEPTH);
        assert_int_equal(cc_slice_set_group(set, 0), 3);
        cc_slice_set_close(set);
    }
}

static void the_digest_follows_voxels_labels_and_names(void **state) {
    (void)state;
    static const char *const changes[] = {
        "true", "printf x | dd of=Images/TRV1P2CTI.raw conv=notrunc status=none",
        "printf '\\1' | dd of='Reference standard/TRV1P2R.raw' conv=notrunc status=none",
        "mkdir deep && mv Images Ref* deep", /* the place does not count */
    };
    cc_digest_text digests[4];
    for (int i = 0; i < 4; i++) {
        const char *root = cc_test_folder();
        add_scan(root, "Images", "Reference standard", "TRV1P2", 2);
        shell(root, changes[i]);
        cc_slice_set *set = open_set(root);
        assert_ok(cc_slice_set_digest(&digests[i], set));
        cc_slice_set_close(set);
    }
    assert_string_not_equal(digests[0].hex, digests[1].hex);
    assert_string_not_equal(digests[0].hex, digests[2].hex);
    assert_string_not_equal(digests[1].hex, digests[2].hex);
    assert_string_equal(digests[0].hex, digests[3].hex);
}

/* The scan as one file a slice: the same values, and each file counts for the digest. */
static void a_scan_may_lie_in_one_file_a_slice(void **state) {
    (void)state;
    cc_digest_text digests[2];
    for (int i = 0; i < 2; i++) {
        const char *root = cc_test_folder();
        add_scan(root, "Images", "Reference standard", "TRV1P2", 2);
        shell(root, "cd Images && split -b 72 -d -a 1 --additional-suffix=.part TRV1P2CTI.raw s && rm "
                    "TRV1P2CTI.raw && "
                    "sed -i 's/^ElementDataFile.*/ElementDataFile = LIST\\ns0.part\\ns1.part\\ns2.part/' "
                    "TRV1P2CTI.mhd");
        if (i) shell(root, "printf x | dd of=Images/s2.part conv=notrunc status=none");
        cc_slice_set *set = open_set(root);
        float image[SIDE * SIDE];
        for (int z = DEPTH - 1 - i; z >= 0; z--) {
            assert_ok(cc_slice_set_read(set, (size_t)z, image, NULL));
            for (int k = 0; k < SIDE * SIDE; k++) assert_true(image[k] == hu_of(2, z * SIDE * SIDE + k));
        }
        assert_ok(cc_slice_set_digest(&digests[i], set));
        cc_slice_set_close(set);
    }
    assert_string_not_equal(digests[0].hex, digests[1].hex);
}

static void a_scan_cut_short_fails_at_the_slice_that_is_not_there(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    add_scan(root, "Images", "Reference standard", "TRV1P1", 0);
    cc_slice_set *set = open_set(root);
    float image[SIDE * SIDE];
    shell(root, "truncate -s 150 Images/TRV1P1CTI.raw");
    assert_ok(cc_slice_set_read(set, 1, image, NULL));
    assert_true(image[0] == hu_of(0, SIDE * SIDE));
    assert_error(cc_slice_set_read(set, 2, image, NULL), CC_EFORMAT, "TRV1P1CTI.raw");
    cc_slice_set_close(set);
}

/* Writes a file again in another order of its axes: axis k is the one that was axis[k], from its end where
 * mirrored has bit k. */
static void file_otherwise(const char *root, const char *relative, const int axis[3], int mirrored) {
    cc_volume v = {0};
    char path[CC_PATH_MAX];
    assert_ok(cc_path_join(path, root, relative));
    assert_ok(cc_volume_read(&v, path));
    cc_upright order = {.first = 0};
    const int64_t step[3] = {1, v.grid.dims[0], v.grid.dims[0] * v.grid.dims[1]};
    for (int k = 0; k < 3; k++) {
        order.axis[k] = axis[k];
        order.mirrored[k] = mirrored >> k & 1;
        order.step[k] = order.mirrored[k] ? -step[axis[k]] : step[axis[k]];
        if (order.mirrored[k]) order.first += (v.grid.dims[axis[k]] - 1) * step[axis[k]];
    }
    assert_ok(cc_upright_reorient(&v, &order));
    assert_ok(cc_metaimage_write(path, &v, v.type, false));
    cc_volume_deinit(&v);
}

/* As scans_without_contrast_come_with_labels_by_artery, whichever of the two a tool has turned. */
static void turned_scans_and_labels_are_the_same_slices(void **state) {
    (void)state;
    static const struct {
        int axis[3], mirrored;
    } orders[] = {{{0, 1, 2}, 3}, {{0, 1, 2}, 4}, {{1, 0, 2}, 0}, {{2, 0, 1}, 5}, {{1, 2, 0}, 2}};
    for (size_t k = 0; k < 3 * sizeof orders / sizeof *orders; k++) {
        const char *root = cc_test_folder();
        said heard;
        add_scan(root, "Images", "Reference standard", "TRV2P1", 2);
        if (k % 3 != 1)
            file_otherwise(root, "Images/TRV2P1CTI.mhd", orders[k / 3].axis, orders[k / 3].mirrored);
        if (k % 3 != 0)
            file_otherwise(root, "Reference standard/TRV2P1R.mhd", orders[k / 3].axis,
                           orders[k / 3].mirrored);
        said_start(&heard);
        cc_slice_set *set = open_set(root);
        said_end(&heard);
        assert_string_equal(heard.text, "");
        double spacing[3];
        assert_true(cc_slice_set_spacing(spacing, set, 0));
        assert_true(spacing[0] == 0.5 && spacing[1] == 0.5 && spacing[2] == 3);
        assert_int_equal(cc_slice_set_count(set), DEPTH);
        for (int z = 0; z < DEPTH; z++) {
            float image[SIDE * SIDE];
            uint8_t mask[SIDE * SIDE];
            assert_ok(cc_slice_set_read(set, (size_t)z, image, mask));
            for (int i = 0; i < SIDE * SIDE; i++) {
                assert_true(image[i] == hu_of(2, z * SIDE * SIDE + i));
                assert_int_equal(mask[i], (z * SIDE * SIDE + i + 2) % 4);
            }
        }
        cc_slice_set_close(set);
    }
}

/* Laid where their header puts them, with a word that names the file; a shift of rounding is none. */
static void labels_on_another_grid_are_laid_by_their_affine_and_said(void **state) {
    (void)state;
    static const struct {
        const char *change, *says;
        int moved; /* slices */
    } cases[] = {
        {"sed -i 's/Offset.*/Offset = 0.01 0 -0.02/' 'Reference standard/TRV2P2R.mhd'", NULL, 0},
        {"sed -i 's/Offset.*/Offset = 0 0 3/' 'Reference standard/TRV2P2R.mhd'",
         "TRV2P2R.mhd: it has as many voxels", 1},
        {"sed -i 's/Offset.*/Offset = 0 0 3/' 'Reference standard/TRV2P2R.mhd'",
         "TRV2P2R.mhd: 27 of 81 labelled voxels lie off", 1},
        {"sed -i 's/DimSize.*/DimSize = 6 6 2/' 'Reference standard/TRV2P2R.mhd'",
         "TRV2P2R.mhd: its grid is 6 x 6 x 2, its scan's 6 x 6 x 3", 0},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *root = cc_test_folder();
        said heard;
        uint8_t mask[SIDE * SIDE];
        add_scan(root, "Images", "Reference standard", "TRV2P2", 2);
        shell(root, cases[k].change);
        said_start(&heard);
        cc_slice_set *set = open_set(root);
        said_end(&heard);
        if (cases[k].says)
            assert_non_null(strstr(heard.text, cases[k].says));
        else
            assert_string_equal(heard.text, "");
        assert_ok(cc_slice_set_read(set, 1, NULL, mask));
        for (int i = 0; i < SIDE * SIDE; i++)
            assert_int_equal(mask[i], ((1 - cases[k].moved) * SIDE * SIDE + i + 2) % 4);
        cc_slice_set_close(set);
    }
}

/* Beside the reference, on the scan's grid or on one of their own. */
static void regions_lie_beside_the_reference(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    static const int turned_axes[3] = {1, 0, 2};
    cc_slice_set *set = NULL;
    const cc_slice_options options = {.source = "orcascore", .root = root, .regions = true};
    cc_digest_text digests[2];
    uint8_t regions[SIDE * SIDE];
    add_scan(root, "Images", "Reference standard", "TRV1P1", 2);
    assert_error(cc_slice_set_open(&set, &options), CC_ENOTFOUND, "TRV1P1Regions.mhd is not there");
    for (int turned = 0; turned < 2; turned++) {
        write_image(root, "Reference standard/TRV1P1Regions.mhd", 7, true, false);
        if (turned) file_otherwise(root, "Reference standard/TRV1P1Regions.mhd", turned_axes, 0);
        assert_ok(cc_slice_set_open(&set, &options));
        for (int z = DEPTH - 1; z >= 0; z--) {
            assert_ok(cc_slice_set_read_regions(set, (size_t)z, regions));
            for (int k = 0; k < SIDE * SIDE; k++) assert_int_equal(regions[k], (z * SIDE * SIDE + k + 7) % 4);
        }
        assert_ok(cc_slice_set_digest(&digests[turned], set));
        cc_slice_set_close(set);
    }
    assert_string_not_equal(digests[0].hex, digests[1].hex);
    /* Who does not ask for them has the digest of a dataset without. */
    for (int i = 0; i < 2; i++) {
        set = open_set(root);
        assert_false(cc_slice_set_has_regions(set));
        assert_ok(cc_slice_set_digest(&digests[i], set));
        cc_slice_set_close(set);
        if (i == 0) shell(root, "rm Reference*/*Regions*");
    }
    assert_string_equal(digests[0].hex, digests[1].hex);
}

static void what_is_broken_is_named(void **state) {
    (void)state;
    static const struct {
        const char *change;
        cc_status status;
        const char *says;
    } faults[] = {
        {"rm -r Images", CC_ENOTFOUND, "no scan with a reference"},
        {"rm Images/TRV1P2CTI.mhd", CC_ENOTFOUND, "the scan of the reference TRV1P2R.mhd is not there"},
        {"rm Images/TRV1P2CTI.raw", CC_ENOTFOUND, "TRV1P2CTI.raw"},
        {"truncate -s 20 Images/TRV1P2CTI.raw", CC_EFORMAT, "TRV1P2CTI.raw: DimSize asks for more"},
        {"sed -i 's/Offset.*/Offset = 400 400 400/' 'Reference standard/TRV1P2R.mhd'", CC_EFORMAT,
         "TRV1P2R.mhd: no labelled voxel lies on the grid of the scan"},
        {"mkdir b && cp -r Images Ref* b && mkdir c && mv Images Ref* c", CC_EFORMAT, "another scan TRV1P2"},
        {"mv Images/TRV1P2CTI.mhd /tmp/calcade-outside.mhd && ln -s /tmp/calcade-outside.mhd "
         "Images/TRV1P2CTI.mhd",
         CC_EINVAL, "leads out of the dataset's folder"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const char *root = cc_test_folder();
        add_scan(root, "Images", "Reference standard", "TRV1P2", 2);
        shell(root, faults[i].change);
        refused(root, faults[i].status, faults[i].says);
    }
    remove("/tmp/calcade-outside.mhd");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_without_contrast_come_with_labels_by_artery),
        cmocka_unit_test(every_spelling_and_depth_of_the_folders_is_found),
        cmocka_unit_test(the_digest_follows_voxels_labels_and_names),
        cmocka_unit_test(a_scan_may_lie_in_one_file_a_slice),
        cmocka_unit_test(a_scan_cut_short_fails_at_the_slice_that_is_not_there),
        cmocka_unit_test(turned_scans_and_labels_are_the_same_slices),
        cmocka_unit_test(labels_on_another_grid_are_laid_by_their_affine_and_said),
        cmocka_unit_test(regions_lie_beside_the_reference),
        cmocka_unit_test(what_is_broken_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
