/* datasets/grid.h -- where the voxels of a volume lie in the patient.
 *
 * The affine is LPS (DICOM's and ITK's: +x to the patient's left, +y to the back, +z to the head), in mm:
 *
 *     position = origin + direction * (spacing * index)        of the centre of voxel (i, j, k), from 0
 *
 * Readers turn what their format says into this one convention (NIfTI's RAS by two signs), so that nothing
 * else knows of any other. Source: DICOM PS3.3, C.7.6.2.1.1 (equation C.7.6.2.1-1); ITK Software Guide,
 * section 4.1.4. */
#ifndef CC_DATASETS_GRID_H
#define CC_DATASETS_GRID_H

#include <stdbool.h>
#include <stdint.h>
#include "core/status.h"

typedef struct cc_grid {
    int64_t dims[3];      /* x, y, z; each at least 1 */
    double spacing_mm[3]; /* x, y, z; each > 0 and finite */
    double origin_mm[3];  /* of voxel (0,0,0), LPS */
    double direction[9];  /* row-major 3x3; column k is the unit vector of axis k, LPS; not always at right
                           * angles: a sheared grid is kept as it is */
} cc_grid;

/* A grid of 1x1x1 voxels of 1 mm at the origin, axes along x, y, z. */
cc_grid cc_grid_unit(void);
/* CC_EFORMAT, naming the file and the field, unless every number is finite, dims and spacing are positive and
 * the axes span space; CC_EUNSUPPORTED where the voxels, as float32, would not fit in an address space. */
cc_status cc_grid_check(const cc_grid *grid, const char *path);

/* Distances in mm, at right angles: of voxels along x; of rows within a slice; of the planes of slices. They
 * are the spacing where the axes are at right angles, and less where they are sheared (a tilted gantry). The
 * first two multiply to a pixel's area, a parallelogram's; all three to a voxel's volume, a parallelepiped's:
 * spacing times |det(direction)|. */
void cc_grid_distances(double out_mm[3], const cc_grid *grid);
double cc_grid_voxel_mm3(const cc_grid *grid);

/* Whether two grids have the same voxels: as many along each axis, nowhere further apart than a quarter of
 * one. */
bool cc_grid_matches(const cc_grid *a, const cc_grid *b);

/* From indices on one grid to indices on another, through both affines: to = m * (from, 1), row-major 3x4. */
void cc_grid_index_map(double m[12], const cc_grid *from, const cc_grid *to);

#endif
