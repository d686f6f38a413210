/* datasets/patch_motion.c -- drawn angles, factors and lattices as a map from a patch to its volume. */
#include "datasets/patch_motion.h"

#include <math.h>
#include <string.h>

/* The lattice that a patch's field has, without its values. */
static cc_volume_warp field_of(double *longest_mm, const cc_random_augment *random,
                               const cc_patch_place *place) {
    cc_volume_warp warp = {.axes = place->in_space ? 3 : 2};
    *longest_mm = 0;
    for (int axis = 0; axis < warp.axes; axis++)
        *longest_mm = fmax(*longest_mm, (double)place->size[axis] * place->spacing_mm[axis]);
    for (int axis = 0; axis < 3; axis++)
        warp.spacing[axis] = random->ranges.elastic_spacing * *longest_mm / place->spacing_mm[axis];
    return warp;
}

void cc_patch_motion_room(size_t *lattice, size_t *work, const cc_random_augment *random,
                          const cc_patch_place *place) {
    double longest_mm;
    cc_volume_warp warp = {0};
    if (random->named[CC_RANDOM_elastic]) warp = field_of(&longest_mm, random, place);
    const bool moves = random->named[CC_RANDOM_affine] || random->named[CC_RANDOM_elastic];
    *lattice = cc_volume_warp_lattice(&warp, place->size);
    *work = moves ? cc_volume_warp_work(&warp, place->size) : 0;
}

/* c = a b, row-major 3x3. */
static void multiply(double c[9], const double a[9], const double b[9]) {
    for (int i = 0; i < 9; i++)
        c[i] = a[i / 3 * 3] * b[i % 3] + a[i / 3 * 3 + 1] * b[3 + i % 3] + a[i / 3 * 3 + 2] * b[6 + i % 3];
}

/* The inverse, in mm along x, y, z, of what an affine change does. */
static void inverse_of(double out[9], const cc_random_affine *a, bool in_space) {
    const double c = cos(a->turn) / a->scale, s = sin(a->turn) / a->scale;
    /* Turned back about z, scaled back, sheared back: as in a plane (augment_random.c). */
    const double plane[9] = {c - a->shear * s,           -s - a->shear * c, 0, s, c, 0, 0, 0,
                             in_space ? 1 / a->scale : 1};
    const double cy = cos(a->tilt[0]), sy = sin(a->tilt[0]), cx = cos(a->tilt[1]), sx = sin(a->tilt[1]);
    const double about_y[9] = {cy, 0, -sy, 0, 1, 0, sy, 0, cy}, about_x[9] = {1, 0, 0, 0, cx, sx, 0, -sx, cx};
    double tilted[9];
    /* What was turned last is turned back first. */
    multiply(tilted, about_y, about_x);
    multiply(out, plane, tilted);
}

/* The map of a patch whose voxels come from about its middle by an inverse change in mm, and from `shift`
 * voxels further on. */
static void set_map(double map[12], const double inverse[9], const double shift[3], const cc_patch_place *p) {
    for (int i = 0; i < 3; i++) {
        const double middle = (double)(p->size[i] - 1) / 2;
        map[4 * i + 3] = (double)p->start[i] + middle + shift[i];
        for (int k = 0; k < 3; k++) {
            /* mm to voxels of the volume; a mirrored axis runs from its other end. */
            const double m = inverse[3 * i + k] * p->spacing_mm[k] / p->spacing_mm[i];
            map[4 * i + k] = p->mirrored >> k & 1 ? -m : m;
            map[4 * i + 3] -= map[4 * i + k] * (double)(p->size[k] - 1) / 2;
        }
    }
}

bool cc_patch_motion_draw(cc_volume_warp *out, const cc_random_augment *random, const cc_random_item *item,
                          const cc_patch_place *place, float *lattice) {
    double inverse[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, shift[3] = {0};
    cc_random_affine drawn;
    cc_rng rng;
    *out = (cc_volume_warp){0};
    const bool affine = cc_random_draws(&rng, random, item, CC_RANDOM_affine);
    if (affine) {
        cc_random_draw_affine(&drawn, &rng, &random->ranges, place->in_space);
        inverse_of(inverse, &drawn, place->in_space);
        const double shares[3] = {drawn.shift[1], drawn.shift[0], drawn.shift_z};
        for (int axis = 0; axis < 3; axis++) shift[axis] = shares[axis] * (double)place->size[axis];
    }
    const bool elastic = cc_random_draws(&rng, random, item, CC_RANDOM_elastic);
    if (elastic) {
        double longest_mm;
        *out = field_of(&longest_mm, random, place);
        const size_t points = cc_volume_warp_lattice(out, place->size) / (size_t)out->axes;
        /* Down first, then right, as of a slice's lattice. */
        static const int order[] = {1, 0, 2};
        for (int k = 0; k < out->axes; k++) {
            const double sigma = random->ranges.elastic_sigma * longest_mm / place->spacing_mm[order[k]];
            for (size_t i = 0; i < points; i++)
                lattice[(size_t)order[k] * points + i] = (float)(sigma * cc_rng_normal(&rng));
        }
        out->lattice = lattice;
    }
    set_map(out->map, inverse, shift, place);
    return affine || elastic;
}
