/* datasets/volume.h -- one CT volume, or a mask on a grid: voxels in HU and where they lie in the patient.
 *
 * Voxels are float32 in z, y, x order (x fastest). Files are read and written by datasets/volume_file.h. */
#ifndef CC_DATASETS_VOLUME_H
#define CC_DATASETS_VOLUME_H

#include <stddef.h>
#include "core/digest.h"
#include "core/status.h"
#include "datasets/grid.h"

typedef struct cc_volume {
    cc_grid grid;
    char type[16];   /* the file's own sample type: "int16", "uint8", "float32", ... */
    char format[16]; /* "metaimage", "nifti", "nrrd", "dicom", "png" */
    float *voxels;   /* dims[0]*dims[1]*dims[2] values; owned by the volume */
} cc_volume;

/* Frees the voxels and clears the struct; takes a zeroed one. */
void cc_volume_deinit(cc_volume *volume);

size_t cc_volume_count(const cc_volume *volume);

/* Takes memory for the voxels of out->grid, once the grid was checked (cc_grid_check). The message of
 * CC_ENOMEM names `path`. */
cc_status cc_volume_allocate(cc_volume *out, const char *path);

typedef struct cc_volume_summary {
    double min, max, mean;
    cc_digest_text sha256; /* of the voxels as little-endian float32, z, y, x order */
} cc_volume_summary;

cc_volume_summary cc_volume_summarise(const cc_volume *volume);

#endif
