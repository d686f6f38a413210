/* tests/datasets/test_intensity.c -- noise, blur, contrast, low resolution and gamma, against what SciPy
 * 1.17.1 printed or by hand. The picture is 6 x 7, pixel i being (i * 37) % 100. */
#include "datasets/intensity.h"
#include <math.h>
#include <stdlib.h>
#include "support.h"

enum { HEIGHT = 6, WIDTH = 7, PIXELS = HEIGHT * WIDTH };

static void make(float image[PIXELS]) {
    for (int i = 0; i < PIXELS; i++) image[i] = (float)(i * 37 % 100);
}

static void compare(const float *got, const float *want) {
    for (int i = 0; i < PIXELS; i++) assert_float_equal(got[i], want[i], 2e-4);
}

/* scipy.ndimage.gaussian_filter(picture, 0.8, mode="nearest"). */
static void blur_is_scipys(void **state) {
    (void)state;
    static const float want[PIXELS] = {23.4611f, 44.2521f, 50.9192f, 38.9253f, 44.2510f, 55.3006f, 44.6230f,
                                       43.6663f, 57.8315f, 56.5283f, 45.7856f, 39.0070f, 45.0928f, 53.9340f,
                                       44.6587f, 54.1014f, 59.6447f, 52.8432f, 42.6568f, 40.7703f, 54.4502f,
                                       50.6302f, 46.0874f, 50.9931f, 55.7135f, 49.9575f, 50.3928f, 65.4049f,
                                       56.7497f, 48.5873f, 42.1878f, 46.7598f, 52.5637f, 51.2115f, 54.0384f,
                                       71.3435f, 53.7524f, 43.7553f, 35.4124f, 46.7865f, 52.2909f, 37.3450f};
    float image[PIXELS], other[PIXELS], row[WIDTH + 2 * CC_BLUR_RADIUS_MAX];
    make(image);
    cc_intensity_blur(image, HEIGHT, WIDTH, 0.8, other, row);
    compare(image, want);
    /* The widest: of a picture smaller than its radius, the mean stays within the picture's range. */
    cc_intensity_blur(image, HEIGHT, WIDTH, CC_BLUR_SIGMA_MAX, other, row);
    for (int i = 0; i < PIXELS; i++) assert_true(image[i] > 40 && image[i] < 60);
}

/* To 4 x 4 by picture[floor(i 6 / 4)], [floor(i 7 / 4)] (torch's nearest), and up by SciPy's map_coordinates
 * at ((i + 1/2) 4 / 6 - 1/2, ...), held to the picture (torch's linear, align_corners false). */
static void low_resolution_is_nearest_down_and_linear_up(void **state) {
    (void)state;
    static const float want[PIXELS] = {0.0000f,  13.2143f, 34.3571f, 24.0000f, 16.2857f, 58.5714f, 85.0000f,
                                       29.5000f, 42.7143f, 63.8571f, 53.5000f, 42.2143f, 55.9286f, 64.5000f,
                                       62.0000f, 69.2619f, 80.8810f, 77.6667f, 71.1429f, 56.2857f, 47.0000f,
                                       74.0000f, 57.4524f, 30.9762f, 56.3333f, 83.1429f, 68.2857f, 59.0000f,
                                       56.5000f, 51.8571f, 44.4286f, 55.5000f, 65.6429f, 50.7857f, 41.5000f,
                                       36.0000f, 49.2143f, 70.3571f, 60.0000f, 45.1429f, 30.2857f, 21.0000f};
    float image[PIXELS], other[PIXELS], same[PIXELS], row[3 * WIDTH];
    make(image);
    make(same);
    cc_intensity_low_resolution(image, HEIGHT, WIDTH, 0.6, other, row);
    compare(image, want);
    make(image);
    cc_intensity_low_resolution(image, HEIGHT, WIDTH, 1, other, row);
    assert_memory_equal(image, same, sizeof image);
    cc_intensity_low_resolution(image, HEIGHT, WIDTH, 0.01, other, row); /* one pixel: the first */
    for (int i = 0; i < PIXELS; i++) assert_true(image[i] == 0);
}

/* NumPy: the picture held to [20, 80] has the mean 49.30952. */
static void contrast_keeps_the_mean_within_the_window(void **state) {
    (void)state;
    float image[PIXELS];
    make(image);
    cc_intensity_contrast(image, PIXELS, 1.5, 20, 80);
    for (int i = 0; i < PIXELS; i++)
        assert_float_equal(image[i], 49.30952 + 1.5 * (i * 37 % 100 - 49.30952), 1e-3);
}

static void gamma_raises_to_a_power(void **state) {
    (void)state;
    float image[] = {0, 0.25f, 0.5f, 1};
    cc_intensity_gamma(image, 4, 2);
    assert_float_equal(image[0], 0, 0);
    assert_float_equal(image[1], 0.0625, 1e-7);
    assert_float_equal(image[2], 0.25, 1e-7);
    assert_float_equal(image[3], 1, 0);
}

/* Mean, variance, skewness and kurtosis of a million, each within five of its standard errors: 1, sqrt 2,
 * sqrt 15 and sqrt 96 over sqrt n; and no two neighbours alike (both numbers of a pair are used). */
static void noise_is_gaussian_of_its_sigma(void **state) {
    (void)state;
    enum { COUNT = 1000001 };
    float *image = calloc(COUNT, sizeof *image);
    assert_non_null(image);
    cc_rng rng = cc_rng_init(5, CC_PURPOSE_TEST, 0, 0);
    cc_intensity_noise(image, COUNT, 20, &rng);
    double m[5] = {0}, pairs = 0;
    for (int i = 0; i < COUNT; i++) {
        double z = image[i] / 20.0, power = 1;
        for (int k = 1; k < 5; k++) m[k] += (power *= z) / COUNT;
        if (i % 2) pairs += z * (double)(image[i - 1] / 20) / (COUNT / 2.0);
    }
    const double error = 5 / sqrt(COUNT);
    assert_true(fabs(m[1]) < error && fabs(m[2] - 1) < error * sqrt(2));
    assert_true(fabs(m[3]) < error * sqrt(15) && fabs(m[4] - 3) < error * sqrt(96));
    assert_true(fabs(pairs) < error * sqrt(2));
    free(image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blur_is_scipys),
        cmocka_unit_test(low_resolution_is_nearest_down_and_linear_up),
        cmocka_unit_test(contrast_keeps_the_mean_within_the_window),
        cmocka_unit_test(gamma_raises_to_a_power),
        cmocka_unit_test(noise_is_gaussian_of_its_sigma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
