/* datasets/spline_filter.h -- coefficients of the cubic B-spline that passes through all voxels of a volume.
 *
 * Along each axis the samples s and coefficients c obey (c[k-1] + 4 c[k] + c[k+1]) / 6 = s[k], with both
 * mirrored about the outermost centres. Source: Unser, IEEE Signal Process. Mag. 16(6) (1999), 22-38, box 2;
 * equal to scipy.ndimage.spline_filter(order=3, mode="mirror") to rounding of float32. */
#ifndef CC_DATASETS_SPLINE_FILTER_H
#define CC_DATASETS_SPLINE_FILTER_H

#include <stdint.h>

/* In place; voxels z, y, x, dims x, y, z. The same bytes with any number of threads. */
void cc_spline_filter(float *voxels, const int64_t dims[3]);

#endif
