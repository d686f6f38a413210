#include "datasets/phantom/coronaries.h"

#include <math.h>

enum { ARTERY_POINTS = 12, ARTERIES = 3 };

typedef struct artery {
    cc_phantom_tissue plaque;
    /* in the frame of the ventricles: u as a share of the long axis, the angle about it from v towards w */
    double u0, u1, degrees0, degrees1;
    double radius_mm;
    cc_point points[ARTERY_POINTS];
} artery;

/* The point of the ventricles' surface at (u, angle), a little outside it. */
static cc_point on_surface(const cc_shape *e, double u, double degrees) {
    const double outside_mm = 2.5;
    double around = sqrt(1 - u * u), c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180);
    cc_point q = cc_point_add(e->center, u * (e->radii.x + outside_mm), e->axes[0]);
    q = cc_point_add(q, around * c * (e->radii.y + outside_mm), e->axes[1]);
    return cc_point_add(q, around * s * (e->radii.z + outside_mm), e->axes[2]);
}

/* The first point is the vessel's mouth at the root of the aorta. */
static void lay(artery *t, const cc_shape *ventricles, cc_point root, cc_rng *rng) {
    double sway = cc_rng_between(rng, -7, 7);
    t->points[0] = root;
    for (int i = 1; i < ARTERY_POINTS; i++) {
        double s = (double)(i - 1) / (ARTERY_POINTS - 2);
        double degrees = t->degrees0 + s * (t->degrees1 - t->degrees0) + sway * sin(5 * s);
        t->points[i] = on_surface(ventricles, t->u0 + s * (t->u1 - t->u0), degrees);
    }
}

static void add_artery(cc_anatomy *a, const artery *t) {
    const double groove_mm = 5.5;
    cc_shape groove =
        cc_shape_capsule(CC_TISSUE_FAT, -90, t->points[0], t->points[1], groove_mm, 0.6 * groove_mm);
    groove.within = CC_REGION_HEART;
    cc_shapes_add_tube(&a->shapes, groove, t->points + 1, ARTERY_POINTS - 1);
    cc_shape vessel = cc_shape_capsule(CC_TISSUE_BLOOD, a->blood_hu, t->points[0], t->points[1], t->radius_mm,
                                       0.5 * t->radius_mm);
    vessel.within = CC_REGION_HEART;
    cc_shapes_add_tube(&a->shapes, vessel, t->points, ARTERY_POINTS);
}

/* A spot of calcium lengthened along `along`. */
static void add_spot(cc_anatomy *a, cc_rng *rng, cc_phantom_tissue tissue, cc_point at, cc_point along,
                     double mm) {
    cc_shape spot = cc_shape_ellipsoid(tissue, cc_rng_between(rng, 350, 1300), at, (cc_point){mm, mm, mm}, 2);
    spot.radii.x *= cc_rng_between(rng, 1, 3);
    spot.axes[0] = cc_point_unit(along);
    cc_point other = fabs(spot.axes[0].z) < 0.8 ? (cc_point){0, 0, 1} : (cc_point){1, 0, 0};
    spot.axes[1] = cc_point_unit(cc_point_cross(spot.axes[0], other));
    spot.axes[2] = cc_point_cross(spot.axes[0], spot.axes[1]);
    cc_shapes_add(&a->shapes, spot);
}

static void add_plaques(cc_anatomy *a, const artery *t, cc_rng *rng, double burden) {
    int count = (int)cc_rng_below(rng, (uint64_t)(1 + 5 * burden));
    for (int i = 0; i < count; i++) {
        /* most plaque lies in the first half of an artery */
        double s = cc_rng_uniform(rng), place = 0.6 + s * s * (ARTERY_POINTS - 2.5);
        int k = (int)place;
        cc_point along = cc_point_add(t->points[k + 1], -1, t->points[k]);
        cc_point at = cc_point_between(t->points[k], t->points[k + 1], place - k);
        add_spot(a, rng, t->plaque, at, along, cc_rng_between(rng, 0.6, 1.4 + 0.8 * burden));
    }
}

void cc_anatomy_add_wall_calcium(cc_anatomy *a, cc_rng *rng, cc_phantom_tissue tissue, cc_point from,
                                 cc_point to, double radius_mm) {
    cc_point axis = cc_point_unit(cc_point_add(to, -1, from));
    cc_point side = cc_point_unit(cc_point_cross(axis, (cc_point){0.3, 0.9, 0.31})),
             up = cc_point_cross(axis, side);
    int count = (int)cc_rng_below(rng, 4);
    for (int i = 0; i < count; i++) {
        double angle = cc_rng_between(rng, 0, 2 * M_PI), c = cos(angle), s = sin(angle);
        cc_point at = cc_point_between(from, to, cc_rng_uniform(rng));
        at = cc_point_add(cc_point_add(at, radius_mm * c, side), radius_mm * s, up);
        cc_point along = cc_point_add((cc_point){0, 0, 0}, -s, side);
        add_spot(a, rng, tissue, at, cc_point_add(along, c, up), cc_rng_between(rng, 0.8, 1.8));
    }
}

void cc_anatomy_add_coronaries(cc_anatomy *a, const cc_shape *ventricles, cc_point root, uint64_t seed,
                               int patient) {
    artery arteries[ARTERIES] = {
        {.plaque = CC_TISSUE_PLAQUE_LAD,
         .u0 = -0.62,
         .u1 = 0.93,
         .degrees0 = 100,
         .degrees1 = 118,
         .radius_mm = 2},
        {.plaque = CC_TISSUE_PLAQUE_LCX,
         .u0 = -0.60,
         .u1 = -0.38,
         .degrees0 = 92,
         .degrees1 = -50,
         .radius_mm = 1.8},
        {.plaque = CC_TISSUE_PLAQUE_RCA,
         .u0 = -0.55,
         .u1 = -0.42,
         .degrees0 = 132,
         .degrees1 = 268,
         .radius_mm = 1.9},
    };
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_CALCIUM);
    bool any = cc_rng_uniform(&rng) < 0.68;
    double burden = any ? cc_rng_uniform(&rng) + 0.15 : 0;
    for (int i = 0; i < ARTERIES; i++) {
        lay(&arteries[i], ventricles, root, &rng);
        add_artery(a, &arteries[i]);
    }
    for (int i = 0; i < ARTERIES; i++) add_plaques(a, &arteries[i], &rng, burden);
    if (cc_rng_uniform(&rng) < 0.5 * burden + 0.1) {
        cc_point top = cc_point_add(root, 30, (cc_point){-0.2, -0.2, 1});
        cc_anatomy_add_wall_calcium(a, &rng, CC_TISSUE_CALCIUM_AORTA, root, top, 14);
    }
    if (cc_rng_uniform(&rng) < 0.35 * burden) {
        cc_point base = cc_point_add(ventricles->center, -0.5 * ventricles->radii.x, ventricles->axes[0]);
        base = cc_point_add(base, 0.35 * ventricles->radii.y, ventricles->axes[1]);
        cc_point ahead = cc_point_add(base, 3, ventricles->axes[0]);
        cc_anatomy_add_wall_calcium(a, &rng, CC_TISSUE_CALCIUM_MITRAL, base, ahead, 12);
    }
}
