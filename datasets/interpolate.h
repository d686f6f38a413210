/* datasets/interpolate.h -- values of a volume at places between its voxels: nearest, linear, cubic B-spline.
 *
 * Output voxel (x, y, z) takes the input at the place map * (x, y, z, 1), an index with fractions. Places are
 * rounded to 2^-30 of a voxel: what is half way between two voxels by the numbers of two grids is so here
 * too, whatever the order of sums made of it.
 *
 *   nearest    the voxel whose centre is nearest; of two as near the later one
 *   linear     trilinear
 *   bspline3   the cubic spline through all voxels, mirrored about the outermost centres: Unser, IEEE Signal
 *              Process. Mag. 16(6) (1999), 22-38, whose recursive filter makes the spline's coefficients
 *
 * There is no smoothing before a volume is made coarser. Arrays are z, y, x (x fastest); sizes, places and
 * maps are x, y, z, as a cc_grid has them. Rows are made by the threads of OpenMP; the bytes are the same
 * with any number of them. Memory beside input and output: a few rows, and for bspline3 once more the input.
 *
 * Equal to SimpleITK's Resample (border `voxels`), scipy.ndimage.affine_transform of mode "constant"
 * (`centres`) and PyTorch's grid_sample (`blended`: padding zeros, `clamped`: padding border). */
#ifndef CC_DATASETS_INTERPOLATE_H
#define CC_DATASETS_INTERPOLATE_H

#include <stdint.h>
#include "core/status.h"

/* X(NAME) for each. */
#define CC_INTERPOLATION_LIST(X) X(nearest) X(linear) X(bspline3)

typedef enum cc_interpolation {
#define X(name) CC_INTERPOLATION_##name,
    CC_INTERPOLATION_LIST(X)
#undef X
        CC_INTERPOLATIONS
} cc_interpolation;

/* Where the volume ends on each axis of n voxels, and what is seen beyond. */
typedef enum cc_border {
    /* At the faces of its voxels: inside is -1/2 <= place < n - 1/2. Between the outermost centres and the
     * faces nearest and linear see the outermost voxel. */
    CC_BORDER_VOXELS,
    /* At the outermost centres: inside is 0 <= place <= n - 1. */
    CC_BORDER_CENTRES,
    /* It is continued by voxels of the value `outside`; not for bspline3. */
    CC_BORDER_BLENDED,
    /* Nowhere: a place beyond the outermost centres is moved onto them. */
    CC_BORDER_CLAMPED,
} cc_border;

typedef struct cc_sampling {
    cc_interpolation interpolation;
    cc_border border;
    float outside; /* what output voxels outside of the input are; finite */
} cc_sampling;

/* Fills out[out_dims] from in[in_dims]; the arrays differ. `map`: row-major 3x4 (cc_grid_index_map makes it
 * of two grids).
 *   CC_EINVAL       a size below 1, a number that is not finite, bspline3 with CC_BORDER_BLENDED
 *   CC_EUNSUPPORTED an axis of 2^31 voxels or more
 *   CC_ENOMEM */
cc_status cc_interpolate(float *out, const int64_t out_dims[3], const double map[12], const float *in,
                         const int64_t in_dims[3], const cc_sampling *sampling);

/* The same of labels, by the nearest; `outside` is 0. */
cc_status cc_interpolate_labels(uint8_t *out, const int64_t out_dims[3], const double map[12],
                                const uint8_t *in, const int64_t in_dims[3], cc_border border);

/* The map of a volume that is turned, scaled, sheared and moved about its middle m = (dims - 1) / 2:
 * place = matrix (index - m) + m + shift, all in voxels; matrix row-major 3x3. */
void cc_interpolate_about_middle(double map[12], const double matrix[9], const double shift[3],
                                 const int64_t dims[3]);

#endif
