/* datasets/readers/metaimage.h -- MetaImage slice by slice, for datasets of many scans; and writing it, for
 * phantoms, masks and tests. */
#ifndef CC_DATASETS_READERS_METAIMAGE_H
#define CC_DATASETS_READERS_METAIMAGE_H

#include <stdbool.h>
#include "core/file.h"
#include "datasets/readers/parts.h"
#include "datasets/volume.h"

/* A file's header, and where its voxels lie; owns nothing. */
typedef struct cc_metaimage {
    cc_grid grid;
    cc_coding coding;
    cc_parts parts; /* the header's own file, or one or several beside it */
} cc_metaimage;

/* Reads the header, and checks it and the files that it names as cc_volume_read would, but for the voxels
 * themselves. */
cc_status cc_metaimage_open(cc_metaimage *out, const char *path);
/* Slice z, from 0: values[dims[1]][dims[0]]. Of compressed voxels those before it in its file are inflated
 * and passed over. */
cc_status cc_metaimage_read_slice(float *values, const cc_metaimage *image, int64_t z);

/* Writes NAME.mhd and beside it NAME.raw (NAME.zraw where compressed), as orcascore has them; with NAME.mha,
 * one file. `type` is "uint8", "int16" or "float32"; values are rounded to the nearest and held to the
 * type's range. Each file is written whole or not at all, the data before the header that names it.
 *   CC_EINVAL  another ending than .mhd or .mha, or another type */
cc_status cc_metaimage_write(const char *path, const cc_volume *volume, const char *type, bool compressed);
/* Where the voxels of a .mhd go. CC_EINVAL where the path is too long. */
cc_status cc_metaimage_data_path(char out[CC_PATH_MAX], const char *path, bool compressed);

#endif
