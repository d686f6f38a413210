/* results/masks.h -- the masks that a run file keeps of its test part: a byte a pixel, packed slice by slice.
 *
 * A pixel's byte holds all that counts, lesions, calcium scores and surfaces are computed from:
 *
 *     bit 0     CC_PIXEL_PREDICTED   the last stage marks it
 *     bit 1     CC_PIXEL_STAGE_2     stage 2 marks it, where another stage comes after it
 *     bits 2-4  density              how dense the scan is there, by the Agatston score's classes: 0 up to
 *                                    130 HU, 1 above, 2 from 200, 3 from 300, 4 from 400; 0 of the roi stage
 *     bits 5-7  truth                the dataset's label, 0 background; 7 stands for 7 and all above. Where
 *                                    the net tells several classes apart: the class of that label, unless
 *                                    these are regions
 *
 * Of a net that tells several classes apart a second byte for each pixel, behind all first ones, is the class
 * that is predicted, 0 background: above 0 where bit 0 is set, and nowhere else. Of one that marks calcium
 * and tells regions: the region of the lesion (metrics/lesions.h, cc_lesions_classify).
 *
 * A slice is one stream of zlib's (RFC 1950), which Python's zlib.decompress reads. Most of a slice is
 * background: 192 x 192 pixels take 0.8 kB, 512 x 512 some 5 kB, most of it for bone (results/README.md).
 */
#ifndef CC_RESULTS_MASKS_H
#define CC_RESULTS_MASKS_H

#include "core/status.h"
#include "results/run.h"

enum {
    CC_PIXEL_PREDICTED = 1,
    CC_PIXEL_STAGE_2 = 2,
    CC_PIXEL_DENSITY_SHIFT = 2,
    CC_PIXEL_DENSITY_MASK = 7,
    CC_PIXEL_TRUTH_SHIFT = 5,
    CC_PIXEL_LABEL_MAX = 7
};

/* The class of a value in HU, and a value of a class that thresholds at 130, 200, 300 and 400 HU treat as
 * they treat all of its values. */
uint8_t cc_density_of(float hu);
float cc_density_hu(uint8_t density);

/* Masks that grow slice by slice. Zero it, and state the classes; the packer owns what it holds. */
typedef struct cc_run_masks_packer {
    int classes; /* as cc_run_masks.classes */
    cc_run_mask *slices;
    uint8_t *packed;
    size_t count, bytes, slice_capacity, capacity;
} cc_run_masks_packer;

/* Adds a slice: `slice` but for start and bytes, and its pixels' bytes [height*width], or [2][height*width]
 * with several classes. CC_ENOMEM; CC_EINVAL where it has no pixels. */
cc_status cc_run_masks_pack(cc_run_masks_packer *packer, const cc_run_mask *slice, const uint8_t *pixels);
void cc_run_masks_packer_deinit(cc_run_masks_packer *packer); /* takes a zeroed one */
/* What it holds, borrowed until it is added to or deinitialised. */
cc_run_masks cc_run_masks_get(const cc_run_masks_packer *packer, bool arteries);

/* Bytes of each pixel of these masks: 1, or 2 with several classes. */
size_t cc_run_masks_depth(const cc_run_masks *masks);
/* The pixels' bytes of one slice, [height*width] times that. CC_EFORMAT where they do not unpack to that
 * many, or a class is none or contradicts the mask. */
cc_status cc_run_masks_unpack(uint8_t *pixels, const cc_run_masks *masks, size_t slice);

/* Refuses masks of another number of slices than the run's, sizes and regions that make no sense, and places
 * outside of what is packed; takes those of no slice. CC_EINVAL */
cc_status cc_run_masks_check(const cc_run_masks *masks, size_t slice_count);

#endif
