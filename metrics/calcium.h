/* metrics/calcium.h -- how much calcium a mask marks: Agatston score, volume, lesions, risk category.
 *
 * Agatston et al., J. Am. Coll. Cardiol. 15 (1990), 827-832: slice by slice, each lesion's area in mm2 times
 * the weight of its highest HU in that slice (1: 130-199, 2: 200-299, 3: 300-399, 4: from 400), scaled by
 * slice distance / 3 mm. An area below 1 mm2 adds nothing to the score, but its voxels count in volume and
 * size.
 *
 * What one area is depends on how voxels are joined. By 6 or 26 neighbours a lesion is 3-D
 * (metrics/lesions.h), and all of it that one slice holds is one area, in one piece or not: a lesion has one
 * weight in a slice. By 4 or 8 neighbours, the rule of 1990, slices are looked at one by one: every piece of
 * a slice is a lesion of its own, with its own highest HU and its own minimum area. metrics/README.md says
 * what other programs do.
 *
 * Categories: 0; 1-10; 11-100; 101-400; above 400 (Rumberger et al., Mayo Clin. Proc. 74 (1999), 243-252); a
 * score between two of them is in the upper one, and any above 0 and below 1 in 1-10. */
#ifndef CC_METRICS_CALCIUM_H
#define CC_METRICS_CALCIUM_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

typedef struct cc_calcium_options {
    double threshold_hu;     /* a voxel counts above this: 130 */
    double minimum_area_mm2; /* of a lesion in a slice: 1 */
    double reference_mm;     /* slice distance that the score is scaled to: 3 */
    int neighbours;          /* 6 or 26: 3-D lesions; 4 or 8: the pieces of each slice: 6 */
} cc_calcium_options;
cc_calcium_options cc_calcium_defaults(void);

/* One connected lesion, as `neighbours` has it. */
typedef struct cc_calcium_lesion {
    double agatston, volume_mm3, max_hu;
    double centroid_xyz[3]; /* voxel indices, x first */
    int64_t voxels;
    int artery; /* the mask label that most of its voxels have, the lowest of equals; 0 without a mask */
} cc_calcium_lesion;

typedef struct cc_calcium {
    double agatston, volume_mm3;
    cc_calcium_lesion *lesions; /* lesion_count, in the order of their first voxel; owned */
    size_t lesion_count;
    const char *category; /* of agatston, by name; static */
} cc_calcium;

/* Of one scan, slice by slice an axial section: hu and mask [depth*height*width], and the distances in mm of
 * its voxels along x, of its rows and of its slices, all above 0: the spacing, or where the axes are sheared
 * what their areas and volumes are the product of (datasets/volume.h, cc_grid_distances). `mask` NULL: every
 * voxel counts.
 *   CC_EINVAL no voxels, too many, a distance or an option that makes no sense · CC_ENOMEM; *out untouched */
cc_status cc_calcium_measure(cc_calcium *out, const float *hu, const uint8_t *mask, int depth, int height,
                             int width, const double spacing_mm[3], const cc_calcium_options *options);
/* The risk category of an Agatston score, from 0 up, and its name: "0", "1-10", "11-100", "101-400",
 * ">400". */
enum { CC_CALCIUM_CATEGORIES = 5 };
int cc_calcium_category(double agatston);
const char *cc_calcium_category_name(int category);

/* Takes a zeroed one. */
void cc_calcium_deinit(cc_calcium *calcium);

#endif
