/* datasets/phantom/coronaries.c -- the coronary arteries on the surface of the ventricles, and calcium in
 * them, in the aorta and in the mitral annulus.
 *
 * An artery is a line of points in the frame of the ventricles' ellipsoid (u along the long axis, an angle
 * about it), from the root of the aorta along its groove: the LAD between the ventricles to the apex, the
 * LCX around the left, the RCA around the right. Plaques are ellipsoids along an artery, most of them in
 * its first half, where they are found in patients; their number, size and density grow with the patient's
 * load, from one grain of 2 mm3 to ten plaques. Under the clinical burden they follow an Agatston score: many
 * small ones and few large, which run along the wall (README.md beside this file has what comes out). Calcium
 * elsewhere gives what a cascade must tell from it.
 * Source: the segments of the AHA, Austen et al., Circulation 51 (1975), 5-40. */
#include "datasets/phantom/coronaries.h"

#include <math.h>
#include <string.h>

enum { ARTERY_POINTS = CC_CORONARY_POINTS, ARTERIES = CC_CORONARIES, ARC_POINTS = 6 };

typedef struct artery {
    cc_phantom_tissue plaque;
    /* in the frame of the ventricles: u as a share of the long axis, the angle about it from v towards w */
    double u0, u1, degrees0, degrees1;
    double radius_mm;
    cc_point points[ARTERY_POINTS];
} artery;

/* The point of the ventricles' surface at (u, angle), a little outside it. */
static cc_point on_surface(const cc_solid *e, double u, double degrees) {
    const double outside_mm = 2.5;
    /* The ellipsoid cut at u is an ellipse, smaller by sqrt(1 - u^2). */
    double around = sqrt(1 - u * u), c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180);
    cc_point q = cc_point_add(e->center, u * (e->radii.x + outside_mm), e->axes[0]);
    q = cc_point_add(q, around * c * (e->radii.y + outside_mm), e->axes[1]);
    return cc_point_add(q, around * s * (e->radii.z + outside_mm), e->axes[2]);
}

/* The first point is the vessel's mouth at the root of the aorta. */
static void set_course(artery *t, const cc_solid *ventricles, cc_point root, cc_rng *rng) {
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
    cc_solid groove =
        cc_solid_capsule(CC_TISSUE_FAT, -90, t->points[0], t->points[1], groove_mm, 0.6 * groove_mm);
    groove.within = CC_REGION_HEART;
    cc_solids_add_tube(&a->shapes, groove, t->points + 1, ARTERY_POINTS - 1);
    cc_solid vessel = cc_solid_capsule(CC_TISSUE_BLOOD, a->blood_hu, t->points[0], t->points[1], t->radius_mm,
                                       0.5 * t->radius_mm);
    vessel.within = CC_REGION_HEART;
    cc_solids_add_tube(&a->shapes, vessel, t->points, ARTERY_POINTS);
}

/* A spot of calcium, its first radius along `along`. */
static void add_spot(cc_anatomy *a, cc_phantom_tissue tissue, double hu, cc_point at, cc_point along,
                     cc_point radii) {
    cc_solid spot = cc_solid_ellipsoid(tissue, hu, at, radii, 2);
    spot.axes[0] = cc_point_unit(along);
    /* Any vector that is not along the first axis gives two more at right angles. */
    cc_point other = fabs(spot.axes[0].z) < 0.8 ? (cc_point){0, 0, 1} : (cc_point){1, 0, 0};
    spot.axes[1] = cc_point_unit(cc_point_cross(spot.axes[0], other));
    spot.axes[2] = cc_point_cross(spot.axes[0], spot.axes[1]);
    cc_solids_add(&a->shapes, spot);
}

/* From one dense grain of 2 or 3 mm3 to ten plaques, some of them 15 mm long. */
static void add_plaques(cc_anatomy *a, const artery arteries[ARTERIES], cc_rng *rng) {
    double load = a->plaque, heavy = load * load;
    int count = load > 0 ? 1 + (int)(load * cc_rng_between(rng, 1, 10)) : 0;
    for (int i = 0; i < count; i++) {
        double of = cc_rng_uniform(rng); /* the LAD has the most */
        const artery *t = &arteries[of < 0.45 ? 0 : of < 0.7 ? 1 : 2];
        /* most plaque lies in the first half of an artery */
        double s = cc_rng_uniform(rng), place = 0.6 + s * s * (ARTERY_POINTS - 2.5);
        int k = (int)place;
        cc_point along = cc_point_add(t->points[k + 1], -1, t->points[k]);
        cc_point at = cc_point_between(t->points[k], t->points[k + 1], place - k);
        double mm = cc_rng_between(rng, 0.85, 1.0 + 2.5 * heavy);
        double hu = cc_rng_between(rng, 600 - 150 * load, 850 + 450 * load),
               longer = cc_rng_between(rng, 1, 1 + 2.5 * load);
        add_spot(a, t->plaque, hu, at, along, (cc_point){mm * longer, mm, mm});
    }
}

/* A plaque of `mm3` in the wall of an artery, about the point `place` of its course. */
static void add_wall_plaque(cc_anatomy *a, const artery *t, double place, double mm3, cc_rng *rng) {
    enum { POINTS_MAX = 16 };
    const double last = ARTERY_POINTS - 1.001;
    /* Calcium grows along the wall once it is as thick as the vessel leaves room for. */
    const double widest_mm = 0.85 * t->radius_mm, radius = fmin(widest_mm, 0.55 * cbrt(mm3));
    const double length = mm3 / (M_PI * radius * radius);
    const double denser = fmin(1, mm3 / 40), hu = cc_rng_between(rng, 450, 800 + 400 * denser);
    const int k = (int)place;
    const cc_point along = cc_point_add(t->points[k + 1], -1, t->points[k]);
    const double segment_mm = sqrt(cc_point_dot(along, along));
    /* To one side of the lumen. */
    cc_point any = {cc_rng_between(rng, -1, 1), cc_rng_between(rng, -1, 1), cc_rng_between(rng, -1, 1)};
    const cc_point side = cc_point_unit(cc_point_cross(along, any));
    const double aside_mm = 0.6 * t->radius_mm;
    const int count = length < 2.5 * radius ? 2 : (int)fmin(POINTS_MAX, 3 + length / 2);
    /* The round ends of a chain of capsules are a part of its volume. */
    const double reach = fmax(0.2, length - 4. / 3 * radius) / segment_mm;
    const int joint = cc_solids_new_joint(&a->shapes);
    cc_point before = {0};
    double before_mm = 0;
    for (int i = 0; i < count; i++) {
        const double share = (double)i / (count - 1) - 0.5;
        const double s = fmin(fmax(place + share * reach, 0), last);
        const cc_point axis = cc_point_between(t->points[(int)s], t->points[(int)s + 1], s - (int)s);
        const cc_point at = cc_point_add(axis, aside_mm * cc_rng_between(rng, 0.7, 1.3), side);
        const double mm = radius * cc_rng_between(rng, 0.75, 1.2);
        if (i > 0) {
            cc_solid part = cc_solid_capsule(t->plaque, hu, before, at, before_mm, mm);
            part.joint = joint;
            cc_solids_add(&a->shapes, part);
        }
        before = at;
        before_mm = mm;
    }
}

/* Plaques for an Agatston score: their number grows with its power of 0.4, their volumes are log-normal, so
 * that most are small and few hold most of the calcium. */
static void add_clinical_plaques(cc_anatomy *a, const artery arteries[ARTERIES], cc_rng *rng) {
    enum { PLAQUES_MAX = 64 };
    /* Calcium that a picture shows as one unit of the score; what is lost below 130 HU is in it. */
    const double mm3_per_unit = 0.42, log_deviation = 1.2;
    double weights[PLAQUES_MAX], sum = 0;
    if (a->agatston <= 0) return;
    const int count = (int)fmin(PLAQUES_MAX, fmax(1, floor(1.1 * pow(a->agatston, 0.4) + 0.5)));
    for (int i = 0; i < count; i++) sum += weights[i] = exp(log_deviation * cc_rng_normal(rng));
    for (int i = 0; i < count; i++) {
        const double of = cc_rng_uniform(rng); /* half of them in the LAD and the left main */
        const artery *t = &arteries[of < 0.5 ? 0 : of < 0.7 ? 1 : 2];
        const double s = cc_rng_uniform(rng), place = 0.6 + s * s * (ARTERY_POINTS - 2.5);
        add_wall_plaque(a, t, place, mm3_per_unit * a->agatston * weights[i] / sum, rng);
    }
}

/* An arc of the circle of radius_mm around `middle`. */
static void add_arc(cc_anatomy *a, cc_rng *rng, cc_phantom_tissue tissue, cc_point middle, cc_point side,
                    cc_point up, double radius_mm) {
    double angle = cc_rng_between(rng, 0, 2 * M_PI), length = cc_rng_between(rng, 0.1, 1.2);
    double mm = cc_rng_between(rng, 0.6, 1.5);
    cc_point points[ARC_POINTS];
    for (int i = 0; i < ARC_POINTS; i++) {
        double t = angle + length * i / (ARC_POINTS - 1);
        points[i] = cc_point_add(cc_point_add(middle, radius_mm * cos(t), side), radius_mm * sin(t), up);
    }
    cc_solid arc =
        cc_solid_capsule(tissue, cc_rng_between(rng, 450, 1200), points[0], points[1], mm, 0.6 * mm);
    cc_solids_add_tube(&a->shapes, arc, points, ARC_POINTS);
}

void cc_anatomy_add_wall_calcium(cc_anatomy *a, cc_rng *rng, cc_phantom_tissue tissue, cc_point from,
                                 cc_point to, double radius_mm) {
    cc_point axis = cc_point_unit(cc_point_add(to, -1, from));
    cc_point side = cc_point_unit(cc_point_cross(axis, (cc_point){0.3, 0.9, 0.31})),
             up = cc_point_cross(axis, side);
    int count = 1 + (int)cc_rng_below(rng, 4);
    for (int i = 0; i < count; i++)
        add_arc(a, rng, tissue, cc_point_between(from, to, cc_rng_uniform(rng)), side, up, radius_mm);
}

static void add_root_calcium(cc_anatomy *a, const cc_solid *ventricles, cc_point root, cc_rng *rng) {
    bool mitral = cc_rng_uniform(rng) < 0.35, aorta = cc_rng_uniform(rng) < 0.75 || !mitral;
    if (aorta) {
        cc_point top = cc_point_add(root, 30, (cc_point){-0.2, -0.2, 1});
        cc_anatomy_add_wall_calcium(a, rng, CC_TISSUE_CALCIUM_AORTA, root, top, 14);
    }
    if (mitral) {
        cc_point base = cc_point_add(ventricles->center, -0.5 * ventricles->radii.x, ventricles->axes[0]);
        base = cc_point_add(base, 0.35 * ventricles->radii.y, ventricles->axes[1]);
        cc_point ahead = cc_point_add(base, 3, ventricles->axes[0]);
        cc_anatomy_add_wall_calcium(a, rng, CC_TISSUE_CALCIUM_MITRAL, base, ahead, 12);
    }
}

void cc_anatomy_add_coronaries(cc_anatomy *a, const cc_solid *ventricles, cc_point root, uint64_t seed,
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
    for (int i = 0; i < ARTERIES; i++) {
        set_course(&arteries[i], ventricles, root, &rng);
        add_artery(a, &arteries[i]);
        memcpy(a->coronaries[i], arteries[i].points, sizeof a->coronaries[i]);
    }
    if (a->burden == CC_BURDEN_clinical)
        add_clinical_plaques(a, arteries, &rng);
    else
        add_plaques(a, arteries, &rng);
    if (a->wall_calcium) add_root_calcium(a, ventricles, root, &rng);
}
