/* tests/metrics/test_calibration.c -- reliability curve, Brier score and ECE against scikit-learn's and
 * numpy's numbers, in one piece and slice by slice. */
#include "metrics/calibration.h"
#include <math.h>
#include "made_scan.h"
#include "support.h"

static float probability[MADE_VOXELS];
static uint8_t truth[MADE_VOXELS];
static made_scan scan;

/* p = (hu + 150) / 700 in float32, true where hu > 100 + 150 mask. */
static void make(void) {
    make_scan(&scan);
    for (int i = 0; i < MADE_VOXELS; i++) {
        probability[i] = (scan.hu[i] + 150) / 700;
        truth[i] = scan.hu[i] > 100 + 150 * (float)scan.mask[i] ? 255 : 0;
    }
}

static void check_near(double got, double want) {
    if (!(fabs(got - want) < 1e-12)) fail_msg("%.15g instead of %.15g", got, want);
}

/* sklearn.calibration.calibration_curve(n_bins=10) of scikit-learn 1.9.1. */
static void the_curve_is_that_of_scikit_learn(void **state) {
    (void)state;
    static const double want[10][2] = {
        {0.05452380967843864, 0},
        {0.14772151853842072, 0},
        {0.251017857901752, 0},
        {0.3497619051963855, 0.2564102564102564},
        {0.4423704871109554, 0.4175824175824176},
        {0.5491394134889166, 0.5421686746987951},
        {0.6530672276721281, 0.8137254901960784},
        {0.7507594914375981, 0.810126582278481},
        {0.8506758841135169, 0.8494623655913979},
        {0.9487912104679987, 0.8923076923076924},
    };
    cc_calibration c;
    make();
    assert_ok(cc_calibration_init(&c, 10));
    assert_ok(cc_calibration_add(&c, probability, truth, NULL, MADE_VOXELS));
    for (int i = 0; i < 10; i++) {
        double predicted, observed;
        cc_calibration_point(&predicted, &observed, &c, i);
        check_near(predicted, want[i][0]);
        check_near(observed, want[i][1]);
    }
}

/* Brier: sklearn.metrics.brier_score_loss; ECE: their definitions in numpy, with masks for bins. */
static void scores_are_those_of_scikit_learn_and_numpy(void **state) {
    (void)state;
    static const struct {
        int bins;
        double ece, confidence_ece;
    } want[] = {{10, 0.08528061259116623, 0.07489285729936368},
                {20, 0.10347449004406195, 0.07529081647129109},
                {2, 0.07489285729936365, 0.07489285729936368}};
    make();
    for (int i = 0; i < 3; i++) {
        cc_calibration c;
        assert_ok(cc_calibration_init(&c, want[i].bins));
        assert_ok(cc_calibration_add(&c, probability, truth, NULL, MADE_VOXELS));
        const cc_calibration_scores got = cc_calibration_score(&c);
        check_near(got.brier, 0.1344920631150126);
        check_near(got.ece, want[i].ece);
        check_near(got.confidence_ece, want[i].confidence_ece);
    }
    /* Within the mask alone. */
    cc_calibration c;
    assert_ok(cc_calibration_init(&c, 10));
    assert_ok(cc_calibration_add(&c, probability, truth, scan.mask, MADE_VOXELS));
    check_near(cc_calibration_score(&c).brier, 0.16295349962143474);
    check_near(cc_calibration_score(&c).ece, 0.22108827532435998);
}

static void slices_add_up_to_the_scan(void **state) {
    (void)state;
    const size_t slice = MADE_HEIGHT * MADE_WIDTH;
    cc_calibration whole, first, rest;
    make();
    assert_ok(cc_calibration_init(&whole, 20));
    first = rest = whole;
    assert_ok(cc_calibration_add(&whole, probability, truth, NULL, MADE_VOXELS));
    for (size_t z = 0; z < MADE_DEPTH; z++)
        assert_ok(cc_calibration_add(z < 2 ? &first : &rest, probability + z * slice, truth + z * slice, NULL,
                                     slice));
    assert_ok(cc_calibration_merge(&first, &rest));
    for (int k = 0; k < 20; k++) {
        assert_int_equal(first.bin[k].pixels, whole.bin[k].pixels);
        assert_int_equal(first.bin[k].truth, whole.bin[k].truth);
        check_near(first.bin[k].probability, whole.bin[k].probability);
        check_near(first.bin[k].squared_error, whole.bin[k].squared_error);
    }
}

/* Every edge of 4 bins, and 0; between two edges the one float32 above each. */
static void an_edge_belongs_to_the_bin_below_it(void **state) {
    (void)state;
    const float p[] = {
        0, 0.25F, nextafterf(0.25F, 1), 0.5F, nextafterf(0.5F, 1), 0.75F, nextafterf(0.75F, 1), 1.0F};
    const uint8_t none[8] = {0};
    cc_calibration c;
    assert_ok(cc_calibration_init(&c, 4));
    assert_ok(cc_calibration_add(&c, p, none, NULL, 8));
    for (int k = 0; k < 4; k++) assert_int_equal(c.bin[k].pixels, 2);
}

static void no_pixels_have_no_score(void **state) {
    (void)state;
    cc_calibration c;
    double predicted, observed;
    assert_ok(cc_calibration_init(&c, 2));
    const cc_calibration_scores s = cc_calibration_score(&c);
    cc_calibration_point(&predicted, &observed, &c, 1);
    assert_true(isnan(s.brier) && isnan(s.ece) && isnan(s.confidence_ece));
    assert_true(isnan(predicted) && isnan(observed));
}

static void what_is_no_probability_is_refused_and_adds_nothing(void **state) {
    (void)state;
    const uint8_t yes[2] = {1, 1}, second[2] = {0, 1};
    cc_calibration c, other;
    assert_error(cc_calibration_init(&c, 5), CC_EINVAL, "5 bins");
    assert_error(cc_calibration_init(&c, 0), CC_EINVAL, "0 bins");
    assert_error(cc_calibration_init(&c, 102), CC_EINVAL, "102 bins");
    assert_ok(cc_calibration_init(&c, 10));
    assert_ok(cc_calibration_init(&other, 12));
    assert_error(cc_calibration_add(&c, (float[]){0.5F, NAN}, yes, NULL, 2), CC_EINVAL, "probability 1");
    assert_error(cc_calibration_add(&c, (float[]){0.5F, -0.1F}, yes, NULL, 2), CC_EINVAL, "probability 1");
    assert_error(cc_calibration_add(&c, (float[]){1.5F, 0.5F}, yes, NULL, 2), CC_EINVAL, "probability 0");
    assert_int_equal(c.bin[4].pixels, 0);
    assert_ok(cc_calibration_add(&c, (float[]){NAN, 0.5F}, yes, second, 2)); /* which is not taken */
    assert_error(cc_calibration_merge(&c, &other), CC_EINVAL, "12 bins cannot be added to 10");
    assert_int_equal(c.bin[4].pixels, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_curve_is_that_of_scikit_learn),
        cmocka_unit_test(scores_are_those_of_scikit_learn_and_numpy),
        cmocka_unit_test(slices_add_up_to_the_scan),
        cmocka_unit_test(an_edge_belongs_to_the_bin_below_it),
        cmocka_unit_test(no_pixels_have_no_score),
        cmocka_unit_test(what_is_no_probability_is_refused_and_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
