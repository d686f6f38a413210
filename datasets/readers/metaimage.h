/* datasets/readers/metaimage.h -- MetaImage slice by slice, for datasets of many scans. */
#ifndef CC_DATASETS_READERS_METAIMAGE_H
#define CC_DATASETS_READERS_METAIMAGE_H

#include <stdbool.h>
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

#endif
