/* datasets/phantom/lungs.c -- the vessels of the lungs, as trees of tapering tubes that fork from each hilum.
 */
#include <math.h>
#include "datasets/phantom/anatomy.h"

typedef struct vessel_tree {
    cc_anatomy *anatomy;
    cc_rng rng;
    int joint;
} vessel_tree;

static cc_point perturbed(cc_rng *rng, cc_point direction, double amount) {
    cc_point d = direction;
    d.x += amount * cc_rng_normal(rng);
    d.y += amount * cc_rng_normal(rng);
    d.z += amount * cc_rng_normal(rng);
    return cc_point_unit(d);
}

static void grow(vessel_tree *t, cc_point from, cc_point direction, double radius) {
    const double thinnest_mm = 0.75;
    double length = radius * cc_rng_between(&t->rng, 3.5, 6) + 6;
    cc_point to = cc_point_add(from, length, direction);
    cc_solid vessel =
        cc_solid_capsule(CC_TISSUE_BLOOD, t->anatomy->blood_hu, from, to, radius, 0.85 * radius);
    vessel.within = CC_REGION_CAVITY;
    vessel.joint = t->joint;
    cc_solids_add(&t->anatomy->shapes, vessel);
    if (radius * 0.75 < thinnest_mm) return;
    /* Two branches: one goes on, little bent and little thinner; the other leaves it, thinner (cube law of
     * Murray, roughly: 0.82^3 + 0.75^3 is about 1). */
    grow(t, to, perturbed(&t->rng, direction, 0.28), radius * 0.82);
    grow(t, to, perturbed(&t->rng, direction, 0.55), radius * cc_rng_between(&t->rng, 0.55, 0.75));
}

void cc_anatomy_add_lungs(cc_anatomy *a, uint64_t seed, int patient) {
    /* main directions of the right lung; the left one mirrors them */
    static const cc_point directions[] = {{-0.6, -0.5, 0.6},  {-0.9, 0.1, 0.3},  {-0.7, 0.6, 0.3},
                                          {-0.8, -0.5, -0.1}, {-0.6, 0.6, -0.4}, {-0.4, 0.5, -0.8},
                                          {-0.7, 0.1, -0.6},  {-0.3, 0.2, 0.9}};
    vessel_tree t = {.anatomy = a,
                     .rng = cc_rng_init(seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_LUNGS)};
    for (int side = -1; side <= 1; side += 2)
        for (size_t i = 0; i < sizeof directions / sizeof *directions; i++) {
            cc_point d = directions[i], from = {side * 36, 14 + 4 * d.y, 24 + 10 * d.z};
            d.x *= -side;
            d = perturbed(&t.rng, cc_point_unit(d), 0.12);
            t.joint = cc_solids_new_joint(&a->shapes);
            grow(&t, from, d, cc_rng_between(&t.rng, 3.6, 5.4));
        }
}
