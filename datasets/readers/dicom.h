/* datasets/readers/dicom.h -- a DICOM series slice by slice, for datasets of many scans. */
#ifndef CC_DATASETS_READERS_DICOM_H
#define CC_DATASETS_READERS_DICOM_H

#include <stdint.h>
#include "core/arena.h"
#include "datasets/readers/reader.h"

typedef struct cc_dicom_slice cc_dicom_slice;

/* Slices in ascending order along their normal. The grid's third direction is the line on which they lie: the
 * normal, but where the gantry was tilted. */
typedef struct cc_dicom_series {
    cc_grid grid;
    const cc_dicom_slice *slices; /* [grid.dims[2]] */
} cc_dicom_series;

/* Reads the headers of a folder's one series, and checks them as cc_volume_read would; pixels are not decoded
 * but to compare a copy of a slice. Warns as cc_volume_read does. What is in `out` lives as long as the
 * arena. */
cc_status cc_dicom_open_folder(cc_dicom_series *out, const char *folder, cc_arena *arena);
/* Slice z, from 0: values[dims[1]][dims[0]], in HU. Any thread may call. */
cc_status cc_dicom_read_slice(float *values, const cc_dicom_series *series, int64_t z);
/* Borrowed: the file of slice z, which may hold other slices, too. */
const char *cc_dicom_slice_path(const cc_dicom_series *series, int64_t z);

/* A whole volume of a folder that holds one DICOM series, its slices in ascending order along their normal;
 * as cc_reader.read. */
cc_status cc_dicom_read_folder(cc_volume *out, const char *path, const cc_read_options *options);

#endif
