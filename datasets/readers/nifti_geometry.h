/* datasets/readers/nifti_geometry.h -- where the voxels of a NIfTI file lie in the patient. */
#ifndef CC_DATASETS_READERS_NIFTI_GEOMETRY_H
#define CC_DATASETS_READERS_NIFTI_GEOMETRY_H

#include <nifti2_io.h>
#include "datasets/readers/reader.h"

/* Fills in spacing, origin and direction of a grid that has its dims. A header says them up to three times
 * (sform, qform, pixdim): one is taken, and a warning names those that contradict it, or what is not said.
 *   CC_EFORMAT  neither sform nor qform spans space, though one is marked valid; the spacing is not said */
cc_status cc_nifti_geometry(cc_grid *grid, const nifti_2_header *header, const cc_read_options *options,
                            const char *path);

#endif
