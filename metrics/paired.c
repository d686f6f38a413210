/* metrics/paired.c -- two variants on the same patients: permutation of signs, two-way interval,
 * equivalence, effect sizes, and the highest of several.
 *
 * The permutation test counts patterns of signs instead of approximating their sum: with 8 patients the
 * normal approximation says 0.037 where 0.0625 is exact. All 2^n sums are pairs of a sum of the first half
 * of the differences and one of the second half (Horowitz & Sahni, J. ACM 21 (1974), 277-292): both halves
 * sorted, the pairs that reach the observed sum are counted in one walk, 2^(n/2) steps instead of 2^n. */
#include "metrics/paired.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "metrics/distributions.h"
#include "metrics/statistics.h"

/* Max-T keeps one sum a rival for each pattern, which no pairing of halves shortens. */
enum { MAX_T_EXACT_MAX = 20 };

/* The `epoch` of random streams of purpose BOOTSTRAP: one a kind of resampling. */
enum { STREAM_SIGNS = 1 };

/* Sums that are equal but for rounding count as equal: relative to the sum of all sizes. */
static const double rounding = 1e-12;

/* Refuses an empty table, and NaN and infinities in it. */
static cc_status check_differences(const double *differences, size_t rows, size_t patients) {
    if (rows < 1 || patients < 1)
        return cc_fail(CC_EINVAL, "paired differences", NULL, "%zu by %zu are none", rows, patients);
    for (size_t i = 0; i < rows * patients; i++)
        if (!isfinite(differences[i]))
            return cc_fail(CC_EINVAL, "paired differences", NULL,
                           "difference %zu of row %zu is not a finite number", i % patients, i / patients);
    return CC_OK;
}

/* Each patient's mean over seeds; the caller frees *out. */
static cc_status average_seeds(double **out, const double *differences, size_t seeds, size_t patients) {
    CC_TRY(check_differences(differences, seeds, patients));
    double *means = calloc(patients, sizeof *means);
    if (!means) return cc_fail_memory("paired differences", patients * sizeof *means);
    for (size_t s = 0; s < seeds; s++)
        for (size_t p = 0; p < patients; p++) means[p] += differences[s * patients + p] / (double)seeds;
    *out = means;
    return CC_OK;
}

/* --- permutation of signs --- */

/* All 2^count sums of +-sizes, ascending; sums and scratch have room for them. With each size the sums so
 * far, less it and more it, are two ascending lists, which are merged. */
static void list_sums(double *sums, double *scratch, const double *sizes, size_t count) {
    sums[0] = 0;
    for (size_t i = 0, made = 1; i < count; i++, made *= 2) {
        for (size_t low = 0, high = 0; low < made || high < made;)
            if (high == made || (low < made && sums[low] - sizes[i] <= sums[high] + sizes[i])) {
                scratch[low + high] = sums[low] - sizes[i];
                low++;
            } else {
                scratch[low + high] = sums[high] + sizes[i];
                high++;
            }
        memcpy(sums, scratch, 2 * made * sizeof *sums);
    }
}

/* The shares of all patterns of +-sizes[count] whose sum is least[0] or more, and least[1] or more. */
static cc_status count_patterns(double shares[2], const double *sizes, size_t count, const double least[2]) {
    const size_t half = count / 2, first = (size_t)1 << half, second = (size_t)1 << (count - half);
    double *sums = malloc((first + 2 * second) * sizeof *sums), *others = sums + first;
    if (!sums) return cc_fail_memory("a permutation test", (first + 2 * second) * sizeof *sums);
    list_sums(sums, others, sizes, half);
    list_sums(others, others + second, sizes + half, count - half);
    for (int end = 0; end < 2; end++) {
        /* As the sum of the first half grows, ever more of the second half reach the bound. */
        uint64_t reach = 0;
        for (size_t i = 0, from = second; i < first; i++) {
            while (from > 0 && sums[i] + others[from - 1] >= least[end]) from--;
            reach += second - from;
        }
        shares[end] = ldexp((double)reach, -(int)count);
    }
    free(sums);
    return CC_OK;
}

/* The same of a sample of patterns, the observed one among them, so that no p is 0. The sums of eight
 * patients under all 256 patterns of their signs are made once: a byte of random bits takes one of them. */
static cc_status sample_patterns(double shares[2], const double *sizes, size_t count, const double least[2]) {
    const size_t groups = (count + 7) / 8;
    double *sums = calloc(groups, 256 * sizeof *sums);
    if (!sums) return cc_fail_memory("a permutation test", groups * 256 * sizeof *sums);
    for (size_t i = 0; i < count; i++)
        for (unsigned byte = 0; byte < 256; byte++)
            sums[i / 8 * 256 + byte] += byte >> (i % 8) & 1 ? sizes[i] : -sizes[i];
    int reach[2] = {1, 1};
    for (int k = 1; k < CC_SIGNS_SAMPLED; k++) {
        cc_rng rng = cc_rng_init(0, CC_PURPOSE_BOOTSTRAP, STREAM_SIGNS, (uint64_t)k);
        double sum = 0;
        uint64_t bits = 0;
        for (size_t g = 0; g < groups; g++, bits >>= 8) {
            if (g % 8 == 0) bits = cc_rng_u64(&rng);
            sum += sums[g * 256 + (bits & 255)];
        }
        for (int end = 0; end < 2; end++) reach[end] += sum >= least[end];
    }
    free(sums);
    for (int end = 0; end < 2; end++) shares[end] = (double)reach[end] / CC_SIGNS_SAMPLED;
    return CC_OK;
}

cc_status cc_paired_signs(cc_signs *out, const double *differences, size_t patients) {
    CC_TRY(check_differences(differences, 1, patients));
    double *sizes = malloc(patients * sizeof *sizes), sum = 0, total = 0, shares[2] = {1, 1};
    if (!sizes) return cc_fail_memory("a permutation test", patients * sizeof *sizes);
    size_t count = 0;
    /* A difference of 0 stands in both halves of the patterns alike: without it the shares are the same. */
    for (size_t i = 0; i < patients; i++) {
        if (differences[i] == 0) continue;
        sum += differences[i];
        sizes[count++] = fabs(differences[i]);
        total += fabs(differences[i]);
    }
    /* Sums lie symmetrically about 0: as many fall to the observed one or below it as reach its opposite. */
    const double least[2] = {sum - rounding * total, -sum - rounding * total};
    const cc_status status = count <= CC_SIGNS_EXACT_MAX ? count_patterns(shares, sizes, count, least)
                                                         : sample_patterns(shares, sizes, count, least);
    free(sizes);
    if (status != CC_OK) return status;
    *out = (cc_signs){.greater = shares[0],
                      .less = shares[1],
                      .two_sided = fmin(1, 2 * fmin(shares[0], shares[1])),
                      .least = count ? ldexp(1, 1 - (int)count) : 1};
    return CC_OK;
}

/* --- interval and effect --- */

/* The variance of the mean over seeds x patients and its degrees of freedom. Differences are patient +
 * seed + rest, all random (Searle, Casella & McCulloch, Variance Components (1992), 4.7): with mean
 * squares MSp, MSs and MSe
 *     E MSp = S vp + ve    E MSs = n vs + ve    E MSe = ve    var(mean) = vp / n + vs / S + ve / (n S)
 * so that (MSp + MSs - MSe) / (n S) is without bias. Where MSs is below MSe, no effect of seeds is seen
 * and their part is 0 rather than negative. */
static void vary_two_ways(double *variance, double *df, const double *differences, const double *means,
                          double mean, size_t seeds, size_t patients) {
    const double n = (double)patients, s = (double)seeds;
    double of_patients = 0, of_seeds = 0, rest = 0;
    for (size_t p = 0; p < patients; p++) of_patients += s * (means[p] - mean) * (means[p] - mean) / (n - 1);
    *variance = of_patients / (n * s);
    *df = n - 1;
    if (seeds < 2) return;
    for (size_t k = 0; k < seeds; k++) {
        const double *row = differences + k * patients;
        double seed = 0;
        for (size_t p = 0; p < patients; p++) seed += row[p] / n;
        of_seeds += n * (seed - mean) * (seed - mean) / (s - 1);
        for (size_t p = 0; p < patients; p++) {
            const double left = row[p] - means[p] - seed + mean;
            rest += left * left / ((n - 1) * (s - 1));
        }
    }
    if (!(of_seeds > rest)) return;
    /* Satterthwaite: a sum of mean squares has about (sum)^2 / sum(square^2 / its degrees of freedom). */
    const double sum = of_patients + of_seeds - rest;
    *variance = sum / (n * s);
    *df = sum * sum /
          (of_patients * of_patients / (n - 1) + of_seeds * of_seeds / (s - 1) +
           rest * rest / ((n - 1) * (s - 1)));
    /* Those of the part that is taken away must not make fewer than the parts that are added have. */
    *df = fmax(*df, fmin(n - 1, s - 1));
}

/* (positive - negative) / all ranks of the sizes of the differences other than 0. */
static cc_status correlate_ranks(double *out, const double *means, size_t patients) {
    double *sizes = malloc(2 * patients * sizeof *sizes), *ranks = sizes + patients, ties, sum = 0, all = 0;
    if (!sizes) return cc_fail_memory("paired differences", 2 * patients * sizeof *sizes);
    size_t count = 0;
    for (size_t i = 0; i < patients; i++)
        if (means[i] != 0) sizes[count++] = fabs(means[i]);
    cc_status status = cc_statistics_ranks(ranks, &ties, sizes, count);
    for (size_t i = 0, k = 0; i < patients && status == CC_OK; i++) {
        if (means[i] == 0) continue;
        sum += means[i] > 0 ? ranks[k] : -ranks[k];
        all += ranks[k++];
    }
    free(sizes);
    *out = all > 0 ? sum / all : 0;
    return status;
}

/* The mean difference, in standard deviations, that a two-sided t test of n patients finds at level 0.05
 * with power 0.8: the noncentrality with that power, over the root of n. */
static double detect(size_t patients) {
    const double df = (double)patients - 1, t = cc_student_quantile(0.975, df);
    double low = 0, high = 16;
    while (cc_noncentral_t_power(t, df, high) < 0.8) high *= 2;
    for (int i = 0; i < 30; i++) {
        const double middle = 0.5 * (low + high);
        *(cc_noncentral_t_power(t, df, middle) < 0.8 ? &low : &high) = middle;
    }
    return high / sqrt((double)patients);
}

cc_status cc_paired_compare(cc_paired_result *out, const double *differences, size_t seeds, size_t patients) {
    double *means, sd;
    CC_TRY(average_seeds(&means, differences, seeds, patients));
    cc_status status = CC_OK;
    cc_paired_result r = {
        .patients = patients, .seeds = seeds, .low = NAN, .high = NAN, .effect = NAN, .detectable = NAN};
    CC_CHECK(cc_statistics_mean_sd(&r.mean, &sd, means, patients));
    cc_signs signs;
    CC_CHECK(cc_paired_signs(&signs, means, patients));
    r.p = signs.two_sided;
    r.p_least = signs.least;
    CC_CHECK(correlate_ranks(&r.rank_biserial, means, patients));
    if (patients >= 2) {
        double variance, df;
        vary_two_ways(&variance, &df, differences, means, r.mean, seeds, patients);
        const double reach = variance > 0 ? cc_student_quantile(0.975, df) * sqrt(variance) : 0;
        r.low = r.mean - reach;
        r.high = r.mean + reach;
        if (sd > 0) r.effect = r.mean / sd;
        r.detectable = sd * detect(patients);
    }
    *out = r;
done:
    free(means);
    return status;
}

cc_status cc_paired_equivalence(double *p, const double *differences, size_t seeds, size_t patients,
                                double margin) {
    double *means, mean, sd;
    if (patients < 2 || !(margin > 0))
        return cc_fail(CC_EINVAL, "equivalence", NULL, "%zu patients, a margin of %g", patients, margin);
    CC_TRY(average_seeds(&means, differences, seeds, patients));
    cc_status status = cc_statistics_mean_sd(&mean, &sd, means, patients);
    free(means);
    if (status != CC_OK) return status;
    /* The mean is not below -margin, and not above margin: the larger |mean| decides. */
    const double inside = margin - fabs(mean), error = sd / sqrt((double)patients);
    *p = error > 0 ? cc_student_tail(inside / error, (double)patients - 1) : inside > 0 ? 0 : 1;
    return CC_OK;
}

/* --- the highest of several --- */

/* All that max-T works on. Rivals stand in the order of their statistics, the largest first. */
typedef struct contest {
    size_t rivals, patients;
    double
        *scaled; /* [patients][rivals] differences over the root of their sum of squares; 0 where that is 0 */
    double *observed; /* [rivals] |sum of scaled| */
    double *sums;     /* [rivals] of the scaled differences under one pattern of signs */
    size_t *order;    /* [rivals] their numbers */
    uint64_t
        *reach; /* [rivals] patterns in which the statistic of this rival or of one behind it is as large */
} contest;

/* Counts one pattern, whose sums are given: from the rival with the smallest statistic on, the largest so
 * far is compared with each rival's own (the step-down form). */
static void count_pattern(contest *c) {
    double largest = 0;
    for (size_t i = c->rivals; i-- > 0;) {
        const double size = fabs(c->sums[i]);
        largest = size > largest ? size : largest;
        c->reach[i] += largest >= c->observed[i] - rounding;
    }
}

/* The sums under a pattern: a set bit of `signs` turns that patient's differences round. */
static void sum_pattern(contest *c, const uint64_t *signs) {
    for (size_t i = 0; i < c->rivals; i++) c->sums[i] = 0;
    for (size_t p = 0; p < c->patients; p++) {
        const double sign = signs[p / 64] >> (p % 64) & 1 ? -1 : 1;
        for (size_t i = 0; i < c->rivals; i++) c->sums[i] += sign * c->scaled[p * c->rivals + i];
    }
}

/* Counts all patterns, or a sample with the observed one first; returns how many. As |sum| is the same
 * with all signs turned round, the last patient keeps its sign. */
static uint64_t count_all(contest *c, uint64_t *signs) {
    if (c->patients <= MAX_T_EXACT_MAX) {
        const uint64_t patterns = (uint64_t)1 << (c->patients - 1);
        for (uint64_t k = 0; k < patterns; k++) {
            /* In the order of a Gray code one patient is turned round at a time, the one of the lowest set
             * bit of k. Now and then sums are made anew, lest rounding errors add up. */
            signs[0] = k ^ k >> 1;
            if (k % 1024 == 0) {
                sum_pattern(c, signs);
            } else {
                size_t p = 0;
                while (!(k >> p & 1)) p++;
                const double turned = signs[0] >> p & 1 ? -2 : 2;
                for (size_t i = 0; i < c->rivals; i++) c->sums[i] += turned * c->scaled[p * c->rivals + i];
            }
            count_pattern(c);
        }
        return patterns;
    }
    for (int k = 0; k < CC_SIGNS_SAMPLED; k++) {
        cc_rng rng = cc_rng_init(0, CC_PURPOSE_BOOTSTRAP, STREAM_SIGNS, (uint64_t)k);
        for (size_t i = 0; i <= c->patients / 64; i++) signs[i] = k ? cc_rng_u64(&rng) : 0;
        sum_pattern(c, signs);
        count_pattern(c);
    }
    return CC_SIGNS_SAMPLED;
}

/* Orders the rivals by their statistics and scales their differences; `scales` is room for [rivals]. */
static void observe(contest *c, double *scales, const double *differences) {
    for (size_t r = 0; r < c->rivals; r++) {
        double sum = 0, squares = 0;
        for (size_t p = 0; p < c->patients; p++) {
            const double d = differences[r * c->patients + p];
            sum += d;
            squares += d * d;
        }
        scales[r] = squares > 0 ? 1 / sqrt(squares) : 0;
        /* Insertion: rivals are few. */
        const double statistic = fabs(sum) * scales[r];
        size_t at = r;
        for (; at > 0 && c->observed[at - 1] < statistic; at--) {
            c->observed[at] = c->observed[at - 1];
            c->order[at] = c->order[at - 1];
        }
        c->observed[at] = statistic;
        c->order[at] = r;
    }
    for (size_t i = 0; i < c->rivals; i++)
        for (size_t p = 0; p < c->patients; p++)
            c->scaled[p * c->rivals + i] = scales[c->order[i]] * differences[c->order[i] * c->patients + p];
}

cc_status cc_paired_max_t(double *adjusted, const double *differences, size_t rivals, size_t patients) {
    CC_TRY(check_differences(differences, rivals, patients));
    double *numbers = calloc((patients + 3) * rivals, sizeof *numbers);
    size_t *order = calloc(rivals, sizeof *order);
    uint64_t *whole = calloc(rivals + patients / 64 + 1, sizeof *whole);
    cc_status status = CC_OK;
    if (!numbers || !order || !whole) {
        status = cc_fail_memory("a test of several", (patients + 3) * rivals * sizeof *numbers);
        goto done;
    }
    contest c = {rivals, patients, numbers + 3 * rivals, numbers, numbers + rivals, order, whole};
    observe(&c, numbers + 2 * rivals, differences);
    const double patterns = (double)count_all(&c, whole + rivals);
    /* No rival with a smaller statistic has a smaller p. */
    double largest = 0;
    for (size_t i = 0; i < rivals; i++) {
        largest = fmax(largest, (double)c.reach[i] / patterns);
        adjusted[order[i]] = largest;
    }
done:
    free(numbers);
    free(order);
    free(whole);
    return status;
}

/* --- folds --- */

cc_status cc_paired_corrected_interval(double *low, double *high, const double *values, size_t folds,
                                       double test, double train) {
    double mean, sd;
    if (folds < 2 || !(test > 0) || !(train > 0))
        return cc_fail(CC_EINVAL, "folds", NULL, "%zu folds of %g for testing and %g for training", folds,
                       test, train);
    CC_TRY(cc_statistics_mean_sd(&mean, &sd, values, folds));
    const double k = (double)folds;
    const double reach = cc_student_quantile(0.975, k - 1) * sd * sqrt(1 / k + test / train);
    *low = mean - reach;
    *high = mean + reach;
    return CC_OK;
}
