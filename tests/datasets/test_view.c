/* tests/datasets/test_view.c -- views of a slice set: cut, blanked, matched, stacked. Right pixels are
 * those of the base, by index. */
#include <string.h>
#include "tree.h"
#include "datasets/loader.h"
#include "datasets/view.h"

enum { HEIGHT = 12, WIDTH = 10, PIXELS = HEIGHT * WIDTH };

static cc_view_item item_of(uint32_t base, cc_box box, cc_box keep) {
    return (cc_view_item){.base = base, .box = box, .keep = keep};
}

static const cc_box whole = {0, 0, HEIGHT, WIDTH};

static cc_slice_set *open_view(const cc_slice_set *base, const cc_view_item *items, size_t count,
                               const cc_matching *matching, int cache_mb) {
    cc_slice_set *view = NULL;
    cc_view_options options = {.base = base,
                               .items = items,
                               .count = count,
                               .matching = matching,
                               .fill_hu = -200,
                               .cache_mb = cache_mb};
    assert_ok(cc_view_open(&view, &options));
    return view;
}

static void a_window_shows_its_part_of_the_slice(void **state) {
    (void)state;
    cc_slice_set *base = tree_open(tree_make(2, 3, HEIGHT, WIDTH));
    const cc_box box = {2, 3, 7, 9};
    const cc_view_item items[] = {item_of(1, box, box), item_of(1, whole, whole), item_of(4, box, box)};
    cc_slice_set *view = open_view(base, items, 3, NULL, 1);
    float all[PIXELS], part[PIXELS];
    uint8_t truth[PIXELS], mask[PIXELS];
    assert_int_equal(cc_slice_set_count(view), 3);
    assert_int_equal(cc_slice_set_get(view, 2)->patient, 1);
    assert_string_equal(cc_slice_set_patient(view, 1), "p01");
    assert_int_equal(cc_slice_set_get(view, 0)->number, 2);
    assert_int_equal(cc_slice_set_get(view, 0)->height, 5);
    assert_int_equal(cc_slice_set_get(view, 0)->width, 6);
    assert_int_equal(cc_view_get(view, 2)->base, 4);
    for (int again = 0; again < 2; again++) { /* from the cache, too */
        assert_ok(cc_slice_set_read(base, 1, all, truth));
        assert_ok(cc_slice_set_read(view, 0, part, mask));
        for (int i = 0; i < 30; i++) {
            int from = (2 + i / 6) * WIDTH + 3 + i % 6;
            assert_true(part[i] == all[from]);
            assert_int_equal(mask[i], truth[from]);
        }
    }
    cc_slice_set_close(view);
    cc_slice_set_close(base);
}

static void pixels_outside_keep_are_blank_but_their_truth_stays(void **state) {
    (void)state;
    cc_slice_set *base = tree_open(tree_make(1, 1, HEIGHT, WIDTH));
    const cc_view_item item = item_of(0, whole, (cc_box){3, 2, 9, 8});
    cc_slice_set *view = open_view(base, &item, 1, NULL, 0);
    float all[PIXELS], blank[PIXELS];
    uint8_t truth[PIXELS], mask[PIXELS];
    assert_ok(cc_slice_set_read(base, 0, all, truth));
    assert_ok(cc_slice_set_read(view, 0, blank, mask));
    for (int i = 0; i < PIXELS; i++) {
        int y = i / WIDTH, x = i % WIDTH;
        bool kept = y >= 3 && y < 9 && x >= 2 && x < 8;
        assert_true(blank[i] == (kept ? all[i] : -200));
        assert_int_equal(mask[i], truth[i]);
    }
    cc_slice_set_close(view);
    cc_slice_set_close(base);
}

static void a_slice_is_matched_whole_before_it_is_cut(void **state) {
    (void)state;
    cc_slice_set *base = tree_open(tree_make(1, 2, HEIGHT, WIDTH));
    float reference[PIXELS], all[PIXELS], matched[PIXELS], part[PIXELS];
    cc_matching *matching = NULL;
    assert_ok(cc_slice_set_read(base, 1, reference, NULL));
    assert_ok(cc_slice_set_read(base, 0, all, NULL));
    assert_ok(cc_matching_create(&matching, reference, PIXELS));
    assert_ok(cc_matching_apply(matched, matching, all, PIXELS));
    const cc_box box = {1, 1, 6, 5};
    const cc_view_item items[] = {item_of(0, whole, whole), item_of(1, whole, whole)};
    const cc_view_item window = item_of(0, box, box);
    cc_slice_set *prepared = open_view(base, items, 2, matching, 1);
    cc_slice_set *stacked = open_view(prepared, &window, 1, NULL, 1);
    cc_slice_set *direct = open_view(base, &window, 1, matching, 0);
    const cc_slice_set *views[] = {stacked, direct};
    for (int v = 0; v < 2; v++) {
        assert_ok(cc_slice_set_read(views[v], 0, part, NULL));
        for (int i = 0; i < 20; i++)
            assert_float_equal(part[i], matched[(1 + i / 4) * WIDTH + 1 + i % 4], 0.0626);
    }
    cc_slice_set_close(direct);
    cc_slice_set_close(stacked);
    cc_slice_set_close(prepared);
    cc_matching_destroy(matching);
    cc_slice_set_close(base);
}

static void items_that_do_not_fit_are_refused(void **state) {
    (void)state;
    cc_slice_set *base = tree_open(tree_make(1, 2, HEIGHT, WIDTH)), *view = NULL;
    static const cc_box boxes[] = {{-1, 0, 4, 4}, {0, 0, HEIGHT + 1, 4}, {0, 0, 4, WIDTH + 1}, {4, 4, 4, 6}};
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        const cc_view_item item = item_of(0, boxes[i], whole);
        cc_view_options options = {.base = base, .items = &item, .count = 1};
        assert_error(cc_view_open(&view, &options), CC_EINVAL, "item 0: its box");
    }
    const cc_view_item wrong[] = {item_of(1, whole, whole), item_of(0, whole, whole)};
    cc_view_options options = {.base = base, .items = wrong, .count = 2};
    assert_error(cc_view_open(&view, &options), CC_EINVAL, "item 1");
    const cc_view_item far = item_of(2, whole, whole);
    options = (cc_view_options){.base = base, .items = &far, .count = 1};
    assert_error(cc_view_open(&view, &options), CC_EINVAL, "no slice 2");
    options.count = 0;
    assert_error(cc_view_open(&view, &options), CC_EINVAL, "no items");
    assert_null(view);
    cc_slice_set_close(base);
}

static void negative_windows_take_augmentations_of_their_own(void **state) {
    (void)state;
    static const char *const flip[] = {"hflip"}, *const turns[] = {"rotate10", "rotate15", "rotate20"};
    cc_slice_set *base = tree_open(tree_make(1, 3, HEIGHT, WIDTH));
    cc_view_item items[3];
    uint32_t order[] = {0, 1, 2}, seen[3] = {0};
    cc_augment augment, negative;
    cc_loader *loader = NULL;
    const cc_batch *batch;
    for (uint32_t i = 0; i < 3; i++) items[i] = item_of(i, whole, whole);
    items[1].group = 1;
    cc_slice_set *view = open_view(base, items, 3, NULL, 1);
    assert_ok(cc_augment_init(&augment, flip, 1));
    assert_ok(cc_augment_init(&negative, turns, 3));
    cc_loader_options options = {.set = view,
                                 .slices = order,
                                 .slice_count = 3,
                                 .augment = &augment,
                                 .augment_negative = &negative,
                                 .fit = {.mode = "pad", .height = 16, .width = 16},
                                 .window_hu = {-200, 800},
                                 .batch = 3,
                                 .shuffle = true,
                                 .seed = 3};
    assert_ok(cc_loader_create(&loader, &options));
    assert_int_equal(cc_loader_item_count(loader), 2 + 4 + 2);
    cc_loader_start(loader, 1);
    for (;;) {
        assert_ok(cc_loader_next(loader, &batch));
        if (!batch) break;
        for (int i = 0; i < batch->count; i++) seen[batch->slices[i]] |= 1u << batch->variants[i];
    }
    assert_int_equal(seen[0], 3);
    assert_int_equal(seen[1], 15);
    assert_int_equal(seen[2], 3);
    cc_loader_destroy(loader);
    cc_slice_set_close(view);
    cc_slice_set_close(base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_shows_its_part_of_the_slice),
        cmocka_unit_test(pixels_outside_keep_are_blank_but_their_truth_stays),
        cmocka_unit_test(a_slice_is_matched_whole_before_it_is_cut),
        cmocka_unit_test(items_that_do_not_fit_are_refused),
        cmocka_unit_test(negative_windows_take_augmentations_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
