/* tests/bench/scores.c -- how long the scores of a scan of 512 x 512 x 48 voxels take, on one core: surface
 * distances, calibration, the challenge's lesions.
 *
 * Masks as they occur: dozens of calcified lesions of some millimetres, a prediction that misses and adds
 * some; the same with findings in the scan's corners, so that no box around them is small; a heart; and
 * noise that marks one voxel in a hundred everywhere, which does not occur. The least of five times is
 * printed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/rng.h"
#include "metrics/calibration.h"
#include "metrics/challenge.h"
#include "metrics/surfaces.h"

enum { DEPTH = 48, HEIGHT = 512, WIDTH = 512, VOXELS = DEPTH * HEIGHT * WIDTH, ROUNDS = 5 };
static const double spacing_mm[3] = {0.4, 0.4, 3};

/* An ellipsoid; centre and radii in mm, x first. */
static void add(uint8_t *mask, const double centre[3], const double radius[3]) {
    int low[3], high[3];
    const int size[3] = {WIDTH, HEIGHT, DEPTH};
    for (int k = 0; k < 3; k++) {
        low[k] = (int)fmax(0, floor((centre[k] - radius[k]) / spacing_mm[k]));
        high[k] = (int)fmin(size[k] - 1, ceil((centre[k] + radius[k]) / spacing_mm[k]));
    }
    for (int z = low[2]; z <= high[2]; z++)
        for (int y = low[1]; y <= high[1]; y++)
            for (int x = low[0]; x <= high[0]; x++) {
                const double at[3] = {x * spacing_mm[0], y * spacing_mm[1], z * spacing_mm[2]};
                double sum = 0;
                for (int k = 0; k < 3; k++) sum += pow((at[k] - centre[k]) / radius[k], 2);
                if (sum <= 1) mask[((size_t)z * HEIGHT + (size_t)y) * WIDTH + (size_t)x] = 1;
            }
}

static double between(cc_rng *rng, double low, double high) {
    return cc_rng_between(rng, low, high);
}

/* `count` lesions with radii of 0.8 to 4 mm about the heart's centre, of which the prediction has four in
 * five, each moved and scaled a little, and adds one in five of its own. */
static void make_lesions(uint8_t *prediction, uint8_t *truth, int count, cc_rng *rng) {
    for (int i = 0; i < count; i++) {
        double centre[3] = {between(rng, 60, 145), between(rng, 60, 145), between(rng, 20, 120)}, radius[3];
        for (int k = 0; k < 3; k++) radius[k] = between(rng, 0.8, 4);
        if (i % 5 != 4) add(truth, centre, radius);
        for (int k = 0; k < 3; k++) {
            centre[k] += between(rng, -0.5, 0.5);
            radius[k] *= between(rng, 0.8, 1.2);
        }
        if (i % 5 != 3) add(prediction, centre, radius);
    }
}

/* Of this process, which runs on one core: waiting for others does not count. */
static double processor_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The four pairs of masks. */
static const char *make_masks(uint8_t *prediction, uint8_t *truth, int which, cc_rng *rng) {
    static const char *const names[] = {"40 lesions", "40 lesions and findings in the corners", "a heart",
                                        "noise everywhere"};
    memset(prediction, 0, VOXELS);
    memset(truth, 0, VOXELS);
    if (which < 2) make_lesions(prediction, truth, 40, rng);
    for (int i = 0; i < 2 && which == 1; i++) {
        add(prediction, (double[]){i * 204.4, i * 204.4, i * 141}, (double[]){2, 2, 4});
        add(truth, (double[]){i * 204.4, 204.4 - i * 204.4, i * 141}, (double[]){2, 2, 4});
    }
    if (which == 2) {
        add(truth, (double[]){100, 105, 70}, (double[]){62, 54, 60});
        add(prediction, (double[]){103, 102, 71}, (double[]){60, 57, 58});
    }
    for (int i = 0; i < VOXELS && which == 3; i++) {
        prediction[i] = cc_rng_below(rng, 100) == 0;
        truth[i] = cc_rng_below(rng, 100) == 0;
    }
    return names[which];
}

static int time_surfaces(const char *name, const uint8_t *prediction, const uint8_t *truth) {
    double least = INFINITY;
    cc_surface_scores scores = {0};
    size_t surface = 0;
    for (int i = 0; i < ROUNDS; i++) {
        cc_surface_distances distances;
        const double start = processor_s();
        if (cc_surface_distances_init(&distances, prediction, truth, DEPTH, HEIGHT, WIDTH, spacing_mm))
            return 1;
        const cc_status status = cc_surface_scores_make(&scores, &distances, 1);
        least = fmin(least, processor_s() - start);
        surface = distances.to_truth_count + distances.to_prediction_count;
        cc_surface_distances_deinit(&distances);
        if (status) return 1;
    }
    printf("surfaces     %-40s %.3f s  %7zu surface voxels  HD95 %6.2f mm  NSD %.3f\n", name, least, surface,
           scores.hausdorff95, scores.nsd);
    return 0;
}

/* Of lesions in soft tissue with noise, a quarter of the scan bone. */
static int time_the_others(const uint8_t *prediction, const uint8_t *truth, cc_rng *rng) {
    float *hu = malloc(VOXELS * sizeof *hu), *probability = malloc(VOXELS * sizeof *probability);
    int status = !hu || !probability;
    for (int i = 0; i < VOXELS && !status; i++) {
        hu[i] = (truth[i] ? 400 : i % WIDTH < WIDTH / 4 ? 200 : 40) + 40 * (float)cc_rng_normal(rng);
        probability[i] = (prediction[i] ? 0.9F : 0.0F) + 0.1F * (float)cc_rng_uniform(rng);
    }
    double calibration = INFINITY, lesions[2] = {INFINITY, INFINITY};
    for (int i = 0; i < ROUNDS && !status; i++) {
        cc_calibration sum;
        cc_challenge challenge;
        double start = processor_s();
        status = cc_calibration_init(&sum, 20) || cc_calibration_add(&sum, probability, truth, NULL, VOXELS);
        calibration = fmin(calibration, processor_s() - start);
        for (int rule = 0; rule < 2 && !status; rule++) {
            start = processor_s();
            status = cc_challenge_measure(&challenge, hu, truth, prediction, DEPTH, HEIGHT, WIDTH, 0.48, 130,
                                          rule ? CC_CHALLENGE_MARKED : CC_CHALLENGE_GROUPS,
                                          CC_CHALLENGE_ARTERIES) != CC_OK;
            lesions[rule] = fmin(lesions[rule], processor_s() - start);
        }
    }
    if (!status)
        printf("calibration  all pixels %35s %.3f s\nchallenge    by groups %36s %.3f s\n"
               "challenge    by what is marked %28s %.3f s\n",
               "", calibration, "", lesions[0], "", lesions[1]);
    free(hu);
    free(probability);
    return status;
}

int main(void) {
    uint8_t *prediction = malloc(VOXELS), *truth = malloc(VOXELS);
    int status = !prediction || !truth;
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, 0);
    for (int k = 0; k < 4 && !status; k++) {
        const char *name = make_masks(prediction, truth, k, &rng);
        status = time_surfaces(name, prediction, truth);
        if (!status && k == 0) status = time_the_others(prediction, truth, &rng);
    }
    free(prediction);
    free(truth);
    return status;
}
