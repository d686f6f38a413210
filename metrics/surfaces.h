/* metrics/surfaces.h -- how far the surfaces of two masks lie apart, in mm: Hausdorff distance and its 95 %
 * quantile (HD95), average symmetric surface distance (ASSD), normalised surface Dice (NSD).
 *
 * A voxel of a mask is on its surface where one of its 6 neighbours (in a plane 4) is not in the mask; what
 * lies beyond the border is in none. The distance of a surface voxel is that to the nearest surface voxel of
 * the other mask, between centres: a set of distances from the prediction to the truth, another one back.
 * Defined as MONAI 1.6 does (compute_hausdorff_distance, compute_average_surface_distance,
 * compute_surface_dice without sub-voxels); all surface voxels weigh the same, whatever the spacing.
 *
 * Sources: Huttenlocher, Klanderman & Rucklidge, IEEE PAMI 15 (1993), 850-863 (Hausdorff distance and its
 * quantiles); Nikolov et al., J. Med. Internet Res. 23 (2021), e26151 (NSD). */
#ifndef CC_METRICS_SURFACES_H
#define CC_METRICS_SURFACES_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

typedef struct cc_surface_distances {
    /* mm, of each surface voxel of the prediction to the truth's surface, and of each of the truth to the
     * prediction's; in ascending order, INFINITY where the other mask is empty. */
    double *to_truth, *to_prediction;
    size_t to_truth_count, to_prediction_count;
} cc_surface_distances;

/* Of two masks [depth*height*width], z slowest, non-zero is foreground; a depth of 1 is a plane. spacing_mm:
 * between voxels along x, between rows, between slices (of a plane any). The caller owns what *out holds.
 *   CC_EINVAL no voxels, too many, or a spacing that makes no sense · CC_ENOMEM; *out untouched */
cc_status cc_surface_distances_init(cc_surface_distances *out, const uint8_t *prediction,
                                    const uint8_t *truth, int depth, int height, int width,
                                    const double spacing_mm[3]);
/* Takes zeroed distances, too. */
void cc_surface_distances_deinit(cc_surface_distances *distances);

/* mm, but `nsd`. One mask empty: distances are INFINITY, but hausdorff95 NaN, and nsd is 0. Both empty: all
 * are NaN. */
typedef struct cc_surface_scores {
    double hausdorff;   /* the largest distance of both sets */
    double hausdorff95; /* the larger one of the two sets' 95 % quantiles (linear between ranks) */
    double assd;        /* the mean of both sets together */
    double to_truth;    /* the mean of the first set alone */
    double nsd;         /* the share of surface voxels, 0 to 1, that lie within the tolerance */
} cc_surface_scores;

/* A distance that equals the tolerance but for rounding lies within it.
 *   CC_EINVAL the tolerance is negative or not finite; *out untouched */
cc_status cc_surface_scores_make(cc_surface_scores *out, const cc_surface_distances *distances,
                                 double tolerance_mm);

#endif
