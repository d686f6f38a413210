/* metrics/overlap.h -- agreement of two binary masks, from pixel counts, and how counts are averaged.
 *
 * Scores are never stored: counts are, and every convention is computed from them. The formulas are the rows
 * of metrics/score.h. */
#ifndef CC_METRICS_OVERLAP_H
#define CC_METRICS_OVERLAP_H

#include <stddef.h>
#include <stdint.h>
#include "metrics/score.h"

typedef struct cc_counts {
    int64_t tp, fp, fn, tn; /* pixels */
} cc_counts;

/* Counts two masks of `count` pixels; non-zero is foreground. */
cc_counts cc_counts_from_masks(const uint8_t *prediction, const uint8_t *truth, size_t count);
/* *sum += counts */
void cc_counts_add(cc_counts *sum, const cc_counts *counts);
/* The same counts as the cells of a score; exact up to 2^53. */
cc_confusion cc_counts_cells(const cc_counts *counts);

/* Scores of one set of counts. A ratio 0/0 takes the value that `empty` names.
 *   CC_OK      *out is complete; every score in [0, 1], or NaN where `empty` leaves it out
 *   CC_EINVAL  a count is negative; *out untouched */
cc_status cc_scores_from_counts(cc_scores *out, const cc_counts *counts, cc_empty empty);

/* The counts of one slice of one patient. */
typedef struct cc_count_row {
    uint32_t patient; /* any numbering */
    cc_counts counts;
} cc_count_row;

/* The scores of a test set under a convention, rows in any order. Each score skips its own 0/0 where `empty`
 * says so, and is NaN where nothing is left (no rows included).
 *   CC_EINVAL  a count is negative; *out untouched
 *   CC_ENOMEM */
cc_status cc_scores_average(cc_scores *out, const cc_count_row *rows, size_t count, cc_convention convention);

#endif
