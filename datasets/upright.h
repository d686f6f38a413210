/* datasets/upright.h -- the axes of a scan in the patient's order and direction: permuted and flipped only,
 * no voxel is resampled.
 *
 * A file may hold its voxels in any order: sagittal sections, slices from the head down, columns to the
 * right. Upright, columns run to the patient's left, rows to the back and slices to the head, as nearly as
 * the axes of the grid allow; the axis of the slices is chosen first. Slices then are axial sections, which
 * the Agatston score is defined on, and nets see every scan as they saw those they learnt from. */
#ifndef CC_DATASETS_UPRIGHT_H
#define CC_DATASETS_UPRIGHT_H

#include "datasets/volume.h"

/* Upright voxel (x, y, z) is the grid's voxel number first + x*step[0] + y*step[1] + z*step[2]. */
typedef struct cc_upright {
    int axis[3];      /* of the grid, 0 to 2: the one along which upright x, y and z run */
    bool mirrored[3]; /* whether it is walked from its end */
    int64_t first, step[3];
} cc_upright;

/* Upright as said above. */
cc_upright cc_upright_find(const cc_grid *grid);
/* Only the axis of the slices is as above; the two others keep their order, and nothing is mirrored. */
cc_upright cc_upright_find_sections(const cc_grid *grid);
/* Whether voxels lie so already. */
bool cc_upright_is_identity(const cc_upright *upright);

/* A grid with its axes in that order: the same voxels at the same places. */
cc_grid cc_upright_grid(const cc_grid *grid, const cc_upright *upright);
/* A volume so, its voxels moved into new memory where they do not lie so already. CC_ENOMEM, and the volume
 * stays as it was. */
cc_status cc_upright_reorient(cc_volume *volume, const cc_upright *upright);

/* Warns, naming `path`, where upright slices are oblique: more than 30 degrees from axial. */
void cc_upright_check(const cc_grid *grid, const char *path);

#endif
