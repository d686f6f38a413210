/* metrics/distance_transform.h -- the exact Euclidean distance in mm from every voxel to the nearest marked
 * one, on a grid whose spacing may differ from axis to axis.
 *
 * Time is linear in the number of voxels, whatever the mask. Source: Felzenszwalb & Huttenlocher, "Distance
 * transforms of sampled functions", Theory of Computing 8 (2012), 415-428. */
#ifndef CC_METRICS_DISTANCE_TRANSFORM_H
#define CC_METRICS_DISTANCE_TRANSFORM_H

#include <stdint.h>
#include "core/status.h"

/* out and mask [depth*height*width], z slowest; non-zero is marked; a plane has depth 1. spacing_mm: between
 * voxels along x, between rows, between slices. A marked voxel has distance 0, and every voxel INFINITY where
 * none is marked. Distances are between centres of voxels, true to the rounding of float64.
 * `wanted`, as large as mask, or NULL: out is set where it is non-zero, and is unspecified elsewhere, which
 * saves time where few distances are wanted.
 *   CC_EINVAL no voxels, or too many, or a spacing that is not a positive number · CC_ENOMEM */
cc_status cc_distance_transform(double *out, const uint8_t *mask, const uint8_t *wanted, int depth,
                                int height, int width, const double spacing_mm[3]);

#endif
