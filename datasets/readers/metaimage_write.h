/* datasets/readers/metaimage_write.h -- writing MetaImage, for phantoms, masks and tests. */
#ifndef CC_DATASETS_READERS_METAIMAGE_WRITE_H
#define CC_DATASETS_READERS_METAIMAGE_WRITE_H

#include <stdbool.h>
#include "core/file.h"
#include "datasets/volume.h"

/* Writes NAME.mhd and beside it NAME.raw (NAME.zraw where compressed), as orcascore has them; with NAME.mha,
 * one file. `type` is "uint8", "int16" or "float32"; values are rounded to the nearest and held to the
 * type's range. Each file is written whole or not at all, the data before the header that names it.
 *   CC_EINVAL  another ending than .mhd or .mha, or another type */
cc_status cc_metaimage_write(const char *path, const cc_volume *volume, const char *type, bool compressed);
/* Where the voxels of a .mhd go. CC_EINVAL where the path is too long. */
cc_status cc_metaimage_data_path(char out[CC_PATH_MAX], const char *path, bool compressed);

#endif
