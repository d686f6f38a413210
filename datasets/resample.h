/* datasets/resample.h -- volumes and their labels on a grid of another spacing, and results back on the
 * scan's own.
 *
 * Nets see voxels of one size in mm, as nnU-Net and the calcium scoring nets ask for; scores are counted on
 * the grid that the scanner gave. A grid is chosen first (cc_resample_grid, or any other: of another scan,
 * cropped, turned), then volume and labels are sampled on it through both affines (datasets/interpolate.h,
 * which says what the interpolations do, and how far memory and threads matter). Equal to SimpleITK's
 * Resample; what lies outside the scan's voxels is `outside`, or the label 0. */
#ifndef CC_DATASETS_RESAMPLE_H
#define CC_DATASETS_RESAMPLE_H

#include "core/status.h"
#include "datasets/grid.h"
#include "datasets/interpolate.h"

/* What stays where it was. X(NAME) for each. */
#define CC_RESAMPLE_ALIGN_LIST(X)                                                                            \
    X(first) /* the centre of the first voxel */                                                             \
    X(edges) /* the outer corner of the first voxel: origin + direction (s' - s) / 2 */

typedef enum cc_resample_align {
#define X(name) CC_RESAMPLE_ALIGN_##name,
    CC_RESAMPLE_ALIGN_LIST(X)
#undef X
        CC_RESAMPLE_ALIGNS
} cc_resample_align;

/* How many voxels n' of spacing s' stand for n of spacing s; at least 1. X(NAME) for each. */
#define CC_RESAMPLE_SIZE_LIST(X)                                                                             \
    X(round) /* floor(n s / s' + 1/2) */                                                                     \
    X(ceil)  /* ceil(n s / s' - 1e-6): the whole scan is covered */

typedef enum cc_resample_size {
#define X(name) CC_RESAMPLE_SIZE_##name,
    CC_RESAMPLE_SIZE_LIST(X)
#undef X
        CC_RESAMPLE_SIZES
} cc_resample_size;

/* The grid of `spacing_mm` (x, y, z; 0 keeps that axis as it is) for a scan's grid, in the same directions.
 *   CC_EINVAL       a spacing is negative or not finite
 *   CC_EUNSUPPORTED more voxels than can be addressed */
cc_status cc_resample_grid(cc_grid *out, const cc_grid *scan, const double spacing_mm[3],
                           cc_resample_align align, cc_resample_size size);

/* Fills the voxels `out` of the grid `onto` from those of the grid `from`. Arrays z, y, x. Errors:
 * cc_interpolate's. */
cc_status cc_resample(float *out, const cc_grid *onto, const float *in, const cc_grid *from,
                      cc_interpolation interpolation, float outside);
/* The same of labels, by the nearest. For masks as files have them: datasets/labels.h, which also warns. */
cc_status cc_resample_labels(uint8_t *out, const cc_grid *onto, const uint8_t *in, const cc_grid *from);

/* What a net said on a resampled grid, back on the scan's: probabilities linearly, labels by the nearest. A
 * voxel of the scan that lies beyond the last resampled one (which `round`, or `first`, leaves there) takes
 * the nearest of them, so that no part of a scan is without an answer. One channel a call. */
cc_status cc_resample_restore(float *out, const cc_grid *scan, const float *in, const cc_grid *resampled);
cc_status cc_resample_restore_labels(uint8_t *out, const cc_grid *scan, const uint8_t *in,
                                     const cc_grid *resampled);

#endif
