/* datasets/volume_file.h -- volumes from files and into files, whatever their format.
 *
 * Formats that are read are the table of volume_file.c, a file each in datasets/readers/; datasets/README.md
 * lists what is read of each and what is refused. */
#ifndef CC_DATASETS_VOLUME_FILE_H
#define CC_DATASETS_VOLUME_FILE_H

#include <stdbool.h>
#include "core/file.h"
#include "datasets/read_options.h"
#include "datasets/volume.h"

/* Reads any image file (MetaImage, NIfTI-1/2, NRRD, DICOM, PNG) or a folder that holds one DICOM series; the
 * format is recognised by the contents, not by the name. `out` is a zeroed struct or one that was
 * deinitialised; on failure it stays so. Every size is checked against the file before memory is allocated
 * for it. What the file does not say and `options` do not state is refused, or a default that a warning
 * names.
 *   CC_ENOTFOUND, CC_EIO the file cannot be opened or read CC_EFORMAT it is broken: file, field and reason in
 *   the message CC_EUNSUPPORTED it is sound, but is not a single-channel 2-D or 3-D image CC_ENOMEM it is
 *   larger than memory allows */
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

#endif
