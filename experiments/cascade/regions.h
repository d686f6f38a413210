/* experiments/cascade/regions.h -- the region of interest of each slice, from what the first net marked.
 *
 * The paper's section 3.2.1: the union over a scan's slices, opened by a square, and the box around what is
 * left. */
#ifndef CC_EXPERIMENTS_CASCADE_REGIONS_H
#define CC_EXPERIMENTS_CASCADE_REGIONS_H

#include "datasets/morphology.h"
#include "experiments/cascade/masks.h"
#include "experiments/config/config.h"

/* What a region is made of, [height*width] each: the union (or the slice's own mask) and the same opened. */
typedef struct cc_region_steps {
    uint8_t *united, *opened;
} cc_region_steps;

/* The slices [first, end) of the scan that holds `slice`, in a set where slices of a scan are neighbours. */
void cc_scan_of(size_t *first, size_t *end, const cc_slice_set *set, size_t slice);

/* The steps of one slice's region. CC_EFORMAT where the scan's slices differ in size and are united. */
cc_status cc_region_trace(cc_region_steps *out, const cc_masks *marked, const cc_slice_set *set, size_t slice,
                          const cc_experiment_config *config);

/* boxes[count of slices]: with roi.mode "blank" the box with its margin, with "crop" the window about its
 * middle. Where nothing is left to put a box around, the whole slice; *without is the number of such slices.
 * As cc_region_trace; CC_ENOMEM. */
cc_status cc_regions_find(cc_box *boxes, size_t *without, const cc_masks *marked, const cc_slice_set *set,
                          const cc_experiment_config *config);

/* The part of a scan that a net of volumes is shown: slices first <= i < end of the set, of each the box. */
typedef struct cc_scan_part {
    size_t first, end;
    cc_box box;
} cc_scan_part;

/* Of the scan that holds `slice`: all of it where `regions` and `marked` are NULL. Else it is cropped in
 * three dimensions, to the slices from the first to the last that has a pixel in `marked`, and in these to
 * the box around the regions of the marked ones; where nothing is marked, to all slices and the box around
 * all regions. CC_ENOMEM. */
cc_status cc_scan_part_find(cc_scan_part *out, const cc_slice_set *set, size_t slice, const cc_box *regions,
                            const cc_masks *marked);

#endif
