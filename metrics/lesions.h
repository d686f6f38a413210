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

/* A vote of a voxel for the class of its lesion: the class, from 1 to 127, and this where the voxel itself is
 * rather of none. */
enum { CC_VOTE_DOUBTED = 128, CC_VOTE_CLASS = CC_VOTE_DOUBTED - 1 };

/* One class for each lesion, here a 6-connected component of the mask whatever it reads: that of most of its
 * voxels' votes, of equal numbers the lowest; doubted votes count where there are no others. All are
 * [depth*height*width]. Where the mask is not 0 votes are a class; elsewhere they are not looked at, and
 * classes are 0. `classes` may be the mask.
 *   CC_EINVAL no voxels, or too many · CC_ENOMEM */
cc_status cc_lesions_classify(uint8_t *classes, const uint8_t *mask, const uint8_t *votes, int depth,
                              int height, int width);

#endif
