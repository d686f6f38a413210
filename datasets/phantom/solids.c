/* datasets/phantom/solids.c -- ellipsoids and capsules: bounds, distances, and the share of a pixel that
 * they cover.
 *
 * Distances are evaluated for every pixel: what does not depend on the pixel is computed once
 * (cc_solid_prepared), and a point deep inside is found without the equation of the surface. Per pixel
 * only +, -, *, / and sqrt are used, which IEEE 754 rounds the same on every machine: the phantom's bytes
 * are part of every twin's identity. */
#include "datasets/phantom/solids.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

cc_point cc_point_add(cc_point a, double scale, cc_point b) {
    return (cc_point){a.x + scale * b.x, a.y + scale * b.y, a.z + scale * b.z};
}

cc_point cc_point_between(cc_point a, cc_point b, double t) {
    return (cc_point){a.x + t * (b.x - a.x), a.y + t * (b.y - a.y), a.z + t * (b.z - a.z)};
}

double cc_point_dot(cc_point a, cc_point b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

cc_point cc_point_cross(cc_point a, cc_point b) {
    return (cc_point){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

cc_point cc_point_unit(cc_point a) {
    double length = sqrt(cc_point_dot(a, a));
    assert(length > 0);
    return (cc_point){a.x / length, a.y / length, a.z / length};
}

cc_solid cc_solid_ellipsoid(cc_phantom_tissue tissue, double hu, cc_point center, cc_point radii,
                            double power) {
    return (cc_solid){.kind = CC_SOLID_ELLIPSOID,
                      .tissue = tissue,
                      .hu = hu,
                      .center = center,
                      .axes = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
                      .radii = radii,
                      .power = power};
}

cc_solid cc_solid_rotated(cc_solid e, double degrees) {
    double c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180);
    for (int k = 0; k < 3; k++) {
        cc_point a = e.axes[k];
        e.axes[k] = (cc_point){c * a.x - s * a.y, s * a.x + c * a.y, a.z};
    }
    return e;
}

cc_solid cc_solid_grown(cc_solid e, double mm) {
    e.radii = (cc_point){e.radii.x + mm, e.radii.y + mm, e.radii.z + mm};
    return e;
}

cc_solid cc_solid_as(cc_solid shape, cc_phantom_tissue tissue, double hu) {
    shape.tissue = tissue;
    shape.hu = hu;
    return shape;
}

cc_solid cc_solid_capsule(cc_phantom_tissue tissue, double hu, cc_point from, cc_point to, double r0,
                          double r1) {
    return (cc_solid){.kind = CC_SOLID_CAPSULE,
                      .tissue = tissue,
                      .hu = hu,
                      .from = from,
                      .to = to,
                      .r0 = r0,
                      .r1 = r1,
                      .squash = 1};
}

/* The rotated box around the ellipsoid, by axes: it holds every power. */
static void prepare_ellipsoid(cc_solid *s) {
    double r[3] = {s->radii.x, s->radii.y, s->radii.z};
    cc_point half = {0, 0, 0};
    for (int k = 0; k < 3; k++) {
        half.x += fabs(s->axes[k].x) * r[k];
        half.y += fabs(s->axes[k].y) * r[k];
        half.z += fabs(s->axes[k].z) * r[k];
    }
    for (int k = 0; k < 3; k++) s->inverse[k] = 1 / r[k];
    s->least_radius = fmin(r[0], fmin(r[1], r[2]));
    s->low = cc_point_add(s->center, -1, half);
    s->high = cc_point_add(s->center, 1, half);
}

static void prepare_capsule(cc_solid *s) {
    /* Distances in z count `squash` times, so the solid reaches 1 / squash times as far in z; at 0 without
     * end. */
    double r = fmax(s->r0, s->r1), rz = s->squash > 0 ? r / s->squash : DBL_MAX / 4;
    s->low =
        (cc_point){fmin(s->from.x, s->to.x) - r, fmin(s->from.y, s->to.y) - r, fmin(s->from.z, s->to.z) - rz};
    s->high =
        (cc_point){fmax(s->from.x, s->to.x) + r, fmax(s->from.y, s->to.y) + r, fmax(s->from.z, s->to.z) + rz};
}

cc_solid cc_solid_prepared(cc_solid shape) {
    if (shape.kind == CC_SOLID_ELLIPSOID)
        prepare_ellipsoid(&shape);
    else
        prepare_capsule(&shape);
    return shape;
}

void cc_solids_deinit(cc_solid_list *list) {
    free(list->items);
    *list = (cc_solid_list){0};
}

void cc_solids_add(cc_solid_list *list, cc_solid shape) {
    if (list->count == list->capacity) {
        size_t larger = list->capacity ? list->capacity * 2 : 1024;
        cc_solid *grown = realloc(list->items, larger * sizeof *grown);
        if (!grown) {
            list->out_of_memory = true;
            return;
        }
        list->items = grown;
        list->capacity = larger;
    }
    list->items[list->count++] = cc_solid_prepared(shape);
}

int cc_solids_new_joint(cc_solid_list *list) {
    return ++list->joints;
}

void cc_solids_add_tube(cc_solid_list *list, cc_solid like, const cc_point *points, size_t count) {
    assert(count >= 2);
    /* The radius falls linearly with the number of the piece. */
    double step = (like.r1 - like.r0) / (double)(count - 1), r0 = like.r0;
    if (!like.joint) like.joint = cc_solids_new_joint(list);
    for (size_t i = 0; i + 1 < count; i++) {
        like.from = points[i];
        like.to = points[i + 1];
        like.r0 = r0 + step * (double)i;
        like.r1 = like.r0 + step;
        cc_solids_add(list, like);
    }
}

/* |t|^(power-1), from square roots alone: they round the same on every machine. */
static double lower_power(double t, double power) {
    if (power == 2) return t;
    if (power == 2.5) return t * sqrt(t);
    if (power == 3) return t * t;
    return t * t * t;
}

/* A point along the axes, in radii. */
static void in_radii(double q[3], const cc_solid *s, double x, double y, double z) {
    double dx = x - s->center.x, dy = y - s->center.y, dz = z - s->center.z;
    for (int k = 0; k < 3; k++)
        q[k] = fabs(s->axes[k].x * dx + s->axes[k].y * dy + s->axes[k].z * dz) * s->inverse[k];
}

/* g = sum |q|^n - 1 is zero on the surface, and g / |grad g| is the distance to first order (Taubin, IEEE
 * PAMI 13 (1991) 1115). Returns g and the square of its gradient. */
static double implicit(double *gradient2, const cc_solid *s, const double q[3]) {
    double g = -1, sum = 1e-12;
    for (int k = 0; k < 3; k++) {
        double p = lower_power(q[k], s->power), d = s->power * p * s->inverse[k];
        g += p * q[k];
        sum += d * d;
    }
    *gradient2 = sum;
    return g;
}

/* Whether a point lies further inside than half an edge. No surface of power 2 or more lies within the
 * ellipsoid, whose surface is at least (1 - |q|) * the least radius away. */
static bool is_deep(const cc_solid *s, const double q[3], double half_edge_mm) {
    double room = 1 - half_edge_mm / s->least_radius;
    return room > 0 && q[0] * q[0] + q[1] * q[1] + q[2] * q[2] < room * room;
}

static double capsule_distance(const cc_solid *s, double x, double y, double z) {
    double dx = x - s->from.x, dy = y - s->from.y, dz = (z - s->from.z) * s->squash;
    double ex = s->to.x - s->from.x, ey = s->to.y - s->from.y, ez = (s->to.z - s->from.z) * s->squash;
    double length2 = ex * ex + ey * ey + ez * ez;
    /* The nearest point of the segment, as a share of its length; ends are round. */
    double t = length2 > 0 ? (dx * ex + dy * ey + dz * ez) / length2 : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    dx -= t * ex;
    dy -= t * ey;
    dz -= t * ez;
    return sqrt(dx * dx + dy * dy + dz * dz) - (s->r0 + t * (s->r1 - s->r0));
}

static double ellipsoid_share(const cc_solid *s, double x, double y, double z, double edge_mm) {
    double q[3], gradient2, half = 0.5 * edge_mm;
    in_radii(q, s, x, y, z);
    if (is_deep(s, q, half)) return 1;
    double g = implicit(&gradient2, s, q);
    /* g| / |grad g| > half an edge: wholly inside or outside, without a square root. */
    if (g * g > half * half * gradient2) return g < 0 ? 1 : 0;
    /* A straight edge at that distance from the pixel's centre covers this share of it. */
    return 0.5 - g / (sqrt(gradient2) * edge_mm);
}

double cc_solid_distance(const cc_solid *s, double x, double y, double z) {
    double q[3], gradient2;
    if (s->kind == CC_SOLID_CAPSULE) return capsule_distance(s, x, y, z);
    in_radii(q, s, x, y, z);
    double g = implicit(&gradient2, s, q);
    return g / sqrt(gradient2);
}

double cc_solid_share(const cc_solid *s, double x, double y, double z, double edge_mm) {
    if (s->kind == CC_SOLID_ELLIPSOID) return ellipsoid_share(s, x, y, z, edge_mm);
    double share = 0.5 - capsule_distance(s, x, y, z) / edge_mm;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}
