/* datasets/phantom/heart.c -- the pericardium and what lies in it: fat, ventricles, atria, the roots of the
 * great vessels, and the coronary arteries in their grooves.
 *
 * The ventricles are one ellipsoid along the heart's long axis. Its frame carries the rest: u from base to
 * apex, v to the left and back (the left ventricle's side), w up and forward. A coronary runs on its surface.
 */
#include <math.h>
#include "datasets/phantom/coronaries.h"

static const double epicardial_hu = -92, myocardium_hu = 53;

/* The pose of this patient's heart: reference points rotated about z, scaled about the middle, shifted. */
typedef struct pose {
    cc_point middle, shift;
    double scale, cosine, sine;
} pose;

static cc_point rotated(const pose *p, cc_point d) {
    return (cc_point){p->cosine * d.x - p->sine * d.y, p->sine * d.x + p->cosine * d.y, d.z};
}

static cc_point placed(const pose *p, cc_point q) {
    cc_point d = rotated(p, cc_point_add(q, -1, p->middle));
    return cc_point_add(cc_point_add(p->middle, 1, p->shift), p->scale, d);
}

static pose choose_pose(cc_rng *rng) {
    double angle = cc_rng_between(rng, -9, 9) * M_PI / 180;
    pose p = {.middle = {22, -30, -6}, .scale = cc_rng_between(rng, 0.88, 1.02)};
    p.cosine = cos(angle);
    p.sine = sin(angle);
    p.shift =
        (cc_point){cc_rng_between(rng, -5, 5), cc_rng_between(rng, -10, -2), cc_rng_between(rng, -2, 2)};
    return p;
}

static cc_solid chamber(const pose *p, cc_phantom_tissue tissue, double hu, cc_point center, cc_point radii,
                        bool oblique) {
    cc_point r = {radii.x * p->scale, radii.y * p->scale, radii.z * p->scale};
    cc_solid s = cc_solid_ellipsoid(tissue, hu, placed(p, center), r, 2);
    /* The long axis of the heart points to the left, forward and down; v is level. */
    cc_point u = cc_point_unit((cc_point){0.70, -0.45, -0.55}), v = cc_point_unit((cc_point){-u.y, u.x, 0});
    cc_point upright[3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, frame[3] = {u, v, cc_point_cross(u, v)};
    for (int k = 0; k < 3; k++) s.axes[k] = rotated(p, oblique ? frame[k] : upright[k]);
    s.within = CC_REGION_HEART;
    return s;
}

/* The sac, its fat inside and a sleeve of fat outside. */
static void add_pericardium(cc_anatomy *a, const pose *p, cc_rng *rng) {
    const double wall_mm = 1.4, outside_mm = cc_rng_between(rng, 1, 8);
    cc_solid sac[2] = {chamber(p, CC_TISSUE_SOFT, 28, (cc_point){22, -30, -8}, (cc_point){66, 50, 46}, true),
                       chamber(p, CC_TISSUE_SOFT, 28, (cc_point){0, -32, 26}, (cc_point){38, 34, 33}, false)};
    cc_point pads[2] = {{58, -60, -46}, {-30, -58, -44}};
    for (int i = 0; i < 2; i++) {
        double r = cc_rng_between(rng, 16, 30);
        cc_solid pad =
            cc_solid_ellipsoid(CC_TISSUE_FAT, -98, placed(p, pads[i]), (cc_point){r, 0.8 * r, 0.8 * r}, 2);
        pad.within = CC_REGION_CAVITY;
        cc_solids_add(&a->shapes, pad);
    }
    for (int i = 0; i < 2; i++) {
        cc_solid sleeve = cc_solid_as(cc_solid_grown(sac[i], outside_mm), CC_TISSUE_FAT, -98);
        sleeve.within = CC_REGION_CAVITY;
        cc_solids_add(&a->shapes, sleeve);
    }
    for (int i = 0; i < 2; i++) {
        sac[i].within = CC_REGION_CAVITY;
        sac[i].adds = CC_REGION_HEART;
        cc_solids_add(&a->shapes, sac[i]);
    }
    for (int i = 0; i < 2; i++) {
        cc_solid fat = cc_solid_as(cc_solid_grown(sac[i], -wall_mm), CC_TISSUE_FAT, epicardial_hu);
        fat.within = CC_REGION_HEART;
        fat.adds = CC_REGION_ALL;
        cc_solids_add(&a->shapes, fat);
    }
}

static cc_solid add_chambers(cc_anatomy *a, const pose *p, cc_rng *rng) {
    double thin = cc_rng_between(rng, -2, 3); /* how far the ventricles fill the sac */
    cc_solid ventricles = chamber(p, CC_TISSUE_MYOCARDIUM, myocardium_hu, (cc_point){26, -32, -11},
                                  (cc_point){55, 42, 38}, true);
    ventricles = cc_solid_grown(ventricles, thin);
    const struct {
        cc_point center, radii;
        bool oblique;
    } blood[] =
        {
            {{-21, -21, 0}, {19, 23, 28}, false}, /* right atrium */
            {{6, 8, 14}, {33, 15, 20}, false},    /* left atrium */
        },
      cavities[] = {
          {{34, -20, -10}, {38, 17, 19}, true}, /* left ventricle */
          {{16, -51, -12}, {42, 14, 26}, true}, /* right ventricle */
      };
    for (int i = 0; i < 2; i++)
        cc_solids_add(&a->shapes, chamber(p, CC_TISSUE_BLOOD, a->blood_hu, blood[i].center, blood[i].radii,
                                          blood[i].oblique));
    cc_solids_add(&a->shapes, ventricles);
    for (int i = 0; i < 2; i++)
        cc_solids_add(&a->shapes, chamber(p, CC_TISSUE_BLOOD, a->blood_hu, cavities[i].center,
                                          cavities[i].radii, cavities[i].oblique));
    return ventricles;
}

/* The great vessels, inside the sac and beyond it, as one tissue and so much wider than their blood. */
static void add_great_vessels(cc_anatomy *a, const pose *p, cc_phantom_tissue tissue, double hu,
                              double wider_mm) {
    static const struct {
        int count;
        double r0, r1;
        cc_point points[4];
    } vessels[] = {
        {4, 15, 12, {{16, -60, 8}, {20, -54, 28}, {21, -38, 44}, {20, -22, 52}}}, /* pulmonary trunk */
        {4, 10, 8, {{20, -22, 52}, {0, -6, 49}, {-24, 4, 44}, {-44, 10, 36}}},    /* right pulmonary artery */
        {3, 10, 8, {{20, -22, 52}, {32, -2, 52}, {46, 14, 42}}},                  /* left pulmonary artery */
        {4, 8.5, 10, {{-29, -12, 120}, {-29, -14, 60}, {-28, -16, 34}, {-24, -19, 12}}}, /* upper vena cava */
        {3, 12, 11, {{-20, -12, -18}, {-22, -2, -50}, {-24, 4, -100}}},                  /* lower vena cava */
        {2, 7, 6, {{-22, 10, 16}, {-44, 16, 10}}},                                       /* pulmonary veins */
        {2, 7, 6, {{32, 10, 18}, {52, 18, 12}}},
        {4, 15.5, 15, {{4, -27, 12}, {-3, -34, 32}, {-9, -37, 60}, {-6, -30, 120}}}, /* ascending aorta */
    };
    int joint = cc_solids_new_joint(&a->shapes);
    for (size_t i = 0; i < sizeof vessels / sizeof *vessels; i++) {
        cc_point points[4];
        for (int k = 0; k < vessels[i].count; k++) points[k] = placed(p, vessels[i].points[k]);
        cc_solid like =
            cc_solid_capsule(tissue, hu, points[0], points[1], vessels[i].r0 * p->scale + wider_mm,
                             vessels[i].r1 * p->scale + wider_mm);
        like.within = CC_REGION_CAVITY;
        like.joint = joint;
        cc_solids_add_tube(&a->shapes, like, points, (size_t)vessels[i].count);
    }
}

void cc_anatomy_add_heart(cc_anatomy *a, uint64_t seed, int patient) {
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_HEART);
    pose p = choose_pose(&rng);
    a->heart_center = cc_point_add(p.middle, 1, p.shift);
    add_pericardium(a, &p, &rng);
    const double sleeve_mm = 1.2; /* of fat, that parts neighbours; none where a vessel leaves its chamber */
    add_great_vessels(a, &p, CC_TISSUE_FAT, epicardial_hu, sleeve_mm);
    cc_solid ventricles = add_chambers(a, &p, &rng);
    add_great_vessels(a, &p, CC_TISSUE_BLOOD, a->blood_hu, 0);
    cc_anatomy_add_coronaries(a, &ventricles, placed(&p, (cc_point){4, -30, 22}), seed, patient);
}
