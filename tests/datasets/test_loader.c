/* tests/datasets/test_loader.c -- batches: the same bytes in the same order whatever the number of
 * threads, every item once an epoch, and a broken file's error in its batch. */
#include <string.h>
#include <unistd.h>
#include "tree.h"
#include "datasets/loader.h"
#include "random_ranges.h"

enum { PATIENTS = 3, SLICES = 5, COUNT = PATIENTS * SLICES, SIDE = 16, BATCH = 4 };

static const char *const augmentations[] = {"hflip", "vflip", "rotate45"};

/* A small dataset, opened, and what a loader of all its slices needs. */
typedef struct fixture {
    const char *root;
    cc_slice_set *set;
    uint32_t slices[COUNT];
    cc_augment augment;
    cc_loader_options options;
} fixture;

static void set_up(fixture *f) {
    f->root = tree_make(PATIENTS, SLICES, 12, 10);
    f->set = tree_open(f->root);
    for (uint32_t i = 0; i < COUNT; i++) f->slices[i] = i;
    assert_ok(cc_augment_init(&f->augment, augmentations, 3));
    f->options = (cc_loader_options){.set = f->set,
                                     .slices = f->slices,
                                     .slice_count = COUNT,
                                     .augment = &f->augment,
                                     .fit = {.mode = "pad", .height = SIDE, .width = SIDE},
                                     .window_hu = {-200, 800},
                                     .batch = BATCH,
                                     .seed = 7};
}

static cc_loader *open_loader(const fixture *f) {
    cc_loader *loader = NULL;
    assert_ok(cc_loader_create(&loader, &f->options));
    return loader;
}

/* Everything an epoch gave, in order. */
typedef struct epoch {
    float images[COUNT * 4 * SIDE * SIDE], targets[COUNT * 4 * SIDE * SIDE];
    uint32_t slices[COUNT * 4];
    int variants[COUNT * 4];
    int items, batches, last;
} epoch;

static void run_epoch(epoch *out, cc_loader *loader, uint64_t number) {
    const cc_batch *batch;
    memset(out, 0, sizeof *out);
    cc_loader_start(loader, number);
    for (;;) {
        assert_ok(cc_loader_next(loader, &batch));
        if (!batch) break;
        usleep(out->batches == 1 ? 3000 : 0); /* the threads run ahead while a batch is held */
        size_t pixels = SIDE * SIDE, n = (size_t)batch->count;
        memcpy(out->images + (size_t)out->items * pixels, batch->images, n * pixels * sizeof(float));
        memcpy(out->targets + (size_t)out->items * pixels, batch->targets, n * pixels * sizeof(float));
        memcpy(out->slices + out->items, batch->slices, n * sizeof(uint32_t));
        memcpy(out->variants + out->items, batch->variants, n * sizeof(int));
        out->items += batch->count;
        out->last = batch->count;
        out->batches++;
    }
}

static epoch *load(const fixture *f, uint64_t number) {
    epoch *out = malloc(sizeof *out);
    assert_non_null(out);
    cc_loader *loader = open_loader(f);
    run_epoch(out, loader, number);
    cc_loader_destroy(loader);
    return out;
}

static void three_augmentations_make_four_items_of_a_slice(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    cc_loader *loader = open_loader(&f);
    assert_int_equal(cc_loader_item_count(loader), 4 * COUNT);
    assert_int_equal(cc_loader_batch_count(loader), COUNT);
    cc_loader_destroy(loader);
    epoch *e = load(&f, 0);
    assert_int_equal(e->items, 4 * COUNT);
    for (int i = 0; i < 4 * COUNT; i++) {
        assert_int_equal(e->slices[i], i / 4);
        assert_int_equal(e->variants[i], i % 4);
    }
    free(e);
    cc_slice_set_close(f.set);
}

static void an_item_is_read_fit_augmented_and_windowed(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    f.options.window_hu[0] = 0;
    f.options.window_hu[1] = 200;
    epoch *e = load(&f, 0);
    for (int i = 0; i < 8; i++) {
        float hu[120], canvas[SIDE * SIDE], turned[SIDE * SIDE];
        uint8_t mask[120], canvas_mask[SIDE * SIDE], turned_mask[SIDE * SIDE];
        assert_ok(cc_slice_set_read(f.set, (size_t)i / 4, hu, mask));
        cc_fit_image(canvas, &f.options.fit, hu, 12, 10, 0);
        cc_fit_mask(canvas_mask, &f.options.fit, mask, 12, 10);
        cc_variant_apply(&f.augment.variants[i % 4], turned, turned_mask, canvas, canvas_mask, SIDE, SIDE, 0);
        for (int k = 0; k < SIDE * SIDE; k++) {
            float want = turned[k] < 0 ? 0 : turned[k] > 200 ? 1 : turned[k] / 200;
            assert_float_equal(e->images[i * SIDE * SIDE + k], want, 1e-6);
            assert_true(e->targets[i * SIDE * SIDE + k] == (turned_mask[k] ? 1 : 0));
        }
    }
    free(e);
    cc_slice_set_close(f.set);
}

static void a_target_is_1_whatever_the_label(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    static const int dims[3] = {4, 2, 1};
    static const uint8_t labels[8] = {0, 1, 2, 255, 3, 0, 0, 1};
    static const int16_t hu[8] = {0};
    const uint32_t slice = 0;
    const cc_batch *batch;
    cc_slice_set *set;
    cc_loader *loader;
    tree_write_mha(root, "ct.mha", dims, 0, "MET_SHORT", hu, sizeof hu);
    tree_write_mha(root, "mask.mha", dims, 0, "MET_UCHAR", labels, sizeof labels);
    cc_slice_options volume = {.source = "volume", .root = root, .image = "ct.mha", .mask = "mask.mha"};
    assert_ok(cc_slice_set_open(&set, &volume));
    cc_loader_options options = {.set = set,
                                 .slices = &slice,
                                 .slice_count = 1,
                                 .fit = {.mode = "pad", .height = 2, .width = 4},
                                 .window_hu = {-200, 800},
                                 .batch = 1};
    assert_ok(cc_loader_create(&loader, &options));
    cc_loader_start(loader, 0);
    assert_ok(cc_loader_next(loader, &batch));
    for (int i = 0; i < 8; i++) {
        assert_true(batch->targets[i] == (labels[i] ? 1 : 0));
        assert_float_equal(batch->images[i], 0.2, 1e-6);
    }
    cc_loader_destroy(loader);
    cc_slice_set_close(set);
}

static void bytes_do_not_depend_on_the_number_of_threads(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    f.options.shuffle = true;
    epoch *want = load(&f, 3);
    for (int workers = 1; workers <= 8; workers += workers == 3 ? 5 : 1)
        for (int batch = 1; batch <= 7; batch += 3) {
            f.options.workers = workers;
            f.options.batch = batch;
            epoch *got = load(&f, 3);
            got->batches = want->batches;
            got->last = want->last;
            assert_memory_equal(got, want, sizeof *want);
            free(got);
        }
    free(want);
    cc_slice_set_close(f.set);
}

/* Every kind of random augmentation, certain. An epoch is the same with 0, 1, 2 and 4 threads, and when it
 * is the first one of a loader: a training that goes on after a kill starts at that epoch. */
static void what_is_drawn_depends_on_the_epoch_and_not_on_threads_or_what_was_before(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    const char *names[CC_RANDOM_KINDS];
    cc_random_augment random;
    cc_random_ranges ranges = certain();
    ranges.elastic_spacing = 0.25;
    ranges.elastic_sigma = 0.05;
    for (int i = 0; i < CC_RANDOM_KINDS; i++) {
        names[i] = cc_random_kind_name(i);
        ranges.probability[i] = 0.5;
    }
    assert_ok(cc_random_augment_init(&random, names, CC_RANDOM_KINDS, &ranges));
    f.options.shuffle = f.options.drop_last = true;
    epoch *plain = load(&f, 2);
    f.options.random = &random;
    epoch *want = load(&f, 2), *got = malloc(sizeof *got);
    assert_int_equal(memcmp(plain->slices, want->slices, sizeof want->slices),
                     0); /* the order is as it was */
    assert_int_not_equal(memcmp(plain->images, want->images, sizeof want->images), 0);
    /* In order too: it is not the shuffle alone that differs from one epoch to the next. */
    f.options.shuffle = false;
    epoch *second = load(&f, 2), *third = load(&f, 3);
    assert_int_equal(memcmp(second->slices, third->slices, sizeof third->slices), 0);
    assert_int_not_equal(memcmp(second->images, third->images, sizeof third->images), 0);
    f.options.shuffle = true;
    for (int workers = 1; workers <= 4; workers *= 2) {
        f.options.workers = workers;
        cc_loader *loader = open_loader(&f);
        run_epoch(got, loader, 1);
        run_epoch(got, loader, 2);
        assert_memory_equal(got, want, sizeof *got);
        cc_loader_destroy(loader);
    }
    free(plain);
    free(want);
    free(second);
    free(third);
    free(got);
    cc_slice_set_close(f.set);
}

static void an_epoch_holds_each_item_once_in_an_order_of_its_own(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    f.options.shuffle = true;
    f.options.workers = 2;
    cc_loader *loader = open_loader(&f);
    epoch *first = malloc(sizeof *first), *second = malloc(sizeof *second), *again = malloc(sizeof *again);
    run_epoch(first, loader, 1);
    run_epoch(second, loader, 2);
    run_epoch(again, loader, 1);
    int seen[4 * COUNT] = {0};
    for (int i = 0; i < 4 * COUNT; i++) seen[4 * (int)second->slices[i] + second->variants[i]]++;
    for (int i = 0; i < 4 * COUNT; i++) assert_int_equal(seen[i], 1);
    assert_memory_equal(first, again, sizeof *first);
    assert_int_not_equal(memcmp(first->slices, second->slices, sizeof first->slices), 0);
    cc_loader_destroy(loader);
    f.options.seed = 8;
    epoch *other = load(&f, 1);
    assert_int_not_equal(memcmp(first->slices, other->slices, sizeof first->slices), 0);
    free(first);
    free(second);
    free(again);
    free(other);
    cc_slice_set_close(f.set);
}

static void the_last_batch_is_partial_or_dropped(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    f.options.augment = NULL;
    for (f.options.workers = 0; f.options.workers < 3; f.options.workers++) {
        f.options.drop_last = false;
        epoch *e = load(&f, 0);
        assert_int_equal(e->batches, 4);
        assert_int_equal(e->last, 3);
        assert_int_equal(e->items, 15);
        free(e);
        f.options.drop_last = true;
        e = load(&f, 0);
        assert_int_equal(e->batches, 3);
        assert_int_equal(e->last, 4);
        assert_int_equal(e->items, 12);
        free(e);
    }
    cc_slice_set_close(f.set);
}

/* Slices 6 and 7 are broken: batches 0 holds none, batch 1 both. */
static void a_fault_fails_its_batch_with_the_message_of_the_first_item(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    f.options.augment = NULL;
    const cc_batch *batch;
    for (int i = 2; i <= 3; i++) {
        char path[CC_PATH_MAX];
        snprintf(path, sizeof path, "%s/train/p01/image/1-%03d.png", f.root, i);
        assert_int_equal(truncate(path, 50), 0);
    }
    for (f.options.workers = 0; f.options.workers < 4; f.options.workers++) {
        cc_loader *loader = open_loader(&f);
        for (int round = 0; round < 3; round++) {
            cc_loader_start(loader, (uint64_t)round);
            assert_ok(cc_loader_next(loader, &batch));
            assert_non_null(batch);
            assert_error(cc_loader_next(loader, &batch), CC_EFORMAT, "p01/image/1-002.png");
            assert_null(batch);
            assert_ok(cc_loader_next(loader, &batch));
            assert_null(batch);
        }
        cc_loader_destroy(loader);
    }
    cc_slice_set_close(f.set);
}

static void a_loader_may_end_at_any_moment(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    const cc_batch *batch;
    for (f.options.workers = 0; f.options.workers <= 4; f.options.workers += 2)
        for (int taken = -1; taken <= COUNT + 1; taken++) {
            cc_loader *loader = open_loader(&f);
            if (taken >= 0) cc_loader_start(loader, 0);
            for (int i = 0; i < taken; i++) assert_ok(cc_loader_next(loader, &batch));
            cc_loader_destroy(loader);
        }
    cc_loader_destroy(NULL);
    cc_slice_set_close(f.set);
}

static void an_epoch_may_start_in_the_middle_of_another(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    f.options.shuffle = true;
    epoch *want = load(&f, 5), *got = malloc(sizeof *got);
    const cc_batch *batch;
    for (f.options.workers = 0; f.options.workers <= 4; f.options.workers += 2) {
        cc_loader *loader = open_loader(&f);
        assert_ok(cc_loader_next(loader, &batch));
        assert_null(batch);
        for (int taken = 0; taken < 6; taken++) {
            cc_loader_start(loader, 4);
            for (int i = 0; i < taken; i++) assert_ok(cc_loader_next(loader, &batch));
        }
        run_epoch(got, loader, 5);
        assert_memory_equal(got, want, sizeof *want);
        cc_loader_destroy(loader);
    }
    free(got);
    free(want);
    cc_slice_set_close(f.set);
}

static void refused(const cc_loader_options *options, const char *part) {
    cc_loader *loader = NULL;
    assert_error(cc_loader_create(&loader, options), CC_ECONFIG, part);
    assert_null(loader);
}

static void options_that_make_no_sense_name_their_key(void **state) {
    (void)state;
    fixture f;
    set_up(&f);
    cc_loader_options o = f.options;
    o.fit.height = 0;
    refused(&o, "preprocess.size");
    o = f.options;
    o.window_hu[1] = -200;
    refused(&o, "preprocess.window_hu");
    o.window_hu[0] = CC_WINDOW_HU_MIN - 1;
    refused(&o, "preprocess.window_hu");
    o = f.options;
    o.batch = 0;
    refused(&o, "train.batch");
    o.batch = 4 * COUNT + 1;
    o.drop_last = true;
    refused(&o, "train.batch: 60 items do not fill a batch of 61");
    o = f.options;
    o.workers = 65;
    refused(&o, "train.workers");
    cc_slice_set_close(f.set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_augmentations_make_four_items_of_a_slice),
        cmocka_unit_test(an_item_is_read_fit_augmented_and_windowed),
        cmocka_unit_test(a_target_is_1_whatever_the_label),
        cmocka_unit_test(bytes_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(what_is_drawn_depends_on_the_epoch_and_not_on_threads_or_what_was_before),
        cmocka_unit_test(an_epoch_holds_each_item_once_in_an_order_of_its_own),
        cmocka_unit_test(the_last_batch_is_partial_or_dropped),
        cmocka_unit_test(a_fault_fails_its_batch_with_the_message_of_the_first_item),
        cmocka_unit_test(a_loader_may_end_at_any_moment),
        cmocka_unit_test(an_epoch_may_start_in_the_middle_of_another),
        cmocka_unit_test(options_that_make_no_sense_name_their_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
