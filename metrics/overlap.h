/* metrics/overlap.h -- agreement of two binary masks, from pixel counts, and how counts are averaged.
 *
 * Scores are never stored: counts are, and every convention is computed from them. Source: Chinchor &
 * Sundheim, MUC-5 (1993); the paper's equations 1-3 (its "VP" read as TP). */
#ifndef CC_METRICS_OVERLAP_H
#define CC_METRICS_OVERLAP_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

typedef struct cc_counts {
    int64_t tp, fp, fn, tn; /* pixels */
} cc_counts;

/* What a ratio 0/0 counts as: nothing (left out of means), 0 or 1. */
typedef enum cc_empty { CC_EMPTY_SKIP, CC_EMPTY_ZERO, CC_EMPTY_ONE } cc_empty;

typedef enum cc_score { CC_SCORE_F1, CC_SCORE_PRECISION, CC_SCORE_RECALL, CC_SCORE_IOU, CC_SCORES } cc_score;

/* In [0, 1], or NaN where there is none; indexed by cc_score. */
typedef struct cc_scores {
    double value[CC_SCORES];
} cc_scores;

/* "f1", "precision", "recall", "iou". */
const char *cc_score_name(cc_score score);
/* The score of a name; CC_EINVAL for another name. */
cc_status cc_score_find(cc_score *out, const char *name);

/* Counts two masks of `count` pixels; non-zero is foreground. */
cc_counts cc_counts_from_masks(const uint8_t *prediction, const uint8_t *truth, size_t count);
/* *sum += counts */
void cc_counts_add(cc_counts *sum, const cc_counts *counts);

/* Scores of one set of counts. A ratio 0/0 takes the value that `empty` names.
 *   CC_OK      *out is complete; every score in [0, 1], or NaN where `empty` is CC_EMPTY_SKIP
 *   CC_EINVAL  a count is negative; *out untouched */
cc_status cc_scores_from_counts(cc_scores *out, const cc_counts *counts, cc_empty empty);

/* Over what a score is averaged: all pixels of the test set as one; the mean over patients of each patient's
 * score (its slices pooled); the mean over slices of each slice's score. */
typedef enum cc_average { CC_AVERAGE_POOLED, CC_AVERAGE_PATIENT, CC_AVERAGE_SLICE, CC_AVERAGES } cc_average;

typedef struct cc_convention {
    cc_average average;
    cc_empty empty;
} cc_convention;

/* "pooled", "patient_mean", "slice_mean"; "skip", "zero", "one". */
const char *cc_average_name(cc_average average);
const char *cc_empty_name(cc_empty empty);
cc_status cc_average_find(cc_average *out, const char *name);
cc_status cc_empty_find(cc_empty *out, const char *name);

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
