/* metrics/score.h -- the table of scores, and the conventions that they are computed under: all that the
 * metrics, the intervals and the report's tables know of a score is its row here.
 *
 * A score is a ratio of two sums of the confusion matrix's cells: true positives, false positives, false
 * negatives and true negatives. The cells are counts of pixels, or soft sums, in which a probability p stands
 * for a pixel and g is its truth, 0 or 1:
 *     tp = sum p g    fp = sum p (1 - g)    fn = sum (1 - p) g    tn = sum (1 - p) (1 - g)
 * As numerator and denominator are linear in the cells, pooling items is adding their cells, and the
 * bootstrap of a pooled score adds numerators and denominators patient by patient.
 *
 * Sources: Chinchor & Sundheim, MUC-5 (1993), and the paper's equations 1-3 (its "VP" read as TP) for F1,
 * precision and recall; Jaccard, New Phytologist 11 (1912), 37-50, for IoU; Milletari, Navab & Ahmadi, V-Net,
 * 3DV (2016) for the soft form of F1 = Dice, with first powers. */
#ifndef CC_METRICS_SCORE_H
#define CC_METRICS_SCORE_H

#include "core/status.h"

/* One line a score; a new one needs no other. In this order: the enumerator CC_SCORE_...; its name in
 * tables and published tables (YAML), CSV heads and messages; its word inside a head ("F1 (%)", "pooled
 * F1"); its heading, for a column or an axis; the coefficients of tp, fp, fn and tn in the numerator, then in
 * the denominator. F1 of two masks is Dice's coefficient under another name: the same ratio has both rows, so
 * that a table says what its readers look for. */
#define CC_SCORE_ROWS(ROW)                                                                                   \
    ROW(F1, "f1", "F1", "F1-score", (2, 0, 0, 0), (2, 1, 1, 0))                                              \
    ROW(PRECISION, "precision", "precision", "Precision", (1, 0, 0, 0), (1, 1, 0, 0))                        \
    ROW(RECALL, "recall", "recall", "Recall", (1, 0, 0, 0), (1, 0, 1, 0))                                    \
    ROW(IOU, "iou", "IoU", "IoU", (1, 0, 0, 0), (1, 1, 1, 0))                                                \
    ROW(DICE, "dice", "Dice", "Dice", (2, 0, 0, 0), (2, 1, 1, 0))

#define CC_SCORE_ENUMERATOR(id, name, word, heading, numerator, denominator) CC_SCORE_##id,
typedef enum cc_score { CC_SCORE_ROWS(CC_SCORE_ENUMERATOR) CC_SCORES } cc_score;
#undef CC_SCORE_ENUMERATOR

/* The cells of a confusion matrix: counts, or soft sums; none is negative. */
typedef struct cc_confusion {
    double tp, fp, fn, tn;
} cc_confusion;

/* Values of all scores, in [0, 1], or NaN where there is none; indexed by cc_score. */
typedef struct cc_scores {
    double value[CC_SCORES];
} cc_scores;

/* A row's texts; static. */
const char *cc_score_name(cc_score score);    /* "f1" */
const char *cc_score_word(cc_score score);    /* "F1" */
const char *cc_score_heading(cc_score score); /* "F1-score" */
/* The score of a name; CC_EINVAL for another name. */
cc_status cc_score_find(cc_score *out, const char *name);

/* What a ratio 0/0 counts as: nothing (left out of means), 0 or 1. With CC_EMPTY_WITH_TRUTH an item
 * (patient, slice; the whole test set where pixels are pooled) without any true pixel is left out,
 * whatever is predicted there, and of the others a ratio 0/0: all variants are then scored on the same
 * items, but for the precision of an item with truth and nothing predicted. */
typedef enum cc_empty {
    CC_EMPTY_SKIP,
    CC_EMPTY_ZERO,
    CC_EMPTY_ONE,
    CC_EMPTY_WITH_TRUTH,
    CC_EMPTIES
} cc_empty;

/* Over what a score is averaged: all pixels of the test set as one; the mean over patients of each patient's
 * score (its slices pooled); the mean over slices of each slice's score. */
typedef enum cc_average { CC_AVERAGE_POOLED, CC_AVERAGE_PATIENT, CC_AVERAGE_SLICE, CC_AVERAGES } cc_average;

typedef struct cc_convention {
    cc_average average;
    cc_empty empty;
} cc_convention;

/* "pooled", "patient_mean", "slice_mean"; "skip", "zero", "one", "with_truth". CC_EINVAL for another name. */
const char *cc_average_name(cc_average average);
const char *cc_empty_name(cc_empty empty);
cc_status cc_average_find(cc_average *out, const char *name);
cc_status cc_empty_find(cc_empty *out, const char *name);

/* The numerator and the denominator of a score. */
void cc_score_terms(double *numerator, double *denominator, cc_score score, const cc_confusion *cells);
/* Their ratio, 0/0 (and an item without truth) as `empty` says. */
double cc_score_ratio(cc_score score, const cc_confusion *cells, cc_empty empty);
/* The value of 0/0: NaN, 0, 1, NaN. */
double cc_empty_value(cc_empty empty);

#endif
