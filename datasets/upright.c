/* datasets/upright.c -- which axis of a grid is which of the patient's, and voxels moved into that order.
 *
 * Nets, scores and sources all go by this one rule, so that a scan gives the same numbers in whatever
 * order its file holds it. Axes are permuted and flipped, never rotated by less than 90 degrees: no voxel
 * is resampled, and a value stays the value that the scanner gave. */
#include "datasets/upright.h"

#include <math.h>
#include <stdlib.h>
#include "core/log.h"

static const double OBLIQUE_DEGREES = 30;

/* Slices first: the direction of the head decides before the two within a slice. Of equals the grid's first
 * axis is taken. */
static void find_axes(int axis[3], const cc_grid *g) {
    bool taken[3] = {false};
    for (int to = 2; to >= 0; to--) {
        axis[to] = -1;
        for (int k = 0; k < 3; k++)
            /* The free axis of the grid with the largest part along the patient's axis `to` (x left, y
             * back, z head). */
            if (!taken[k] &&
                (axis[to] < 0 || fabs(g->direction[to * 3 + k]) > fabs(g->direction[to * 3 + axis[to]])))
                axis[to] = k;
        taken[axis[to]] = true;
    }
}

/* Fills first and step from axis and mirrored. */
static void find_steps(cc_upright *u, const cc_grid *g) {
    const int64_t step[3] = {1, g->dims[0], g->dims[0] * g->dims[1]};
    for (int to = 0; to < 3; to++) {
        const int64_t along = step[u->axis[to]];
        u->step[to] = u->mirrored[to] ? -along : along;
        if (u->mirrored[to]) u->first += (g->dims[u->axis[to]] - 1) * along;
    }
}

cc_upright cc_upright_find(const cc_grid *grid) {
    cc_upright u = {.first = 0};
    find_axes(u.axis, grid);
    for (int to = 0; to < 3; to++) u.mirrored[to] = grid->direction[to * 3 + u.axis[to]] < 0;
    find_steps(&u, grid);
    return u;
}

cc_upright cc_upright_find_sections(const cc_grid *grid) {
    cc_upright u = {.first = 0};
    find_axes(u.axis, grid);
    const int slices = u.axis[2];
    /* The two axes that are left, in the order of the grid. */
    u.axis[0] = slices == 0;
    u.axis[1] = slices == 2 ? 1 : 2;
    find_steps(&u, grid);
    return u;
}

bool cc_upright_is_identity(const cc_upright *u) {
    for (int to = 0; to < 3; to++)
        if (u->axis[to] != to || u->mirrored[to]) return false;
    return true;
}

cc_grid cc_upright_grid(const cc_grid *g, const cc_upright *u) {
    cc_grid upright = *g;
    for (int to = 0; to < 3; to++) {
        const int axis = u->axis[to];
        const double along = (double)(g->dims[axis] - 1) * g->spacing_mm[axis];
        upright.dims[to] = g->dims[axis];
        upright.spacing_mm[to] = g->spacing_mm[axis];
        for (int i = 0; i < 3; i++) {
            const double d = g->direction[i * 3 + axis];
            upright.direction[i * 3 + to] = u->mirrored[to] ? -d : d;
            /* A flipped axis begins at its other end. */
            if (u->mirrored[to]) upright.origin_mm[i] += d * along;
        }
    }
    return upright;
}

cc_status cc_upright_reorient(cc_volume *volume, const cc_upright *u) {
    if (cc_upright_is_identity(u)) return CC_OK;
    const cc_grid grid = cc_upright_grid(&volume->grid, u);
    const size_t bytes = cc_volume_count(volume) * sizeof *volume->voxels;
    float *reordered = malloc(bytes), *next = reordered;
    if (!reordered) return cc_fail_memory("the turned voxels", bytes);
    for (int64_t z = 0; z < grid.dims[2]; z++)
        for (int64_t y = 0; y < grid.dims[1]; y++) {
            const int64_t row = u->first + y * u->step[1] + z * u->step[2];
            for (int64_t x = 0; x < grid.dims[0]; x++) *next++ = volume->voxels[row + x * u->step[0]];
        }
    free(volume->voxels);
    volume->voxels = reordered;
    volume->grid = grid;
    return CC_OK;
}

/* By the normal of the slices' plane: a tilted gantry shears the axis of the slices, not their plane. */
void cc_upright_check(const cc_grid *grid, const char *path) {
    const cc_upright u = cc_upright_find(grid);
    const double *d = grid->direction;
    const int x = u.axis[0], y = u.axis[1];
    /* The cross product of the columns x and y of `direction`. */
    const double normal[3] = {d[3 + x] * d[6 + y] - d[6 + x] * d[3 + y], d[6 + x] * d[y] - d[x] * d[6 + y],
                              d[x] * d[3 + y] - d[3 + x] * d[y]};
    const double length = sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2]);
    const double degrees = acos(fmin(fabs(normal[2]) / length, 1)) * 180 / M_PI;
    if (degrees > OBLIQUE_DEGREES)
        cc_log(CC_LOG_WARNING,
               "%s: oblique: its slices lie %.0f degrees from axial; areas and scores are of these slices",
               path, degrees);
}
