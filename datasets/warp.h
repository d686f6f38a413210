/* datasets/warp.h -- a picture and its mask moved by an affine map and, on top of it, an elastic field.
 *
 * Output pixel o takes the input at
 *
 *     s = M (o - m) + m + shift + u(o),      m = ((height - 1) / 2, (width - 1) / 2), the picture's centre,
 *
 * all in pixels, (row, column). The picture is bilinear, the mask nearest (halves go up); a place outside
 * the outermost pixel centres takes `fill`, and 0 in the mask: scipy.ndimage.affine_transform and
 * map_coordinates with mode="constant" (tests compare with both).
 *
 * The field u is a uniform cubic B-spline over a lattice of control points that lie `spacing` pixels apart,
 * the free-form deformation of Rueckert et al., IEEE Trans. Med. Imaging 18 (1999), 712: control point (j,
 * i) lies at ((j - 1) spacing, (i - 1) spacing), so that every pixel has four of them on each axis. Of
 * independent control points of standard deviation d the field has d / 2 at a control point. */
#ifndef CC_DATASETS_WARP_H
#define CC_DATASETS_WARP_H

#include <stddef.h>
#include <stdint.h>

typedef struct cc_warp {
    double matrix[2][2], shift[2]; /* (row, column) */
    double spacing;                /* of control points, in pixels; 0: no field */
    /* [2][cc_warp_lattice(height)][cc_warp_lattice(width)], the rows' part first; NULL without a field */
    const float *lattice;
} cc_warp;

/* Control points along a side of so many pixels. */
int cc_warp_lattice(int side, double spacing);
/* Floats of cc_warp_apply's `work`, for lattices of `spacing` and wider; 0: for warps without a field. */
size_t cc_warp_work(int height, int width, double spacing);

/* Moves a picture [height*width] and its mask; out and in differ. A NULL in-array is left out with its
 * out-array. `work`: cc_warp_work floats. */
void cc_warp_apply(float *out, uint8_t *out_mask, const cc_warp *warp, const float *in,
                   const uint8_t *in_mask, int height, int width, float fill, float *work);

#endif
