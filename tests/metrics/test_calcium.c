/* tests/metrics/test_calcium.c -- Agatston score, volume and lesions: of boxes whose scores were worked out
 * by hand, and of a made scan whose lesions were counted by numpy and scipy. */
#include "metrics/calcium.h"
#include <math.h>
#include "made_scan.h"
#include "support.h"

static const double unit_mm[3] = {1, 1, 3}; /* a voxel is 1 mm2, 3 mm3, and its score its weight */

static void check_near(double got, double want) {
    if (!(fabs(got - want) < 1e-9 * fmax(1, fabs(want)))) fail_msg("%.15g instead of %.15g", got, want);
}

static cc_calcium measure(const float *hu, const uint8_t *mask, int depth, int width, const double mm[3]) {
    cc_calcium c;
    cc_calcium_options options = cc_calcium_defaults();
    assert_ok(cc_calcium_measure(&c, hu, mask, depth, 1, width, mm, &options));
    return c;
}

static double agatston(const float *hu, int depth, int width, const double mm[3]) {
    cc_calcium c = measure(hu, NULL, depth, width, mm);
    double score = c.agatston;
    cc_calcium_deinit(&c);
    return score;
}

static void weights_step_at_200_300_and_400(void **state) {
    (void)state;
    static const struct {
        float hu;
        double weight;
    } cases[] = {{130, 0}, {131, 1}, {199, 1}, {200, 2}, {299, 2}, {300, 3}, {399, 3}, {400, 4}, {3000, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_near(agatston(&cases[i].hu, 1, 1, unit_mm), cases[i].weight);
}

/* The highest voxel of a lesion in a slice weighs all of its area there, and no other slice's. */
static void each_slice_weighs_by_its_own_maximum(void **state) {
    (void)state;
    const float hu[] = {140, 450, 140, /**/ 140, 140, 0, /**/ 0, 250, 0};
    check_near(agatston(hu, 2, 3, unit_mm), 3 * 4 + 2);
    check_near(agatston(hu, 3, 3, unit_mm), 3 * 4 + 2 + 2);
}

/* A lesion of two arms in a slice, which meet in the slice below, is one area there. */
static void all_of_a_lesion_in_a_slice_is_one_area(void **state) {
    (void)state;
    const float hu[] = {450, 0, 140, /**/ 140, 140, 140};
    check_near(agatston(hu, 2, 3, unit_mm), 2 * 4 + 3);
}

static void areas_below_1_mm2_add_nothing_to_the_score(void **state) {
    (void)state;
    const float hu[] = {500, 0, 500, 500};
    const double mm[3] = {1, 0.5, 3};
    cc_calcium c = measure(hu, NULL, 1, 4, mm);
    assert_int_equal(c.lesion_count, 2);
    check_near(c.lesions[0].agatston, 0);
    check_near(c.lesions[1].agatston, 4);
    check_near(c.agatston, 4);
    check_near(c.volume_mm3, 3 * 1.5);
    cc_calcium_deinit(&c);
}

/* 49 areas of 1/49 mm2 are less than 1 mm2 in floating point. */
static void an_area_of_1_mm2_counts_however_it_is_rounded(void **state) {
    (void)state;
    float hu[49];
    const double mm[3] = {1.0 / 49, 1, 3};
    for (int i = 0; i < 49; i++) hu[i] = 150;
    assert_true(49 * mm[0] < 1);
    check_near(agatston(hu, 1, 49, mm), 1);
    check_near(agatston(hu, 1, 48, mm), 0);
}

static void the_score_scales_with_slice_spacing(void **state) {
    (void)state;
    const float hu = 250;
    check_near(agatston(&hu, 1, 1, (double[]){1, 1, 1.5}), 1);
    check_near(agatston(&hu, 1, 1, (double[]){2, 2.5, 0.6}), 5 * 2 * 0.2);
}

static void lesions_stand_in_the_order_of_their_first_voxel(void **state) {
    (void)state;
    const float hu[] = {0, 200, 320, 0, 0, 150, /**/ 0, 200, 0, 0, 0, 0};
    cc_calcium c = measure(hu, NULL, 2, 6, (double[]){2, 1, 3});
    assert_int_equal(c.lesion_count, 2);
    const cc_calcium_lesion *l = c.lesions;
    assert_int_equal(l[0].voxels, 3);
    check_near(l[0].agatston, 4 * 3 + 2 * 2);
    check_near(l[0].volume_mm3, 18);
    check_near(l[0].max_hu, 320);
    check_near(l[0].centroid_xyz[0], 4.0 / 3);
    check_near(l[0].centroid_xyz[1], 0);
    check_near(l[0].centroid_xyz[2], 1.0 / 3);
    assert_int_equal(l[0].artery, 0);
    check_near(l[1].max_hu, 150);
    check_near(l[1].centroid_xyz[0], 5);
    check_near(c.agatston, l[0].agatston + l[1].agatston);
    check_near(c.volume_mm3, 24);
    cc_calcium_deinit(&c);
}

static void a_lesion_belongs_to_the_artery_of_most_of_its_voxels(void **state) {
    (void)state;
    const float hu[] = {200, 200, 200, 0, 200, 200, 0, 200, 200, 120, 120, 120};
    const uint8_t mask[] = {2, 3, 3, 0, 3, 1, 0, 0, 255, 1, 1, 1};
    cc_calcium c = measure(hu, mask, 1, 12, unit_mm);
    assert_int_equal(c.lesion_count, 3);
    assert_int_equal(c.lesions[0].artery, 3);
    assert_int_equal(c.lesions[1].artery, 1);
    assert_int_equal(c.lesions[2].artery, 255);
    assert_int_equal(c.lesions[2].voxels, 1);
    cc_calcium_deinit(&c);
}

static void categories_end_at_10_100_and_400(void **state) {
    (void)state;
    static const struct {
        double area_mm2;
        const char *name;
    } cases[] = {{0, "0"},        {1, "1-10"},      {10, "1-10"},     {10.5, "11-100"},
                 {100, "11-100"}, {101, "101-400"}, {400, "101-400"}, {401, ">400"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const float hu = cases[i].area_mm2 > 0 ? 131 : 0;
        cc_calcium c = measure(&hu, NULL, 1, 1, (double[]){1, cases[i].area_mm2 + (hu == 0), 3});
        assert_string_equal(c.category, cases[i].name);
        cc_calcium_deinit(&c);
    }
}

static void a_scan_measures_as_numpy_and_scipy_do(void **state) {
    (void)state;
    static made_scan scan;
    cc_calcium c;
    cc_calcium_options options = cc_calcium_defaults();
    int arteries[4] = {0};
    make_scan(&scan);
    assert_ok(cc_calcium_measure(&c, scan.hu, scan.mask, MADE_DEPTH, MADE_HEIGHT, MADE_WIDTH,
                                 (double[]){0.7, 0.8, 2.5}, &options));
    assert_int_equal(c.lesion_count, 58);
    check_near(c.agatston, 383.1333333333334);
    check_near(c.volume_mm3, 366.8);
    assert_string_equal(c.category, "101-400");
    const cc_calcium_lesion *largest = &c.lesions[1];
    assert_int_equal(largest->voxels, 82);
    check_near(largest->agatston, 153.06666666666666);
    check_near(largest->max_hu, 548);
    check_near(largest->centroid_xyz[0], 2.4878048780487805);
    check_near(largest->centroid_xyz[1], 3.292682926829268);
    check_near(largest->centroid_xyz[2], 1.475609756097561);
    for (size_t i = 0; i < c.lesion_count; i++) arteries[c.lesions[i].artery]++;
    assert_int_equal(arteries[1], 34);
    assert_int_equal(arteries[2], 12);
    assert_int_equal(arteries[3], 12);
    cc_calcium_deinit(&c);
}

/* The same scan by scipy.ndimage.label: slice by slice with 4 and 8 neighbours, and through the volume with 6
 * and 26. */
static void neighbours_join_within_slices_or_across_them(void **state) {
    (void)state;
    static const struct {
        int neighbours;
        size_t lesions;
        double agatston;
    } cases[] = {
        {4, 108, 358.8666666666668}, {8, 59, 444.26666666666677}, {6, 58, 383.1333333333333}, {26, 2, 487.2}};
    static made_scan scan;
    make_scan(&scan);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_calcium c;
        cc_calcium_options options = cc_calcium_defaults();
        options.neighbours = cases[i].neighbours;
        assert_ok(cc_calcium_measure(&c, scan.hu, scan.mask, MADE_DEPTH, MADE_HEIGHT, MADE_WIDTH,
                                     (double[]){0.7, 0.8, 2.5}, &options));
        assert_int_equal(c.lesion_count, cases[i].lesions);
        check_near(c.agatston, cases[i].agatston);
        check_near(c.volume_mm3, 366.8);
        cc_calcium_deinit(&c);
    }
    cc_calcium c;
    cc_calcium_options options = cc_calcium_defaults();
    options.neighbours = 18;
    assert_error(cc_calcium_measure(&c, scan.hu, NULL, 1, 1, 1, unit_mm, &options), CC_EINVAL, "18");
}

/* The scan of all_of_a_lesion_in_a_slice_is_one_area: its two arms are two areas, one of them weak. */
static void slice_by_slice_every_piece_has_its_own_maximum_and_least_area(void **state) {
    (void)state;
    const float hu[] = {450, 0, 140, /**/ 140, 140, 140};
    cc_calcium c;
    cc_calcium_options options = cc_calcium_defaults();
    options.neighbours = 8;
    assert_ok(cc_calcium_measure(&c, hu, NULL, 2, 1, 3, unit_mm, &options));
    assert_int_equal(c.lesion_count, 3);
    check_near(c.agatston, 4 + 1 + 3);
    cc_calcium_deinit(&c);
    assert_ok(cc_calcium_measure(&c, hu, NULL, 2, 1, 3, (double[]){0.5, 1, 3}, &options));
    check_near(c.agatston, 1.5); /* pieces of 0.5 mm2 are below 1 mm2 */
    cc_calcium_deinit(&c);
}

static void the_threshold_is_an_option(void **state) {
    (void)state;
    cc_calcium c;
    cc_calcium_options options = cc_calcium_defaults();
    const float hu[] = {120, 160, 260};
    options.threshold_hu = 110;
    options.minimum_area_mm2 = 0;
    options.reference_mm = 1.5;
    assert_ok(cc_calcium_measure(&c, hu, NULL, 1, 1, 2, (double[]){0.5, 0.5, 3}, &options));
    check_near(c.agatston, 2 * 0.25 * 2);
    cc_calcium_deinit(&c);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    const float hu = 0;
    cc_calcium c = {.lesion_count = 99};
    cc_calcium_options options = cc_calcium_defaults();
    assert_error(cc_calcium_measure(&c, &hu, NULL, 1, 1, 1, (double[]){1, 0, 1}, &options), CC_EINVAL,
                 "spacing of 0 mm");
    assert_error(cc_calcium_measure(&c, &hu, NULL, 1, 1, 1, (double[]){1, 1, NAN}, &options), CC_EINVAL,
                 "spacing");
    assert_error(cc_calcium_measure(&c, &hu, NULL, 1, 0, 1, unit_mm, &options), CC_EINVAL,
                 "none or too many");
    options.reference_mm = 0;
    assert_error(cc_calcium_measure(&c, &hu, NULL, 1, 1, 1, unit_mm, &options), CC_EINVAL,
                 "reference of 0 mm");
    assert_int_equal(c.lesion_count, 99);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_step_at_200_300_and_400),
        cmocka_unit_test(each_slice_weighs_by_its_own_maximum),
        cmocka_unit_test(all_of_a_lesion_in_a_slice_is_one_area),
        cmocka_unit_test(areas_below_1_mm2_add_nothing_to_the_score),
        cmocka_unit_test(an_area_of_1_mm2_counts_however_it_is_rounded),
        cmocka_unit_test(the_score_scales_with_slice_spacing),
        cmocka_unit_test(lesions_stand_in_the_order_of_their_first_voxel),
        cmocka_unit_test(a_lesion_belongs_to_the_artery_of_most_of_its_voxels),
        cmocka_unit_test(categories_end_at_10_100_and_400),
        cmocka_unit_test(a_scan_measures_as_numpy_and_scipy_do),
        cmocka_unit_test(neighbours_join_within_slices_or_across_them),
        cmocka_unit_test(slice_by_slice_every_piece_has_its_own_maximum_and_least_area),
        cmocka_unit_test(the_threshold_is_an_option),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
