/* Each run is reduced once to one tally a patient, linear in the patients, so that a resample costs one pass
 * over patients: counts where the convention pools them, else sums of scores and how many went in. */
#include "metrics/interval.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include "core/arena.h"
#include "core/rng.h"

typedef struct tally {
    cc_counts counts;
    double sum[CC_SCORES], used[CC_SCORES];
} tally;

static void tally_scores(tally *t, const cc_scores *scores) {
    for (int s = 0; s < CC_SCORES; s++) {
        if (isnan(scores->value[s])) continue;
        t->sum[s] += scores->value[s];
        t->used[s]++;
    }
}

/* tallies[patients] of one run; `seen` marks the patients of all runs. */
static cc_status tally_run(tally *tallies, bool *seen, uint32_t patients, const cc_sample *run,
                           cc_convention convention) {
    bool *here = calloc(patients ? patients : 1, sizeof *here);
    if (!here) return cc_fail_memory("a bootstrap", patients);
    cc_status status = CC_OK;
    for (size_t i = 0; i < run->count && status == CC_OK; i++) {
        const cc_count_row *row = &run->rows[i];
        cc_scores scores = {{0}};
        status = cc_scores_from_counts(&scores, &row->counts, convention.empty);
        cc_counts_add(&tallies[row->patient].counts, &row->counts);
        if (convention.average == CC_AVERAGE_SLICE && status == CC_OK)
            tally_scores(&tallies[row->patient], &scores);
        here[row->patient] = seen[row->patient] = true;
    }
    for (uint32_t p = 0; p < patients && status == CC_OK && convention.average == CC_AVERAGE_PATIENT; p++) {
        cc_scores scores = {{0}};
        if (!here[p]) continue;
        status = cc_scores_from_counts(&scores, &tallies[p].counts, convention.empty);
        if (status == CC_OK) tally_scores(&tallies[p], &scores);
    }
    free(here);
    return status;
}

/* The scores of one run, patient p taken weights[p] times. */
static void score_weighted(cc_scores *out, const tally *tallies, const uint32_t *weights, uint32_t patients,
                           cc_convention convention) {
    tally total = {0};
    for (uint32_t p = 0; p < patients; p++) {
        const cc_counts *c = &tallies[p].counts;
        int64_t w = weights[p];
        if (w == 0) continue;
        cc_counts_add(&total.counts, &(cc_counts){w * c->tp, w * c->fp, w * c->fn, w * c->tn});
        for (int s = 0; s < CC_SCORES; s++) {
            total.sum[s] += (double)w * tallies[p].sum[s];
            total.used[s] += (double)w * tallies[p].used[s];
        }
    }
    if (convention.average == CC_AVERAGE_POOLED &&
        cc_scores_from_counts(out, &total.counts, convention.empty) == CC_OK)
        return;
    for (int s = 0; s < CC_SCORES; s++)
        out->value[s] = total.used[s] > 0 ? total.sum[s] / total.used[s] : NAN;
}

/* The mean over runs of what score_weighted gives; each score over the runs that have it. */
static void score_runs(cc_scores *out, const tally *tallies, size_t runs, const uint32_t *weights,
                       uint32_t patients, cc_convention convention) {
    tally mean = {0};
    for (size_t r = 0; r < runs; r++) {
        cc_scores scores = {{0}};
        score_weighted(&scores, tallies + r * patients, weights, patients, convention);
        tally_scores(&mean, &scores);
    }
    for (int s = 0; s < CC_SCORES; s++) out->value[s] = mean.used[s] > 0 ? mean.sum[s] / mean.used[s] : NAN;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double percentile(const double *sorted, size_t count, double share) {
    double place = share * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count) return sorted[count - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

static void set_interval(cc_estimate *out, int score, double *values, size_t count, int resamples) {
    out->has_interval[score] = 2 * count > (size_t)resamples;
    out->low.value[score] = out->high.value[score] = NAN;
    if (!out->has_interval[score]) return;
    qsort(values, count, sizeof *values, by_value);
    out->low.value[score] = percentile(values, count, 0.025);
    out->high.value[score] = percentile(values, count, 0.975);
}

typedef struct bootstrap {
    tally *tallies; /* runs * patients */
    uint32_t *weights, *members, patients, member_count;
    double *values[CC_SCORES];
} bootstrap;

static cc_status prepare(bootstrap *b, const cc_sample *runs, size_t run_count, cc_convention convention,
                         int resamples, cc_arena *arena) {
    for (size_t r = 0; r < run_count; r++)
        for (size_t i = 0; i < runs[r].count; i++)
            if (runs[r].rows[i].patient >= b->patients) b->patients = runs[r].rows[i].patient + 1;
    b->tallies = cc_arena_get_array(arena, run_count * b->patients + 1, sizeof *b->tallies);
    b->weights = cc_arena_get_array(arena, b->patients + 1, sizeof *b->weights);
    b->members = cc_arena_get_array(arena, b->patients + 1, sizeof *b->members);
    bool *seen = cc_arena_get_array(arena, b->patients + 1, sizeof *seen);
    if (!b->tallies || !b->weights || !b->members || !seen) return CC_ENOMEM;
    for (int s = 0; s < CC_SCORES; s++)
        if (!(b->values[s] = cc_arena_get_array(arena, (size_t)resamples, sizeof(double)))) return CC_ENOMEM;
    for (size_t r = 0; r < run_count; r++)
        CC_TRY(tally_run(b->tallies + r * b->patients, seen, b->patients, &runs[r], convention));
    for (uint32_t p = 0; p < b->patients; p++)
        if (seen[p]) b->members[b->member_count++] = p;
    return CC_OK;
}

static void resample(bootstrap *b, cc_estimate *out, size_t run_count, cc_convention convention,
                     int resamples) {
    size_t used[CC_SCORES] = {0};
    for (int i = 0; i < resamples && b->member_count >= 2; i++) {
        cc_rng rng = cc_rng_init(0, CC_PURPOSE_BOOTSTRAP, 0, (uint64_t)i);
        for (uint32_t p = 0; p < b->patients; p++) b->weights[p] = 0;
        for (uint32_t p = 0; p < b->member_count; p++)
            b->weights[b->members[cc_rng_below(&rng, b->member_count)]]++;
        cc_scores scores = {{0}};
        score_runs(&scores, b->tallies, run_count, b->weights, b->patients, convention);
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
    for (uint32_t p = 0; p < b.patients; p++) b.weights[p] = 1;
    score_runs(&estimate.value, b.tallies, run_count, b.weights, b.patients, convention);
    resample(&b, &estimate, run_count, convention, resamples);
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
