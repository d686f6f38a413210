/* datasets/phantom/anatomy.c -- what makes one patient different as a whole, and the order of painting.
 *
 * Every part draws from a stream of its own (cc_structure), so that a change of one organ moves no other,
 * and a patient of a seed keeps its bones when its vessels are redrawn. */
#include "datasets/phantom/anatomy.h"

#include <math.h>

static void choose_body(cc_anatomy *a, uint64_t seed, int patient) {
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_BODY);
    a->female = cc_rng_uniform(&rng) < 0.4;
    double size = cc_rng_between(&rng, 0.95, 1.06) * (a->female ? 0.95 : 1.0);
    a->stretch[0] = size * cc_rng_between(&rng, 0.95, 1.05);
    a->stretch[1] = size * cc_rng_between(&rng, 0.94, 1.08);
    a->stretch[2] = cc_rng_between(&rng, 0.95, 1.03);
    a->fat_mm = cc_rng_between(&rng, 9, 30);
    a->blood_hu = cc_rng_between(&rng, 38, 47);
}

static void choose_warp(cc_anatomy *a, uint64_t seed, int patient) {
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_WARP);
    for (int axis = 0; axis < 3; axis++) {
        double reach = 0;
        for (int m = 0; m < CC_WARP_MODES; m++) {
            cc_warp_mode *mode = &a->warp[axis][m];
            mode->mm = cc_rng_between(&rng, 0.8, 2.2);
            reach += mode->mm;
            for (int k = 0; k < 3; k++) {
                /* Wavelengths of 75 to 240 mm: outlines bend, no wall folds over. */
                mode->frequency[k] = 2 * M_PI / cc_rng_between(&rng, 75, 240);
                mode->phase[k] = cc_rng_between(&rng, 0, 2 * M_PI);
            }
        }
        a->warp_reach_mm = fmax(a->warp_reach_mm, reach);
    }
}

/* The z below which a share p of a standard normal distribution lies. */
static double normal_quantile(double p) {
    double low = -8, high = 8;
    while (high - low > 1e-12) {
        const double z = 0.5 * (low + high), below = 0.5 * erfc(-z / M_SQRT2);
        if (below < p)
            low = z;
        else
            high = z;
    }
    return low;
}

/* The Agatston score of the patient below whom a share p of those with calcium lie: a log-normal distribution
 * through the categories of the Multi-Ethnic Study of Atherosclerosis (Detrano et al., N. Engl. J. Med. 358
 * (2008), 1336-1345): of 6722 people, 3409 had none, 1728 from 1 to 100, 752 to 300, 833 more. The outer
 * hundredths are cut: 1.5 to 5600. */
static double clinical_score(double p) {
    const double log_median = 4.517, log_deviation = 1.77;
    return exp(log_median + log_deviation * normal_quantile(fmin(fmax(p, 0.01), 0.99)));
}

/* Multiples of the golden ratio and of the root of 2, from a random start, fill 0..1 evenly, so that even a
 * small set of patients holds its share of each kind. They count rounds of the scanners, and those of one
 * round differ by a quarter: no scanner has all the plaque. A patient depends on nothing but the seed and its
 * number. */
static void choose_calcium(cc_anatomy *a, uint64_t seed, int patient) {
    const double step[2] = {0.6180339887498949, 0.4142135623730951};
    const double without_plaque = a->burden == CC_BURDEN_clinical ? 3409. / 6722 : 0.25;
    int round = patient / CC_PHANTOM_SCANNERS, scanner = patient % CC_PHANTOM_SCANNERS;
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_PHANTOM, 0, CC_STRUCTURE_BURDEN);
    double rank[2];
    for (int k = 0; k < 2; k++) {
        double t = cc_rng_uniform(&rng) + step[k] * round + (double)scanner / CC_PHANTOM_SCANNERS;
        rank[k] = t - floor(t);
    }
    a->plaque = fmax(0, (rank[0] - without_plaque) / (1 - without_plaque));
    if (a->burden == CC_BURDEN_clinical && a->plaque > 0) a->agatston = clinical_score(a->plaque);
    a->wall_calcium = rank[1] < 0.35 + 0.4 * a->plaque; /* the two go together, loosely */
}

static void choose_texture(cc_anatomy *a, uint64_t seed, int patient) {
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_TEXTURE);
    for (size_t i = 0; i < sizeof a->texture / sizeof *a->texture; i++)
        a->texture[i] = (float)cc_rng_between(&rng, -1, 1);
}

cc_status cc_anatomy_init(cc_anatomy *a, uint64_t seed, int patient, cc_phantom_burden burden) {
    *a = (cc_anatomy){.burden = burden};
    choose_body(a, seed, patient);
    choose_warp(a, seed, patient);
    choose_texture(a, seed, patient);
    choose_calcium(a, seed, patient);
    cc_anatomy_add_chest_wall(a, seed, patient);
    cc_anatomy_add_lungs(a, seed, patient);
    cc_anatomy_add_abdomen(a, seed, patient);
    cc_anatomy_add_mediastinum(a, seed, patient);
    cc_anatomy_add_heart(a, seed, patient);
    cc_anatomy_add_bones(a, seed, patient);
    if (!a->shapes.out_of_memory) return CC_OK;
    size_t bytes = 2 * a->shapes.capacity * sizeof(cc_solid);
    cc_anatomy_deinit(a);
    return cc_fail_memory("the phantom's shapes", bytes);
}

void cc_anatomy_deinit(cc_anatomy *a) {
    cc_solids_deinit(&a->shapes);
}
