/* tests/metrics/test_distance_transform.c -- distances against those found by looking at every pair of
 * voxels, and against SciPy's. */
#include "metrics/distance_transform.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "made_scan.h"
#include "support.h"

enum { MOST = 6 * 21 * 37 };

/* The definition: the least distance of all marked voxels. */
static double naive(const uint8_t *mask, const int size[3], const double mm[3], int z, int y, int x) {
    double least = INFINITY;
    for (int w = 0, i = 0; w < size[0]; w++)
        for (int v = 0; v < size[1]; v++)
            for (int u = 0; u < size[2]; u++, i++)
                if (mask[i])
                    least = fmin(least, sqrt(pow((u - x) * mm[0], 2) + pow((v - y) * mm[1], 2) +
                                             pow((w - z) * mm[2], 2)));
    return least;
}

/* Sizes on both sides of a block of lines, one voxel, one row and one column among them; spacings of a
 * plane, of a scan, and such as differ by hundreds; masks from one marked voxel in a thousand to all of
 * them. */
static void distances_are_those_of_the_nearest_of_all_marked_voxels(void **state) {
    (void)state;
    static const int sizes[][3] = {{1, 1, 1},  {1, 21, 37}, {6, 21, 17}, {3, 8, 8},
                                   {2, 1, 37}, {5, 21, 1},  {6, 2, 9},   {1, 1, 30}};
    static const double spacings[][3] = {{1, 1, 1}, {0.45, 0.45, 3}, {30, 0.1, 2}, {0.2, 7, 0.03}};
    static const int rarities[] = {1000, 50, 4, 1};
    static uint8_t mask[MOST], wanted[MOST];
    static double got[MOST], some[MOST];
    cc_rng rng = cc_rng_init(3, CC_PURPOSE_TEST, 0, 0);
    for (int c = 0; c < 8 * 4 * 4; c++) {
        const int *size = sizes[c % 8];
        const double *mm = spacings[c / 8 % 4];
        const int voxels = size[0] * size[1] * size[2];
        for (int i = 0; i < voxels; i++) {
            mask[i] = cc_rng_below(&rng, (uint64_t)rarities[c / 32]) == 0 ? (uint8_t)(1 + i % 255) : 0;
            wanted[i] = cc_rng_below(&rng, 20) == 0;
        }
        assert_ok(cc_distance_transform(got, mask, NULL, size[0], size[1], size[2], mm));
        assert_ok(cc_distance_transform(some, mask, wanted, size[0], size[1], size[2], mm));
        for (int i = 0; i < voxels; i++) {
            if (wanted[i]) assert_true(some[i] == got[i]);
            if (i % 7 && voxels > 100) continue; /* of the large ones some voxels will do */
            double want = naive(mask, size, mm, i / (size[1] * size[2]), i / size[2] % size[1], i % size[2]);
            if (!(got[i] == want || fabs(got[i] - want) <= 1e-14 * want))
                fail_msg("case %d, voxel %d: %.17g instead of %.17g", c, i, got[i], want);
        }
    }
}

/* scipy.ndimage.distance_transform_edt (1.17.1) of the made scan's hu <= 530, spacing 3, 0.7, 0.45 mm; and of
 * its third slice alone. */
static void distances_are_those_of_scipy(void **state) {
    (void)state;
    static made_scan scan;
    static uint8_t marked[MADE_VOXELS];
    static double got[MADE_VOXELS];
    const double mm[3] = {0.45, 0.7, 3};
    const int slice = MADE_HEIGHT * MADE_WIDTH;
    make_scan(&scan);
    for (int i = 0; i < MADE_VOXELS; i++) marked[i] = scan.hu[i] > 530;
    double sum = 0, most = 0;
    assert_ok(cc_distance_transform(got, marked, NULL, MADE_DEPTH, MADE_HEIGHT, MADE_WIDTH, mm));
    for (int i = 0; i < MADE_VOXELS; i++) {
        sum += got[i];
        most = fmax(most, got[i]);
    }
    assert_true(fabs(sum - 1948.82390374824) < 1e-9);
    assert_true(fabs(most - 6.157312725532138) < 1e-12);
    assert_true(fabs(got[0] - 4.686149805543993) < 1e-12);
    assert_true(got[MADE_VOXELS - 1] == 0.7);

    sum = most = 0;
    assert_ok(cc_distance_transform(got, marked + 2 * slice, NULL, 1, MADE_HEIGHT, MADE_WIDTH, mm));
    for (int i = 0; i < slice; i++) {
        sum += got[i];
        most = fmax(most, got[i]);
    }
    assert_true(fabs(sum - 354.05641922797304) < 1e-10);
    assert_true(fabs(most - 5.144171459039833) < 1e-12);
}

/* A long line of few marked voxels: rounding must not add up along it. 0.1 mm is no binary number. */
static void distances_do_not_drift_along_a_line(void **state) {
    (void)state;
    enum { LENGTH = 5000 };
    static uint8_t mask[LENGTH];
    static double got[LENGTH];
    mask[0] = mask[4999] = 1;
    assert_ok(cc_distance_transform(got, mask, NULL, 1, 1, LENGTH, (double[]){0.1, 1, 1}));
    for (int i = 0; i < 2500; i++) assert_true(fabs(got[i] - i * 0.1) <= 1e-15 * i);
    assert_ok(cc_distance_transform(got, mask, NULL, LENGTH, 1, 1, (double[]){1, 1, 0.1}));
    for (int i = 0; i < 2500; i++) assert_true(fabs(got[i] - i * 0.1) <= 1e-15 * i);
}

static void nothing_marked_is_infinitely_far(void **state) {
    (void)state;
    const uint8_t mask[12] = {0};
    double got[12];
    assert_ok(cc_distance_transform(got, mask, NULL, 2, 2, 3, (double[]){1, 1, 1}));
    for (int i = 0; i < 12; i++) assert_true(got[i] == INFINITY);
}

static void no_voxels_and_senseless_spacings_are_refused(void **state) {
    (void)state;
    const uint8_t mask[1] = {1};
    double got[1] = {-9};
    assert_error(cc_distance_transform(got, mask, NULL, 1, 0, 1, (double[]){1, 1, 1}), CC_EINVAL,
                 "none or too many");
    static const double wrong[][3] = {{0, 1, 1}, {1, -1, 1}, {1, 1, NAN}, {INFINITY, 1, 1}};
    for (int i = 0; i < 4; i++)
        assert_error(cc_distance_transform(got, mask, NULL, 1, 1, 1, wrong[i]), CC_EINVAL, "spacing");
    assert_true(got[0] == -9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_the_nearest_of_all_marked_voxels),
        cmocka_unit_test(distances_are_those_of_scipy),
        cmocka_unit_test(distances_do_not_drift_along_a_line),
        cmocka_unit_test(nothing_marked_is_infinitely_far),
        cmocka_unit_test(no_voxels_and_senseless_spacings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
