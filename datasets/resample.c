/* datasets/resample.c -- grids of another spacing, and the maps between them and the scan's. The sampling
 * itself is datasets/interpolate.c's.
 *
 * A grid's affine gives the place in mm of a voxel; one affine and the inverse of another give, for each
 * voxel to be made, the index with fractions in the grid that it is made from. Every output voxel thus has
 * one value, whatever the two spacings are. */
#include "datasets/resample.h"

#include <math.h>

cc_status cc_resample_grid(cc_grid *out, const cc_grid *scan, const double spacing_mm[3],
                           cc_resample_align align, cc_resample_size size) {
    cc_grid grid = *scan;
    for (int k = 0; k < 3; k++) {
        const double from = scan->spacing_mm[k], to = spacing_mm[k] == 0 ? from : spacing_mm[k];
        if (!(to > 0 && isfinite(to)))
            return cc_fail(CC_EINVAL, "resampling", "give a positive number of mm",
                           "a spacing of %g mm along %c", to, "xyz"[k]);
        const double exact = (double)scan->dims[k] * from / to;
        const double n = size == CC_RESAMPLE_SIZE_round ? floor(exact + 0.5) : ceil(exact - 1e-6);
        if (!(n <= INT32_MAX))
            return cc_fail(CC_EUNSUPPORTED, "resampling", "ask for a larger spacing",
                           "%g voxels of %g mm along %c are too many", n, to, "xyz"[k]);
        /* An axis that is thinner than half a new voxel is still there. */
        grid.dims[k] = n < 1 ? 1 : (int64_t)n;
        grid.spacing_mm[k] = to;
        /* The first centre moves along its axis by half of what the voxel grew. */
        if (align == CC_RESAMPLE_ALIGN_edges)
            for (int i = 0; i < 3; i++) grid.origin_mm[i] += scan->direction[3 * i + k] * (to - from) / 2;
    }
    CC_TRY(cc_grid_check(&grid, "resampling"));
    *out = grid;
    return CC_OK;
}

/* From each voxel of `onto` to its place in `from`. */
static cc_status sample(float *out, const cc_grid *onto, const float *in, const cc_grid *from,
                        const cc_sampling *sampling) {
    double map[12];
    cc_grid_index_map(map, onto, from);
    return cc_interpolate(out, onto->dims, map, in, from->dims, sampling);
}

static cc_status sample_labels(uint8_t *out, const cc_grid *onto, const uint8_t *in, const cc_grid *from,
                               cc_border border) {
    double map[12];
    cc_grid_index_map(map, onto, from);
    return cc_interpolate_labels(out, onto->dims, map, in, from->dims, border);
}

cc_status cc_resample(float *out, const cc_grid *onto, const float *in, const cc_grid *from,
                      cc_interpolation interpolation, float outside) {
    return sample(out, onto, in, from, &(cc_sampling){interpolation, CC_BORDER_VOXELS, outside});
}

cc_status cc_resample_labels(uint8_t *out, const cc_grid *onto, const uint8_t *in, const cc_grid *from) {
    return sample_labels(out, onto, in, from, CC_BORDER_VOXELS);
}

/* On the way back the outermost voxels answer for what lies beyond them: a rounded size, or a first centre
 * that stayed, leaves up to a whole new voxel of the scan there. */
cc_status cc_resample_restore(float *out, const cc_grid *scan, const float *in, const cc_grid *resampled) {
    return sample(out, scan, in, resampled, &(cc_sampling){CC_INTERPOLATION_linear, CC_BORDER_CLAMPED, 0});
}

cc_status cc_resample_restore_labels(uint8_t *out, const cc_grid *scan, const uint8_t *in,
                                     const cc_grid *resampled) {
    return sample_labels(out, scan, in, resampled, CC_BORDER_CLAMPED);
}
