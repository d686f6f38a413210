/* datasets/phantom/bones.c -- spine, ribs with their cartilage, breastbone and shoulder blades: a cortical
 * shell, painted first, around a trabecular core. */
#include <math.h>
#include "datasets/phantom/anatomy.h"

enum { RIB_STEPS = 22, LEVELS = 12 };

static const double cortical_hu = 620, cartilage_hu = 110, level_mm = 26;

typedef struct skeleton {
    cc_anatomy *anatomy;
    double trabecular_hu, rib_mm;
} skeleton;

static cc_solid bone(cc_point center, cc_point radii, double power) {
    return cc_solid_ellipsoid(CC_TISSUE_CORTICAL, cortical_hu, center, radii, power);
}

static void add_bone(skeleton *k, cc_solid shell, double cortex_mm) {
    /* The core is the shell made smaller by its thickness, all but at the ends of a vertebra. */
    const double end_plate = 0.35; /* thinner than the sides */
    cc_solid core = cc_solid_as(cc_solid_grown(shell, -cortex_mm), CC_TISSUE_TRABECULAR, k->trabecular_hu);
    core.radii.z = shell.radii.z - end_plate * cortex_mm;
    cc_solids_add(&k->anatomy->shapes, shell);
    cc_solids_add(&k->anatomy->shapes, core);
}

static void add_strut(skeleton *k, cc_point from, cc_point to, double radius) {
    cc_solids_add(&k->anatomy->shapes,
                  cc_solid_capsule(CC_TISSUE_CORTICAL, 0.8 * cortical_hu, from, to, radius, 0.85 * radius));
}

/* The arch behind a vertebra: on each side a pedicle, a lamina and a transverse process, and the spine. */
static void add_arch(skeleton *k, double z) {
    for (int side = -1; side <= 1; side += 2) {
        add_strut(k, (cc_point){side * 12, 72, z + 3}, (cc_point){side * 14, 84, z + 2}, 4);
        add_strut(k, (cc_point){side * 14, 84, z + 2}, (cc_point){side * 2, 99, z - 4}, 4);
        add_strut(k, (cc_point){side * 14, 84, z + 2}, (cc_point){side * 37, 95, z + 4}, 4.6);
    }
    add_strut(k, (cc_point){0, 97, z - 3}, (cc_point){0, 119, z - 20}, 3.4);
}

static void add_spine(skeleton *k, double first_z) {
    cc_solid_list *shapes = &k->anatomy->shapes;
    for (int i = 0; i < LEVELS; i++) {
        double z = first_z + level_mm * i;
        add_bone(k, bone((cc_point){0, 62, z}, (cc_point){17.5, 15, 11.2}, 3), 1.5);
        cc_solids_add(shapes, cc_solid_ellipsoid(CC_TISSUE_DISC, 80, (cc_point){0, 61, z + level_mm / 2},
                                                 (cc_point){16.5, 14, 2.6}, 3));
        /* One level: body, disc above it, arch. */
        add_arch(k, z);
    }
    cc_solids_add(shapes,
                  cc_solid_ellipsoid(CC_TISSUE_FAT, -60, (cc_point){0, 84, 0}, (cc_point){9.5, 8.5, 600}, 2));
    cc_solids_add(shapes,
                  cc_solid_ellipsoid(CC_TISSUE_SOFT, 22, (cc_point){0, 84, 0}, (cc_point){7.5, 7, 600}, 2));
}

/* How far the wall of the cavity lies from the middle of one side of the chest, by bisection. */
static double cavity_reach(const cc_anatomy *a, double x, double y, double dx, double dy, double z) {
    double near = 5, far = 200;
    for (int i = 0; i < 24; i++) {
        /* 24 halvings of 195 mm: to 1e-5 mm. */
        double r = 0.5 * (near + far), d = 1e9;
        for (int c = 0; c < 3; c++) d = fmin(d, cc_solid_distance(&a->cavity[c], x + r * dx, y + r * dy, z));
        if (d < 0)
            near = r;
        else
            far = r;
    }
    return near;
}

/* The axis of a rib: from its vertebra around the cavity to the breastbone, falling on the way. */
static void rib_axis(cc_point axis[RIB_STEPS + 1], const cc_anatomy *a, int side, double z, double fall_mm) {
    const double wall_mm = 5.5, x0 = 46 * side, y0 = 0;
    /* Polar angles, about the middle of one side, of the vertebra's joint and of the breastbone; a rib
     * runs between them around the side. */
    double back = atan2(88, -22),
           front = atan2(-96, -34) + 2 * M_PI; /* about (x0, y0), +x away from the midline */
    for (int i = 0; i <= RIB_STEPS; i++) {
        double s = (double)i / RIB_STEPS, angle = back + s * (front - back - 2 * M_PI);
        double dx = side * cos(angle), dy = sin(angle), low = z + 4 - fall_mm * s * (0.6 + 0.4 * s);
        if (s > 0.85) low += (s - 0.85) * fall_mm;
        double r = cavity_reach(a, x0, y0, dx, dy, low) + wall_mm;
        axis[i] = (cc_point){x0 + r * dx, y0 + r * dy, low};
    }
}

static void add_rib(skeleton *k, int side, double z, double fall_mm) {
    /* The last four steps of a rib are cartilage; it is painted first, and bone over its beginning. */
    const int bony = RIB_STEPS - 4;
    const double cortex_mm = 1.1, tall = 0.7;
    cc_point axis[RIB_STEPS + 1];
    rib_axis(axis, k->anatomy, side, z, fall_mm);
    cc_solid shell =
        cc_solid_capsule(CC_TISSUE_CORTICAL, cortical_hu, axis[0], axis[1], k->rib_mm, k->rib_mm);
    shell.squash = tall;
    cc_solid core = cc_solid_as(shell, CC_TISSUE_TRABECULAR, k->trabecular_hu);
    core.r0 = core.r1 = k->rib_mm - cortex_mm;
    cc_solid cartilage = cc_solid_as(shell, CC_TISSUE_CARTILAGE, cartilage_hu);
    cc_solids_add_tube(&k->anatomy->shapes, cartilage, axis + bony, (size_t)(RIB_STEPS - bony + 1));
    cc_solids_add_tube(&k->anatomy->shapes, shell, axis, (size_t)bony + 1);
    cc_solids_add_tube(&k->anatomy->shapes, core, axis, (size_t)bony + 1);
}

static void add_sternum(skeleton *k) {
    const double tilt = 0.09; /* the lower end lies further forward */
    cc_solid shell = bone((cc_point){0, -101, 25}, (cc_point){19, 6.2, 105}, 3);
    shell.axes[1] = cc_point_unit((cc_point){0, 1, -tilt});
    shell.axes[2] = cc_point_unit((cc_point){0, tilt, 1});
    add_bone(k, shell, 1.4);
}

static void add_shoulder_blades(skeleton *k) {
    for (int side = -1; side <= 1; side += 2) {
        cc_solid blade = bone((cc_point){side * 98, 90, 82}, (cc_point){40, 2.8, 72}, 2.5);
        cc_solids_add(&k->anatomy->shapes, cc_solid_rotated(blade, side * -32));
    }
}

void cc_anatomy_add_bones(cc_anatomy *a, uint64_t seed, int patient) {
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_PHANTOM, (uint64_t)patient, CC_STRUCTURE_BONES);
    skeleton k = {.anatomy = a,
                  .trabecular_hu = cc_rng_between(&rng, 120, 230),
                  .rib_mm = cc_rng_between(&rng, 3.6, 4.4)};
    double first_z = -150 + cc_rng_between(&rng, 0, level_mm), fall_mm = cc_rng_between(&rng, 95, 135);
    add_spine(&k, first_z);
    for (int i = 1; i < LEVELS; i++)
        for (int side = -1; side <= 1; side += 2) add_rib(&k, side, first_z + level_mm * i, fall_mm);
    add_sternum(&k);
    add_shoulder_blades(&k);
}
