/* datasets/volume.h -- one CT volume, or a mask on a grid: voxels in HU and where they lie in the patient.
 *
 * Voxels are float32 in z, y, x order (x fastest). The affine is LPS (DICOM's and ITK's: +x to the patient's
 * left, +y to the back, +z to the head), in mm: position = origin + direction * (spacing * index). */
#ifndef CC_DATASETS_VOLUME_H
#define CC_DATASETS_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/digest.h"
#include "core/file.h"
#include "core/status.h"

typedef struct cc_grid {
    int64_t dims[3];      /* x, y, z; each at least 1 */
    double spacing_mm[3]; /* x, y, z; each > 0 and finite */
    double origin_mm[3];  /* of voxel (0,0,0), LPS */
    double direction[9];  /* row-major 3x3; column k is the unit vector of axis k, LPS; not always at right
                           * angles: a sheared grid is kept as it is */
} cc_grid;

/* Distances in mm, at right angles: of voxels along x; of rows within a slice; of the planes of slices. They
 * are the spacing where the axes are at right angles, and less where they are sheared (a tilted gantry). The
 * first two multiply to a pixel's area, a parallelogram's; all three to a voxel's volume, a parallelepiped's:
 * spacing times |det(direction)|. */
void cc_grid_distances(double out_mm[3], const cc_grid *grid);
double cc_grid_voxel_mm3(const cc_grid *grid);

/* Whether two grids have the same voxels: as many along each axis, nowhere further apart than a quarter of
 * one. */
bool cc_grid_matches(const cc_grid *a, const cc_grid *b);

typedef struct cc_volume {
    cc_grid grid;
    char type[16];   /* the file's own sample type: "int16", "uint8", "float32", ... */
    char format[16]; /* "metaimage", "nifti", "nrrd", "dicom", "png" */
    float *voxels;   /* dims[0]*dims[1]*dims[2] values; owned by the volume */
} cc_volume;

/* Frees the voxels and clears the struct; takes a zeroed one. */
void cc_volume_deinit(cc_volume *volume);

size_t cc_volume_count(const cc_volume *volume);

typedef struct cc_volume_summary {
    double min, max, mean;
    cc_digest_text sha256; /* of the voxels as little-endian float32, z, y, x order */
} cc_volume_summary;

cc_volume_summary cc_volume_summarise(const cc_volume *volume);

/* What a person states about an image beside its file. A zeroed one states nothing. */
typedef struct cc_read_options {
    /* x, y, z: taken in place of what the file says, which is warned of where it differs; 0: not stated */
    double spacing_mm[3];
    /* Which series of a DICOM folder: its SeriesInstanceUID, or its number from 1 in the list that the error
     * about several series prints; NULL: there must be one. */
    const char *series;
} cc_read_options;

/* Reads any image file (MetaImage, NIfTI-1/2, NRRD, DICOM, PNG) or a folder that holds one DICOM series; the format
 * is told from the contents, not from the name alone. `out` is a zeroed struct or one that was deinitialised;
 * on failure it stays so. Every size is checked against the file before memory is taken for it. What the file
 * does not say and `options` do not state is refused, or taken as a default that a warning names.
 *   CC_ENOTFOUND, CC_EIO  the file cannot be opened or read
 *   CC_EFORMAT            it is broken: file, field and reason in the message
 *   CC_EUNSUPPORTED       it is sound, but is not a single-channel 2-D or 3-D image
 *   CC_ENOMEM             it is larger than memory allows */
cc_status cc_volume_read_as(cc_volume *out, const char *path, const cc_read_options *options);
/* The same with nothing stated. */
cc_status cc_volume_read(cc_volume *out, const char *path);

/* Whether a name's ending is one that is written: .mhd (and .raw beside it), .mha, .nii, .nii.gz. */
bool cc_volume_is_written(const char *path);
/* The file that holds the voxels: of .mhd the .raw, else `path` itself. */
cc_status cc_volume_data_path(char out[CC_PATH_MAX], const char *path);
/* Writes a volume in the format that its name's ending asks for, compressed but for .mhd and .nii; each file
 * whole or not at all, voxels before the header that names them. `type` is "uint8", "int16" or "float32";
 * values are rounded to the nearest and held to the type's range. NIfTI keeps the affine as float32.
 *   CC_EINVAL another ending or type · CC_EUNSUPPORTED too long for NIfTI-1 · CC_ENOMEM · CC_EIO */
cc_status cc_volume_write(const char *path, const cc_volume *volume, const char *type);

/* Samples a mask on another grid by nearest neighbour through both affines (outside: 0). `out` as above. */
cc_status cc_volume_resample_mask(cc_volume *out, const cc_volume *mask, const cc_grid *onto);

/* The label that a voxel of a mask holds: the whole number from 0 to 255 that its value is, or from which the
 * scaling of a file has moved it by 0.01 at most (0.996078 of nibabel's integer types). False where it is
 * none. */
bool cc_label_from(uint8_t *out, float value);

/* Reads a mask and samples it as above: labels of the voxels of `onto`, and how many of them are not 0. The
 * caller frees *out, which is set on success only. Warns, naming the mask, where labelled voxels of its own
 * lie off the grid, where a label grows or shrinks by more than a fifth as the mask has another resolution,
 * and where it has the scan's dims but another place.
 *   CC_EFORMAT  a value is no label, or there are labels but none lies on the grid; all values are below the
 *               lowest label; a picture, which has no place in the patient
 *   others      as cc_volume_read */
cc_status cc_volume_read_labels(uint8_t **out, size_t *labelled, const char *path, const cc_grid *onto);

#endif
