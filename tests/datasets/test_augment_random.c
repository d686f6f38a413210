/* tests/datasets/test_augment_random.c -- what is drawn: within its ranges, by item and epoch alone, and one
 * kind whatever the others do. What each kind does to pixels is test_warp.c's and test_intensity.c's. */
#include "datasets/augment_random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"
#include "random_ranges.h"

enum { SIDE = 32, PIXELS = SIDE * SIDE };

static void make(float *image, uint8_t *mask) {
    for (int i = 0; i < PIXELS; i++) {
        image[i] = (float)(i * 37 % 1000) - 300;
        mask[i] = (uint8_t)(i / 40 % 3);
    }
}

/* One item: `names` of `ranges`, the HU part and then, on values of 0 to 1, the windowed part. */
static void draw(float *image, uint8_t *mask, const char *const *names, int count,
                 const cc_random_ranges *ranges, uint64_t epoch, uint64_t number) {
    cc_random_augment random;
    static float other[PIXELS];
    static uint8_t other_mask[PIXELS];
    assert_ok(cc_random_augment_init(&random, names, count, ranges));
    const cc_random_item item = {.seed = 7, .epoch = epoch, .number = number, .low_hu = -200, .high_hu = 800};
    float *work = malloc((cc_random_augment_work(&random, SIDE, SIDE) + 1) * sizeof *work);
    assert_non_null(work);
    make(image, mask);
    cc_random_augment_hu(image, mask, &random, &item, SIDE, SIDE, other, other_mask, work);
    for (int i = 0; i < PIXELS; i++) image[i] = fminf(fmaxf((image[i] + 200) / 1000, 0), 1);
    cc_random_augment_windowed(image, &random, &item, PIXELS);
    free(work);
}

static void each_kind_changes_the_picture_and_only_geometry_the_mask(void **state) {
    (void)state;
    const cc_random_ranges ranges = certain();
    static float plain[PIXELS], image[PIXELS];
    static uint8_t plain_mask[PIXELS], mask[PIXELS];
    draw(plain, plain_mask, NULL, 0, &ranges, 1, 5);
    for (int kind = 0; kind < CC_RANDOM_KINDS; kind++) {
        const char *name = cc_random_kind_name(kind);
        draw(image, mask, &name, 1, &ranges, 1, 5);
        const bool moves = kind == CC_RANDOM_affine || kind == CC_RANDOM_elastic;
        assert_true(memcmp(image, plain, sizeof image) != 0);
        assert_int_equal(memcmp(mask, plain_mask, sizeof mask) != 0, moves);
    }
}

static void an_item_depends_on_seed_epoch_and_number_alone(void **state) {
    (void)state;
    static const char *const names[] = {"affine", "elastic", "noise", "gamma"};
    const cc_random_ranges ranges = certain();
    static float a[PIXELS], b[PIXELS];
    static uint8_t mask[PIXELS];
    draw(a, mask, names, 4, &ranges, 3, 11);
    draw(b, mask, names, 4, &ranges, 3, 12);
    assert_true(memcmp(a, b, sizeof a) != 0);
    draw(b, mask, names, 4, &ranges, 4, 11);
    assert_true(memcmp(a, b, sizeof a) != 0);
    draw(b, mask, names, 4, &ranges, 3, 11);
    assert_memory_equal(a, b, sizeof a);
}

/* An ablation that adds a kind compares the same rotations with and without it. */
static void one_kind_more_leaves_what_the_others_draw(void **state) {
    (void)state;
    static const char *const both[] = {"noise", "affine"}, *const one[] = {"affine"};
    cc_random_ranges ranges = certain();
    static float a[PIXELS], b[PIXELS];
    static uint8_t mask_a[PIXELS], mask_b[PIXELS];
    draw(a, mask_a, both, 2, &ranges, 1, 9);
    draw(b, mask_b, one, 1, &ranges, 1, 9);
    assert_memory_equal(mask_a, mask_b, sizeof mask_a);
    ranges.noise_sigma = 0;
    draw(a, mask_a, both, 2, &ranges, 1, 9);
    assert_memory_equal(a, b, sizeof a);
}

/* Of 4000 items with probability 0.3, within five standard errors; brightness alone shows what was drawn. */
static void as_many_items_as_the_probability_says_within_the_range(void **state) {
    (void)state;
    static const char *const names[] = {"brightness"};
    enum { ITEMS = 4000 };
    cc_random_ranges ranges = certain();
    cc_random_augment random;
    int changed = 0;
    double sum = 0;
    ranges.probability[CC_RANDOM_brightness] = 0.3;
    assert_ok(cc_random_augment_init(&random, names, 1, &ranges));
    for (uint64_t i = 0; i < ITEMS; i++) {
        float pixel = 0, other;
        uint8_t mask = 1, other_mask;
        const cc_random_item item = {.seed = 1, .epoch = 1, .number = i, .low_hu = -200, .high_hu = 800};
        cc_random_augment_hu(&pixel, &mask, &random, &item, 1, 1, &other, &other_mask, NULL);
        assert_true(fabsf(pixel) <= 50);
        changed += pixel != 0;
        sum += fabs(pixel);
    }
    assert_true(abs(changed - 1200) < 5 * sqrt(ITEMS * 0.3 * 0.7));
    assert_float_equal(sum / changed, 25, 5 * 50 / sqrt(12 * 1200.0));
}

/* A square of 8 pixels about the centre: the drawn angle turns it, the scale changes its area by its square.
 * Scale 2 alone, then rotation of 90 degrees of a bar: limits that meet leave nothing to chance. */
static void scale_above_1_is_larger_and_shift_moves_by_its_share(void **state) {
    (void)state;
    static const char *const names[] = {"affine"};
    cc_random_augment random;
    cc_random_ranges ranges = certain();
    static float image[PIXELS], other[PIXELS];
    static uint8_t mask[PIXELS], other_mask[PIXELS];
    ranges.rotation = 0;
    ranges.scale[0] = ranges.scale[1] = 2;
    assert_ok(cc_random_augment_init(&random, names, 1, &ranges));
    memset(mask, 0, sizeof mask);
    for (int y = 12; y < 20; y++) memset(mask + y * SIDE + 12, 1, 8);
    const cc_random_item item = {.seed = 1, .epoch = 1, .number = 1, .low_hu = -200, .high_hu = 800};
    cc_random_augment_hu(image, mask, &random, &item, SIDE, SIDE, other, other_mask, NULL);
    int area = 0;
    for (int i = 0; i < PIXELS; i++) area += mask[i];
    assert_int_equal(area, 16 * 16);
    for (int y = 8; y < 24; y++) assert_int_equal(mask[y * SIDE + 8] + mask[y * SIDE + 23], 2);
}

static void refuse(const char *name, const cc_random_ranges *ranges, const char *part) {
    cc_random_augment random;
    assert_error(cc_random_augment_init(&random, &name, 1, ranges), CC_ECONFIG, part);
}

static void a_wrong_name_or_range_is_refused_of_kinds_that_are_named(void **state) {
    (void)state;
    cc_random_ranges ranges = certain();
    cc_random_augment random;
    static const char *const noise[] = {"noise"};
    refuse("nose", &ranges, "\"nose\" is not known");
    ranges.scale[0] = 2;
    refuse("affine", &ranges, "augment_random.affine.scale: its low end 2 lies above");
    assert_ok(cc_random_augment_init(&random, noise, 1, &ranges));
    ranges.probability[CC_RANDOM_noise] = 1.5;
    refuse("noise", &ranges, "augment_random.noise.probability: 1.5 is not from 0 and up to 1");
    assert_ok(cc_random_augment_init(&random, NULL, 0, &ranges));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_changes_the_picture_and_only_geometry_the_mask),
        cmocka_unit_test(an_item_depends_on_seed_epoch_and_number_alone),
        cmocka_unit_test(one_kind_more_leaves_what_the_others_draw),
        cmocka_unit_test(as_many_items_as_the_probability_says_within_the_range),
        cmocka_unit_test(scale_above_1_is_larger_and_shift_moves_by_its_share),
        cmocka_unit_test(a_wrong_name_or_range_is_refused_of_kinds_that_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
