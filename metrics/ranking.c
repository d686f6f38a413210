/* metrics/ranking.c -- ranks of variants under resampling of patients.
 *
 * Mean ranks of equal rows are multiples of a half, at most `rows`: each row keeps a histogram of twice
 * its rank, from which the interval is read off exactly. */
#include "metrics/ranking.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include "core/rng.h"
#include "metrics/resampling.h"

/* The `epoch` of random streams of purpose BOOTSTRAP (metrics/paired.c has 1). */
enum { STREAM_RANKS = 2 };

/* A row's sum over one resample. */
typedef struct place {
    double sum;
    size_t row;
} place;

/* One resample, and what is counted over all of them. */
typedef struct ranks {
    place *order;    /* [rows] */
    double *first;   /* [rows] */
    int *histograms; /* [rows][2 rows + 1] of twice the rank */
    uint32_t *drawn; /* [patients] */
} ranks;

/* For qsort: the highest sum first. */
static int by_sum(const void *a, const void *b) {
    const double x = ((const place *)a)->sum, y = ((const place *)b)->sum;
    return x > y ? -1 : x < y;
}

/* Orders the rows by their sums over a resample of patients. */
static void order_rows(ranks *k, const double *scores, size_t rows, size_t patients, int resample) {
    cc_rng rng = cc_rng_init(0, CC_PURPOSE_BOOTSTRAP, STREAM_RANKS, (uint64_t)resample);
    cc_resampling_draw(k->drawn, patients, &rng);
    for (size_t r = 0; r < rows; r++) {
        k->order[r] = (place){0, r};
        for (size_t p = 0; p < patients; p++) k->order[r].sum += scores[r * patients + k->drawn[p]];
    }
    qsort(k->order, rows, sizeof *k->order, by_sum);
}

/* Rows of equal sums share the mean of their ranks, and the first place. */
static void count_ranks(ranks *k, size_t rows, double equal) {
    for (size_t i = 0, end; i < rows; i = end) {
        for (end = i + 1; end < rows && k->order[i].sum - k->order[end].sum <= equal;) end++;
        for (size_t at = i; at < end; at++) {
            const size_t row = k->order[at].row;
            if (i == 0) k->first[row] += 1 / (double)end;
            k->histograms[row * (2 * rows + 1) + i + 1 + end]++; /* twice the mean of ranks i + 1 to end */
        }
    }
}

/* The smallest rank at or below which more than `part` of the resamples lie, in a histogram of twice the
 * rank. */
static double read_rank(const int *histogram, size_t rows, double part, int resamples) {
    double below = 0;
    size_t rank = 0;
    while (rank < 2 * rows && (below += histogram[rank]) <= part * resamples) rank++;
    return 0.5 * (double)rank;
}

cc_status cc_ranking_stability(double *first, double *rank_low, double *rank_high, const double *scores,
                               size_t rows, size_t patients, int resamples) {
    assert(resamples > 0);
    double largest = 0;
    if (rows < 1 || patients < 1)
        return cc_fail(CC_EINVAL, "ranks", NULL, "%zu rows of %zu patients are none", rows, patients);
    for (size_t i = 0; i < rows * patients; i++) {
        if (!isfinite(scores[i]))
            return cc_fail(CC_EINVAL, "ranks", NULL, "score %zu of row %zu is not a finite number",
                           i % patients, i / patients);
        largest = fmax(largest, fabs(scores[i]));
    }
    ranks k = {calloc(rows, sizeof *k.order), calloc(rows, sizeof *k.first),
               calloc(rows, (2 * rows + 1) * sizeof *k.histograms), calloc(patients, sizeof *k.drawn)};
    cc_status status = CC_OK;
    if (!k.order || !k.first || !k.histograms || !k.drawn) {
        status = cc_fail_memory("ranks", rows * (2 * rows + 1) * sizeof *k.histograms);
        goto done;
    }
    for (int i = 0; i < resamples; i++) {
        order_rows(&k, scores, rows, patients, i);
        count_ranks(&k, rows, 1e-12 * largest * (double)patients);
    }
    for (size_t r = 0; r < rows; r++) {
        const int *histogram = k.histograms + r * (2 * rows + 1);
        first[r] = k.first[r] / resamples;
        rank_low[r] = read_rank(histogram, rows, 0.025, resamples);
        rank_high[r] = read_rank(histogram, rows, 0.975, resamples);
    }
done:
    free(k.order);
    free(k.first);
    free(k.histograms);
    free(k.drawn);
    return status;
}
