/* tests/datasets/test_channels.c -- channels of an item: neighbouring slices in ascending order, windows, and
 * masks of the scan's own HU, all moved alike. Right values are those of the formula that the pictures were
 * written by (tree.h). */
#include <math.h>
#include <string.h>
#include "tree.h"
#include "datasets/loader.h"
#include "datasets/view.h"

enum { SIDE = 16, PIXELS = SIDE * SIDE, SLICES = 4, PATIENTS = 2, COUNT = SLICES * PATIENTS };

static const double wide[2] = {-200, 800};

static cc_channels channels_of(int slices, const char *const *words, int count) {
    cc_channels channels;
    assert_ok(cc_channels_init(&channels, words, count, slices, wide));
    return channels;
}

/* What a picture of tree_make reads, its grey range being spread over [-200, 800] HU. */
static float hu_of(int patient, int number, int at) {
    return (float)(tree_grey(patient, number, at / SIDE, at % SIDE) * (1000.0 / 255) - 200);
}

typedef struct shown {
    float *images, *targets; /* [items][channels][PIXELS], [items][PIXELS] */
    size_t items;
} shown;

static shown show(const cc_slice_set *set, const cc_channels *channels, const cc_random_augment *random,
                  const cc_augment *augment, int workers) {
    uint32_t slices[64];
    const size_t count = cc_slice_set_count(set);
    for (uint32_t i = 0; i < count; i++) slices[i] = i;
    const cc_loader_options options = {.set = set,
                                       .slices = slices,
                                       .slice_count = count,
                                       .augment = augment,
                                       .random = random,
                                       .fit = {.mode = "pad", .height = SIDE, .width = SIDE},
                                       .window_hu = {wide[0], wide[1]},
                                       .channels = channels,
                                       .batch = 3,
                                       .shuffle = random != NULL,
                                       .seed = 5,
                                       .workers = workers};
    cc_loader *loader;
    const cc_batch *batch;
    const size_t values = (size_t)cc_channels_count(channels) * PIXELS;
    assert_ok(cc_loader_create(&loader, &options));
    const size_t items = cc_loader_item_count(loader);
    shown s = {calloc(items * values, sizeof(float)), calloc(items * PIXELS, sizeof(float)), 0};
    assert_true(s.images && s.targets);
    cc_loader_start(loader, 2);
    for (;;) {
        assert_ok(cc_loader_next(loader, &batch));
        if (!batch) break;
        const size_t n = (size_t)batch->count;
        memcpy(s.images + s.items * values, batch->images, n * values * sizeof(float));
        memcpy(s.targets + s.items * PIXELS, batch->targets, n * PIXELS * sizeof(float));
        s.items += n;
    }
    cc_loader_destroy(loader);
    assert_int_equal(s.items, items);
    return s;
}

static void drop(shown *s) {
    free(s->images);
    free(s->targets);
}

static void words_are_told_from_what_is_none(void **state) {
    (void)state;
    static const char *const good[] = {"hu", "hu_-160_240", "hu_0_65535", "above_130", "above_-200"};
    static const char *const bad[] = {"",          "HU",         "hu_",        "hu_1",        "hu_5_5",
                                      "hu_0_9_9",  "above_",     "above_1.5",  "above_70000", "above_130 ",
                                      "above_+13", "hu_0_65536", "hu_--1_100", "below_130"};
    cc_channels channels;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(cc_channel_is_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(cc_channel_is_name(bad[i]));
        assert_error(cc_channels_init(&channels, &bad[i], 1, 1, wide), CC_ECONFIG, "is no channel");
    }
    for (int slices = 0; slices < 8; slices++)
        if (slices == 1 || slices == 3 || slices == 5)
            assert_ok(cc_channels_init(&channels, good, 5, slices, wide));
        else
            assert_error(cc_channels_init(&channels, good, 1, slices, wide), CC_ECONFIG, "use 1, 3 or 5");
    assert_int_equal(cc_channels_count(&channels), 25);
    assert_true(cc_channels_have_mask(&channels));
}

static void neighbours_ascend_and_the_last_one_is_repeated_at_the_ends(void **state) {
    (void)state;
    static const char *const words[] = {"hu", "above_130", "hu_0_100"};
    cc_slice_set *set = tree_open(tree_make(PATIENTS, SLICES, SIDE, SIDE));
    for (int slices = 3; slices <= 5; slices += 2) {
        const cc_channels channels = channels_of(slices, words, 3);
        shown s = show(set, &channels, NULL, NULL, 0);
        const float *at = s.images;
        for (int i = 0; i < COUNT; i++)
            for (int w = 0; w < 3; w++)
                for (int k = -slices / 2; k <= slices / 2; k++, at += PIXELS) {
                    int number = i % SLICES + 1 + k;
                    number = number < 1 ? 1 : number > SLICES ? SLICES : number;
                    for (int p = 0; p < PIXELS; p++) {
                        const float hu = hu_of(i / SLICES, number, p);
                        const float narrow = fminf(fmaxf(hu / 100, 0), 1);
                        const float want = w == 0 ? (hu + 200) / 1000 : w == 1 ? hu > 130 : narrow;
                        assert_float_equal(at[p], want, 1e-4);
                    }
                }
        drop(&s);
    }
    cc_slice_set_close(set);
}

/* Slice 3 is missing: 2 is the last before the gap, and 4 stands alone. */
static void a_missing_number_ends_the_neighbours(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    static const int numbers[] = {1, 2, 4};
    for (int i = 0; i < 3; i++) tree_add(root, 0, 1, numbers[i], SIDE, SIDE);
    cc_slice_set *set = tree_open(root);
    assert_int_equal(cc_slice_set_near(set, 0, 2), 1);
    assert_int_equal(cc_slice_set_near(set, 1, 1), 1);
    assert_int_equal(cc_slice_set_near(set, 1, -2), 0);
    assert_int_equal(cc_slice_set_near(set, 2, -1), 2);
    cc_slice_set_close(set);
}

static void slices_of_two_sizes_are_not_neighbours(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    float hu[PIXELS];
    tree_add(root, 0, 1, 1, 8, 8);
    tree_add(root, 0, 1, 2, SIDE, SIDE);
    cc_slice_set *set = tree_open(root);
    assert_ok(cc_slice_set_read_near(set, 0, -1, false, hu));
    assert_error(cc_slice_set_read_near(set, 0, 1, false, hu), CC_EFORMAT, "set data.slices: 1");
    cc_slice_set_close(set);
}

/* Each slice is matched as it is alone, cut by the item's own box; masks are of what is not matched, and 0
 * where it is blanked. */
static void a_view_shows_neighbours_matched_and_masks_of_the_scan_itself(void **state) {
    (void)state;
    static const char *const words[] = {"hu", "above_130"};
    cc_slice_set *base = tree_open(tree_make(1, SLICES, SIDE, SIDE)), *matched, *cut;
    float reference[PIXELS], hu[PIXELS];
    uint8_t mask[PIXELS];
    cc_matching *matching;
    cc_view_item items[SLICES];
    const cc_box all = {0, 0, SIDE, SIDE}, box = {2, 3, 10, 12}, keep = {4, 3, 10, 12};
    for (int i = 0; i < PIXELS; i++) reference[i] = (float)(i % 40);
    assert_ok(cc_matching_create(&matching, reference, PIXELS));
    for (uint32_t i = 0; i < SLICES; i++) items[i] = (cc_view_item){.base = i, .box = all, .keep = all};
    cc_view_options options = {
        .base = base, .items = items, .count = SLICES, .matching = matching, .fill_hu = -200};
    assert_ok(cc_view_open(&matched, &options));
    /* Two windows on slice 1, none on others: no item of the view is their neighbour. */
    const cc_view_item windows[] = {{.base = 1, .box = box, .keep = keep},
                                    {.base = 1, .box = all, .keep = box}};
    options = (cc_view_options){.base = matched, .items = windows, .count = 2, .fill_hu = -200};
    assert_ok(cc_view_open(&cut, &options));
    const cc_channels channels = channels_of(3, words, 2);
    shown s = show(cut, &channels, NULL, NULL, 0);
    for (int k = 0; k < 3; k++) {
        assert_ok(cc_slice_set_read(matched, (size_t)k, hu, mask));
        for (int y = box.y0; y < box.y1; y++)
            for (int x = box.x0; x < box.x1; x++) {
                const int from = y * SIDE + x;
                /* 8 x 9 pixels in the middle of 16 x 16: rows from 4, columns from 3. */
                const int to = (y - box.y0 + 4) * SIDE + x - box.x0 + 3;
                const bool kept = y >= keep.y0;
                const float above = kept && hu_of(0, k + 1, from) > 130;
                assert_float_equal(s.images[k * PIXELS + to], kept ? (hu[from] + 200) / 1000 : 0, 1e-5);
                assert_true(s.images[(3 + k) * PIXELS + to] == above);
            }
    }
    drop(&s);
    cc_slice_set_close(cut);
    cc_slice_set_close(matched);
    cc_slice_set_close(base);
    cc_matching_destroy(matching);
}

/* Random changes that move pixels and change values, certain. */
static void make_random(cc_random_augment *out, bool noise) {
    static const char *const names[] = {"affine", "elastic", "brightness", "noise"};
    cc_random_ranges ranges = {.rotation = 40,
                               .scale = {0.8, 1.2},
                               .elastic_spacing = 0.25,
                               .elastic_sigma = 0.05,
                               .noise_sigma = 30,
                               .brightness_shift = 50};
    for (int i = 0; i < CC_RANDOM_KINDS; i++) ranges.probability[i] = 1;
    assert_ok(cc_random_augment_init(out, names, noise ? 4 : 3, &ranges));
}

/* All slices of a scan are the same picture: whatever moves one of them moves all alike, so that their
 * channels are equal, but for their noise. */
static void all_channels_are_moved_alike_and_noise_is_each_slices_own(void **state) {
    (void)state;
    static const char *const words[] = {"above_130", "hu"}, *const augmentations[] = {"rotate45"};
    const char *root = cc_test_folder();
    static const int dims[3] = {SIDE, SIDE, 3};
    static int16_t hu[3 * PIXELS];
    static uint8_t labels[3 * PIXELS];
    cc_slice_set *set;
    cc_random_augment random;
    cc_augment augment;
    for (int i = 0; i < 3 * PIXELS; i++) {
        const int at = i % PIXELS, block = (at / SIDE / 4 + at % SIDE / 4) % 2;
        hu[i] = block ? 300 : 0;
        labels[i] = (uint8_t)block;
    }
    tree_write_mha(root, "ct.mha", dims, 0, "MET_SHORT", hu, sizeof hu);
    tree_write_mha(root, "mask.mha", dims, 0, "MET_UCHAR", labels, sizeof labels);
    const cc_slice_options volume = {.source = "volume", .root = root, .image = "ct.mha", .mask = "mask.mha"};
    assert_ok(cc_slice_set_open(&set, &volume));
    assert_ok(cc_augment_init(&augment, augmentations, 1));
    const cc_channels channels = channels_of(3, words, 2);
    for (int noise = 0; noise < 2; noise++) {
        make_random(&random, noise);
        shown s = show(set, &channels, &random, &augment, 0);
        for (size_t i = 0; i < s.items; i++) {
            const float *masks = s.images + i * 6 * PIXELS, *pictures = masks + (size_t)3 * PIXELS;
            const float *target = s.targets + i * PIXELS;
            /* Calcium is where the label is: the two masks are one, moved in the same way. */
            for (int k = 0; k < 3; k++)
                assert_memory_equal(masks + k * PIXELS, target, PIXELS * sizeof *target);
            for (int k = 0; k < 3; k += 2)
                assert_true(noise == (memcmp(pictures + k * PIXELS, pictures + PIXELS,
                                             PIXELS * sizeof *pictures) != 0));
            assert_true(noise ==
                        (memcmp(pictures, pictures + (size_t)2 * PIXELS, PIXELS * sizeof *pictures) != 0));
        }
        drop(&s);
    }
    cc_slice_set_close(set);
}

static void bytes_do_not_depend_on_the_number_of_threads(void **state) {
    (void)state;
    static const char *const words[] = {"hu", "above_130"}, *const augmentations[] = {"hflip"};
    cc_slice_set *set = tree_open(tree_make(PATIENTS, SLICES, SIDE, SIDE));
    const cc_channels channels = channels_of(3, words, 2);
    cc_random_augment random;
    cc_augment augment;
    make_random(&random, true);
    assert_ok(cc_augment_init(&augment, augmentations, 1));
    shown want = show(set, &channels, &random, &augment, 0);
    for (int workers = 1; workers <= 4; workers *= 2) {
        shown got = show(set, &channels, &random, &augment, workers);
        assert_memory_equal(got.images, want.images, want.items * 6 * PIXELS * sizeof(float));
        assert_memory_equal(got.targets, want.targets, want.items * PIXELS * sizeof(float));
        drop(&got);
    }
    drop(&want);
    cc_slice_set_close(set);
}

/* The mask alone: a picture is made for the labels' sake only. The channels are those of [hu, above_130]. */
static void an_input_may_be_masks_alone(void **state) {
    (void)state;
    static const char *const words[] = {"hu", "above_130"};
    cc_slice_set *set = tree_open(tree_make(1, 2, SIDE, SIDE));
    const cc_channels both = channels_of(3, words, 2), alone = channels_of(3, words + 1, 1);
    shown a = show(set, &both, NULL, NULL, 0), b = show(set, &alone, NULL, NULL, 0);
    for (size_t i = 0; i < 2; i++)
        assert_memory_equal(a.images + (6 * i + 3) * PIXELS, b.images + 3 * i * PIXELS,
                            3 * PIXELS * sizeof(float));
    assert_memory_equal(a.targets, b.targets, 2 * PIXELS * sizeof(float));
    drop(&a);
    drop(&b);
    cc_slice_set_close(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_told_from_what_is_none),
        cmocka_unit_test(neighbours_ascend_and_the_last_one_is_repeated_at_the_ends),
        cmocka_unit_test(a_missing_number_ends_the_neighbours),
        cmocka_unit_test(slices_of_two_sizes_are_not_neighbours),
        cmocka_unit_test(a_view_shows_neighbours_matched_and_masks_of_the_scan_itself),
        cmocka_unit_test(all_channels_are_moved_alike_and_noise_is_each_slices_own),
        cmocka_unit_test(bytes_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(an_input_may_be_masks_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
