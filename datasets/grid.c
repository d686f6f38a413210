/* datasets/grid.c -- geometry of grids: distances of a sheared grid, maps from one grid to another, and what
 * makes three axes and twelve numbers a grid at all. */
#include "datasets/grid.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

cc_grid cc_grid_unit(void) {
    return (cc_grid){.dims = {1, 1, 1}, .spacing_mm = {1, 1, 1}, .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
}

/* Along each axis what is left of its unit vector once the parts along the axes before it are taken away (the
 * diagonal of R in the QR decomposition of `direction`): 1, |nx x ny| and |(nx x ny) . nz| / |nx x ny|.
 *
 * Columns are brought to length 1, so that digits that a file rounds away count in second order only, and
 * what is a right angle but for those (0.08 degrees) is one: unsheared grids keep their spacing to the last
 * bit. */
void cc_grid_distances(double out_mm[3], const cc_grid *grid) {
    const double right = 1e-6;
    double n[9]; /* the axes as unit vectors: column k is axis k */
    for (int k = 0; k < 3; k++) {
        const double *d = grid->direction + k;
        const double length = sqrt(d[0] * d[0] + d[3] * d[3] + d[6] * d[6]);
        for (int i = 0; i < 3; i++) n[i * 3 + k] = d[i * 3] / length;
    }
    const double cross[3] = {n[3] * n[7] - n[6] * n[4], n[6] * n[1] - n[0] * n[7], n[0] * n[4] - n[3] * n[1]};
    const double rows = sqrt(cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]);
    const double slices = fabs(cross[0] * n[2] + cross[1] * n[5] + cross[2] * n[8]) / rows;
    out_mm[0] = grid->spacing_mm[0];
    out_mm[1] = grid->spacing_mm[1] * (fabs(rows - 1) < right ? 1 : rows);
    out_mm[2] = grid->spacing_mm[2] * (fabs(slices - 1) < right ? 1 : slices);
}

double cc_grid_voxel_mm3(const cc_grid *grid) {
    double mm[3];
    cc_grid_distances(mm, grid);
    return mm[0] * mm[1] * mm[2];
}

static double determinant(const double m[9]) {
    return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
           m[2] * (m[3] * m[7] - m[4] * m[6]);
}

cc_status cc_grid_check(const cc_grid *grid, const char *path) {
    uint64_t count = 1;
    for (int k = 0; k < 3; k++) {
        if (grid->dims[k] < 1)
            return cc_fail(CC_EFORMAT, path, "each must be at least 1", "dims: axis %c has %lld voxels",
                           "xyz"[k], (long long)grid -> dims[k]);
        if (!isfinite(grid->spacing_mm[k]) || grid->spacing_mm[k] <= 0)
            return cc_fail(CC_EFORMAT, path, "each must be a positive number of mm",
                           "spacing: axis %c has %g", "xyz"[k], grid -> spacing_mm[k]);
        if (!isfinite(grid->origin_mm[k]))
            return cc_fail(CC_EFORMAT, path, "each must be a number of mm", "origin: axis %c has %g",
                           "xyz"[k], grid -> origin_mm[k]);
        /* Their product must not wrap, and must fit as float32 into what one pointer can span. */
        if ((uint64_t)grid->dims[k] > (uint64_t)PTRDIFF_MAX / sizeof(float) / count)
            return cc_fail(CC_EUNSUPPORTED, path, "the header may be wrong",
                           "dims: %lld x %lld x %lld voxels are more than an address space holds",
                           (long long)grid->dims[0], (long long)grid->dims[1], (long long)grid->dims[2]);
        count *= (uint64_t)grid->dims[k];
    }
    double volume = determinant(grid->direction);
    /* The determinant of three unit vectors is the volume that they span: 1 at right angles, 0 in one
     * plane. */
    if (!isfinite(volume) || fabs(volume) < 1e-3)
        return cc_fail(CC_EFORMAT, path, "three independent unit vectors are wanted",
                       "direction: the axes do not span space (determinant %g)", volume);
    return CC_OK;
}

/* position = m * (index, 1), row-major 3x4. */
static void affine_of(double m[12], const cc_grid *g) {
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) m[i * 4 + k] = g->direction[i * 3 + k] * g->spacing_mm[k];
        m[i * 4 + 3] = g->origin_mm[i];
    }
}

/* The inverse of an affine, by the adjugate of its 3x3 part. */
static void invert(double out[12], const double m[12]) {
    double det = 0;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            int r0 = (k + 1) % 3, r1 = (k + 2) % 3, c0 = (i + 1) % 3, c1 = (i + 2) % 3;
            out[i * 4 + k] = m[r0 * 4 + c0] * m[r1 * 4 + c1] - m[r0 * 4 + c1] * m[r1 * 4 + c0];
        }
    for (int k = 0; k < 3; k++) det += m[k] * out[k * 4];
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) out[i * 4 + k] /= det;
        out[i * 4 + 3] = -(out[i * 4] * m[3] + out[i * 4 + 1] * m[7] + out[i * 4 + 2] * m[11]);
    }
}

/* inverse(affine of `to`) * affine of `from`. */
void cc_grid_index_map(double out[12], const cc_grid *from, const cc_grid *to) {
    double a[12], b[12], inverse[12];
    affine_of(a, from);
    affine_of(b, to);
    invert(inverse, b);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 4; k++) {
            out[i * 4 + k] = k == 3 ? inverse[i * 4 + 3] : 0;
            for (int j = 0; j < 3; j++) out[i * 4 + k] += inverse[i * 4 + j] * a[j * 4 + k];
        }
}

bool cc_grid_matches(const cc_grid *a, const cc_grid *b) {
    double m[12];
    if (memcmp(a->dims, b->dims, sizeof a->dims) != 0) return false;
    cc_grid_index_map(m, b, a);
    /* The difference of two affine maps is largest at a corner: eight points stand for all voxels. */
    for (int corner = 0; corner < 8; corner++)
        for (int i = 0; i < 3; i++) {
            double index[3], at = m[i * 4 + 3];
            for (int k = 0; k < 3; k++) {
                index[k] = corner >> k & 1 ? (double)(b->dims[k] - 1) : 0;
                at += m[i * 4 + k] * index[k];
            }
            /* A quarter of a voxel: far above what float32 rounds away, below what would sample another
             * neighbour. */
            if (!(fabs(at - index[i]) <= 0.25)) return false;
        }
    return true;
}
