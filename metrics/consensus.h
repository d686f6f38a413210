/* metrics/consensus.h -- several masks of one scan into one: of readers, of the folds or seeds of an
 * ensemble.
 *
 * Masks are arrays of the same voxels, in any order; which grid they lie on does not matter. STAPLE also says
 * how well each reader does against the consensus. With one reader the consensus is that reader's mask. */
#ifndef CC_METRICS_CONSENSUS_H
#define CC_METRICS_CONSENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

/* How many readers one consensus can have; CC_CONSENSUS_TIE is what no label may be. */
enum { CC_CONSENSUS_READERS_MAX = 64, CC_CONSENSUS_TIE = 255 };

/* out[voxels]: 1 where more than half of the masks (not 0: foreground) are; SimpleITK's LabelVoting of binary
 * masks with ties to the background. CC_EINVAL: readers are not 1 to CC_CONSENSUS_READERS_MAX. */
cc_status cc_consensus_majority(uint8_t *out, const uint8_t *const *masks, size_t readers, size_t voxels);

/* out[voxels]: the label that most readers gave, CC_CONSENSUS_TIE where two or more share the first place:
 * SimpleITK's LabelVoting. CC_EINVAL as above. */
cc_status cc_consensus_labels(uint8_t *out, const uint8_t *const *labels, size_t readers, size_t voxels);

/* out[voxels]: the mean of probabilities, summed in float64 in the order of the readers. CC_EINVAL as
 * above. */
cc_status cc_consensus_mean(float *out, const float *const *probabilities, size_t readers, size_t voxels);

/* What STAPLE says of the readers. */
typedef struct cc_staple {
    double sensitivity[CC_CONSENSUS_READERS_MAX]; /* [readers]; NaN where no voxel is foreground for any */
    double specificity[CC_CONSENSUS_READERS_MAX]; /* [readers]; NaN where every voxel is for all */
    double prior;                                 /* mean of all masks */
    int rounds;
    bool converged; /* no number of a reader changed by more than 1e-7 in the last of the rounds */
} cc_staple;

/* Simultaneous truth and performance level estimation: probability[voxels] that a voxel is foreground (to be
 * cut at 0.5), and each reader's sensitivity and specificity, by expectation maximisation. The prior is the
 * mean of all masks, the start their average in each voxel, and the rounds go on until no number of a reader
 * changes by more than 1e-7, 10,000 at most. Equal to SimpleITK's STAPLE to rounding, its rule to stop
 * included. Source: Warfield, Zou & Wells, IEEE Trans. Med. Imaging 23 (2004), 903-921, equations 14 to 16,
 * 18 and 19. Time does not depend on rounds times voxels, but on rounds times the patterns of readers that
 * occur.
 *   CC_EINVAL  as above, or no voxels;  CC_ENOMEM */
cc_status cc_consensus_staple(double *probability, cc_staple *out, const uint8_t *const *masks,
                              size_t readers, size_t voxels);

#endif
