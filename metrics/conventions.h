/* metrics/conventions.h -- one test set's scores under every convention: what the choice alone is worth.
 *
 * Beside overlap.h's averages of thresholded counts: batches of slices, as frameworks average that score
 * batch by batch, and soft sums, where probabilities stand for pixels (metrics/score.h). */
#ifndef CC_METRICS_CONVENTIONS_H
#define CC_METRICS_CONVENTIONS_H

#include "metrics/overlap.h"

typedef enum cc_grouping {
    CC_GROUP_POOLED,
    CC_GROUP_PATIENT,
    CC_GROUP_SLICE,
    CC_GROUP_BATCH, /* that many rows, one behind the other; the last may be smaller */
    CC_GROUPINGS
} cc_grouping;

/* "pooled", "patient_mean", "slice_mean", "batch_mean". */
const char *cc_grouping_name(cc_grouping grouping);

/* One slice, of counts or of soft sums. */
typedef struct cc_overlap_row {
    uint32_t patient; /* any numbering */
    cc_confusion cells;
} cc_overlap_row;

/* The mean over groups of each group's scores; a ratio 0/0 as in overlap.h.
 *   rows   [count], in the order in which batches were made of them
 *   batch  rows a batch, at least 1; only CC_GROUP_BATCH looks at it
 *   CC_EINVAL a cell is negative or not finite, or there is no batch size · CC_ENOMEM; *out untouched */
cc_status cc_scores_group(cc_scores *out, const cc_overlap_row *rows, size_t count, cc_grouping grouping,
                          size_t batch, cc_empty empty);

#endif
