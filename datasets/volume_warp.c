/* datasets/volume_warp.c -- affine and elastic sampling of a volume, a row of the patch at a time.
 *
 * The places of a row are found once, for all pictures, masks and labels. Of the field the lattice rows about
 * the row's y and z become one line, as the B-spline is a product of one along each axis; each voxel then
 * takes four neighbours of the line, with weights that are the same in every row. Places are float64, so that
 * those on the border fall on the side that SciPy has them on. */
#include "datasets/volume_warp.h"

#include <math.h>
#include <string.h>
#include "core/hot.h"

enum { TAPS = 4 }; /* control points that a voxel depends on, on each axis */

int64_t cc_volume_warp_points(const cc_volume_warp *warp, const int64_t size[3], int axis) {
    if (axis >= warp->axes) return warp->axes > 0; /* one for all slices */
    /* The last voxel lies in the cell (size - 1) / spacing, which needs the three points behind its first. */
    return (int64_t)((double)(size[axis] - 1) / warp->spacing[axis]) + TAPS;
}

size_t cc_volume_warp_lattice(const cc_volume_warp *warp, const int64_t size[3]) {
    size_t floats = (size_t)warp->axes;
    for (int axis = 0; axis < 3; axis++) floats *= (size_t)cc_volume_warp_points(warp, size, axis);
    return floats;
}

size_t cc_volume_warp_work(const cc_volume_warp *warp, const int64_t size[3]) {
    /* The row's places; a line of the lattice; the weights and the first control point of each x. */
    return 3 * (size_t)size[0] + (size_t)cc_volume_warp_points(warp, size, 0) + (TAPS + 1) * (size_t)size[0];
}

/* The four values of the uniform cubic B-spline at a place `t` of a cell, 0 to 1. */
static void spline_weights(double w[TAPS], double t) {
    w[0] = (1 - t) * (1 - t) * (1 - t) / 6;
    w[1] = (3 * t * t * t - 6 * t * t + 4) / 6;
    w[2] = (-3 * t * t * t + 3 * t * t + 3 * t + 1) / 6;
    w[3] = t * t * t / 6;
}

/* What a field needs beside the lattice: parts of `work`. */
typedef struct field {
    int64_t points[3];
    double *line;            /* [points x] the lattice at the row's y and z */
    double *weights, *first; /* [TAPS][size x], [size x] (whole numbers) */
} field;

static field field_init(const cc_volume_warp *warp, const int64_t size[3], double *work) {
    const size_t across = (size_t)size[0];
    field f = {.line = work};
    for (int axis = 0; axis < 3; axis++) f.points[axis] = cc_volume_warp_points(warp, size, axis);
    f.weights = work + f.points[0];
    f.first = f.weights + TAPS * across;
    for (size_t x = 0; x < across; x++) {
        double taps[TAPS];
        const double at = (double)x / warp->spacing[0];
        spline_weights(taps, at - floor(at));
        f.first[x] = floor(at);
        for (size_t k = 0; k < TAPS; k++) f.weights[k * across + x] = taps[k];
    }
    return f;
}

/* line += weight * points of a lattice row */
CC_HOT static void add_points(double *restrict line, const float *restrict row, double weight,
                              int64_t count) {
    for (int64_t i = 0; i < count; i++) line[i] += weight * (double)row[i];
}

/* place[x] += the field at x, from the line. */
CC_HOT static void add_field(double *restrict place, const double *line, const double *weights,
                             const double *first, int64_t across) {
    for (int64_t x = 0; x < across; x++) {
        const double *points = line + (int64_t)first[x];
        place[x] += weights[x] * points[0] + weights[across + x] * points[1] +
                    weights[2 * across + x] * points[2] + weights[3 * across + x] * points[3];
    }
}

/* Moves the places of row (y, z), [axis][size x], by the field. */
static void move_row(double *places, const field *f, const cc_volume_warp *warp, int64_t y, int64_t z,
                     int64_t across) {
    const int64_t plane = f->points[0] * f->points[1];
    const double at_y = (double)y / warp->spacing[1];
    /* A field that is the same in all slices has one lattice plane, of weight 1. */
    const double at_z = warp->axes == 3 ? (double)z / warp->spacing[2] : 0;
    double wy[TAPS], wz[TAPS] = {1};
    spline_weights(wy, at_y - floor(at_y));
    if (warp->axes == 3) spline_weights(wz, at_z - floor(at_z));
    for (int axis = 0; axis < warp->axes; axis++) {
        const float *part = warp->lattice + axis * plane * f->points[2];
        memset(f->line, 0, (size_t)f->points[0] * sizeof *f->line);
        for (int64_t k = 0; k < (warp->axes == 3 ? TAPS : 1); k++)
            for (int64_t j = 0; j < TAPS; j++)
                add_points(f->line,
                           part + ((int64_t)floor(at_z) + k) * plane +
                               ((int64_t)floor(at_y) + j) * f->points[0],
                           wz[k] * wy[j], f->points[0]);
        add_field(places + axis * across, f->line, f->weights, f->first, across);
    }
}

/* a + t (b - a) keeps equal values as they are. */
static inline float between(float a, float b, float t) {
    return a + t * (b - a);
}

/* The value at a place that is inside on all axes. On the last voxel of an axis its neighbour beyond has the
 * weight 0: the voxel itself will do for it. */
static inline float trilinear(const float *in, double x, double y, double z, const int64_t dims[3]) {
    const int64_t i = (int64_t)x, j = (int64_t)y, k = (int64_t)z;
    const int64_t right = i + 1 < dims[0], down = j + 1 < dims[1] ? dims[0] : 0;
    const float fx = (float)(x - (double)i), fy = (float)(y - (double)j), fz = (float)(z - (double)k);
    const float *a = in + (k * dims[1] + j) * dims[0] + i;
    const float near = between(between(a[0], a[right], fx), between(a[down], a[down + right], fx), fy);
    if (fz == 0) return near; /* on a slice, as all of a patch is that moves within its slices */
    a += k + 1 < dims[2] ? dims[0] * dims[1] : 0;
    return between(near, between(between(a[0], a[right], fx), between(a[down], a[down + right], fx), fy), fz);
}

/* The number of the nearest voxel of a place that is inside: + 0.5 and cut, as no coordinate is negative. */
static inline int64_t nearest(double x, double y, double z, const int64_t dims[3]) {
    return ((int64_t)(z + 0.5) * dims[1] + (int64_t)(y + 0.5)) * dims[0] + (int64_t)(x + 0.5);
}

void cc_volume_warp_apply(const cc_volume_warp *warp, const int64_t size[3], const cc_warp_plane *planes,
                          size_t count, float *target, const uint8_t *labels, const int64_t dims[3],
                          double *work) {
    const int64_t across = size[0];
    double *x = work, *y = work + across, *z = work + 2 * across; /* places along a row */
    field f = {0};
    if (warp->axes > 0) f = field_init(warp, size, work + 3 * across);
    for (int64_t row = 0; row < size[1] * size[2]; row++) {
        const int64_t at_y = row % size[1], at_z = row / size[1];
        for (int axis = 0; axis < 3; axis++) {
            const double *m = warp->map + 4 * axis;
            const double start = m[1] * (double)at_y + m[2] * (double)at_z + m[3];
            for (int64_t i = 0; i < across; i++) work[axis * across + i] = start + m[0] * (double)i;
        }
        if (warp->axes > 0) move_row(work, &f, warp, at_y, at_z, across);
        for (int64_t i = 0; i < across; i++) {
            const bool inside = x[i] >= 0 && x[i] <= (double)(dims[0] - 1) && y[i] >= 0 &&
                                y[i] <= (double)(dims[1] - 1) && z[i] >= 0 && z[i] <= (double)(dims[2] - 1);
            const int64_t voxel = inside ? nearest(x[i], y[i], z[i], dims) : 0, to = row * across + i;
            for (size_t p = 0; p < count; p++)
                planes[p].out[to] = !inside             ? planes[p].fill
                                    : planes[p].nearest ? planes[p].in[voxel]
                                                        : trilinear(planes[p].in, x[i], y[i], z[i], dims);
            target[to] = inside ? (float)labels[voxel] : 0;
        }
    }
}
