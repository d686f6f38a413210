/* datasets/phantom/chest_wall.c -- skin, fat, breasts and muscle, from outside to inside, and the cavity of
 * the ribs, full of lung, on which all that lies inside is painted later. */
#include "datasets/phantom/anatomy.h"

enum { OUTLINES = 5, MUSCLES = 5 };

static const double skin_hu = 10, fat_hu = -104, muscle_hu = 52, lung_hu = -850;

static cc_solid outline(double x, double y, double z, double rx, double ry, double rz, double power) {
    return cc_solid_ellipsoid(CC_TISSUE_SKIN, skin_hu, (cc_point){x, y, z}, (cc_point){rx, ry, rz}, power);
}

/* The trunk, the folds behind the armpits, the breasts: the body is their union. */
static int body_outlines(cc_solid out[OUTLINES], const cc_anatomy *a, cc_rng *rng) {
    double fat = a->fat_mm;
    int count = 0;
    out[count++] = outline(0, 6, -40, 141 + fat, 113 + 0.7 * fat, 420, 2.5);
    for (int side = -1; side <= 1; side += 2)
        out[count++] = outline(side * (122 + 0.6 * fat), 42, 95, 42 + 0.4 * fat, 50 + 0.4 * fat, 92, 2.5);
    if (!a->female) return count;
    double width = cc_rng_between(rng, 50, 66), depth = cc_rng_between(rng, 30, 46) + 0.5 * fat;
    double height = cc_rng_between(rng, 45, 65);
    for (int side = -1; side <= 1; side += 2)
        out[count++] = outline(side * (76 + 0.6 * fat), -80, -12, width, depth, height, 2);
    return count;
}

static void add_glands(cc_anatomy *a, const cc_solid *breast, cc_rng *rng) {
    for (int i = 0; i < 7; i++) {
        cc_point from = breast->center, to = from;
        from.x += cc_rng_between(rng, -0.35, 0.35) * breast->radii.x;
        from.y -= cc_rng_between(rng, 0.35, 0.6) * breast->radii.y;
        from.z += cc_rng_between(rng, -0.4, 0.4) * breast->radii.z;
        to.y -= 0.9 * breast->radii.y;
        cc_solids_add(&a->shapes,
                      cc_solid_capsule(CC_TISSUE_SOFT, 15, from, to, cc_rng_between(rng, 2, 5), 1));
    }
}

/* Muscles as rotated ellipsoids of the right side (negative x) and their mirror images:
 * x, y, z, three radii, degrees. */
static void add_muscles(cc_anatomy *a) {
    static const double table[MUSCLES][7] = {
        {66, -100, 45, 52, 9, 62, 22},  /* pectoral */
        {133, 26, 20, 10, 50, 150, -4}, /* serratus and latissimus */
        {120, 62, 70, 22, 36, 70, 28},  /* teres, subscapular */
        {27, 106, 0, 25, 16, 400, 0},   /* beside the spine */
        {96, 92, 62, 52, 14, 70, -32},  /* over the shoulder blade */
    };
    for (int i = 0; i < MUSCLES; i++)
        for (int side = -1; side <= 1; side += 2) {
            const double *m = table[i];
            cc_solid s = cc_solid_ellipsoid(CC_TISSUE_MUSCLE, muscle_hu, (cc_point){side * m[0], m[1], m[2]},
                                            (cc_point){m[3], m[4], m[5]}, 2.5);
            cc_solids_add(&a->shapes, cc_solid_rotated(s, side * m[6]));
        }
}

static void add_cavity(cc_anatomy *a) {
    const double wall_mm = 11;
    a->cavity[0] =
        cc_solid_ellipsoid(CC_TISSUE_LUNG, lung_hu, (cc_point){-55, 6, -50}, (cc_point){71, 85, 210}, 2);
    a->cavity[1] =
        cc_solid_ellipsoid(CC_TISSUE_LUNG, lung_hu, (cc_point){55, 6, -50}, (cc_point){71, 85, 210}, 2);
    a->cavity[2] =
        cc_solid_ellipsoid(CC_TISSUE_LUNG, lung_hu, (cc_point){0, -18, -50}, (cc_point){90, 76, 210}, 2.5);
    for (int i = 0; i < 3; i++)
        cc_solids_add(&a->shapes,
                      cc_solid_as(cc_solid_grown(a->cavity[i], wall_mm), CC_TISSUE_MUSCLE, muscle_hu));
    add_muscles(a);
    for (int i = 0; i < 3; i++)
        cc_solids_add(&a->shapes, cc_solid_as(cc_solid_grown(a->cavity[i], 2.5), CC_TISSUE_FAT, fat_hu));
    for (int i = 0; i < 3; i++) {
        a->cavity[i].adds = CC_REGION_CAVITY;
        a->cavity[i] = cc_solid_prepared(a->cavity[i]);
        cc_solids_add(&a->shapes, a->cavity[i]);
    }
}

void cc_anatomy_add_chest_wall(cc_anatomy *a, uint64_t seed, int patient) {
    const double skin_mm = 1.8;
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_CHEST_WALL);
    cc_solid outlines[OUTLINES];
    int count = body_outlines(outlines, a, &rng);
    for (int i = 0; i < count; i++) cc_solids_add(&a->shapes, outlines[i]);
    for (int i = 0; i < count; i++)
        cc_solids_add(&a->shapes, cc_solid_as(cc_solid_grown(outlines[i], -skin_mm), CC_TISSUE_FAT, fat_hu));
    for (int i = 3; i < count; i++) add_glands(a, &outlines[i], &rng);
    a->back_mm = a->stretch[1] * (outlines[0].center.y + outlines[0].radii.y);
    add_cavity(a);
}
