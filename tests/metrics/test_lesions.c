/* tests/metrics/test_lesions.c -- lesions found, missed and false, of a made scan that SciPy has labelled,
 * and of single voxels. */
#include "metrics/lesions.h"
#include <string.h>
#include "made_scan.h"
#include "support.h"

static void check_counts(const float *hu, const uint8_t *truth, const uint8_t *mask, int depth, int width,
                         cc_lesion_counts want) {
    cc_lesion_counts got;
    assert_ok(cc_lesions_count(&got, hu, truth, mask, depth, 1, width, 130));
    assert_int_equal(got.truth, want.truth);
    assert_int_equal(got.found, want.found);
    assert_int_equal(got.predicted, want.predicted);
    assert_int_equal(got.spurious, want.spurious);
}

static void one_predicted_voxel_finds_a_lesion(void **state) {
    (void)state;
    const float hu[] = {500, 500, 500, 0, 500, 500, 0, 500};
    check_counts(hu, (uint8_t[]){1, 1, 1, 0, 1, 1, 0, 0}, (uint8_t[]){0, 0, 9, 0, 0, 0, 0, 1}, 1, 8,
                 (cc_lesion_counts){.truth = 2, .found = 1, .predicted = 2, .spurious = 1});
}

static void voxels_at_the_threshold_are_none(void **state) {
    (void)state;
    const float hu[] = {500, 130, 131, 130, 500};
    const uint8_t all[] = {1, 1, 1, 1, 1}, ends[] = {0, 1, 0, 1, 1};
    check_counts(hu, all, ends, 1, 5,
                 (cc_lesion_counts){.truth = 3, .found = 1, .predicted = 1, .spurious = 0});
}

/* Two slices of one row: a lesion goes on in the next slice, but not at a corner. */
static void lesions_go_through_slices(void **state) {
    (void)state;
    const float hu[] = {200, 0, 200, 0, /**/ 200, 0, 0, 200};
    const uint8_t all[] = {1, 1, 1, 1, 1, 1, 1, 1}, first[] = {1, 0, 0, 0, 0, 0, 0, 0};
    check_counts(hu, all, first, 2, 4,
                 (cc_lesion_counts){.truth = 3, .found = 1, .predicted = 1, .spurious = 0});
}

static void an_empty_mask_finds_nothing(void **state) {
    (void)state;
    const float hu[] = {200, 200};
    check_counts(hu, (uint8_t[]){1, 1}, (uint8_t[]){0, 0}, 1, 2,
                 (cc_lesion_counts){.truth = 1, .found = 0, .predicted = 0, .spurious = 0});
    check_counts(hu, (uint8_t[]){0, 0}, (uint8_t[]){1, 1}, 1, 2,
                 (cc_lesion_counts){.truth = 0, .found = 0, .predicted = 1, .spurious = 1});
}

static void counts_are_those_of_scipy(void **state) {
    (void)state;
    static made_scan scan;
    cc_lesion_counts got;
    make_scan(&scan);
    assert_ok(
        cc_lesions_count(&got, scan.hu, scan.truth, scan.mask, MADE_DEPTH, MADE_HEIGHT, MADE_WIDTH, 130));
    assert_int_equal(got.truth, 79);
    assert_int_equal(got.found, 50);
    assert_int_equal(got.predicted, 58);
    assert_int_equal(got.spurious, 31);
}

static void no_voxels_are_refused(void **state) {
    (void)state;
    cc_lesion_counts got = {.truth = -9};
    const float hu[] = {0};
    const uint8_t mask[] = {0};
    assert_error(cc_lesions_count(&got, hu, mask, mask, 0, 1, 1, 130), CC_EINVAL, "none or too many");
    assert_error(cc_lesions_count(&got, hu, mask, mask, 1 << 11, 1 << 11, 1 << 11, 130), CC_EINVAL,
                 "none or too many");
    assert_true(got.truth == -9);
}

/* A row of two slices. Of the first lesion, which goes on in the second slice, two voxels vote for 3 and two
 * for 1: the lower. The second has one vote for 2 and two doubted ones for 1: what is not doubted counts. The
 * third has doubted votes alone, of which most are for 2. */
static void a_lesion_has_the_class_of_most_of_its_voxels(void **state) {
    (void)state;
    enum { D = CC_VOTE_DOUBTED };
    const uint8_t mask[] = {1, 1, 0, 7, 7, 7, 0, 1, 1, 1, /**/ 1, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    const uint8_t votes[] = {3,      1, 9, 2, D + 1, D + 1, 0, D + 2, D + 1, D + 2,
                             /**/ 1, 3, 0, 0, 0,     0,     0, 0,     0,     0};
    const uint8_t want[] = {1, 1, 0, 2, 2, 2, 0, 2, 2, 2, /**/ 1, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    uint8_t got[20];
    assert_ok(cc_lesions_classify(got, mask, votes, 2, 1, 10));
    assert_memory_equal(got, want, sizeof want);
    memcpy(got, mask, sizeof got); /* in place */
    assert_ok(cc_lesions_classify(got, got, votes, 2, 1, 10));
    assert_memory_equal(got, want, sizeof want);
    assert_error(cc_lesions_classify(got, mask, votes, 0, 1, 10), CC_EINVAL, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_predicted_voxel_finds_a_lesion),
        cmocka_unit_test(voxels_at_the_threshold_are_none),
        cmocka_unit_test(lesions_go_through_slices),
        cmocka_unit_test(an_empty_mask_finds_nothing),
        cmocka_unit_test(counts_are_those_of_scipy),
        cmocka_unit_test(no_voxels_are_refused),
        cmocka_unit_test(a_lesion_has_the_class_of_most_of_its_voxels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
