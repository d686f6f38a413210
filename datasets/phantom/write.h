/* datasets/phantom/write.h -- the phantom as a folder on disk, in the layout of a dataset, so that the
 * readers of real data read it too. */
#ifndef CC_DATASETS_PHANTOM_WRITE_H
#define CC_DATASETS_PHANTOM_WRITE_H

#include "datasets/phantom/phantom.h"

/* Writes all patients in a dataset's layout, slices ascending in z. DIR/phantom.txt says what was made.
 *
 *   ctheart    DIR/train/ct_001/image/1-001.png, an 8-bit grey picture of options->window_hu, and
 *              DIR/train/ct_001/mask/1-001.png, 255 inside the heart
 *   orcascore  DIR/Training_set/Images/TRV1P1CTI.mhd, HU, and
 *              "DIR/Training_set/Reference standard/TRV1P1R.mhd", the plaque by artery (1 LAD, 2 LCX, 3 RCA);
 *              V is the scanner; with options->regions also TRV1P1Regions.mhd beside it, the territories
 *
 * One seed has the same patients in both. A patient is there whole or not at all: one command interrupted and
 * given again goes on where it stopped, and given a third time does nothing. *made (may be NULL) counts the
 * patients written.
 *   CC_EUSAGE  no such layout, or regions in one that has none
 *   CC_EINVAL  an option out of range, or DIR holds anything but this same phantom; nothing is changed
 *   CC_EIO     as it says; what was written before is whole */
cc_status cc_phantom_write(int *made, const char *dir, const cc_phantom_options *options);

#endif
