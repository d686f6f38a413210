/* tests/results/test_masks.c -- masks packed and unpacked, alone and through a run file; rows that are
 * refused. */
#include "results/masks.h"
#include <stdlib.h>
#include <string.h>
#include "results/compare.h"
#include "results/store.h"
#include "support.h"

static cc_run_mask slice_of(int64_t height, int64_t width) {
    return (cc_run_mask){.scan = 3,
                         .whole = 0,
                         .height = height,
                         .width = width,
                         .region_y1 = height,
                         .region_x1 = width,
                         .spacing_x_mm = 0.5,
                         .spacing_y_mm = 0.5,
                         .spacing_z_mm = 3};
}

static void what_is_packed_unpacks_to_the_byte(void **state) {
    (void)state;
    enum { SLICES = 40 };
    static uint8_t pixels[SLICES][64 * 48], found[64 * 48];
    cc_run_masks_packer packer = {0};
    srand(1);
    for (int i = 0; i < SLICES; i++) {
        const cc_run_mask slice = slice_of(i % 2 ? 64 : 5, i % 3 ? 48 : 7);
        for (int64_t k = 0; k < slice.height * slice.width; k++) pixels[i][k] = (uint8_t)(i % 5 ? rand() : 0);
        assert_ok(cc_run_masks_pack(&packer, &slice, pixels[i]));
    }
    const cc_run_masks masks = cc_run_masks_get(&packer, true);
    assert_int_equal(masks.count, SLICES);
    assert_ok(cc_run_masks_check(&masks, SLICES));
    assert_error(cc_run_masks_check(&masks, SLICES + 1), CC_EINVAL, "are of 40 slices, not of the 41");
    for (size_t i = 0; i < SLICES; i++) {
        assert_ok(cc_run_masks_unpack(found, &masks, i));
        assert_memory_equal(found, pixels[i], (size_t)(masks.slices[i].height * masks.slices[i].width));
    }
    cc_run_masks_packer_deinit(&packer);
}

/* The ends of Agatston's classes, and that a class's value lies where its values lie. */
static void classes_part_at_130_200_300_and_400(void **state) {
    (void)state;
    static const float hu[] = {-1000, 130, 130.5f, 131, 199.5f, 200, 299, 300, 399, 400, 3000};
    static const uint8_t want[] = {0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4};
    for (size_t i = 0; i < sizeof want; i++) {
        assert_int_equal(cc_density_of(hu[i]), want[i]);
        assert_int_equal(cc_density_of(cc_density_hu(want[i])), want[i]);
    }
}

static void a_file_gives_them_back_and_refuses_what_cannot_be(void **state) {
    (void)state;
    static const cc_run_slice slices[] = {{.patient = "a", .slice = 1, .tn = 6}};
    static const uint8_t pixels[6] = {0, 1, 32, 33, 0, 0};
    uint8_t found[6];
    cc_run run = {.experiment = "twin/x",
                  .variant = "v",
                  .stage = "roi",
                  .config = "",
                  .slices = slices,
                  .slice_count = 1};
    cc_run got;
    cc_run_masks_packer packer = {0};
    cc_arena *arena = cc_arena_create();
    const char *path = cc_test_path(cc_test_folder(), "run.h5");
    assert_ok(cc_run_masks_pack(
        &packer, &(cc_run_mask){.height = 2, .width = 3, .region_y1 = 2, .region_x1 = 3}, pixels));
    run.masks = cc_run_masks_get(&packer, true);
    assert_ok(cc_run_write(path, &run));
    assert_ok(cc_run_read(&got, path, CC_RUN_BASIC, arena));
    assert_int_equal(got.masks.count, 0); /* not asked for */
    assert_ok(cc_run_read(&got, path, CC_RUN_MASKS, arena));
    assert_true(got.masks.arteries);
    assert_ok(cc_run_masks_unpack(found, &got.masks, 0));
    assert_memory_equal(found, pixels, sizeof pixels);
    /* More pixels than are packed; a place outside; a region outside; more pixels than deflate can pack so
     * small. */
    packer.slices[0].width = 4;
    run.masks = cc_run_masks_get(&packer, true);
    assert_error(cc_run_masks_unpack(found, &run.masks, 0), CC_EFORMAT, "does not unpack to 4 x 2 pixels");
    packer.slices[0].start = 1;
    assert_error(cc_run_write(path, &run), CC_EINVAL,
                 "row 0 has a size, region or place that makes no sense");
    packer.slices[0].start = 0;
    packer.slices[0].region_x1 = 5;
    assert_error(cc_run_write(path, &run), CC_EINVAL, "row 0 has a size, region or place");
    packer.slices[0].region_x1 = 3;
    packer.slices[0].height = packer.slices[0].width = 1 << 15;
    assert_error(cc_run_write(path, &run), CC_EINVAL, "row 0 has a size, region or place");
    cc_run_masks_packer_deinit(&packer);
    cc_arena_destroy(arena);
}

/* With several classes each pixel has a second byte, which may not contradict the first. */
static void classes_go_with_their_masks(void **state) {
    (void)state;
    static const cc_run_slice slices[] = {{.patient = "a", .slice = 1, .tp = 1, .fp = 1, .fn = 1, .tn = 3}};
    uint8_t pixels[12] = {0, 1, 32, 33, 0, 0, 0, 3, 0, 2, 0, 0}, found[12];
    cc_run run = {.experiment = "twin/x",
                  .variant = "v",
                  .stage = "roi",
                  .config = "",
                  .slices = slices,
                  .slice_count = 1};
    cc_run got;
    const cc_run_mask slice = {.height = 2, .width = 3, .region_y1 = 2, .region_x1 = 3};
    cc_run_masks_packer packer = {.classes = 3};
    cc_arena *arena = cc_arena_create();
    const char *path = cc_test_path(cc_test_folder(), "run.h5");
    assert_ok(cc_run_masks_pack(&packer, &slice, pixels));
    run.masks = cc_run_masks_get(&packer, true);
    assert_ok(cc_run_write(path, &run));
    assert_ok(cc_run_read(&got, path, CC_RUN_MASKS, arena));
    assert_int_equal(got.masks.classes, 3);
    assert_int_equal(cc_run_masks_depth(&got.masks), 2);
    assert_ok(cc_run_masks_unpack(found, &got.masks, 0));
    assert_memory_equal(found, pixels, sizeof pixels);
    /* A class that there is not; one where nothing is predicted; none where something is. */
    run.masks.classes = 2;
    assert_error(cc_run_masks_unpack(found, &run.masks, 0), CC_EFORMAT, "pixel 1: the class 3 is none");
    static const uint8_t wrong[2][2] = {{6, 1}, {7, 0}};
    for (int k = 0; k < 2; k++) {
        const uint8_t before = pixels[wrong[k][0]];
        pixels[wrong[k][0]] = wrong[k][1];
        assert_ok(cc_run_masks_pack(&packer, &slice, pixels));
        pixels[wrong[k][0]] = before;
        const cc_run_masks masks = cc_run_masks_get(&packer, true);
        assert_error(cc_run_masks_unpack(found, &masks, (size_t)k + 1), CC_EFORMAT,
                     "or contradicts the mask");
    }
    run.masks = cc_run_masks_get(&packer, true);
    run.masks.count = 1;
    run.masks.classes = 8;
    assert_error(cc_run_write(path, &run), CC_EINVAL, "masks/classes: 8 is not in 1 to 7");
    /* Masks of one class, read as of several, are too short. */
    cc_run_masks_packer one = {0};
    assert_ok(cc_run_masks_pack(&one, &slice, pixels));
    cc_run_masks masks = cc_run_masks_get(&one, true);
    masks.classes = 3;
    assert_error(cc_run_masks_unpack(found, &masks, 0), CC_EFORMAT, "does not unpack");
    cc_run_masks_packer_deinit(&one);
    cc_run_masks_packer_deinit(&packer);
    cc_arena_destroy(arena);
}

/* More lesions found than there are; a sum of probabilities above the number of pixels. */
static void rows_that_no_test_gives_are_refused(void **state) {
    (void)state;
    static const cc_run_slice slices[] = {{.patient = "a", .slice = 1, .tn = 6}};
    static const cc_run_challenge found = {.patient = "a", .lesions_true = 3, .lesions_found = 4};
    static const cc_run_calibration sums = {.pixels_of = "all", .pixels = 290, .probability = 291};
    const char *path = cc_test_path(cc_test_folder(), "bad.h5");
    const cc_run run = {.experiment = "twin/x",
                        .variant = "v",
                        .stage = "roi",
                        .config = "",
                        .slices = slices,
                        .slice_count = 1};
    cc_run bad = run;
    bad.challenge = &found;
    bad.challenge_count = 1;
    assert_error(cc_run_write(path, &bad), CC_EINVAL,
                 "row 0 (a) has another artery, finds more lesions than");
    bad = run;
    bad.calibration = &sums;
    bad.calibration_count = 1;
    assert_error(cc_run_write(path, &bad), CC_EINVAL, "row 0 holds sums that no 290 pixels have");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_unpacks_to_the_byte),
        cmocka_unit_test(classes_part_at_130_200_300_and_400),
        cmocka_unit_test(rows_that_no_test_gives_are_refused),
        cmocka_unit_test(a_file_gives_them_back_and_refuses_what_cannot_be),
        cmocka_unit_test(classes_go_with_their_masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
