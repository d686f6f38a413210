/* datasets/phantom/mediastinum.c -- the fat between the lungs and the vessels, airways and gullet that run
 * through it outside the pericardium. */
#include "datasets/phantom/coronaries.h"

enum { TUBE_POINTS = 5 };

typedef struct tube {
    int count;
    double r0, r1;
    cc_point points[TUBE_POINTS];
} tube;

static void add_fat(cc_anatomy *a, cc_point center, cc_point radii, double power) {
    cc_solid s = cc_solid_ellipsoid(CC_TISSUE_FAT, -96, center, radii, power);
    s.within = CC_REGION_CAVITY;
    cc_solids_add(&a->shapes, s);
}

/* A tube as one tissue, so much wider than its lumen; joint: 0, or the number of the body that it is a part
 * of. */
static void add_tube(cc_anatomy *a, const tube *t, cc_phantom_tissue tissue, double hu, double grown_mm,
                     int joint) {
    cc_solid like =
        cc_solid_capsule(tissue, hu, t->points[0], t->points[1], t->r0 + grown_mm, t->r1 + grown_mm);
    like.joint = joint;
    cc_solids_add_tube(&a->shapes, like, t->points, (size_t)t->count);
}

static void add_airways(cc_anatomy *a) {
    /* Trachea, main bronchi and lobar bronchi, each from the end of one before; x, y, z in mm of the
     * reference body. */
    static const tube airways[] = {
        {2, 9, 9, {{-2, 8, 120}, {-2, 14, 66}}},
        {4, 7, 5, {{-2, 14, 66}, {-20, 18, 48}, {-38, 20, 34}, {-46, 24, 14}}},
        {4, 6.5, 4.5, {{-2, 14, 66}, {18, 20, 50}, {42, 20, 34}, {52, 26, 14}}},
        {3, 4.5, 3, {{-38, 20, 34}, {-58, 10, 36}, {-74, -4, 44}}},
        {3, 4.5, 3, {{42, 20, 34}, {60, 8, 38}, {72, -8, 46}}},
        {3, 4, 2.5, {{-46, 24, 14}, {-54, 34, -10}, {-66, 44, -34}}},
        {3, 4, 2.5, {{52, 26, 14}, {58, 36, -10}, {70, 46, -34}}},
    };
    const double wall_mm = 1.4;
    /* All walls are one body and all lumens another: where two tubes meet, no wall lies across the airway. */
    int wall = cc_solids_new_joint(&a->shapes), lumen = cc_solids_new_joint(&a->shapes);
    for (size_t i = 0; i < sizeof airways / sizeof *airways; i++)
        add_tube(a, &airways[i], CC_TISSUE_SOFT, 20, wall_mm, wall);
    for (size_t i = 0; i < sizeof airways / sizeof *airways; i++)
        add_tube(a, &airways[i], CC_TISSUE_AIR, -990, 0, lumen);
}

void cc_anatomy_add_mediastinum(cc_anatomy *a, uint64_t seed, int patient) {
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_VESSELS);
    double aorta_mm = cc_rng_between(&rng, 11, 14.5), bend = cc_rng_between(&rng, -5, 6);
    /* The descending aorta, the azygos vein and the gullet, from the head down. */
    const tube aorta = {4,
                        aorta_mm + 0.5,
                        aorta_mm - 1,
                        {{25 + bend, 40, 120}, {25 + bend, 43, 40}, {23, 44, -10}, {12, 43, -90}}};
    const tube azygos = {2, 3.5, 4, {{-9, 44, -120}, {-9, 42, 120}}};
    const tube gullet = {4, 7, 8, {{8, 28, 120}, {8, 33, 40}, {10, 33, 0}, {18, 28, -90}}};
    add_fat(a, (cc_point){2, -8, 0}, (cc_point){28, 90, 400}, 2);
    add_fat(a, (cc_point){-12, -6, -90}, (cc_point){34, 40, 70}, 2);
    add_fat(a, (cc_point){6, 46, 0}, (cc_point){36, 19, 400}, 2.5);
    for (int side = -1; side <= 1; side += 2)
        add_fat(a, (cc_point){side * 36, 14, 26}, (cc_point){20, 18, 24}, 2);
    add_tube(a, &gullet, CC_TISSUE_SOFT, 36, 0, 0);
    add_tube(a, &azygos, CC_TISSUE_BLOOD, a->blood_hu, 0, 0);
    add_tube(a, &aorta, CC_TISSUE_BLOOD, a->blood_hu, 0, 0);
    add_airways(a);
    if (a->wall_calcium && cc_rng_uniform(&rng) < 0.6)
        cc_anatomy_add_wall_calcium(a, &rng, CC_TISSUE_CALCIUM_AORTA, aorta.points[1], aorta.points[2],
                                    aorta_mm);
}
