/* tests/experiments/commands/test_score.c -- `calcade score` on phantoms that NumPy and SciPy have scored, in
 * every order and geometry of a file, and what it says of files that are no CT. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/readers/metaimage.h"
#include "datasets/readers/metaimage_write.h"
#include "datasets/volume_file.h"
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

/* A scan of 6 x 5 x 4 voxels of 0.5 x 1 x 3 mm, -1000 HU but for: a lesion through two slices (450 and 140 in
 * the first, 250 and 250 in the second) and one of a slice (150). */
enum { X = 6, Y = 5, Z = 4 };
static float hu_at(int64_t x, int64_t y, int64_t z) {
    if (z == 1 && y == 1 && (x == 1 || x == 2)) return x == 1 ? 450 : 140;
    if (z == 2 && y == 1 && (x == 1 || x == 2)) return 250;
    if (z == 0 && y == 3 && (x == 4 || x == 5)) return 150;
    return -1000;
}
/* A mask that leaves the last out. */
static float label_at(int64_t x, int64_t y, int64_t z) {
    return z > 0 && x < 5 && y < 4 ? 2 : 0;
}

/* Writes it so that the file's axis k is axis[k], from its end where mirrored has bit k. */
static void write_filed(const char *path, float (*at)(int64_t, int64_t, int64_t), const int axis[3],
                        int mirrored) {
    static const int64_t sides[3] = {X, Y, Z};
    static const double mm[3] = {0.5, 1, 3}, origin[3] = {-20, 7, 100};
    float voxels[X * Y * Z];
    cc_volume v = {.voxels = voxels};
    memcpy(v.grid.origin_mm, origin, sizeof origin);
    for (int k = 0; k < 3; k++) {
        v.grid.dims[k] = sides[axis[k]];
        v.grid.spacing_mm[k] = mm[axis[k]];
        v.grid.direction[axis[k] * 3 + k] = mirrored >> k & 1 ? -1 : 1;
        if (mirrored >> k & 1) v.grid.origin_mm[axis[k]] += mm[axis[k]] * (double)(sides[axis[k]] - 1);
    }
    for (int64_t i = 0; i < X * Y * Z; i++) {
        const int64_t *dims = v.grid.dims,
                      index[3] = {i % dims[0], i / dims[0] % dims[1], i / (dims[0] * dims[1])};
        int64_t xyz[3];
        for (int k = 0; k < 3; k++) xyz[axis[k]] = mirrored >> k & 1 ? dims[k] - 1 - index[k] : index[k];
        voxels[i] = at(xyz[0], xyz[1], xyz[2]);
    }
    assert_ok(cc_metaimage_write(path, &v, "int16", false));
}

static const int orders[6][3] = {{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {2, 0, 1}, {1, 2, 0}, {2, 1, 0}};

/* By hand, of axial sections: 1 mm2 x 4 + 1 mm2 x 2, and 1 mm2 x 1 without the mask. The middle of the first
 * lesion is x 1.5, y 1, z 1.5, in the file's own voxels. */
static void a_scan_scores_alike_in_every_order_of_its_file(void **state) {
    (void)state;
    const char *folder = cc_test_folder(), *scan = cc_test_path(folder, "scan.mha");
    const char *mask = cc_test_path(folder, "mask.mha"), *turned = cc_test_path(folder, "turned.mha");
    static const int some[] = {0, 8, 17, 26, 35, 46};
    static const double middle[3] = {1.5, 1, 1.5};
    static const int64_t sides[3] = {X, Y, Z};
    write_filed(mask, label_at, orders[0], 0);
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        const int *axis = orders[some[i] / 8], mirrored = some[i] % 8;
        write_filed(scan, hu_at, axis, mirrored);
        write_filed(turned, label_at, orders[5 - some[i] / 8], 7 - mirrored);
        json_t *got = score(scan, some[i] % 2 ? mask : turned);
        check_near(real_of(got, "agatston"), 6);
        check_near(real_of(got, "volume_mm3"), 6);
        const json_t *lesions = json_object_get(got, "lesions");
        assert_int_equal(json_array_size(lesions), 1);
        const json_t *centroid = json_object_get(json_array_get(lesions, 0), "centroid_xyz");
        for (size_t k = 0; k < 3; k++) {
            const double along = middle[axis[k]], side = (double)sides[axis[k]];
            check_near(json_number_value(json_array_get(centroid, k)),
                       mirrored >> k & 1 ? side - 1 - along : along);
        }
        json_decref(got);
    }
    char output[4096];
    assert_int_equal(cc_test_run(output, sizeof output, "%s score %s", CC_PROGRAM, scan), 0);
    assert_non_null(strstr(output, "Agatston   7.0\n"));
}

/* The slices' axis 30 degrees off their normal: 3 mm along it are 2.598 mm between slices, by which areas are
 * scaled and of which a voxel has 0.5 x 1 x 2.598 mm3. */
static void a_sheared_scan_scores_by_the_distance_of_its_slices(void **state) {
    (void)state;
    const char *folder = cc_test_folder();
    const char *paths[2] = {cc_test_path(folder, "scan.mha"), cc_test_path(folder, "mask.mha")};
    for (int file = 0; file < 2; file++) {
        float voxels[X * Y * Z];
        const cc_volume v = {.grid = {.dims = {X, Y, Z},
                                      .spacing_mm = {0.5, 1, 3},
                                      .direction = {1, 0, 0, 0, 1, 0.5, 0, 0, sqrt(3) / 2}},
                             .voxels = voxels};
        for (int i = 0; i < X * Y * Z; i++)
            voxels[i] = (file ? label_at : hu_at)(i % X, i / X % Y, i / (X * Y));
        assert_ok(cc_metaimage_write(paths[file], &v, "int16", false));
    }
    json_t *got = score(paths[0], paths[1]);
    check_near(real_of(got, "agatston"), 6 * sqrt(3) / 2);
    check_near(real_of(got, "volume_mm3"), 6 * sqrt(3) / 2);
    json_decref(got);
}

/* Made so that a dense and a weak piece of a slice are joined a slice below. By scipy.ndimage.label: 11.5 by
 * 3-D lesions, 8.5 by the pieces of each slice. */
static void the_rule_of_joining_is_an_option_and_said(void **state) {
    (void)state;
    static const struct {
        const char *arguments;
        double agatston;
        const char *says;
    } cases[] = {
        {"", 11.5,
         "above 130 HU; 3-D lesions by 6 neighbours, all that a slice holds of one is one area; areas from"},
        {"--connectivity 26", 11.5, "3-D lesions by 26 neighbours"},
        {"--per-slice", 8.5, "lesions of each slice by 8 neighbours, each an area of its own; areas from"},
        {"--connectivity 8 --per-slice", 8.5, "by 8 neighbours"},
        {"--connectivity 4", 8.5, "lesions of each slice by 4 neighbours"},
        {"--per-slice --connectivity 4", 8.5, "by 4 neighbours"},
    };
    const char *scan = cc_test_shared("data/field/a01/dense-weak.mha");
    char output[4096];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char says[64];
        snprintf(says, sizeof says, "Agatston   %.1f\n", cases[i].agatston);
        assert_int_equal(
            cc_test_run(output, sizeof output, "%s score %s %s", CC_PROGRAM, scan, cases[i].arguments), 0);
        assert_non_null(strstr(output, says));
        assert_non_null(strstr(output, cases[i].says));
    }
    assert_int_equal(
        cc_test_run(output, sizeof output, "%s score %s --json --per-slice 2>&-", CC_PROGRAM, scan), 0);
    assert_non_null(strstr(output, "\"connectivity\":8,\"per_slice\":true}"));
    assert_int_equal(cc_test_run(output, sizeof output, "%s score %s --connectivity 18", CC_PROGRAM, scan),
                     2);
    assert_non_null(strstr(output, "--connectivity: wants 4 or 8 (within a slice), 6 or 26"));
    assert_int_equal(
        cc_test_run(output, sizeof output, "%s score %s --per-slice --connectivity 6", CC_PROGRAM, scan), 2);
    assert_non_null(strstr(output, "--per-slice: 6 neighbours reach across slices"));
}

static void what_are_no_hu_is_said(void **state) {
    (void)state;
    static const struct {
        float voxels[4];
        const char *type, *says;
    } cases[] = {{{-1000, 200, 310, 0}, "int16", NULL},
                 {{0, 0.25F, 1, 0.5F}, "float32", "its values, from 0 to 1, may be no HU of a CT"},
                 {{24, 1064, 1474, 30}, "int16", "its values, from 24 to 1474, may be no HU of a CT"},
                 {{0, 200, 255, 7}, "uint8", "its voxels are of 8 bits, from 0 to 255: these are no HU"}};
    char output[4096];
    const char *scan = cc_test_path(cc_test_folder(), "scan.mha");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float copy[4];
        memcpy(copy, cases[i].voxels, sizeof copy);
        const cc_volume v = {
            .grid = {.dims = {2, 2, 1}, .spacing_mm = {1, 1, 3}, .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}},
            .voxels = copy};
        assert_ok(cc_metaimage_write(scan, &v, cases[i].type, false));
        assert_int_equal(cc_test_run(output, sizeof output, "%s score %s", CC_PROGRAM, scan), 0);
        if (cases[i].says)
            assert_non_null(strstr(output, cases[i].says));
        else
            assert_null(strstr(output, "no HU"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phantom_scores_as_numpy_and_scipy_do),
        cmocka_unit_test(a_mask_on_another_grid_is_sampled),
        cmocka_unit_test(masks_that_make_no_sense_are_refused_in_one_line),
        cmocka_unit_test(the_choices_are_options),
        cmocka_unit_test(a_scan_scores_alike_in_every_order_of_its_file),
        cmocka_unit_test(a_sheared_scan_scores_by_the_distance_of_its_slices),
        cmocka_unit_test(the_rule_of_joining_is_an_option_and_said),
        cmocka_unit_test(what_are_no_hu_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
