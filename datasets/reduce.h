/* datasets/reduce.h -- a scan with fewer voxels that has lost no calcium.
 *
 * Cells of x, y, z `factors` voxels (those at the far ends have what is left) become one voxel each. A cell
 * with a voxel above the threshold is marked, and is its maximum; any other is its mean. Plain resampling
 * averages a speck of calcium away; nets that see whole hearts at 2.5 or 3 mm are therefore given such
 * volumes (the intensified voxels of Gogin et al., Diagn. Interv. Imaging 102 (2021), 683-690; the rule
 * itself is ours). Arrays are z, y, x; dims and factors x, y, z. The same bytes with any number of
 * threads. */
#ifndef CC_DATASETS_REDUCE_H
#define CC_DATASETS_REDUCE_H

#include <stdint.h>
#include "core/status.h"
#include "datasets/grid.h"

/* The grid of the cells: ceil(dims / factors) voxels, each at the middle of a whole cell. CC_EINVAL: a factor
 * below 1. */
cc_status cc_reduce_grid(cc_grid *out, const cc_grid *scan, const int64_t factors[3]);

/* value[cells], and marked[cells] of 0 and 1, which may be NULL, from in[dims]. The factors are at least
 * 1. */
void cc_reduce(float *value, uint8_t *marked, const float *in, const int64_t dims[3],
               const int64_t factors[3], float threshold);

/* A cell is labelled where any of its voxels is: by the label that most of those have, of equals the
 * lowest. */
void cc_reduce_labels(uint8_t *out, const uint8_t *in, const int64_t dims[3], const int64_t factors[3]);

#endif
