/* metrics/ranking.h -- how firm an order of variants is: their ranks when other patients are drawn.
 *
 * A resample draws patients with replacement, the same for all rows, and ranks the rows by their mean
 * score, the highest first. "Row r is the best" is wrong with probability 1 - first[r], as far as these
 * patients stand for others. Source: Hall & Miller, Ann. Statist. 37 (2009), 3929-3959 (bootstrap of
 * ranks). */
#ifndef CC_METRICS_RANKING_H
#define CC_METRICS_RANKING_H

#include <stddef.h>
#include "core/status.h"

/* scores[rows][patients] of the same patients, at least 1 by 1, finite; resamples > 0.
 *   first                [rows] the share of resamples in which the row has the highest mean; equal rows
 *                        share it
 *   rank_low, rank_high  [rows] 95 % of the row's ranks lie between them, ends included; from 1
 * Means that differ by less than 1e-12 of the largest score are equal, and share the mean of their ranks.
 * CC_EINVAL · CC_ENOMEM; outputs untouched. The same input gives the same bytes. */
cc_status cc_ranking_stability(double *first, double *rank_low, double *rank_high, const double *scores,
                               size_t rows, size_t patients, int resamples);

#endif
