/* metrics/resampling.c -- drawing with replacement; percentile, basic and BCa intervals. */
#include "metrics/resampling.h"

#include <math.h>
#include "metrics/distributions.h"

/* Values this near to the estimate, relative to it, differ by rounding alone. */
static const double rounding = 1e-13;

void cc_resampling_draw(uint32_t *drawn, size_t count, cc_rng *rng) {
    /* A random number, seen as a fraction of 2^64 and multiplied by `count`, is a draw before the point
     * and a new fraction behind it, which serves for the next draw, until 32 of its bits are used up:
     * probabilities differ by less than 2^-32 (Brackett-Rozinsky & Lemire, Softw. Pract. Exp. 55 (2025),
     * 155-169, without the rejection). */
    const uint64_t most = (uint64_t)1 << 32;
    uint64_t fraction = 0, used = most;
    for (size_t i = 0; i < count; i++) {
        if (used * count > most) {
            fraction = cc_rng_u64(rng);
            used = 1;
        }
        used *= count;
        const unsigned __int128 product = (unsigned __int128)fraction * count;
        fraction = (uint64_t)product;
        drawn[i] = (uint32_t)(product >> 64);
    }
}

/* Reorders values so that the one of `rank` (from 0) stands in its place, none before it larger and none
 * behind it smaller: Hoare's quickselect (CACM 4 (1961), 321-322). A few ranks cost a tenth of sorting. */
static void select_rank(double *values, size_t count, size_t rank) {
    ptrdiff_t low = 0, high = (ptrdiff_t)count - 1;
    while (low < high) {
        const double a = values[low], b = values[low + (high - low) / 2], c = values[high];
        /* The middle one of three is never the last alone of its size, so that both parts hold a value. */
        const double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
        ptrdiff_t i = low - 1, k = high + 1;
        for (;;) {
            do i++;
            while (values[i] < pivot);
            do k--;
            while (values[k] > pivot);
            if (i >= k) break;
            const double exchanged = values[i];
            values[i] = values[k];
            values[k] = exchanged;
        }
        /* low to k hold none above the pivot, k + 1 to high none below it. */
        if ((ptrdiff_t)rank <= k)
            high = k;
        else
            low = k + 1;
    }
}

/* The value below which `part` of the values lie, linear between neighbours (numpy's default). */
static double percentile(double *values, size_t count, double part) {
    const double place = part * (double)(count - 1);
    const size_t below = place < (double)(count - 1) ? (size_t)place : count - 1;
    select_rank(values, count, below);
    double next = values[below];
    if (below + 1 < count) {
        next = values[below + 1];
        for (size_t i = below + 2; i < count; i++) next = fmin(next, values[i]);
    }
    return values[below] + (place - (double)below) * (next - values[below]);
}

double cc_resampling_bias(const double *values, size_t count, double estimate) {
    const double equal = rounding * fabs(estimate);
    double below = 0;
    for (size_t i = 0; i < count; i++)
        below += fabs(values[i] - estimate) <= equal ? 0.5 : values[i] < estimate;
    return cc_normal_quantile(below / (double)count);
}

double cc_resampling_acceleration(const double *influences, size_t count) {
    double squares = 0, cubes = 0;
    for (size_t i = 0; i < count; i++) {
        squares += influences[i] * influences[i];
        cubes += influences[i] * influences[i] * influences[i];
    }
    return squares > 0 ? cubes / (6 * squares * sqrt(squares)) : 0;
}

void cc_resampling_interval(double *low, double *high, cc_resampling kind, double *values, size_t count,
                            double estimate, double acceleration) {
    double parts[2] = {0.025, 0.975}, ends[2];
    if (kind == CC_RESAMPLING_BCA) {
        const double bias = cc_resampling_bias(values, count, estimate);
        *low = *high = NAN;
        if (!isfinite(bias)) return;
        for (int i = 0; i < 2; i++) {
            /* Efron's equation 14.10: the percentile that is wanted, seen through bias and acceleration. */
            const double z = bias + cc_normal_quantile(parts[i]);
            parts[i] = cc_normal_probability(bias + z / (1 - acceleration * z));
        }
    }
    for (int i = 0; i < 2; i++) ends[i] = percentile(values, count, parts[i]);
    *low = kind == CC_RESAMPLING_BASIC ? 2 * estimate - ends[1] : ends[0];
    *high = kind == CC_RESAMPLING_BASIC ? 2 * estimate - ends[0] : ends[1];
}
