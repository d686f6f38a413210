/* metrics/ranking.c -- ranks of variants under resampling of patients.
 *
 * Mean ranks of equal rows are multiples of a half, at most `rows`: each row keeps a histogram of twice its rank, from
 * which the interval is read off exactly. */
#include "metrics/ranking.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include "core/rng.h"

/* The `epoch` of random streams of purpose BOOTSTRAP (metrics/paired.c has 1). */
enum { STREAM_RANKS = 2 };

/* The sums of one resample, and what is counted over all of them. */
typedef struct ranks {
    double *sums;      /* [rows] */
    double *first;     /* [rows] */
    int *histograms;   /* [rows][2 rows + 1] of twice the rank */
    uint32_t *weights; /* [patients] how often each is drawn */
} ranks;

/* Each row's sum over a resample of patients. */
static void draw(ranks *k, const double *scores, size_t rows, size_t patients, int resample) {
    cc_rng rng = cc_rng_init(0, CC_PURPOSE_BOOTSTRAP, STREAM_RANKS, (uint64_t)resample);
    for (size_t p = 0; p < patients; p++) k->weights[p] = 0;
    for (size_t p = 0; p < patients; p++) k->weights[cc_rng_below(&rng, patients)]++;
    for (size_t r = 0; r < rows; r++) {
        k->sums[r] = 0;
        for (size_t p = 0; p < patients; p++) k->sums[r] += k->weights[p] * scores[r * patients + p];
    }
}

/* A row's rank is 1 + the rows above it + half of those that equal it. */
static void count_ranks(ranks *k, size_t rows, double equal) {
    for (size_t r = 0; r < rows; r++) {
        size_t above = 0, same = 0;
        for (size_t other = 0; other < rows; other++) {
            if (other == r) continue;
            if (fabs(k->sums[other] - k->sums[r]) <= equal)
                same++;
            else
                above += k->sums[other] > k->sums[r];
        }
        if (above == 0) k->first[r] += 1 / (double)(same + 1);
        k->histograms[r * (2 * rows + 1) + 2 + 2 * above + same]++;
    }
}

/* The smallest rank at or below which more than `part` of the resamples lie, in a histogram of twice the rank. */
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
    ranks k = {calloc(rows, sizeof *k.sums), calloc(rows, sizeof *k.first),
               calloc(rows, (2 * rows + 1) * sizeof *k.histograms), calloc(patients, sizeof *k.weights)};
    cc_status status = CC_OK;
    if (!k.sums || !k.first || !k.histograms || !k.weights) {
        status = cc_fail_memory("ranks", rows * (2 * rows + 1) * sizeof *k.histograms);
        goto done;
    }
    for (int i = 0; i < resamples; i++) {
        draw(&k, scores, rows, patients, i);
        count_ranks(&k, rows, 1e-12 * largest * (double)patients);
    }
    for (size_t r = 0; r < rows; r++) {
        const int *histogram = k.histograms + r * (2 * rows + 1);
        first[r] = k.first[r] / resamples;
        rank_low[r] = read_rank(histogram, rows, 0.025, resamples);
        rank_high[r] = read_rank(histogram, rows, 0.975, resamples);
    }
done:
    free(k.sums);
    free(k.first);
    free(k.histograms);
    free(k.weights);
    return status;
}
