/* datasets/volume_warp.h -- a patch of a volume moved by an affine map and, on top of it, an elastic field.
 *
 * Output voxel o = (x, y, z) of the patch takes the volume at
 *
 *     s = map (o, 1) + u(o),
 *
 * in voxels of the volume: the patch looks into all of it, so that what turns into view at a corner is the
 * scan, as far as it goes. Pictures are trilinear, masks and labels nearest (halves go up); a place outside
 * the outermost voxel centres takes `fill`, labels 0: scipy.ndimage.affine_transform and map_coordinates of
 * mode="constant", and datasets/warp.h in a plane.
 *
 * The field u is a uniform cubic B-spline (Rueckert et al., IEEE Trans. Med. Imaging 18 (1999), 712) over a
 * lattice of control points, as in datasets/warp.h: along each axis point i lies at (i - 1) spacing.
 *
 * Arrays are z, y, x; sizes, places and maps x, y, z. */
#ifndef CC_DATASETS_VOLUME_WARP_H
#define CC_DATASETS_VOLUME_WARP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cc_volume_warp {
    double map[12];    /* row-major 3x4 */
    int axes;          /* of the field: 0 none; 2: along x and y, the same in all slices; 3 */
    double spacing[3]; /* of control points along the patch's axes, in its voxels; used along those `axes` */
    /* [axes][points z][points y][points x] displacements in voxels of the volume, along x first;
     * cc_volume_warp_points of each. */
    const float *lattice;
} cc_volume_warp;

/* One array of the volume, [dims], and where it goes, [size]. */
typedef struct cc_warp_plane {
    float *out;
    const float *in;
    bool nearest; /* a mask */
    float fill;
} cc_warp_plane;

/* Control points along an axis of the patch. */
int64_t cc_volume_warp_points(const cc_volume_warp *warp, const int64_t size[3], int axis);
/* Floats of all its lattice. */
size_t cc_volume_warp_lattice(const cc_volume_warp *warp, const int64_t size[3]);
/* Doubles of cc_volume_warp_apply's `work`. */
size_t cc_volume_warp_work(const cc_volume_warp *warp, const int64_t size[3]);

/* Moves planes[count] and labels[dims], these to target[size] as numbers, from a volume of dims. All of it by
 * one thread. `work`: cc_volume_warp_work doubles. */
void cc_volume_warp_apply(const cc_volume_warp *warp, const int64_t size[3], const cc_warp_plane *planes,
                          size_t count, float *target, const uint8_t *labels, const int64_t dims[3],
                          double *work);

#endif
