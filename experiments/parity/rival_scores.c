/* experiments/parity/rival_scores.c -- calcade-golden-scores, version 2: agreement of methods and readers
 * (pingouin, scikit-learn), intervals of stored resamples (SciPy), tests of paired results (statsmodels,
 * SciPy, scikit-posthocs), and distances between surfaces (MONAI).
 *
 * Each group of the file is a row of a table; a group without a row is named in a warning. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/sorted.h"
#include "experiments/parity/parity.h"
#include "metrics/agreement.h"
#include "metrics/paired.h"
#include "metrics/resampling.h"
#include "metrics/statistics.h"
#include "metrics/surfaces.h"

enum { PATH_MAX_LENGTH = 256, CATEGORIES = 5 /* labels 0 to 4, whether or not they occur */ };

/* The dataset GROUP/NAME. */
static cc_status read_in(cc_fixture_array *out, const cc_fixture *fixture, const char *group,
                         const char *name) {
    char path[PATH_MAX_LENGTH];
    snprintf(path, sizeof path, "%s/%s", group, name);
    return cc_fixture_dataset(out, fixture, path);
}

/* Compares with the dataset GROUP/expect/NAME. */
static cc_status expect(cc_parity *parity, const cc_fixture *fixture, const char *group, const char *name,
                        const double *got, size_t count) {
    char path[PATH_MAX_LENGTH];
    snprintf(path, sizeof path, "%s/expect/%s", group, name);
    return cc_parity_expect(parity, fixture, strrchr(group, '/') + 1, path, got, count, CC_PARITY_BOUND);
}

/* --- agreement --- */

/* Bland-Altman and ICC of two methods that measure the same subjects. */
static cc_status check_continuous(cc_parity *parity, const cc_fixture *fixture, const char *group) {
    cc_fixture_array a, b;
    CC_TRY(read_in(&a, fixture, group, "a"));
    CC_TRY(read_in(&b, fixture, group, "b"));
    if (a.count != b.count) return cc_fixture_fail(fixture, group, "a and b differ in length");
    cc_bland_altman limits;
    CC_TRY(cc_agreement_bland_altman(&limits, a.values, b.values, a.count));
    const double four[] = {limits.bias, limits.sd, limits.lower, limits.upper};
    const double intervals[] = {limits.bias_interval[0],  limits.bias_interval[1],  limits.lower_interval[0],
                                limits.lower_interval[1], limits.upper_interval[0], limits.upper_interval[1]};
    CC_TRY(expect(parity, fixture, group, "bland_altman", four, 4));
    CC_TRY(expect(parity, fixture, group, "bland_altman_intervals", intervals, 6));
    /* Subjects by raters. */
    double *both = cc_arena_get_array(fixture->arena, a.count, 2 * sizeof *both);
    if (!both) return CC_ENOMEM;
    for (size_t i = 0; i < a.count; i++) {
        both[2 * i] = a.values[i];
        both[2 * i + 1] = b.values[i];
    }
    cc_icc icc[CC_ICC_KINDS];
    double values[CC_ICC_KINDS], f[CC_ICC_KINDS * 4];
    CC_TRY(cc_agreement_icc(icc, both, a.count, 2));
    for (int i = 0; i < CC_ICC_KINDS; i++) {
        values[i] = icc[i].value;
        f[4 * i] = icc[i].f, f[4 * i + 1] = icc[i].df1, f[4 * i + 2] = icc[i].df2, f[4 * i + 3] = icc[i].p;
    }
    CC_TRY(expect(parity, fixture, group, "icc", values, CC_ICC_KINDS));
    return expect(parity, fixture, group, "icc_f_df1_df2_p", f, (size_t)CC_ICC_KINDS * 4);
}

/* The group as a whole: the methods above, and kappa of two raters. */
static cc_status check_agreement(cc_parity *parity, const cc_fixture *fixture, const char *group) {
    static const char *const names[] = {
        [CC_KAPPA_UNWEIGHTED] = "kappa_unweighted",
        [CC_KAPPA_LINEAR] = "kappa_linear",
        [CC_KAPPA_QUADRATIC] = "kappa_quadratic",
    };
    CC_TRY(check_continuous(parity, fixture, group));
    cc_fixture_array a, b;
    CC_TRY(read_in(&a, fixture, group, "rater1"));
    CC_TRY(read_in(&b, fixture, group, "rater2"));
    if (a.count != b.count) return cc_fixture_fail(fixture, group, "the raters differ in length");
    int32_t *ratings = cc_arena_get_array(fixture->arena, a.count, 2 * sizeof *ratings);
    if (!ratings) return CC_ENOMEM;
    for (size_t i = 0; i < a.count; i++) {
        if (!(a.values[i] >= 0 && a.values[i] < CATEGORIES && b.values[i] >= 0 && b.values[i] < CATEGORIES))
            return cc_fixture_fail(fixture, group, "a rating is none of the five categories");
        ratings[i] = (int32_t)a.values[i];
        ratings[a.count + i] = (int32_t)b.values[i];
    }
    for (int w = 0; w <= CC_KAPPA_QUADRATIC; w++) {
        double kappa;
        CC_TRY(cc_agreement_kappa(&kappa, ratings, ratings + a.count, a.count, CATEGORIES, (cc_kappa)w));
        CC_TRY(expect(parity, fixture, group, names[w], &kappa, 1));
    }
    return CC_OK;
}

/* --- intervals of stored resamples --- */

/* The mean or the median of values[count], count > 0; the median reorders them. */
static double compute(double *values, size_t count, bool median) {
    double sum = 0;
    if (median) {
        cc_sorted_numbers(values, count);
        return 0.5 * (values[(count - 1) / 2] + values[count / 2]);
    }
    for (size_t i = 0; i < count; i++) sum += values[i];
    return sum / (double)count;
}

/* The statistic of each stored resample, and the acceleration from leaving one value out at a time. */
static cc_status resample(double *out, double *estimate, double *acceleration, const cc_fixture_array *values,
                          const cc_fixture_array *index, bool median, cc_arena *arena) {
    const size_t n = values->count;
    double *drawn = cc_arena_get_array(arena, n, 2 * sizeof *drawn), *without = drawn + n, mean = 0;
    if (!drawn) return CC_ENOMEM;
    for (size_t r = 0; r < index->dims[0]; r++) {
        for (size_t i = 0; i < n; i++) drawn[i] = values->values[(size_t)index->values[r * n + i]];
        out[r] = compute(drawn, n, median);
    }
    /* Jackknife: the estimate without each value, as far as it lies below their mean. */
    for (size_t left = 0; left < n; left++) {
        for (size_t i = 0; i + 1 < n; i++) drawn[i] = values->values[i + (i >= left)];
        without[left] = compute(drawn, n - 1, median);
        mean += without[left] / (double)n;
    }
    for (size_t i = 0; i < n; i++) without[i] = mean - without[i];
    *acceleration = cc_resampling_acceleration(without, n);
    memcpy(drawn, values->values, n * sizeof *drawn);
    *estimate = compute(drawn, n, median);
    return CC_OK;
}

/* One sample with its stored resamples: z0 and acceleration first, then each kind of interval. */
static cc_status check_resamples(cc_parity *parity, const cc_fixture *fixture, const char *group) {
    static const char *const names[] = {[CC_RESAMPLING_PERCENTILE] = "percentile",
                                        [CC_RESAMPLING_BASIC] = "basic",
                                        [CC_RESAMPLING_BCA] = "bca"};
    cc_fixture_array values, index;
    char *statistic;
    CC_TRY(read_in(&values, fixture, group, "values"));
    CC_TRY(read_in(&index, fixture, group, "index"));
    CC_TRY(cc_fixture_text(&statistic, fixture, group, "statistic"));
    const bool median = strcmp(statistic, "median") == 0;
    if (!median && strcmp(statistic, "mean") != 0)
        return cc_fixture_fail(fixture, group, "its statistic is not known");
    if (index.rank != 2 || index.dims[1] != values.count || values.count < 2 || index.count == 0)
        return cc_fixture_fail(fixture, group, "index is not resamples by values");
    for (size_t i = 0; i < index.count; i++)
        if (!(index.values[i] >= 0 && index.values[i] < (double)values.count))
            return cc_fixture_fail(fixture, group, "an index is that of no value");
    double estimate, both[2], *drawn = cc_arena_get_array(fixture->arena, index.dims[0], sizeof *drawn);
    if (!drawn) return CC_ENOMEM;
    CC_TRY(resample(drawn, &estimate, &both[1], &values, &index, median, fixture->arena));
    /* Before the intervals, which reorder the resamples; their order matters to none. */
    both[0] = cc_resampling_bias(drawn, index.dims[0], estimate);
    CC_TRY(expect(parity, fixture, group, "bias_and_acceleration", both, 2));
    for (int kind = 0; kind <= CC_RESAMPLING_BCA; kind++) {
        double ends[2];
        cc_resampling_interval(&ends[0], &ends[1], (cc_resampling)kind, drawn, index.dims[0], estimate,
                               both[1]);
        CC_TRY(expect(parity, fixture, group, names[kind], ends, 2));
    }
    return CC_OK;
}

/* --- tests --- */

/* Tables [tables][2][2] of cases: right or wrong with the first by right or wrong with the second. */
static cc_status check_mcnemar(cc_parity *parity, const cc_fixture *fixture, const char *group) {
    cc_fixture_array tables;
    CC_TRY(read_in(&tables, fixture, group, "tables"));
    if (tables.rank != 3 || tables.dims[1] != 2 || tables.dims[2] != 2)
        return cc_fixture_fail(fixture, group, "tables are not 2 by 2");
    double *got = cc_arena_get_array(fixture->arena, tables.dims[0], 5 * sizeof *got);
    if (!got) return CC_ENOMEM;
    for (size_t t = 0; t < tables.dims[0]; t++) {
        /* The pairs that differ stand off the diagonal. */
        const double *table = tables.values + 4 * t;
        if (!(fabs(table[1]) <= CC_MCNEMAR_MAX && fabs(table[2]) <= CC_MCNEMAR_MAX))
            return cc_fixture_fail(fixture, group, "a number is too large");
        cc_mcnemar m;
        CC_TRY(cc_statistics_mcnemar(&m, (int64_t)table[1], (int64_t)table[2]));
        const double row[5] = {m.p, m.corrected, m.corrected_p, m.plain, m.plain_p};
        memcpy(got + 5 * t, row, sizeof row);
    }
    return expect(parity, fixture, group, "values", got, 5 * tables.dims[0]);
}

/* Values [blocks][variants]: Friedman's test, and Nemenyi's of each pair of variants. */
static cc_status check_friedman(cc_parity *parity, const cc_fixture *fixture, const char *group) {
    cc_fixture_array values, want;
    CC_TRY(read_in(&values, fixture, group, "values"));
    CC_TRY(read_in(&want, fixture, group, "expect/nemenyi_p"));
    if (values.rank != 2 || want.count != values.dims[1] * values.dims[1])
        return cc_fixture_fail(fixture, group, "is not blocks by variants");
    const size_t blocks = values.dims[0], variants = values.dims[1];
    double test[2], error = 0, *ranks = cc_arena_get_array(fixture->arena, variants, sizeof *ranks);
    if (!ranks) return CC_ENOMEM;
    CC_TRY(cc_statistics_friedman(&test[0], &test[1], ranks, values.values, blocks, variants));
    CC_TRY(expect(parity, fixture, group, "chi2_p", test, 2));
    CC_TRY(expect(parity, fixture, group, "mean_ranks", ranks, variants));
    for (size_t i = 0; i < variants; i++)
        for (size_t k = 0; k < variants; k++) {
            const double p = cc_statistics_nemenyi(ranks[i] - ranks[k], blocks, variants);
            error = fmax(error, fabs(p - want.values[i * variants + k]));
        }
    /* Absolutely: the fixture's p are known to no more. */
    cc_parity_report(parity, fixture, strrchr(group, '/') + 1, "nemenyi_p", error, 1e-6);
    const double distance = cc_statistics_nemenyi_distance(0.05, blocks, variants);
    return expect(parity, fixture, group, "nemenyi_critical_difference_05", &distance, 1);
}

/* One set of differences, by all patterns of their signs. */
static cc_status check_signs(cc_parity *parity, const cc_fixture *fixture, const char *group) {
    cc_fixture_array d;
    cc_paired_result result;
    cc_signs signs;
    CC_TRY(read_in(&d, fixture, group, "differences"));
    CC_TRY(cc_paired_compare(&result, d.values, 1, d.count));
    CC_TRY(cc_paired_signs(&signs, d.values, d.count));
    CC_TRY(expect(parity, fixture, group, "mean_and_two_sided_p", (double[]){result.mean, result.p}, 2));
    CC_TRY(expect(parity, fixture, group, "p_greater", &signs.greater, 1));
    return expect(parity, fixture, group, "p_less", &signs.less, 1);
}

/* --- surfaces --- */

/* A mask of the group as bytes, and its sides, slowest first; a plane has one slice. */
static cc_status read_mask(const uint8_t **out, int size[3], const cc_fixture *fixture, const char *group,
                           const char *name) {
    cc_fixture_array mask;
    CC_TRY(read_in(&mask, fixture, group, name));
    if (mask.rank != 2 && mask.rank != 3) return cc_fixture_fail(fixture, group, "a mask has 2 or 3 sides");
    for (int k = 0; k < 3; k++) {
        const size_t side = k < 3 - mask.rank ? 1 : mask.dims[k - (3 - mask.rank)];
        if (side < 1 || side > INT32_MAX)
            return cc_fixture_fail(fixture, group, "a mask is empty or too large");
        size[k] = (int)side;
    }
    return cc_parity_make_mask(out, &mask, fixture);
}

/* One pair of masks: Hausdorff distance and its 95 % quantile, both averages, surface Dice. */
static cc_status check_surfaces(cc_parity *parity, const cc_fixture *fixture, const char *group) {
    const uint8_t *prediction, *truth;
    int size[3], other[3];
    cc_fixture_array spacing, tolerance;
    CC_TRY(read_mask(&prediction, size, fixture, group, "prediction"));
    CC_TRY(read_mask(&truth, other, fixture, group, "truth"));
    if (memcmp(size, other, sizeof size) != 0)
        return cc_fixture_fail(fixture, group, "prediction and truth differ in size");
    CC_TRY(cc_fixture_numbers(&spacing, fixture, group, "spacing"));
    CC_TRY(cc_fixture_numbers(&tolerance, fixture, group, "tolerance"));
    if (spacing.count < 2 || spacing.count > 3 || tolerance.count != 1)
        return cc_fixture_fail(fixture, group, "spacing or tolerance has another number of values");
    /* The file has the slowest side first; a plane's third spacing is not asked for. */
    const double *mm = spacing.values, fastest_first[3] = {mm[spacing.count - 1], mm[spacing.count - 2],
                                                           spacing.count == 3 ? mm[0] : 1};
    cc_surface_distances distances;
    cc_surface_scores scores;
    CC_TRY(
        cc_surface_distances_init(&distances, prediction, truth, size[0], size[1], size[2], fastest_first));
    const cc_status status = cc_surface_scores_make(&scores, &distances, tolerance.values[0]);
    cc_surface_distances_deinit(&distances);
    CC_TRY(status);
    const double values[] = {scores.hausdorff, scores.hausdorff95, scores.assd, scores.to_truth, scores.nsd};
    /* Each by itself: NaN and infinity must be where the file has them. */
    cc_fixture_array want;
    double error = 0;
    CC_TRY(read_in(&want, fixture, group, "expect/values"));
    if (want.count != 5) return cc_fixture_fail(fixture, group, "its scores are not five");
    for (size_t i = 0; i < 5; i++) {
        if (values[i] == want.values[i] || (isnan(values[i]) && isnan(want.values[i]))) continue;
        const double one = cc_parity_error(&values[i], &want.values[i], 1);
        error = isnan(one) ? INFINITY : fmax(error, one);
    }
    cc_parity_report(parity, fixture, strrchr(group, '/') + 1, "surface_scores", error, CC_PARITY_BOUND);
    return CC_OK;
}

/* --- all of it --- */

static const cc_parity_part parts[] = {
    {.group = "/agreement", .check = check_agreement},
    {.group = "/intervals", .members = true, .check = check_resamples},
    {.group = "/tests/mcnemar", .check = check_mcnemar},
    {.group = "/tests/friedman", .members = true, .check = check_friedman},
    {.group = "/tests/signs", .members = true, .check = check_signs},
    {.group = "/surfaces", .members = true, .check = check_surfaces},
};

cc_status cc_parity_rival_scores(cc_parity *parity, const cc_fixture *fixture) {
    return cc_parity_check_parts(parity, fixture, parts, sizeof parts / sizeof *parts);
}
