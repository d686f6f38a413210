/* experiments/parity/scores.c -- calcade-golden-scores, version 1: masks of a small set of slices with
 * their scores under each convention of averaging (scikit-learn), and the statistics of paired results
 * (SciPy, scikit-learn, pingouin's formula).
 *
 * Each statistic is a row of a table: the dataset that it must give, and the function that computes it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/parity/parity.h"
#include "metrics/agreement.h"
#include "metrics/overlap.h"
#include "metrics/statistics.h"

/* What the fixtures' names say: "..._f1_precision_recall". */
static const cc_score ratios[] = {CC_SCORE_F1, CC_SCORE_PRECISION, CC_SCORE_RECALL};
enum { RATIOS = sizeof ratios / sizeof *ratios, EXACT_PAIRS = 14 /* of the exact p */ };

/* --- the scores --- */

/* The masks as a row of counts for each slice. */
static cc_status read_rows(cc_count_row **out, size_t *count, const cc_fixture *fixture) {
    cc_fixture_array prediction, truth, patient;
    const uint8_t *predicted, *true_mask;
    CC_TRY(cc_fixture_dataset(&prediction, fixture, "/prediction"));
    CC_TRY(cc_fixture_dataset(&truth, fixture, "/truth"));
    CC_TRY(cc_fixture_dataset(&patient, fixture, "/patient"));
    if (prediction.rank < 2 || truth.count != prediction.count || patient.count != prediction.dims[0])
        return cc_fixture_fail(fixture, "/", "prediction, truth and patient differ in shape");
    CC_TRY(cc_parity_make_mask(&predicted, &prediction, fixture));
    CC_TRY(cc_parity_make_mask(&true_mask, &truth, fixture));
    const size_t area = prediction.count / patient.count;
    cc_count_row *rows = cc_arena_get_array(fixture->arena, patient.count, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t i = 0; i < patient.count; i++) {
        if (!(patient.values[i] >= 0 && patient.values[i] <= INT32_MAX))
            return cc_fixture_fail(fixture, "/patient", "is not a number from 0");
        rows[i] = (cc_count_row){(uint32_t)patient.values[i],
                                 cc_counts_from_masks(predicted + i * area, true_mask + i * area, area)};
    }
    *out = rows;
    *count = patient.count;
    return CC_OK;
}

/* tp, fp, fn and tn of every slice, exactly. */
static cc_status check_counts(cc_parity *parity, const cc_fixture *fixture, const char *object,
                              const cc_count_row *rows, size_t count) {
    double *got = cc_arena_get_array(fixture->arena, count, 4 * sizeof *got);
    if (!got) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const cc_counts *c = &rows[i].counts;
        const double four[4] = {(double)c->tp, (double)c->fp, (double)c->fn, (double)c->tn};
        memcpy(got + 4 * i, four, sizeof four);
    }
    return cc_parity_expect(parity, fixture, "slices", object, got, 4 * count, 0);
}

/* Which slices have truth or prediction: those that 0/0 skips are the others. */
static cc_status check_marked(cc_parity *parity, const cc_fixture *fixture, const char *object,
                              const cc_count_row *rows, size_t count) {
    double *got = cc_arena_get_array(fixture->arena, count, sizeof *got);
    if (!got) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) got[i] = rows[i].counts.tp + rows[i].counts.fp + rows[i].counts.fn > 0;
    return cc_parity_expect(parity, fixture, "slices", object, got, count, 0);
}

/* The scores that fixtures have, in their order. */
static void get_ratios(double out[RATIOS], const cc_scores *scores) {
    for (int r = 0; r < RATIOS; r++) out[r] = scores->value[ratios[r]];
}

/* The scores of each patient, in the order of their first slices. */
static cc_status check_patients(cc_parity *parity, const cc_fixture *fixture, const char *object,
                                const cc_count_row *rows, size_t count) {
    size_t patients = 0;
    cc_count_row *own = cc_arena_get_array(fixture->arena, count, sizeof *own);
    double *got = cc_arena_get_array(fixture->arena, count, RATIOS * sizeof *got);
    if (!own || !got) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        size_t p = 0;
        while (p < patients && own[p].patient != rows[i].patient) p++;
        if (p == patients)
            own[patients++] = rows[i];
        else
            cc_counts_add(&own[p].counts, &rows[i].counts);
    }
    for (size_t p = 0; p < patients; p++) {
        cc_scores scores;
        CC_TRY(cc_scores_from_counts(&scores, &own[p].counts, CC_EMPTY_SKIP));
        get_ratios(got + RATIOS * p, &scores);
    }
    return cc_parity_expect(parity, fixture, "scores", object, got, RATIOS * patients, CC_PARITY_BOUND);
}

/* A dataset and the convention that it is of. */
static const struct averaged {
    const char *object;
    cc_convention convention;
} averaged[] = {
    {"/expect/pooled_f1_precision_recall", {CC_AVERAGE_POOLED, CC_EMPTY_SKIP}},
    {"/expect/patient_mean_f1_precision_recall", {CC_AVERAGE_PATIENT, CC_EMPTY_SKIP}},
    {"/expect/slice_mean_empty_zero_f1_precision_recall", {CC_AVERAGE_SLICE, CC_EMPTY_ZERO}},
    {"/expect/slice_mean_empty_one_f1_precision_recall", {CC_AVERAGE_SLICE, CC_EMPTY_ONE}},
    {"/expect/slice_mean_empty_skipped_f1_precision_recall", {CC_AVERAGE_SLICE, CC_EMPTY_SKIP}},
};

/* All of the masks' scores. */
static cc_status check_scores(cc_parity *parity, const cc_fixture *fixture) {
    cc_count_row *rows = NULL;
    size_t count = 0;
    CC_TRY(read_rows(&rows, &count, fixture));
    CC_TRY(check_counts(parity, fixture, "/expect/confusion_tp_fp_fn_tn", rows, count));
    CC_TRY(check_marked(parity, fixture, "/slices_with_truth_or_prediction", rows, count));
    CC_TRY(check_patients(parity, fixture, "/expect/per_patient_f1_precision_recall", rows, count));
    for (size_t i = 0; i < sizeof averaged / sizeof *averaged; i++) {
        cc_scores scores;
        CC_TRY(cc_scores_average(&scores, rows, count, averaged[i].convention));
        double got[RATIOS];
        get_ratios(got, &scores);
        CC_TRY(cc_parity_expect(parity, fixture, "scores", averaged[i].object, got, RATIOS, CC_PARITY_BOUND));
    }
    return CC_OK;
}

/* --- the statistics: each computes its numbers from the group's inputs, got[count] --- */

/* Two datasets of one length. */
static cc_status read_pair(cc_fixture_array *a, cc_fixture_array *b, const cc_fixture *fixture,
                           const char *first, const char *second) {
    CC_TRY(cc_fixture_dataset(a, fixture, first));
    CC_TRY(cc_fixture_dataset(b, fixture, second));
    return a->count == b->count ? CC_OK : cc_fixture_fail(fixture, second, "is not as long as its pair");
}

static cc_status wilcoxon(double *got, size_t count, const cc_fixture *fixture, int method) {
    (void)count;
    cc_fixture_array a, b;
    CC_TRY(read_pair(&a, &b, fixture, "/statistics/a", "/statistics/b"));
    size_t pairs = method == CC_WILCOXON_AUTO && a.count > EXACT_PAIRS ? EXACT_PAIRS : a.count;
    return cc_statistics_wilcoxon(got, a.values, b.values, pairs, (cc_wilcoxon)method);
}

static cc_status holm(double *got, size_t count, const cc_fixture *fixture, int option) {
    (void)option;
    cc_fixture_array p;
    CC_TRY(cc_fixture_dataset(&p, fixture, "/statistics/holm_p"));
    if (p.count != count) return cc_fixture_fail(fixture, "/statistics/holm_p", "is not as long as expected");
    return cc_statistics_holm(got, p.values, p.count);
}

static cc_status mean_sd(double *got, size_t count, const cc_fixture *fixture, int option) {
    (void)count, (void)option;
    cc_fixture_array a;
    CC_TRY(cc_fixture_dataset(&a, fixture, "/statistics/a"));
    return cc_statistics_mean_sd(&got[0], &got[1], a.values, a.count);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The fixture's categories are the ratings that occur, as scikit-learn takes them: a rating becomes its place
 * among them. */
static cc_status categorise(int32_t *ratings, int *categories, const cc_fixture_array *a,
                            const cc_fixture_array *b, cc_arena *arena) {
    const size_t all = a->count + b->count;
    size_t known = 0;
    double *values = cc_arena_get_array(arena, 2 * all, sizeof *values), *sorted = values + all;
    if (!values) return CC_ENOMEM;
    memcpy(values, a->values, a->count * sizeof *values);
    memcpy(values + a->count, b->values, b->count * sizeof *values);
    memcpy(sorted, values, all * sizeof *values);
    qsort(sorted, all, sizeof *sorted, by_value);
    for (size_t i = 0; i < all; i++)
        if (known == 0 || sorted[i] != sorted[known - 1]) sorted[known++] = sorted[i];
    for (size_t i = 0; i < all; i++) {
        const double *place = bsearch(&values[i], sorted, known, sizeof *sorted, by_value);
        ratings[i] = place ? (int32_t)(place - sorted) : -1;
    }
    *categories = known < INT32_MAX ? (int)known : INT32_MAX;
    return CC_OK;
}

static cc_status kappa(double *got, size_t count, const cc_fixture *fixture, int weights) {
    (void)count;
    cc_fixture_array a, b;
    int categories;
    CC_TRY(read_pair(&a, &b, fixture, "/statistics/rater1", "/statistics/rater2"));
    int32_t *ratings = cc_arena_get_array(fixture->arena, a.count + b.count, sizeof *ratings);
    if (!ratings) return CC_ENOMEM;
    CC_TRY(categorise(ratings, &categories, &a, &b, fixture->arena));
    return cc_agreement_kappa(got, ratings, ratings + a.count, a.count, categories, (cc_kappa)weights);
}

static cc_status icc(double *got, size_t count, const cc_fixture *fixture, int option) {
    (void)count, (void)option;
    cc_fixture_array x;
    CC_TRY(cc_fixture_dataset(&x, fixture, "/statistics/icc_measurements"));
    if (x.rank != 2)
        return cc_fixture_fail(fixture, "/statistics/icc_measurements", "is not subjects by raters");
    cc_icc all[CC_ICC_KINDS];
    CC_TRY(cc_agreement_icc(all, x.values, x.dims[0], x.dims[1]));
    *got = all[CC_ICC_AGREEMENT].value;
    return CC_OK;
}

static cc_status spearman(double *got, size_t count, const cc_fixture *fixture, int option) {
    (void)count, (void)option;
    cc_fixture_array a, b;
    CC_TRY(read_pair(&a, &b, fixture, "/statistics/a", "/statistics/b"));
    return cc_statistics_spearman(got, a.values, b.values, a.count);
}

/* A statistic: its dataset, how many numbers it has, and what computes it. */
static const struct statistic {
    const char *object;
    size_t count; /* of its numbers; 0: any */
    cc_status (*compute)(double *got, size_t count, const cc_fixture *fixture, int option);
    int option;
} statistics[] = {
    {"/statistics/wilcoxon_exact_two_sided_p", 1, wilcoxon, CC_WILCOXON_AUTO},
    {"/statistics/wilcoxon_normal_two_sided_p", 1, wilcoxon, CC_WILCOXON_NORMAL},
    {"/statistics/holm_adjusted", 0, holm, 0},
    {"/statistics/mean_sd_n_minus_1", 2, mean_sd, 0},
    {"/statistics/kappa_unweighted", 1, kappa, CC_KAPPA_UNWEIGHTED},
    {"/statistics/kappa_linear", 1, kappa, CC_KAPPA_LINEAR},
    {"/statistics/kappa_quadratic", 1, kappa, CC_KAPPA_QUADRATIC},
    {"/statistics/icc_a1", 1, icc, 0},
    {"/statistics/spearman_rho", 1, spearman, 0},
};

/* Computes one statistic and compares it. */
static cc_status check_statistic(cc_parity *parity, const cc_fixture *fixture, const struct statistic *s) {
    cc_fixture_array want;
    CC_TRY(cc_fixture_dataset(&want, fixture, s->object));
    if (s->count && want.count != s->count)
        return cc_fixture_fail(fixture, s->object, "is not as many numbers as its name says");
    double *got = cc_arena_get_array(fixture->arena, want.count, sizeof *got);
    if (!got) return CC_ENOMEM;
    CC_TRY(s->compute(got, want.count, fixture, s->option));
    cc_parity_compare(parity, fixture, "statistics", strrchr(s->object, '/') + 1, got, want.values,
                      want.count, CC_PARITY_BOUND);
    return CC_OK;
}

cc_status cc_parity_scores(cc_parity *parity, const cc_fixture *fixture) {
    CC_TRY(check_scores(parity, fixture));
    for (size_t i = 0; i < sizeof statistics / sizeof *statistics; i++)
        CC_TRY(check_statistic(parity, fixture, &statistics[i]));
    return CC_OK;
}
