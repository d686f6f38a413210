/* datasets/readers/dicom_order.h -- where the slices of one series lie: their order, and their grid. */
#ifndef CC_DATASETS_READERS_DICOM_ORDER_H
#define CC_DATASETS_READERS_DICOM_ORDER_H

#include "core/arena.h"
#include "datasets/readers/dicom_image.h"
#include "datasets/volume.h"

struct cc_dicom_slice {
    const cc_dicom_image *image;
    int frame;            /* of the image, from 0 */
    double coordinate[3]; /* of its first pixel along rows, columns and normal of the first slice, mm */
};

/* Sorts *count slices of one series and finds their grid. A copy of a slice is taken out, with a warning.
 * Slices that lie on a straight line which is not their normal (a tilted gantry) give a sheared grid, with a
 * warning. The spacing is 0 where the files do not say it. `path` is the file or folder, for messages.
 *   CC_EFORMAT, CC_EUNSUPPORTED  they are on no common grid of even spacing: names slices and field */
cc_status cc_dicom_order(cc_grid *grid, struct cc_dicom_slice *slices, size_t *count, const char *path,
                         cc_arena *arena);

#endif
