/* metrics/challenge.h -- the orCaScore challenge's evaluation: lesions and volumes that are found, missed and
 * added, in all and by coronary artery.
 *
 * Sources: the challenge's pages Evaluation, Submit and Data (orcascore.isi.uu.nl); Wolterink et al., Med.
 * Phys. 43 (2016), 2361-2373. What they say:
 *   - A calcification is a 6-connected group of the scan's voxels above 130 HU, and so is a lesion: a group
 *     has one label. Where a submission labels its voxels differently, the majority label goes to all of
 *     them.
 *   - Sensitivity TP / (TP + FN) and PPV TP / (TP + FP) are computed of the lesions' number and of their
 *     volume; F1 is the harmonic mean of the two, in the challenge of volumes, here of numbers, too. Once
 *     whatever the arteries, and once for each artery.
 * What they leave open, and what is chosen here: voxels without a label count in the majority as those with
 * one do, or else one voxel in a rib would make all of it a lesion; of equal numbers a label comes before
 * none, and the lowest label first. The majority goes for the reference as for the prediction. A lesion
 * that is given to another artery is missed in its own and added in the other.
 *
 * That rule takes masks for what the challenge's are, marks on whole groups. Where a mask is drawn voxel by
 * voxel, or a reference cuts calcium off the bone or the valve that it touches, CC_CHALLENGE_MARKED has the
 * lesions of metrics/lesions.h. */
#ifndef CC_METRICS_CHALLENGE_H
#define CC_METRICS_CHALLENGE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/status.h"
#include "metrics/lesions.h"
#include "metrics/score.h"

/* Labels of the arteries: 1 left anterior descending, with the left main; 2 left circumflex; 3 right. */
enum { CC_ARTERIES = 3 };

typedef enum cc_challenge_rule {
    /* The challenge's, as above: a lesion is found where its group is a lesion of both masks. */
    CC_CHALLENGE_GROUPS,
    /* A lesion is a 6-connected component of a mask's voxels (by artery: of one label) above the threshold,
     * found where one of its voxels is predicted. Volumes are counted voxel by voxel. */
    CC_CHALLENGE_MARKED
} cc_challenge_rule;

/* Which masks say in which artery a lesion lies. */
typedef enum cc_challenge_labels {
    CC_CHALLENGE_NO_ARTERIES,    /* none: non-zero is calcium, and there is nothing by artery */
    CC_CHALLENGE_TRUTH_ARTERIES, /* the truth: lesions of an artery are found or missed, but none is added */
    CC_CHALLENGE_ARTERIES        /* both: what is found has the right label */
} cc_challenge_labels;

/* Counts, to be added up over scans. */
typedef struct cc_challenge_tally {
    cc_lesion_counts lesions;
    double tp_mm3, fn_mm3; /* volume of the truth that is found, and that is missed */
    double fp_mm3;         /* volume that is predicted and not true */
    bool one_sided; /* the prediction names no artery: predicted, spurious and fp_mm3 are not known, and 0 */
} cc_challenge_tally;

typedef struct cc_challenge {
    cc_challenge_tally all;
    cc_challenge_tally artery[CC_ARTERIES]; /* [label - 1]; zeroed where there is nothing by artery */
    /* By CC_CHALLENGE_GROUPS, the voxels above the threshold whose label the majority changed, in the truth
     * and in the prediction: many of them mean that the masks are not what that rule takes them for. 0 by
     * the other rule. */
    int64_t truth_changed, prediction_changed;
} cc_challenge;

/* Of one scan: hu, truth and prediction [depth*height*width], z slowest; the volume of a voxel.
 *   CC_EINVAL no voxels, too many, a volume that makes no sense, or a label above 3 in a mask that names
 *             arteries · CC_ENOMEM; *out untouched */
cc_status cc_challenge_measure(cc_challenge *out, const float *hu, const uint8_t *truth,
                               const uint8_t *prediction, int depth, int height, int width, double voxel_mm3,
                               double threshold_hu, cc_challenge_rule rule, cc_challenge_labels labels);
/* *sum += other */
void cc_challenge_add(cc_challenge *sum, const cc_challenge *other);

/* In [0, 1], or what `empty` says of 0/0; PPV and F1 are NaN of a one-sided tally. */
typedef struct cc_challenge_scores {
    double lesion_sensitivity, lesion_ppv, lesion_f1;
    double volume_sensitivity, volume_ppv, volume_f1;
} cc_challenge_scores;
cc_challenge_scores cc_challenge_score(const cc_challenge_tally *tally, cc_empty empty);

/* The same of counts that are no whole numbers: of lesions averaged over the seeds of a fold. */
typedef struct cc_challenge_sums {
    double truth, found, predicted, spurious; /* lesions, as in cc_lesion_counts */
    double tp_mm3, fn_mm3, fp_mm3;
    bool one_sided;
} cc_challenge_sums;
cc_challenge_scores cc_challenge_score_sums(const cc_challenge_sums *sums, cc_empty empty);

#endif
