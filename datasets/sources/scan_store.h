/* datasets/sources/scan_store.h -- decoded scans in a temporary file that has no name.
 *
 * A scan in a compressed volume cannot be read slice by slice, and hundreds of them do not fit in memory:
 * each is read once, and its slices are kept here. The file lies in $TMPDIR, else in /var/tmp (which, unlike
 * /tmp, is mostly no memory), and is gone with the process however that ends. Space is taken before it is
 * written, so that a full disk is an error, not a signal. Any thread may call. */
#ifndef CC_DATASETS_SOURCES_SCAN_STORE_H
#define CC_DATASETS_SOURCES_SCAN_STORE_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

typedef struct cc_scan_store cc_scan_store;

/* No file is made before the first scan is put. CC_ENOMEM */
cc_status cc_scan_store_create(cc_scan_store **out);
/* Takes NULL. */
void cc_scan_store_destroy(cc_scan_store *store);

/* Keeps the HU (int16) and the labels of `voxels` voxels; *at names them.
 *   CC_EIO  no space is left, naming the folder and how much is needed; or it cannot be written */
cc_status cc_scan_store_put(int64_t *at, cc_scan_store *store, const int16_t *hu, const uint8_t *labels,
                            size_t voxels);
/* The same of one byte a voxel, such as the regions of a scan. */
cc_status cc_scan_store_put_bytes(int64_t *at, cc_scan_store *store, const uint8_t *bytes, size_t count);
/* Bytes [first, first + count) of those that lie at `at`. */
cc_status cc_scan_store_get_bytes(uint8_t *bytes, const cc_scan_store *store, int64_t at, size_t first,
                                  size_t count);
/* Voxels [first, first + count) of the scan of `voxels` voxels that lies at `at`. */
cc_status cc_scan_store_get(int16_t *hu, uint8_t *labels, const cc_scan_store *store, int64_t at,
                            size_t voxels, size_t first, size_t count);

#endif
