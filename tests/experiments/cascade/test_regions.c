/* Regions of interest from masks, and the file that masks are kept in. */
#include "experiments/cascade/masks.h"
#include "experiments/cascade/regions.h"
#include "runs.h"

enum { SIDE = 64, PIXELS = SIDE * SIDE };

static cc_slice_set *set; /* 4 patients of 3 slices */

static int setup(void **state) {
    runs_setup(state);
    cc_slice_options options = {.source = "ctheart", .root = runs_data, .window_hu = {-200, 800}};
    return cc_slice_set_open(&set, &options) == CC_OK ? 0 : 1;
}

static int teardown(void **state) {
    (void)state;
    cc_slice_set_close(set);
    return 0;
}

static cc_experiment_config config_of(const char *mode, bool unite, int opening, int margin, int crop) {
    cc_experiment_config config = {0};
    config.preprocess.roi.mode = mode;
    config.preprocess.roi.unite = unite;
    config.preprocess.roi.opening = opening;
    config.preprocess.roi.margin = margin;
    config.preprocess.roi.crop = crop;
    return config;
}

static void put(cc_masks *masks, size_t slice, cc_box box, cc_box speck) {
    uint8_t mask[PIXELS] = {0};
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            mask[y * SIDE + x] = (y >= box.y0 && y < box.y1 && x >= box.x0 && x < box.x1) ||
                                 (y >= speck.y0 && y < speck.y1 && x >= speck.x0 && x < speck.x1);
    cc_masks_put(masks, slice, mask);
}

/* Patient 0: two overlapping boxes and a line; patient 1: a speck in one slice; others nothing. */
static cc_masks *sample(void) {
    cc_masks *masks;
    assert_ok(cc_masks_create(&masks, set));
    put(masks, 0, (cc_box){10, 12, 30, 32}, (cc_box){50, 0, 52, 60});
    put(masks, 2, (cc_box){20, 22, 40, 44}, (cc_box){0});
    put(masks, 4, (cc_box){5, 5, 7, 7}, (cc_box){0});
    return masks;
}

static void assert_box(const cc_box *b, int y0, int x0, int y1, int x1) {
    if (b->y0 != y0 || b->x0 != x0 || b->y1 != y1 || b->x1 != x1)
        print_error("%d %d %d %d is not %d %d %d %d\n", b->y0, b->x0, b->y1, b->x1, y0, x0, y1, x1);
    assert_true(b->y0 == y0 && b->x0 == x0 && b->y1 == y1 && b->x1 == x1);
}

static void a_scan_has_the_box_about_its_opened_union(void **state) {
    (void)state;
    cc_box boxes[12];
    size_t without;
    cc_masks *masks = sample();
    cc_experiment_config config = config_of("blank", true, 7, 0, 0);
    assert_ok(cc_regions_find(boxes, &without, masks, set, &config));
    for (int i = 0; i < 3; i++) assert_box(&boxes[i], 10, 12, 40, 44);
    for (int i = 3; i < 12; i++) assert_box(&boxes[i], 0, 0, SIDE, SIDE); /* the speck is opened away */
    assert_int_equal(without, 9);
    config = config_of("blank", true, 0, 30, 0); /* the line counts, the margin ends at the border */
    assert_ok(cc_regions_find(boxes, &without, masks, set, &config));
    assert_box(&boxes[1], 0, 0, SIDE, SIDE);
    assert_box(&boxes[3], 0, 0, 37, 37);
    assert_int_equal(without, 6);
    cc_masks_destroy(masks);
}

static void without_the_union_each_slice_has_its_own(void **state) {
    (void)state;
    cc_box boxes[12];
    size_t without;
    cc_masks *masks = sample();
    cc_experiment_config config = config_of("blank", false, 7, 1, 0);
    assert_ok(cc_regions_find(boxes, &without, masks, set, &config));
    assert_box(&boxes[0], 9, 11, 31, 33);
    assert_box(&boxes[1], 0, 0, SIDE, SIDE);
    assert_box(&boxes[2], 19, 21, 41, 45);
    assert_int_equal(without, 10);
    cc_masks_destroy(masks);
}

static void a_crop_lies_about_the_middle_and_in_the_slice(void **state) {
    (void)state;
    cc_box boxes[12];
    size_t without;
    cc_masks *masks = sample();
    cc_experiment_config config = config_of("crop", true, 0, 0, 32);
    assert_ok(cc_regions_find(boxes, &without, masks, set, &config));
    assert_box(&boxes[3], 0, 0, 32, 32);
    config.preprocess.roi.opening = 7;
    assert_ok(cc_regions_find(boxes, &without, masks, set, &config));
    assert_box(&boxes[0], 9, 12, 41, 44);
    assert_box(&boxes[5], 16, 16, 48, 48);
    config.preprocess.roi.crop = 100;
    assert_ok(cc_regions_find(boxes, &without, masks, set, &config));
    assert_box(&boxes[0], 0, 0, SIDE, SIDE);
    cc_masks_destroy(masks);
}

static void masks_come_back_from_their_file(void **state) {
    (void)state;
    cc_masks *masks = sample(), *read;
    cc_masks_state found;
    uint8_t a[PIXELS], b[PIXELS];
    cc_digest_text key = cc_digest_of("key", 3), other = cc_digest_of("other", 5);
    const char *path = cc_test_path(cc_test_folder(), "a/b.masks");
    assert_ok(cc_masks_create(&read, set));
    assert_ok(cc_masks_read(&found, read, path, &key));
    assert_int_equal(found, CC_MASKS_NONE);
    assert_ok(cc_masks_write(masks, path, &key));
    assert_ok(cc_masks_read(&found, read, path, &key));
    assert_int_equal(found, CC_MASKS_WHOLE);
    for (size_t i = 0; i < 12; i++) {
        cc_masks_get(a, masks, i);
        cc_masks_get(b, read, i);
        assert_memory_equal(a, b, PIXELS);
    }
    assert_ok(cc_masks_read(&found, read, path, &other));
    assert_int_equal(found, CC_MASKS_DAMAGED);
    cc_masks_destroy(read);
    cc_masks_destroy(masks);
}

static void a_damaged_file_of_masks_is_found(void **state) {
    (void)state;
    cc_masks *masks = sample();
    cc_masks_state found;
    char *bytes;
    size_t count;
    cc_arena *arena = cc_arena_create();
    cc_digest_text key = cc_digest_of("key", 3);
    const char *path = cc_test_path(cc_test_folder(), "b.masks");
    assert_ok(cc_masks_write(masks, path, &key));
    assert_ok(cc_file_read(&bytes, &count, path, 1 << 20, arena));
    for (size_t at = 0; at < count; at += 61) {
        bytes[at] ^= 4;
        assert_ok(cc_file_write(path, bytes, count));
        assert_ok(cc_masks_read(&found, masks, path, &key));
        assert_int_equal(found, CC_MASKS_DAMAGED);
        bytes[at] ^= 4;
    }
    const size_t lengths[] = {0, 10, count - 1};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(cc_file_write(path, bytes, lengths[i]));
        assert_ok(cc_masks_read(&found, masks, path, &key));
        assert_int_equal(found, CC_MASKS_DAMAGED);
    }
    char *longer = cc_arena_get(arena, count + 1);
    memcpy(longer, bytes, count);
    assert_ok(cc_file_write(path, longer, count + 1));
    assert_ok(cc_masks_read(&found, masks, path, &key));
    assert_int_equal(found, CC_MASKS_DAMAGED);
    cc_masks_destroy(masks);
    cc_arena_destroy(arena);
}

/* Patients 0 to 3 have 3 slices each: 0 to 2, 3 to 5, ... */
static void a_volume_is_cropped_to_the_marked_slices_and_the_box_about_their_regions(void **state) {
    (void)state;
    cc_scan_part part;
    cc_masks *masks = sample();
    cc_box regions[12];
    for (int i = 0; i < 12; i++) regions[i] = (cc_box){i, 10, 20, 30 + i};
    assert_ok(cc_scan_part_find(&part, set, 1, regions, masks)); /* slices 0 and 2 are marked */
    assert_true(part.first == 0 && part.end == 3);
    assert_box(&part.box, 0, 10, 20, 32);
    assert_ok(cc_scan_part_find(&part, set, 5, regions, masks)); /* 4 alone */
    assert_true(part.first == 4 && part.end == 5);
    assert_box(&part.box, 4, 10, 20, 34);
    assert_ok(cc_scan_part_find(&part, set, 6, regions, masks)); /* none: all slices, around all regions */
    assert_true(part.first == 6 && part.end == 9);
    assert_box(&part.box, 6, 10, 20, 38);
    assert_ok(cc_scan_part_find(&part, set, 4, NULL, NULL)); /* not cropped */
    assert_true(part.first == 3 && part.end == 6);
    assert_box(&part.box, 0, 0, SIDE, SIDE);
    cc_masks_destroy(masks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_volume_is_cropped_to_the_marked_slices_and_the_box_about_their_regions),
        cmocka_unit_test(a_scan_has_the_box_about_its_opened_union),
        cmocka_unit_test(without_the_union_each_slice_has_its_own),
        cmocka_unit_test(a_crop_lies_about_the_middle_and_in_the_slice),
        cmocka_unit_test(masks_come_back_from_their_file),
        cmocka_unit_test(a_damaged_file_of_masks_is_found),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
