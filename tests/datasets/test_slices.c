/* tests/datasets/test_slices.c -- the ctheart layout: order, sizes, masks, digests, faults, and reading
 * from several threads with and without the cache. */
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include "tree.h"

static cc_digest_text digest_of(const char *root) {
    cc_digest_text text;
    cc_slice_set *set = tree_open(root);
    assert_ok(cc_slice_set_digest(&text, set));
    cc_slice_set_close(set);
    return text;
}

static void refused(const char *root, cc_status status, const char *part) {
    cc_slice_set *set = NULL;
    cc_slice_options options = tree_options(root);
    assert_error(cc_slice_set_open(&set, &options), status, part);
    assert_null(set);
}

static void shell(const char *format, const char *root) {
    char command[6 * CC_PATH_MAX];
    snprintf(command, sizeof command, "cd '%s/train' && %s", root, format);
    assert_int_equal(cc_test_run(NULL, 0, "%s", command), 0);
}

static void slices_are_ordered_by_patient_and_number(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    static const int numbers[] = {1000, 2, 10};
    for (int i = 0; i < 3; i++) tree_add(root, 1, 1, numbers[i], 6, 5);
    tree_add(root, 0, 1, 7, 4, 9);
    cc_slice_set *set = tree_open(root);
    assert_int_equal(cc_slice_set_count(set), 4);
    assert_int_equal(cc_slice_set_patient_count(set), 2);
    assert_string_equal(cc_slice_set_patient(set, 0), "p00");
    static const int want[] = {7, 2, 10, 1000};
    for (size_t i = 0; i < 4; i++) {
        const cc_slice *slice = cc_slice_set_get(set, i);
        assert_int_equal(slice->number, want[i]);
        assert_int_equal(slice->patient, i > 0);
        assert_int_equal(slice->scan, i > 0);
        assert_int_equal(slice->height, i ? 6 : 4);
        assert_int_equal(slice->width, i ? 5 : 9);
    }
    int height, width;
    cc_slice_set_largest(&height, &width, set);
    assert_int_equal(height, 6);
    assert_int_equal(width, 9);
    cc_slice_set_close(set);
}

static void each_series_of_a_patient_is_a_scan(void **state) {
    (void)state;
    const char *root = tree_make(2, 2, 3, 3);
    tree_add(root, 0, 2, 1, 3, 3);
    cc_slice_set *set = tree_open(root);
    static const unsigned want[] = {0, 0, 1, 2, 2};
    assert_int_equal(cc_slice_set_count(set), 5);
    for (size_t i = 0; i < 5; i++) assert_int_equal(cc_slice_set_get(set, i)->scan, want[i]);
    cc_slice_set_close(set);
}

static void grey_spans_the_window_and_a_mask_is_0_or_1(void **state) {
    (void)state;
    const char *root = tree_make(2, 3, 8, 6);
    cc_slice_set *set = tree_open(root);
    float image[48];
    uint8_t mask[48];
    for (size_t s = 0; s < 6; s++) {
        int patient = (int)s / 3, number = (int)s % 3 + 1;
        assert_ok(cc_slice_set_read(set, s, image, mask));
        for (int i = 0; i < 48; i++) {
            float want = -200 + 1000 * (float)tree_grey(patient, number, i / 6, i % 6) / 255;
            assert_float_equal(image[i], want, 1e-3);
            assert_int_equal(mask[i], tree_mask(patient, number, i / 6, i % 6) > 0);
        }
    }
    assert_ok(cc_slice_set_read(set, 0, image, NULL));
    assert_ok(cc_slice_set_read(set, 0, NULL, mask));
    cc_slice_set_close(set);
}

static void sixteen_bits_span_the_same_window(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    static const uint16_t grey[4] = {0, 65535, 32768, 1};
    static const uint8_t mask[4] = {0, 255, 0, 255};
    tree_write(root, "a/image/1-001.png", grey, 2, 2, 16);
    tree_write(root, "a/mask/1-001.png", mask, 2, 2, 8);
    cc_slice_set *set = tree_open(root);
    float image[4];
    assert_ok(cc_slice_set_read(set, 0, image, NULL));
    assert_true(image[0] == -200 && image[1] == 800);
    assert_float_equal(image[2], -200 + 1000 * 32768.0 / 65535, 1e-4);
    assert_float_equal(image[3], -200 + 1000 / 65535.0, 1e-4);
    cc_slice_set_close(set);
}

static void the_train_folder_itself_may_be_the_root(void **state) {
    (void)state;
    const char *root = tree_make(2, 2, 4, 4), *train = cc_test_path(root, "train");
    cc_slice_set *set = tree_open(train);
    assert_int_equal(cc_slice_set_count(set), 4);
    cc_slice_set_close(set);
    assert_string_equal(digest_of(root).hex, digest_of(train).hex);
}

static void the_digest_follows_names_and_contents(void **state) {
    (void)state;
    const char *a = tree_make(2, 2, 4, 4), *b = tree_make(2, 2, 4, 4);
    cc_digest_text first = digest_of(a);
    assert_string_equal(first.hex, digest_of(b).hex);
    tree_add(b, 1, 1, 2, 4, 5);
    assert_string_not_equal(first.hex, digest_of(b).hex);
    shell("mv p01 p02", a);
    assert_string_not_equal(first.hex, digest_of(a).hex);
}

static void a_missing_or_empty_dataset_is_one_clear_line(void **state) {
    (void)state;
    refused("/nowhere/at/all", CC_ENOTFOUND, "/nowhere/at/all");
    refused("", CC_ECONFIG, "data.root");
    const char *root = cc_test_folder();
    refused(root, CC_ENOTFOUND, "there are no patients here");
    assert_ok(cc_folder_make(cc_test_path(root, "train/p/image")));
    refused(root, CC_ENOTFOUND, "p/mask");
    assert_ok(cc_folder_make(cc_test_path(root, "train/p/mask")));
    refused(root, CC_ENOTFOUND, "no pictures");
    assert_ok(cc_folder_make(cc_test_path(root, "train/stray")));
    refused(root, CC_ENOTFOUND, "stray/image");
}

static void a_fault_of_a_slice_names_its_file(void **state) {
    (void)state;
    const char *root = tree_make(1, 2, 4, 4);
    shell("mv p00/mask/1-002.png kept.png", root);
    refused(root, CC_ENOTFOUND, "p00/image/1-002.png: its mask is not there");
    shell("cp p00/mask/1-001.png p00/mask/1-002.png && cp p00/image/1-001.png p00/image/1-2.png && "
          "cp p00/mask/1-001.png p00/mask/1-2.png",
          root);
    refused(root, CC_EFORMAT, "two slices have the number 2");
    shell("rm p00/*/1-2.png && cp p00/image/1-001.png p00/image/cover.png", root);
    refused(root, CC_EFORMAT, "\"cover.png\" has no slice number");
    shell("rm p00/image/cover.png p00/image/1-002.png && mkfifo p00/image/1-002.png", root);
    refused(root, CC_EIO, "1-002.png: not a regular file");
    shell("rm p00/image/1-002.png && echo no picture, but long enough > p00/image/1-002.png", root);
    refused(root, CC_EFORMAT, "1-002.png: it is not a PNG file");
    tree_add(root, 0, 1, 2, 4, 5);
    shell("cp p00/mask/1-001.png p00/mask/1-002.png", root);
    refused(root, CC_EFORMAT, "p00/mask/1-002.png: the mask has 4 x 4 pixels, its picture 5 x 4");
}

static void a_huge_size_in_a_header_is_refused(void **state) {
    (void)state;
    const char *root = tree_make(1, 1, 4, 4);
    shell("for k in image mask; do printf '\\177\\377\\377\\377' | "
          "dd of=p00/$k/1-001.png bs=1 seek=16 conv=notrunc; done",
          root);
    refused(root, CC_EFORMAT, "2147483647 x 4 pixels");
}

static void a_link_that_leaves_the_root_is_refused(void **state) {
    (void)state;
    const char *inside = tree_make(1, 2, 4, 4), *outside = tree_make(1, 2, 4, 4);
    char command[4 * CC_PATH_MAX];
    shell("ln -sf 1-001.png p00/mask/1-002.png", inside);
    digest_of(inside);
    snprintf(command, sizeof command, "ln -sf '%s/train/p00/mask/1-002.png' p00/mask/1-002.png", outside);
    shell(command, inside);
    refused(inside, CC_EINVAL, "leads out of the dataset's folder");
    /* a neighbour whose path only starts like the root */
    snprintf(command, sizeof command,
             "cp -r '%s/train' '%s-neighbour' && ln -sf '%s-neighbour/p00/mask/1-002.png' p00/mask/1-002.png",
             outside, inside, inside);
    shell(command, inside);
    refused(inside, CC_EINVAL, "leads out of the dataset's folder");
    cc_test_run(NULL, 0, "rm -r '%s-neighbour'", inside);
    snprintf(command, sizeof command, "mkdir p01 p01/mask && ln -s '%s' p01/image", outside);
    shell(command, inside);
    refused(inside, CC_EINVAL, "p01/image: it leads out of the dataset's folder");
    shell("rm -r p01", inside);
    snprintf(command, sizeof command, "rm p00/*/1-002.png && ln -s '%s/train/p00' p01", outside);
    shell(command, inside);
    refused(inside, CC_EINVAL, "leads out of the dataset's folder");
}

static void a_source_or_window_that_is_none_is_refused(void **state) {
    (void)state;
    const char *root = tree_make(1, 1, 4, 4);
    cc_slice_set *set = NULL;
    cc_slice_options options = tree_options(root);
    options.source = "dicom";
    assert_error(cc_slice_set_open(&set, &options), CC_ECONFIG, "data.source");
    options = tree_options(root);
    options.window_hu[0] = 800;
    assert_error(cc_slice_set_open(&set, &options), CC_EINVAL, "window_hu");
    options = tree_options(root);
    options.cache_mb = -1;
    assert_error(cc_slice_set_open(&set, &options), CC_EINVAL, "cache_mb");
}

static void a_picture_that_breaks_later_is_an_error_of_reading(void **state) {
    (void)state;
    const char *root = tree_make(1, 1, 4, 4);
    cc_slice_set *set = tree_open(root);
    float image[16];
    tree_add(root, 0, 1, 1, 5, 5);
    assert_error(cc_slice_set_read(set, 0, image, NULL), CC_EFORMAT, "changed from 4 x 4 to 5 x 5");
    shell("truncate -s 40 p00/image/1-001.png", root);
    assert_error(cc_slice_set_read(set, 0, image, NULL), CC_EFORMAT, "1-001.png");
    shell("rm p00/image/1-001.png", root);
    assert_error(cc_slice_set_read(set, 0, image, NULL), CC_ENOTFOUND, "1-001.png");
    cc_slice_set_close(set);
}

enum { SIDE = 256, SLICES = 8, PIXELS = SIDE * SIDE, THREADS = 4 };

typedef struct slice_reader {
    const cc_slice_set *set;
    const float *want;
    int rounds, wrong;
} slice_reader;

static void *read_all(void *argument) {
    slice_reader *r = argument;
    float *image = malloc(PIXELS * sizeof *image);
    for (int i = 0; i < r->rounds * SLICES; i++) {
        size_t slice = (size_t)i % SLICES;
        if (cc_slice_set_read(r->set, slice, image, NULL) != CC_OK ||
            memcmp(image, r->want + slice * PIXELS, PIXELS * sizeof *image) != 0)
            r->wrong++;
    }
    free(image);
    return NULL;
}

/* 1 MiB holds five of the eight slices. */
static void the_cache_changes_no_value_whatever_fits(void **state) {
    (void)state;
    const char *root = tree_make(2, SLICES / 2, SIDE, SIDE);
    float *want = malloc(SLICES * PIXELS * sizeof *want);
    cc_slice_set *set = tree_open(root);
    for (size_t i = 0; i < SLICES; i++) assert_ok(cc_slice_set_read(set, i, want + i * PIXELS, NULL));
    cc_slice_set_close(set);
    cc_slice_options options = tree_options(root);
    for (options.cache_mb = 0; options.cache_mb < 3; options.cache_mb++) {
        pthread_t threads[THREADS];
        slice_reader readers[THREADS];
        assert_ok(cc_slice_set_open(&set, &options));
        for (int i = 0; i < THREADS; i++) {
            readers[i] = (slice_reader){.set = set, .want = want, .rounds = 2};
            assert_int_equal(pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
        for (int i = 0; i < THREADS; i++) assert_int_equal(readers[i].wrong, 0);
        cc_slice_set_close(set);
    }
    free(want);
}

/* With the files gone only the cache can answer: five slices, as many as 1 MiB holds. */
static void the_cache_keeps_what_its_limit_allows(void **state) {
    (void)state;
    const char *root = tree_make(1, SLICES, SIDE, SIDE);
    cc_slice_set *set;
    cc_slice_options options = tree_options(root);
    uint8_t *mask = malloc(PIXELS);
    options.cache_mb = 1;
    assert_ok(cc_slice_set_open(&set, &options));
    for (size_t i = 0; i < SLICES; i++) assert_ok(cc_slice_set_read(set, i, NULL, mask));
    shell("rm -r p00", root);
    for (size_t i = 0; i < SLICES; i++)
        assert_int_equal(cc_slice_set_read(set, i, NULL, mask), i < 5 ? CC_OK : CC_ENOTFOUND);
    cc_slice_set_close(set);
    free(mask);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_ordered_by_patient_and_number),
        cmocka_unit_test(each_series_of_a_patient_is_a_scan),
        cmocka_unit_test(grey_spans_the_window_and_a_mask_is_0_or_1),
        cmocka_unit_test(sixteen_bits_span_the_same_window),
        cmocka_unit_test(the_train_folder_itself_may_be_the_root),
        cmocka_unit_test(the_digest_follows_names_and_contents),
        cmocka_unit_test(a_missing_or_empty_dataset_is_one_clear_line),
        cmocka_unit_test(a_fault_of_a_slice_names_its_file),
        cmocka_unit_test(a_huge_size_in_a_header_is_refused),
        cmocka_unit_test(a_link_that_leaves_the_root_is_refused),
        cmocka_unit_test(a_source_or_window_that_is_none_is_refused),
        cmocka_unit_test(a_picture_that_breaks_later_is_an_error_of_reading),
        cmocka_unit_test(the_cache_changes_no_value_whatever_fits),
        cmocka_unit_test(the_cache_keeps_what_its_limit_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
