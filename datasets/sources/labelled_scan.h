/* datasets/sources/labelled_scan.h -- a scan and its labels in memory, upright, for sources that cannot
 * decode them slice by slice from their files: 3 bytes a voxel. */
#ifndef CC_DATASETS_SOURCES_LABELLED_SCAN_H
#define CC_DATASETS_SOURCES_LABELLED_SCAN_H

#include "datasets/volume.h"

typedef struct cc_labelled_scan {
    cc_grid grid;    /* of both, upright (datasets/upright.h) */
    int16_t *hu;     /* z, y, x; as cc_slice_store_hu; owned */
    uint8_t *labels; /* owned */
    size_t labelled; /* voxels with a label */
} cc_labelled_scan;

/* Reads a CT, reorients it upright, and lays the labels of the mask on it by both affines.
 *   as cc_volume_read and cc_labels_read; *out is set on success only */
cc_status cc_labelled_scan_read(cc_labelled_scan *out, const char *image, const char *mask);
/* Takes a zeroed one. */
void cc_labelled_scan_deinit(cc_labelled_scan *scan);

/* Copies slice z, from 0. */
void cc_labelled_scan_copy_slice(int16_t *stored, uint8_t *mask, const cc_labelled_scan *scan, int64_t z);

#endif
