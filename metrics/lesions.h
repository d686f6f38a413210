/* metrics/lesions.h -- calcified lesions of a scan, true ones against predicted ones.
 *
 * A lesion is a 6-connected component of mask voxels that read more than a threshold (130 HU), the rule of
 * the orCaScore challenge (Wolterink et al., Med. Phys. 43 (2016), 2361-2373). A true lesion is found where
 * any of its voxels is predicted; a predicted one is false where it holds no voxel of truth. */
#ifndef CC_METRICS_LESIONS_H
#define CC_METRICS_LESIONS_H

#include <stdint.h>
#include "core/components.h"
#include "core/status.h"

typedef struct cc_lesion_counts {
    int64_t truth, found;        /* true lesions; those of them that are found */
    int64_t predicted, spurious; /* predicted lesions; those of them that are false */
} cc_lesion_counts;

/* The lesions of a mask [depth*height*width], non-zero is foreground; NULL: every voxel is. `neighbours` is 6
 * as above; 26, through edges and corners too; or 4 or 8, slice by slice (core/components.h). The caller owns
 * *out and deinitialises it.
 *   CC_EINVAL no voxels, too many, or another number of neighbours · CC_ENOMEM; *out untouched */
cc_status cc_lesions_find(cc_components *out, const float *hu, const uint8_t *mask, int depth, int height,
                          int width, double threshold_hu, int neighbours);

/* Of one scan: hu, truth and mask [depth*height*width], z slowest, non-zero is foreground.
 *   CC_EINVAL no voxels, or too many · CC_ENOMEM; *out untouched */
cc_status cc_lesions_count(cc_lesion_counts *out, const float *hu, const uint8_t *truth, const uint8_t *mask,
                           int depth, int height, int width, double threshold_hu);

#endif
