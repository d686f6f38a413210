/* tests/datasets/random_ranges.h -- the numbers of random augmentation that tests draw with. */
#ifndef CC_TESTS_DATASETS_RANDOM_RANGES_H
#define CC_TESTS_DATASETS_RANDOM_RANGES_H

#include "datasets/augment_random.h"

/* Every number at its default, all kinds certain. */
static inline cc_random_ranges certain(void) {
    cc_random_ranges r = {.rotation = 30,
                          .scale = {0.7, 1.4},
                          .elastic_spacing = 0.125,
                          .elastic_sigma = 0.02,
                          .noise_sigma = 30,
                          .blur_sigma = {0.5, 1},
                          .brightness_shift = 50,
                          .contrast_factor = {0.75, 1.25},
                          .low_resolution_scale = {0.5, 1},
                          .gamma_exponent = {0.7, 1.5}};
    for (int k = 0; k < CC_RANDOM_KINDS; k++) r.probability[k] = 1;
    return r;
}

#endif
