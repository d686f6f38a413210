/* datasets/phantom/make.h -- one patient of the phantom as volumes: what a scanner shows, what each voxel is,
 * and in which artery's territory it lies. */
#ifndef CC_DATASETS_PHANTOM_MAKE_H
#define CC_DATASETS_PHANTOM_MAKE_H

#include "datasets/phantom/phantom.h"
#include "datasets/volume.h"

/* Makes one patient (0..options->patients-1), on an LPS grid with z ascending: `hu` in whole HU from -1024 to
 * 3071, `labels` as datasets/phantom/phantom.h has them, `regions` as datasets/phantom/territories.h. A voxel
 * is plaque or calcium where it lies in one and reads more than 130 HU.
 *   CC_OK      the volumes are the caller's; any pointer may be NULL
 *   CC_EINVAL  an option out of range, named; nothing is made
 *   CC_ENOMEM */
cc_status cc_phantom_make(cc_volume *hu, cc_volume *labels, cc_volume *regions,
                          const cc_phantom_options *options, int patient);

#endif
