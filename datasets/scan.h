/* datasets/scan.h -- one scan without truth, as the upright slices that nets see; and masks of them, back on
 * its own grid.
 *
 * Slices are as a dataset has them: HU in whole numbers within int16, or grey values of a picture spread over
 * a window. Their masks are empty. */
#ifndef CC_DATASETS_SCAN_H
#define CC_DATASETS_SCAN_H

#include "datasets/slices.h"
#include "datasets/volume.h"

typedef struct cc_scan_options {
    const char *name;    /* of its patient, and in messages; copied */
    double window_hu[2]; /* what the grey range of a PNG picture spans */
} cc_scan_options;

/* Keeps the voxels as int16, in the set alone: those of `scan` are freed, its grid stays. The caller closes
 * *out by cc_slice_set_close.
 *   CC_EFORMAT      a side of a slice is too long
 *   CC_EUNSUPPORTED the voxels are grey values of 8 bits and no picture: they are no HU
 *   CC_EINVAL       the window is none · CC_ENOMEM */
cc_status cc_scan_open(cc_slice_set **out, cc_volume *scan, const cc_scan_options *options);

/* Puts mask[height*width] of a slice where it lies among the voxels of the scan's own grid. */
void cc_scan_put(float *voxels, const cc_slice_set *scan, size_t index, const uint8_t *mask);
#endif
