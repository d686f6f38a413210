/* tests/datasets/test_landmarks.c -- Nyul and Udupa's landmarks against NumPy 2's: percentile of what lies
 * above the mean, interp between landmarks, the lines of the outer pairs beyond them. */
#include "datasets/landmarks.h"
#include <math.h>
#include <string.h>
#include "datasets/view.h"
#include "tree.h"

enum { WIDTH = 8, HEIGHT = 6, DEPTH = 4, SLICE = WIDTH * HEIGHT, VOXELS = SLICE * DEPTH };

/* Of the two scans below, and the standard that they give. */
static const cc_landmarks first = {{-254, -182.5, -111, -31.5, 40, 119, 191, 262, 341, 421, 490.48}},
                          second = {{-192, -120, -72, -6.4, 52.8, 104, 171.2, 222.4, 281.6, 340.8, 390.496}},
                          standard = {{-223, -150.133695, -90.9359061, -18.14969883, 47.42673092, 111.789026,
                                       182.1444303, 242.9418855, 311.8603526, 381.2244247, 440.488}};

/* Scan k: voxel i is (i (7919 + 104729 k)) mod (1500 - 300 k) - 1000 + 200 k. */
static cc_slice_set *open_scan(int k) {
    static const int dims[3] = {WIDTH, HEIGHT, DEPTH};
    int16_t hu[VOXELS];
    uint8_t mask[VOXELS];
    cc_slice_set *set;
    const char *root = cc_test_folder();
    for (int i = 0; i < VOXELS; i++) {
        hu[i] = (int16_t)(i * (7919 + 104729 * k) % (1500 - 300 * k) - 1000 + 200 * k);
        mask[i] = 1;
    }
    tree_write_mha(root, "ct.mha", dims, 0, "MET_SHORT", hu, sizeof hu);
    tree_write_mha(root, "mask.mha", dims, 0, "MET_UCHAR", mask, sizeof mask);
    const cc_slice_options volume = {.source = "volume", .root = root, .image = "ct.mha", .mask = "mask.mha"};
    assert_ok(cc_slice_set_open(&set, &volume));
    return set;
}

static void compare(const cc_landmarks *got, const cc_landmarks *want) {
    for (int i = 0; i < CC_LANDMARKS; i++) assert_float_equal(got->hu[i], want->hu[i], 1e-6);
}

static void a_scan_s_landmarks_are_numpys_percentiles_above_its_mean(void **state) {
    (void)state;
    cc_landmarks got;
    for (int k = 0; k < 2; k++) {
        cc_slice_set *set = open_scan(k);
        for (size_t i = 0; i < DEPTH; i += 3) { /* whichever slice is named */
            assert_ok(cc_landmarks_find(&got, set, i));
            compare(&got, k ? &second : &first);
        }
        cc_slice_set_close(set);
    }
}

static void the_standard_averages_scans_whose_ends_are_brought_together(void **state) {
    (void)state;
    const cc_landmarks scans[] = {first, second};
    cc_landmarks got;
    cc_landmarks_learn(&got, scans, 2);
    compare(&got, &standard);
    cc_landmarks_learn(&got, scans, 1); /* of one scan: its own */
    compare(&got, &first);
}

static void values_go_along_the_lines_between_landmarks_and_beyond(void **state) {
    (void)state;
    static const float values[11] = {-1000, -400, -250, -37, 0, 130, 333, 444, 498, 499, 900},
                       want[2][11] = {{-983.2554f, -371.7899f, -218.9236f, -23.18522f, 10.74062f, 122.5378f,
                                       304.8813f, 400.8425f, 446.9022f, 447.7552f, 789.7917f},
                                      {-1040.722f, -433.5027f, -281.6979f, -52.10180f, -11.06036f, 139.0099f,
                                       372.0852f, 504.2927f, 568.6889f, 569.8814f, 1048.083f}};
    float got[11];
    for (int k = 0; k < 2; k++) {
        memcpy(got, values, sizeof got);
        cc_landmarks_apply(got, k ? &second : &first, &standard, 11);
        for (int i = 0; i < 11; i++) assert_float_equal(got[i], want[k][i], 1e-3);
    }
    /* Deciles that coincide are one: no division by 0. */
    const cc_landmarks flat = {{0, 10, 10, 10, 10, 10, 10, 10, 10, 10, 20}};
    memcpy(got, values, sizeof got);
    cc_landmarks_apply(got, &flat, &standard, 11);
    for (int i = 0; i < 11; i++) assert_true(isfinite(got[i]));
}

/* A view keeps 1/8 HU. */
static void a_view_brings_each_whole_scan_to_the_standard(void **state) {
    (void)state;
    cc_slice_set *set = open_scan(0), *view;
    float before[SLICE], got[SLICE];
    const cc_view_item item = {.base = 2, .box = {0, 0, HEIGHT, WIDTH}, .keep = {0, 0, HEIGHT, WIDTH}};
    const cc_view_options options = {.base = set, .items = &item, .count = 1, .standard = &standard};
    assert_ok(cc_view_open(&view, &options));
    assert_ok(cc_slice_set_read(set, 2, before, NULL));
    assert_ok(cc_slice_set_read(view, 0, got, NULL));
    cc_landmarks_apply(before, &first, &standard, SLICE);
    for (int i = 0; i < SLICE; i++) assert_float_equal(got[i], before[i], 0.0625 + 1e-4);
    cc_slice_set_close(view);
    cc_slice_set_close(set);
}

static void the_text_reads_back_exactly_and_others_are_refused(void **state) {
    (void)state;
    char text[CC_LANDMARKS_BYTES];
    cc_landmarks got;
    cc_landmarks_format(text, &standard);
    assert_true(cc_landmarks_parse(&got, text));
    assert_memory_equal(&got, &standard, sizeof got);
    static const char *const bad[] = {"", "1 2 3", "1 2 3 4 5 6 7 8 9 10 11 12", "1 2 3 4 5 6 7 8 9 10 nan",
                                      "1 2 3 4 5 6 7 8 9 11 10"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(cc_landmarks_parse(&got, bad[i]));
}

static void a_scan_of_one_value_is_refused(void **state) {
    (void)state;
    static const int dims[3] = {WIDTH, HEIGHT, 1};
    const int16_t hu[SLICE] = {0};
    uint8_t mask[SLICE];
    cc_slice_set *set;
    cc_landmarks got;
    const char *root = cc_test_folder();
    memset(mask, 1, sizeof mask);
    tree_write_mha(root, "ct.mha", dims, 0, "MET_SHORT", hu, sizeof hu);
    tree_write_mha(root, "mask.mha", dims, 0, "MET_UCHAR", mask, sizeof mask);
    const cc_slice_options volume = {.source = "volume", .root = root, .image = "ct.mha", .mask = "mask.mha"};
    assert_ok(cc_slice_set_open(&set, &volume));
    assert_error(cc_landmarks_find(&got, set, 0), CC_EINVAL, "all voxels of a scan have one value");
    cc_slice_set_close(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_s_landmarks_are_numpys_percentiles_above_its_mean),
        cmocka_unit_test(the_standard_averages_scans_whose_ends_are_brought_together),
        cmocka_unit_test(values_go_along_the_lines_between_landmarks_and_beyond),
        cmocka_unit_test(a_view_brings_each_whole_scan_to_the_standard),
        cmocka_unit_test(the_text_reads_back_exactly_and_others_are_refused),
        cmocka_unit_test(a_scan_of_one_value_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
