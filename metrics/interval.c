/* metrics/interval.c -- 95 % percentile bootstrap of scores over patients.
 *
 * Every score of a run, under any convention, is a ratio N/D of sums over patients: of a score's numerators
 * and denominators where pixels are pooled (F1: 2 tp over 2 tp + fp + fn), else of the scores and of how many
 * there are. Each run is reduced once to its patients' shares of N and D, divided by the run's D: their sums
 * over all runs give the mean over runs, and a resample, which takes patients several times or not at all,
 * costs one pass over the patients instead of one over the slices. */
#include "metrics/interval.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include "core/arena.h"
#include "core/rng.h"

/* A patient's share of one run's scores, or the sum of several. */
typedef struct share {
    double numerator[CC_SCORES], denominator[CC_SCORES]; /* N and D */
} share;

/* Adds scores that are averaged: each is 1 of D where it is not 0/0 and skipped. */
static void add_scores(share *s, const cc_scores *scores) {
    for (int k = 0; k < CC_SCORES; k++) {
        if (isnan(scores->value[k])) continue;
        s->numerator[k] += scores->value[k];
        s->denominator[k]++;
    }
}

/* The numerator and denominator of each score of one patient, where pixels are pooled. */
static share share_of_counts(const cc_counts *counts) {
    const cc_confusion cells = cc_counts_cells(counts);
    share s;
    for (int k = 0; k < CC_SCORES; k++)
        cc_score_terms(&s.numerator[k], &s.denominator[k], (cc_score)k, &cells);
    return s;
}

/* One run's patients. */
typedef struct run_patients {
    cc_counts *counts;
    /* has a slice in this run */
    bool *here;
    share *shares;
} run_patients;

/* Counts by patient, and what each slice scores where slices are averaged. */
static cc_status add_rows(run_patients *p, const cc_sample *run, cc_convention convention) {
    for (size_t i = 0; i < run->count; i++) {
        const cc_count_row *row = &run->rows[i];
        cc_scores scores;
        CC_TRY(cc_scores_from_counts(&scores, &row->counts, convention.empty));
        cc_counts_add(&p->counts[row->patient], &row->counts);
        if (convention.average == CC_AVERAGE_SLICE) add_scores(&p->shares[row->patient], &scores);
        p->here[row->patient] = true;
    }
    return CC_OK;
}

/* Where pooled counts are 0/0 as a whole, every patient stands for the value that this takes. */
static void settle_empty(run_patients *p, uint32_t patients, int score, cc_empty empty) {
    if (empty == CC_EMPTY_SKIP) return;
    for (uint32_t i = 0; i < patients; i++) {
        p->shares[i].denominator[score] = p->here[i];
        p->shares[i].numerator[score] = p->here[i] && empty == CC_EMPTY_ONE;
    }
}

/* Adds a run's shares to those of all runs, so that each run weighs alike. */
static void add_run(share *shares, run_patients *p, uint32_t patients, cc_convention convention) {
    for (int k = 0; k < CC_SCORES; k++) {
        double whole = 0;
        for (uint32_t i = 0; i < patients; i++) whole += p->shares[i].denominator[k];
        if (!(whole > 0) && convention.average == CC_AVERAGE_POOLED) {
            settle_empty(p, patients, k, convention.empty);
            for (uint32_t i = 0; i < patients; i++) whole += p->shares[i].denominator[k];
        }
        for (uint32_t i = 0; i < patients && whole > 0; i++) {
            shares[i].numerator[k] += p->shares[i].numerator[k] / whole;
            shares[i].denominator[k] += p->shares[i].denominator[k] / whole;
        }
    }
}

/* Reduces one run to its patients' shares and adds them to those of all runs. *seen gains the patients that
 * it tested. */
static cc_status reduce_run(share *shares, bool *seen, uint32_t patients, const cc_sample *run,
                            cc_convention convention, cc_arena *arena) {
    run_patients p = {cc_arena_get_array(arena, patients + 1, sizeof *p.counts),
                      cc_arena_get_array(arena, patients + 1, sizeof *p.here),
                      cc_arena_get_array(arena, patients + 1, sizeof *p.shares)};
    if (!p.counts || !p.here || !p.shares) return CC_ENOMEM;
    CC_TRY(add_rows(&p, run, convention));
    for (uint32_t i = 0; i < patients; i++) {
        cc_scores scores;
        seen[i] |= p.here[i];
        if (!p.here[i] || convention.average == CC_AVERAGE_SLICE) continue;
        CC_TRY(cc_scores_from_counts(&scores, &p.counts[i], convention.empty));
        if (convention.average == CC_AVERAGE_POOLED)
            p.shares[i] = share_of_counts(&p.counts[i]);
        else
            add_scores(&p.shares[i], &scores);
    }
    add_run(shares, &p, patients, convention);
    return CC_OK;
}

/* All runs' scores, patient p taken weights[p] times. */
static void score_weighted(cc_scores *out, const share *shares, const uint32_t *weights, uint32_t patients,
                           cc_empty empty) {
    const double nothing = cc_empty_value(empty);
    share sum = {{0}, {0}};
    for (uint32_t p = 0; p < patients; p++) {
        if (weights[p] == 0) continue;
        for (int k = 0; k < CC_SCORES; k++) {
            sum.numerator[k] += weights[p] * shares[p].numerator[k];
            sum.denominator[k] += weights[p] * shares[p].denominator[k];
        }
    }
    for (int k = 0; k < CC_SCORES; k++)
        out->value[k] = sum.denominator[k] > 0 ? sum.numerator[k] / sum.denominator[k] : nothing;
}

/* For qsort: ascending. */
static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The value below which `part` of the sorted values lie, linear between neighbours (numpy's default). */
static double percentile(const double *sorted, size_t count, double part) {
    double place = part * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count) return sorted[count - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* The 2.5th and 97.5th percentile of the resamples in which the score exists; none where those are half or
 * fewer. Sorts the values. */
static void set_interval(cc_estimate *out, int score, double *values, size_t count, int resamples) {
    out->has_interval[score] = 2 * count > (size_t)resamples;
    out->low.value[score] = out->high.value[score] = NAN;
    if (!out->has_interval[score]) return;
    qsort(values, count, sizeof *values, by_value);
    out->low.value[score] = percentile(values, count, 0.025);
    out->high.value[score] = percentile(values, count, 0.975);
}

/* All that resamples are drawn from: patients that no run has tested are no members. */
typedef struct bootstrap {
    share *shares; /* [patients], over all runs */
    uint32_t *weights, *members, patients, member_count;
    double *values[CC_SCORES];
} bootstrap;

/* Takes memory for all patients and reduces every run. */
static cc_status prepare(bootstrap *b, const cc_sample *runs, size_t run_count, cc_convention convention,
                         int resamples, cc_arena *arena) {
    for (size_t r = 0; r < run_count; r++)
        for (size_t i = 0; i < runs[r].count; i++)
            if (runs[r].rows[i].patient >= b->patients) b->patients = runs[r].rows[i].patient + 1;
    b->shares = cc_arena_get_array(arena, b->patients + 1, sizeof *b->shares);
    b->weights = cc_arena_get_array(arena, b->patients + 1, sizeof *b->weights);
    b->members = cc_arena_get_array(arena, b->patients + 1, sizeof *b->members);
    bool *seen = cc_arena_get_array(arena, b->patients + 1, sizeof *seen);
    if (!b->shares || !b->weights || !b->members || !seen) return CC_ENOMEM;
    for (int s = 0; s < CC_SCORES; s++)
        if (!(b->values[s] = cc_arena_get_array(arena, (size_t)resamples, sizeof(double)))) return CC_ENOMEM;
    for (size_t r = 0; r < run_count; r++)
        CC_TRY(reduce_run(b->shares, seen, b->patients, &runs[r], convention, arena));
    for (uint32_t p = 0; p < b->patients; p++)
        if (seen[p]) b->members[b->member_count++] = p;
    return CC_OK;
}

/* Draws the resamples, patient by patient with replacement, and sets all intervals. Resample i has the random
 * numbers of its own number, so that it does not depend on the others. */
static void resample(bootstrap *b, cc_estimate *out, cc_empty empty, int resamples) {
    size_t used[CC_SCORES] = {0};
    for (int i = 0; i < resamples && b->member_count >= 2; i++) {
        cc_rng rng = cc_rng_init(0, CC_PURPOSE_BOOTSTRAP, 0, (uint64_t)i);
        for (uint32_t p = 0; p < b->patients; p++) b->weights[p] = 0;
        for (uint32_t p = 0; p < b->member_count; p++)
            b->weights[b->members[cc_rng_below(&rng, b->member_count)]]++;
        cc_scores scores = {{0}};
        score_weighted(&scores, b->shares, b->weights, b->patients, empty);
        for (int s = 0; s < CC_SCORES; s++)
            if (!isnan(scores.value[s])) b->values[s][used[s]++] = scores.value[s];
    }
    for (int s = 0; s < CC_SCORES; s++) set_interval(out, s, b->values[s], used[s], resamples);
}

cc_status cc_estimate_bootstrap(cc_estimate *out, const cc_sample *runs, size_t run_count,
                                cc_convention convention, int resamples) {
    assert(resamples > 0);
    cc_status status = CC_OK;
    bootstrap b = {0};
    cc_estimate estimate = {0};
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a bootstrap", 0);
    CC_CHECK(prepare(&b, runs, run_count, convention, resamples, arena));
    /* The estimate itself takes every patient once. */
    for (uint32_t p = 0; p < b.patients; p++) b.weights[p] = 1;
    score_weighted(&estimate.value, b.shares, b.weights, b.patients, convention.empty);
    resample(&b, &estimate, convention.empty, resamples);
    *out = estimate;
done:
    cc_arena_destroy(arena);
    return status;
}

cc_status cc_interval_of_mean(double *low, double *high, const double *values, size_t count, int resamples) {
    assert(resamples > 0);
    if (count < 2) return cc_fail(CC_EINVAL, "interval", NULL, "%zu values have none", count);
    double *means = malloc((size_t)resamples * sizeof *means);
    if (!means) return cc_fail_memory("a bootstrap", (size_t)resamples * sizeof *means);
    for (int i = 0; i < resamples; i++) {
        cc_rng rng = cc_rng_init(0, CC_PURPOSE_BOOTSTRAP, 0, (uint64_t)i);
        double sum = 0;
        for (size_t k = 0; k < count; k++) sum += values[cc_rng_below(&rng, (uint32_t)count)];
        means[i] = sum / (double)count;
    }
    qsort(means, (size_t)resamples, sizeof *means, by_value);
    *low = percentile(means, (size_t)resamples, 0.025);
    *high = percentile(means, (size_t)resamples, 0.975);
    free(means);
    return CC_OK;
}
