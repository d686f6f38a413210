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

/* Three slices of the picture's rule, 126 voxels: scipy.ndimage.gaussian_filter(volume, 0.8, mode="nearest");
 * and low resolution as above along all three axes, by way of 2 x 4 x 4 voxels. */
static void volumes_are_blurred_and_coarsened_along_all_axes(void **state) {
    (void)state;
    enum { DEPTH = 3, VOXELS = DEPTH * PIXELS };
    static const float blurred[126] = {
        30.2450f, 48.1914f, 51.4931f, 40.2586f, 42.3704f, 53.8200f, 48.9199f, 42.9544f, 55.5291f, 55.8083f,
        46.5996f, 41.3831f, 48.7381f, 55.8252f, 44.9215f, 50.8045f, 56.0381f, 52.3887f, 44.5168f, 44.4750f,
        56.8033f, 50.9123f, 45.5986f, 47.7885f, 52.7726f, 49.8413f, 49.6332f, 61.3106f, 57.6605f, 49.2871f,
        41.9380f, 45.1369f, 52.2163f, 50.8924f, 50.9542f, 67.8205f, 54.6718f, 44.4266f, 39.3448f, 50.8481f,
        53.2480f, 41.3980f, 38.8313f, 52.0721f, 52.5149f, 43.2503f, 41.7462f, 53.6789f, 55.6164f, 41.3270f,
        48.3459f, 51.9744f, 47.9054f, 45.6963f, 54.5568f, 59.3481f, 45.5682f, 43.9168f, 47.3101f, 51.0641f,
        48.0085f, 49.3173f, 57.7514f, 52.3212f, 45.2488f, 43.1991f, 49.8382f, 50.9922f, 47.8234f, 50.5345f,
        56.5509f, 50.3569f, 42.9212f, 44.7243f, 53.3069f, 50.9740f, 45.4634f, 53.9294f, 53.5820f, 46.4938f,
        45.6073f, 57.2624f, 55.8853f, 47.4808f, 32.2365f, 45.3667f, 52.7252f, 45.3471f, 48.1433f, 59.6271f,
        54.7118f, 40.1297f, 39.4770f, 45.0703f, 47.8310f, 46.7837f, 54.1475f, 60.4475f, 46.1296f, 40.0584f,
        39.9852f, 49.5566f, 49.1600f, 46.1144f, 50.1818f, 54.7833f, 46.4234f, 44.9274f, 54.7474f, 54.4825f,
        46.3545f, 39.9606f, 49.7792f, 50.1556f, 46.5449f, 50.5731f, 57.6263f, 52.5472f, 44.3326f, 32.8148f,
        46.8253f, 49.0089f, 45.1286f, 56.6277f, 58.6647f, 46.0203f};
    static const float low[126] = {
        0.0000f,  13.2143f, 34.3571f, 24.0000f, 16.2857f, 58.5714f, 85.0000f, 29.5000f, 42.7143f, 63.8571f,
        53.5000f, 42.2143f, 55.9286f, 64.5000f, 62.0000f, 69.2619f, 80.8810f, 77.6667f, 71.1429f, 56.2857f,
        47.0000f, 74.0000f, 57.4524f, 30.9762f, 56.3333f, 83.1429f, 68.2857f, 59.0000f, 56.5000f, 51.8571f,
        44.4286f, 55.5000f, 65.6429f, 50.7857f, 41.5000f, 36.0000f, 49.2143f, 70.3571f, 60.0000f, 45.1429f,
        30.2857f, 21.0000f, 27.0000f, 40.2143f, 61.3571f, 51.0000f, 39.7143f, 53.4286f, 62.0000f, 31.5000f,
        44.7143f, 65.8571f, 55.5000f, 44.2143f, 57.9286f, 66.5000f, 39.0000f, 49.2381f, 65.6190f, 58.8333f,
        51.1190f, 60.0714f, 65.6667f, 51.0000f, 49.3333f, 46.6667f, 54.1667f, 60.7381f, 50.6429f, 44.3333f,
        58.5000f, 53.8571f, 46.4286f, 45.0000f, 44.4286f, 43.8571f, 43.5000f, 63.0000f, 58.3571f, 50.9286f,
        37.0000f, 25.7143f, 39.4286f, 48.0000f, 54.0000f, 67.2143f, 88.3571f, 78.0000f, 63.1429f, 48.2857f,
        39.0000f, 33.5000f, 46.7143f, 67.8571f, 57.5000f, 46.2143f, 59.9286f, 68.5000f, 16.0000f, 29.2143f,
        50.3571f, 40.0000f, 31.0952f, 63.8571f, 84.3333f, 28.0000f, 41.2143f, 62.3571f, 52.0000f, 38.3333f,
        33.0000f, 29.6667f, 60.5000f, 55.8571f, 48.4286f, 34.5000f, 23.2143f, 36.9286f, 45.5000f, 90.0000f,
        67.5000f, 31.5000f, 14.0000f, 6.2857f,  48.5714f, 75.0000f};
    float image[VOXELS], other[VOXELS], row[3 * WIDTH + PIXELS + 2 * CC_BLUR_RADIUS_MAX];
    for (int i = 0; i < VOXELS; i++) image[i] = (float)(i * 37 % 100);
    for (int z = 0; z < DEPTH; z++)
        cc_intensity_blur(image + (size_t)z * PIXELS, HEIGHT, WIDTH, 0.8, other, row);
    cc_intensity_blur_slices(image, DEPTH, PIXELS, 0.8, other);
    for (int i = 0; i < VOXELS; i++) assert_float_equal(image[i], blurred[i], 2e-4);
    for (int i = 0; i < VOXELS; i++) image[i] = (float)(i * 37 % 100);
    cc_intensity_low_resolution_volume(image, DEPTH, HEIGHT, WIDTH, 0.6, other, row);
    for (int i = 0; i < VOXELS; i++) assert_float_equal(image[i], low[i], 2e-4);
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
        cmocka_unit_test(volumes_are_blurred_and_coarsened_along_all_axes),
        cmocka_unit_test(contrast_keeps_the_mean_within_the_window),
        cmocka_unit_test(gamma_raises_to_a_power),
        cmocka_unit_test(noise_is_gaussian_of_its_sigma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
