/* datasets/phantom/abdomen.c -- what bulges into the cavity from below the diaphragm: liver, spleen, stomach.
 */
#include "datasets/phantom/anatomy.h"

static void add_organ(cc_anatomy *a, cc_phantom_tissue tissue, double hu, cc_point center, cc_point radii) {
    const double diaphragm_mm = 2.5;
    cc_solid organ = cc_solid_ellipsoid(tissue, hu, center, radii, 2);
    organ.within = CC_REGION_CAVITY;
    cc_solids_add(&a->shapes, cc_solid_as(cc_solid_grown(organ, diaphragm_mm), CC_TISSUE_MUSCLE, 50));
    cc_solids_add(&a->shapes, organ);
}

void cc_anatomy_add_abdomen(cc_anatomy *a, uint64_t seed, int patient) {
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_ABDOMEN);
    double right = cc_rng_between(&rng, -50, -14), left = right - cc_rng_between(&rng, 2, 16);
    double liver = cc_rng_between(&rng, 42, 64), spleen = cc_rng_between(&rng, 44, 52);
    add_organ(a, CC_TISSUE_FAT, -100, (cc_point){58, -4, left - 80}, (cc_point){64, 84, 80});
    add_organ(a, CC_TISSUE_SPLEEN, spleen, (cc_point){88, 48, left - 50}, (cc_point){34, 42, 44});
    add_organ(a, CC_TISSUE_SOFT, 30, (cc_point){56, -18, left - 52}, (cc_point){40, 40, 44});
    add_organ(a, CC_TISSUE_LIVER, liver, (cc_point){6, -32, right - 90}, (cc_point){74, 58, 74});
    add_organ(a, CC_TISSUE_LIVER, liver, (cc_point){-64, 2, right - 84}, (cc_point){72, 88, 84});
}
