/* tests/bench/surfaces.c -- how long the surface distances of a scan of 512 x 512 x 48 voxels take, on one core.
 *
 * Masks as they occur: dozens of calcified lesions of some millimetres, a prediction that misses and adds some;
 * the same with findings in the scan's corners, so that nothing can be cut off; a heart; and noise that marks
 * one voxel in a hundred everywhere, which does not occur. The least of five times is printed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/rng.h"
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

/* `count` lesions with radii of 0.8 to 4 mm about the heart's centre, of which the prediction has four in five,
 * each moved and scaled a little, and adds one in five of its own. */
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

int main(void) {
    static const char *const names[] = {"40 lesions", "40 lesions and findings in the corners", "a heart",
                                        "noise everywhere"};
    uint8_t *prediction = malloc(VOXELS), *truth = malloc(VOXELS);
    if (!prediction || !truth) return 1;
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, 0);
    for (int k = 0; k < 4; k++) {
        memset(prediction, 0, VOXELS);
        memset(truth, 0, VOXELS);
        if (k < 2) make_lesions(prediction, truth, 40, &rng);
        if (k == 1)
            for (int i = 0; i < 2; i++) {
                add(prediction, (double[]){i * 204.4, i * 204.4, i * 141}, (double[]){2, 2, 4});
                add(truth, (double[]){i * 204.4, 204.4 - i * 204.4, i * 141}, (double[]){2, 2, 4});
            }
        if (k == 2) {
            add(truth, (double[]){100, 105, 70}, (double[]){62, 54, 60});
            add(prediction, (double[]){103, 102, 71}, (double[]){60, 57, 58});
        }
        for (int i = 0; i < VOXELS && k == 3; i++) {
            prediction[i] = cc_rng_below(&rng, 100) == 0;
            truth[i] = cc_rng_below(&rng, 100) == 0;
        }
        double least = INFINITY;
        cc_surface_scores scores = {0};
        size_t surface = 0;
        for (int i = 0; i < ROUNDS; i++) {
            cc_surface_distances distances;
            const double start = processor_s();
            if (cc_surface_distances_init(&distances, prediction, truth, DEPTH, HEIGHT, WIDTH, spacing_mm) ||
                cc_surface_scores_make(&scores, &distances, 1))
                return 1;
            least = fmin(least, processor_s() - start);
            surface = distances.to_truth_count + distances.to_prediction_count;
            cc_surface_distances_deinit(&distances);
        }
        printf("%-40s %7zu surface voxels  HD95 %6.2f mm  NSD %.3f  %.3f s\n", names[k], surface,
               scores.hausdorff95, scores.nsd, least);
    }
    free(prediction);
    free(truth);
    return 0;
}
