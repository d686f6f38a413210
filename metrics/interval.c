/* metrics/interval.c -- scores of several runs, their intervals over seeds x patients, and BCa beside
 * them.
 *
 * From the shares that patients have in a score (metrics/test_sets.h) come its value, its variance, by
 * pseudo-values, which for a mean are the patients' scores themselves (Tukey, Ann. Math. Statist. 29
 * (1958), 614), and each resample. */
#include "metrics/interval.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include "core/rng.h"
#include "metrics/distributions.h"
#include "metrics/resampling.h"

/* --- value and variance of one score --- */

/* One fold's table of a score: pseudo-values y[seed][patient], the mean over the seed's runs; NaN: none. */
typedef struct grid {
    double *y, *used; /* [seeds][patients] */
    double *mean,
        *runs;    /* [seeds] the seed's score, NaN: none, and how many runs have it, until centre_grid */
    size_t seeds; /* with a score */
    double value; /* their mean; NaN: none */
} grid;

/* What the variance of the value is made of: mean squares as parts of it, with their degrees of freedom. */
typedef struct variance_parts {
    double variance, weight; /* weight: sum of part^2 / degrees of freedom, for Satterthwaite */
    double least_df;         /* of the parts that are added */
} variance_parts;

static void add_part(variance_parts *sum, double part, double sign, double df) {
    sum->variance += sign * part;
    if (df > 0) sum->weight += part * part / df;
    if (sign > 0) sum->least_df = fmin(sum->least_df, df);
}

/* Fills the grid of fold f and score k. A run's pseudo-value of a patient is n times the run's
 * score less n - 1 times its score without the patient. */
static void fill_grid(grid *g, const cc_test_sets *s, const cc_test_fold *f, int k) {
    for (size_t i = 0; i < f->seeds * f->patients; i++) g->y[i] = g->used[i] = 0;
    for (size_t i = 0; i < f->seeds; i++) g->mean[i] = g->runs[i] = 0;
    for (size_t r = f->first; r < f->first + f->runs; r++) {
        double numerator = 0, denominator = 0, n = 0;
        const size_t seed = s->seeds[r];
        for (size_t p = 0; p < f->patients; p++) {
            numerator += s->shares[r][p].numerator[k];
            denominator += s->shares[r][p].denominator[k];
            n += s->shares[r][p].denominator[k] > 0;
        }
        if (!(denominator > 0)) continue;
        const double score = numerator / denominator;
        g->mean[seed] += score;
        g->runs[seed]++;
        for (size_t p = 0; p < f->patients; p++) {
            const double own = s->shares[r][p].denominator[k];
            if (!(own > 0)) continue;
            /* A single patient leaves no score behind: the run's stands for it. */
            const double rest =
                n > 1 ? (numerator - s->shares[r][p].numerator[k]) / (denominator - own) : score;
            g->y[seed * f->patients + p] += n * score - (n - 1) * rest;
            g->used[seed * f->patients + p]++;
        }
    }
    g->seeds = 0;
    g->value = 0;
    for (size_t i = 0; i < f->seeds; i++) {
        g->mean[i] = g->runs[i] > 0 ? g->mean[i] / g->runs[i] : NAN;
        if (g->runs[i] > 0) g->value += g->mean[i], g->seeds++;
    }
    g->value = g->seeds ? g->value / (double)g->seeds : NAN;
    for (size_t i = 0; i < f->seeds * f->patients; i++) g->y[i] = g->used[i] > 0 ? g->y[i] / g->used[i] : NAN;
}

/* The numbers of one score over all folds. */
typedef struct score_spread {
    double value, variance, df;
    size_t patients;
    double *influences[CC_SCORES]; /* of patients and seeds on the value, for BCa's acceleration */
    size_t influence_count[CC_SCORES];
} score_spread;

/* What all scores share as room to work in. */
typedef struct workspace {
    grid *grids;       /* [folds] */
    double *influence; /* [patients of all samples] */
    uint32_t *folds;   /* [patients of all samples] folds that a patient has the score in */
} workspace;

static cc_status get_room(workspace *out, score_spread *spread, const cc_test_sets *s) {
    size_t most = 0;
    out->grids = cc_arena_get_array(s->arena, s->fold_count + 1, sizeof *out->grids);
    out->influence = cc_arena_get_array(s->arena, (size_t)s->patients + 1, sizeof *out->influence);
    out->folds = cc_arena_get_array(s->arena, (size_t)s->patients + 1, sizeof *out->folds);
    if (!out->grids || !out->influence || !out->folds) return CC_ENOMEM;
    for (size_t i = 0; i < s->fold_count; i++) {
        const cc_test_fold *f = &s->folds[i];
        double *y = cc_arena_get_array(s->arena, 2 * f->seeds * (f->patients + 1), sizeof *y);
        if (!y) return CC_ENOMEM;
        const size_t cells = f->seeds * f->patients;
        out->grids[i] =
            (grid){.y = y, .used = y + cells, .mean = y + 2 * cells, .runs = y + 2 * cells + f->seeds};
        most += f->patients + f->seeds;
    }
    for (int k = 0; k < CC_SCORES; k++)
        if (!(spread->influences[k] = cc_arena_get_array(s->arena, most + 1, sizeof(double))))
            return CC_ENOMEM;
    return CC_OK;
}

/* Adds seeds' and the rest's mean squares of one fold to the parts, and the patients' influences on the
 * value (of `folds` folds) to theirs. Returns how many patients of the fold have the score. `centre` is
 * added to each patient's deviation: 0 within folds, what the fold lies above the value where folds are
 * joined. */
static size_t spread_fold(variance_parts *seeds, workspace *room, const grid *g, const cc_test_fold *f,
                          double folds, double centre) {
    double rest = 0, cells = 0, between = 0;
    size_t patients = 0;
    const double s = (double)g->seeds;
    for (size_t p = 0; p < f->patients; p++) {
        double sum = 0, squares = 0, own = 0, influence = 0;
        for (size_t i = 0; i < f->seeds; i++) {
            const double y = g->y[i * f->patients + p];
            if (isnan(y)) continue;
            sum += y - g->mean[i];
            squares += (y - g->mean[i]) * (y - g->mean[i]);
            influence += (y - g->mean[i] + centre) / (s * g->runs[i] * folds);
            own++;
        }
        if (!(own > 0)) continue;
        room->influence[f->members[p]] += influence;
        rest += squares - sum * sum / own; /* about the patient's mean over seeds */
        cells += own;
        patients++;
    }
    if (g->seeds < 2) return patients;
    for (size_t i = 0; i < f->seeds; i++)
        if (g->runs[i] > 0) between += (g->mean[i] - g->value) * (g->mean[i] - g->value);
    /* The parts of the variance of the fold's mean: of seeds, less what patients x seeds alone explain. No
     * effect of seeds is seen where that is more. */
    const double df = cells - (double)patients - s + 1, of_seeds = between / (s * (s - 1) * folds * folds);
    const double of_rest = df > 0 ? fmax(0, rest) / (cells * df * folds * folds) : 0;
    if (of_seeds > of_rest) {
        add_part(seeds, of_seeds, 1, s - 1);
        add_part(seeds, of_rest, -1, df);
    }
    return patients;
}

/* Means of each seed of a grid become those of its pseudo-values, and `runs` the number of patients that
 * they are over: for ratios of sums the two means differ a little, and deviations are from their own. */
static void centre_grid(grid *g, const cc_test_fold *f) {
    for (size_t i = 0; i < f->seeds; i++) {
        double sum = 0, count = 0;
        for (size_t p = 0; p < f->patients; p++) {
            const double y = g->y[i * f->patients + p];
            if (!isnan(y)) sum += y, count++;
        }
        g->mean[i] = count > 0 ? sum / count : NAN;
        g->runs[i] = count;
    }
}

/* Value, variance and degrees of freedom of score k. Patients vary within their folds; where a fold has
 * fewer than two of them, or a patient lies in several folds, folds are joined into one stratum, in which
 * they vary about the value itself. */
static void spread_score(score_spread *out, workspace *room, const cc_test_sets *s, int k) {
    double folds = 0, value = 0;
    for (uint32_t p = 0; p < s->patients; p++) room->influence[p] = room->folds[p] = 0;
    for (size_t i = 0; i < s->fold_count; i++) {
        fill_grid(&room->grids[i], s, &s->folds[i], k);
        if (isnan(room->grids[i].value)) continue;
        value += room->grids[i].value;
        folds++;
    }
    out->value = folds > 0 ? value / folds : NAN;
    out->influence_count[k] = out->patients = 0;
    out->variance = out->df = NAN;
    bool joined = false;
    for (size_t i = 0; i < s->fold_count; i++) {
        const cc_test_fold *f = &s->folds[i];
        size_t patients = 0;
        if (isnan(room->grids[i].value)) continue;
        for (size_t p = 0; p < f->patients; p++) {
            bool has = false;
            for (size_t seed = 0; seed < f->seeds; seed++)
                has |= !isnan(room->grids[i].y[seed * f->patients + p]);
            patients += has;
            joined |= has && room->folds[f->members[p]] > 0;
            out->patients += has && room->folds[f->members[p]] == 0;
            room->folds[f->members[p]] += has;
        }
        joined |= patients < 2;
    }
    if (out->patients < 2) return;
    variance_parts all = {0, 0, INFINITY};
    double *influences = out->influences[k];
    size_t count = 0;
    for (size_t i = 0; i < s->fold_count; i++) {
        const cc_test_fold *f = &s->folds[i];
        grid *g = &room->grids[i];
        if (isnan(g->value)) continue;
        for (size_t seed = 0; seed < f->seeds && g->seeds > 1; seed++)
            if (g->runs[seed] > 0)
                influences[count++] = (g->mean[seed] - g->value) / ((double)g->seeds * folds);
        centre_grid(g, f);
        const double n = (double)spread_fold(&all, room, g, f, folds, joined ? g->value - out->value : 0);
        double squares = 0;
        for (size_t p = 0; p < f->patients && !joined; p++) {
            double *u = &room->influence[f->members[p]];
            squares += *u * *u;
            influences[count++] = *u;
        }
        if (!joined) add_part(&all, squares * n / (n - 1), 1, n - 1);
    }
    if (joined) {
        const double n = (double)out->patients;
        double squares = 0;
        for (uint32_t p = 0; p < s->patients; p++) {
            if (room->folds[p] == 0) continue;
            squares += room->influence[p] * room->influence[p];
            influences[count++] = room->influence[p];
        }
        add_part(&all, squares * n / (n - 1), 1, n - 1);
    }
    out->influence_count[k] = count;
    out->variance = fmax(0, all.variance);
    /* Satterthwaite's degrees of freedom; those of a sum are no fewer than the fewest of its parts, which
     * a part that is taken away hides. */
    out->df = fmax(all.least_df, all.variance * all.variance / all.weight);
}

/* --- intervals --- */

static double logistic(double x) {
    return 1 / (1 + exp(-x));
}

/* Student's t on the logit scale: the error of logit(v) is that of v over v (1 - v), to first order. */
static void set_interval(cc_estimate *out, int k, const score_spread *s) {
    /* A variance of rounding errors alone is none. */
    const double v = s->value, error = s->variance > 1e-24 ? sqrt(s->variance) : 0;
    out->value.value[k] = v;
    out->patients[k] = s->patients;
    out->has_interval[k] = s->patients >= 2;
    out->low.value[k] = out->high.value[k] = NAN;
    if (!out->has_interval[k]) return;
    if (error > 0 && v > 0 && v < 1) {
        const double reach = cc_student_quantile(0.975, s->df) * error / (v * (1 - v)),
                     logit = log(v / (1 - v));
        out->low.value[k] = logistic(logit - reach);
        out->high.value[k] = logistic(logit + reach);
    } else {
        const double q = pow(0.05, 1 / (double)s->patients);
        out->low.value[k] = q * v;
        out->high.value[k] = q * v + 1 - q;
    }
}

/* --- resampling --- */

/* What a fold is resampled from: each patient's N and D, the mean over seeds of those of each run as parts
 * of the run's D, and how far each seed's score lies from their mean. */
typedef struct urn {
    cc_share *patients; /* [count] those with a part in some score */
    size_t count;
    bool even;                  /* each of them has the same part of D: no resample has another D than 1 */
    double (*seeds)[CC_SCORES]; /* [seeds of the fold]; 0 where a seed has no score */
} urn;

/* Leaves out patients without a part in any score, and sees whether the parts of the others are alike. */
static void thin_urn(urn *u, size_t patients) {
    u->even = true;
    for (size_t p = 0; p < patients; p++) {
        bool any = false;
        for (int k = 0; k < CC_SCORES; k++) any |= u->patients[p].denominator[k] > 0;
        if (any) u->patients[u->count++] = u->patients[p];
    }
    for (size_t p = 0; p < u->count; p++)
        for (int k = 0; k < CC_SCORES; k++)
            u->even &= u->patients[p].denominator[k] == u->patients[0].denominator[k];
}

/* Fills one fold's urn. */
static cc_status fill_urn(urn *out, const cc_test_sets *s, const cc_test_fold *f) {
    out->patients = cc_arena_get_array(s->arena, f->patients + 1, sizeof *out->patients);
    out->seeds = cc_arena_get_array(s->arena, f->seeds, sizeof *out->seeds);
    double *scores = cc_arena_get_array(s->arena, f->runs + 2 * f->seeds, sizeof *scores);
    if (!out->patients || !out->seeds || !scores) return CC_ENOMEM;
    double *wholes = scores, *sums = scores + f->runs, *runs = sums + f->seeds;
    for (int k = 0; k < CC_SCORES; k++) {
        double seeds = 0, mean = 0;
        for (size_t i = 0; i < f->seeds; i++) sums[i] = runs[i] = 0;
        for (size_t i = 0; i < f->runs; i++) {
            double numerator = 0;
            wholes[i] = 0;
            for (size_t p = 0; p < f->patients; p++) {
                numerator += s->shares[f->first + i][p].numerator[k];
                wholes[i] += s->shares[f->first + i][p].denominator[k];
            }
            if (!(wholes[i] > 0)) continue;
            sums[s->seeds[f->first + i]] += numerator / wholes[i];
            runs[s->seeds[f->first + i]]++;
        }
        for (size_t i = 0; i < f->seeds; i++) {
            if (!(runs[i] > 0)) continue;
            mean += sums[i] / runs[i];
            seeds++;
        }
        for (size_t i = 0; i < f->seeds; i++)
            out->seeds[i][k] = runs[i] > 0 ? sums[i] / runs[i] - mean / seeds : 0;
        for (size_t i = 0; i < f->runs; i++) {
            if (!(wholes[i] > 0)) continue;
            const double weight = 1 / (wholes[i] * runs[s->seeds[f->first + i]] * seeds);
            for (size_t p = 0; p < f->patients; p++) {
                out->patients[p].numerator[k] += weight * s->shares[f->first + i][p].numerator[k];
                out->patients[p].denominator[k] += weight * s->shares[f->first + i][p].denominator[k];
            }
        }
    }
    thin_urn(out, f->patients);
    return CC_OK;
}

/* The scores of one resample. In each fold patients and seeds are drawn, and what the seeds drawn lie
 * above the mean is added to the score of the patients drawn: taking each patient drawn under each seed
 * drawn would count what patients x seeds vary alone three times, and costs as many times more as there
 * are seeds (Owen, Ann. Appl. Stat. 1 (2007), 386-411). */
static void resample(double out[CC_SCORES], const cc_test_sets *s, const urn *urns, uint32_t *drawn,
                     double nothing, cc_rng *rng) {
    double sum[CC_SCORES] = {0}, folds[CC_SCORES] = {0};
    for (size_t i = 0; i < s->fold_count; i++) {
        const cc_test_fold *f = &s->folds[i];
        const urn *u = &urns[i];
        cc_share sum_drawn = {{0}, {0}};
        double seeds[CC_SCORES] = {0};
        cc_resampling_draw(drawn, u->count, rng);
        for (size_t d = 0; d < u->count; d++)
            for (int k = 0; k < CC_SCORES; k++) sum_drawn.numerator[k] += u->patients[drawn[d]].numerator[k];
        for (size_t d = 0; d < u->count && !u->even; d++)
            for (int k = 0; k < CC_SCORES; k++)
                sum_drawn.denominator[k] += u->patients[drawn[d]].denominator[k];
        for (int k = 0; k < CC_SCORES && u->even && u->count > 0; k++)
            sum_drawn.denominator[k] = u->patients[0].denominator[k] * (double)u->count;
        if (f->seeds > 1) {
            cc_resampling_draw(drawn, f->seeds, rng);
            for (size_t d = 0; d < f->seeds; d++)
                for (int k = 0; k < CC_SCORES; k++) seeds[k] += u->seeds[drawn[d]][k];
        }
        for (int k = 0; k < CC_SCORES; k++) {
            const double score =
                sum_drawn.denominator[k] > 0 ? sum_drawn.numerator[k] / sum_drawn.denominator[k] : nothing;
            if (isnan(score)) continue;
            sum[k] += score + seeds[k] / (double)f->seeds;
            folds[k]++;
        }
    }
    for (int k = 0; k < CC_SCORES; k++) out[k] = folds[k] > 0 ? fmin(1, fmax(0, sum[k] / folds[k])) : NAN;
}

/* BCa of every score of an estimate. Resample i has the random numbers of its own number, so that it does
 * not depend on the others. */
static cc_status set_bca(cc_estimate *out, const cc_test_sets *s, const score_spread *spread, cc_empty empty,
                         int resamples) {
    const size_t count = (size_t)resamples;
    double *values = cc_arena_get_array(s->arena, CC_SCORES * count, sizeof *values);
    uint32_t *drawn = cc_arena_get_array(s->arena, (size_t)s->patients + s->run_count + 1, sizeof *drawn);
    urn *urns = cc_arena_get_array(s->arena, s->fold_count + 1, sizeof *urns);
    size_t used[CC_SCORES] = {0};
    if (!values || !drawn || !urns) return CC_ENOMEM;
    for (size_t f = 0; f < s->fold_count; f++) CC_TRY(fill_urn(&urns[f], s, &s->folds[f]));
    for (int i = 0; i < resamples; i++) {
        cc_rng rng = cc_rng_init(0, CC_PURPOSE_BOOTSTRAP, 0, (uint64_t)i);
        double scores[CC_SCORES];
        resample(scores, s, urns, drawn, cc_empty_value(empty), &rng);
        for (int k = 0; k < CC_SCORES; k++)
            if (!isnan(scores[k])) values[(size_t)k * count + used[k]++] = scores[k];
    }
    for (int k = 0; k < CC_SCORES; k++)
        if (out->has_interval[k] && 2 * used[k] > count)
            cc_resampling_interval(
                &out->bca_low.value[k], &out->bca_high.value[k], CC_RESAMPLING_BCA,
                values + (size_t)k * count, used[k], out->value.value[k],
                cc_resampling_acceleration(spread->influences[k], spread->influence_count[k]));
    return CC_OK;
}

/* --- all of it --- */

/* One convention's estimate of runs that were read. */
static cc_status estimate(cc_estimate *out, cc_test_sets *s, workspace *room, score_spread *spread,
                          cc_convention convention, int resamples) {
    *out = (cc_estimate){.folds = s->fold_count, .seeds = s->seed_count};
    cc_test_sets_share(s, convention);
    for (int k = 0; k < CC_SCORES; k++) {
        out->bca_low.value[k] = out->bca_high.value[k] = NAN;
        spread_score(spread, room, s, k);
        set_interval(out, k, spread);
    }
    return resamples > 0 ? set_bca(out, s, spread, convention.empty, resamples) : CC_OK;
}

cc_status cc_estimate_make(cc_estimate *out, const cc_sample *runs, size_t run_count,
                           cc_convention convention, int resamples) {
    assert(resamples >= 0);
    cc_test_sets s;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("an interval", 0);
    workspace room;
    score_spread spread;
    cc_estimate made;
    cc_status status = CC_OK;
    CC_CHECK(cc_test_sets_read(&s, runs, run_count, arena));
    CC_CHECK(get_room(&room, &spread, &s));
    CC_CHECK(estimate(&made, &s, &room, &spread, convention, resamples));
    *out = made;
done:
    cc_arena_destroy(arena);
    return status;
}

cc_status cc_estimate_make_all(cc_estimate out[CC_AVERAGES][CC_EMPTIES], const cc_sample *runs,
                               size_t run_count, cc_convention shown, int resamples) {
    assert(resamples >= 0);
    cc_test_sets s;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("intervals", 0);
    workspace room;
    score_spread spread;
    cc_estimate made[CC_AVERAGES][CC_EMPTIES];
    cc_status status = CC_OK;
    CC_CHECK(cc_test_sets_read(&s, runs, run_count, arena));
    CC_CHECK(get_room(&room, &spread, &s));
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            CC_CHECK(estimate(&made[a][e], &s, &room, &spread, (cc_convention){(cc_average)a, (cc_empty)e},
                              a == (int)shown.average && e == (int)shown.empty ? resamples : 0));
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++) out[a][e] = made[a][e];
done:
    cc_arena_destroy(arena);
    return status;
}

const char *cc_interval_method(void) {
    return "Student's t on the logit scale over seeds and patients, stratified by fold";
}

/* Percent, of 200,000 trials each (tests/metrics/test_coverage.c). */
static const struct coverage {
    size_t patients;
    double high_for_all, with_failures;
} coverages[] = {{2, 95.0, 93.6}, {3, 94.9, 90.5},  {4, 94.8, 87.0},  {7, 94.5, 78.7},
                 {8, 94.5, 76.8}, {16, 94.5, 71.1}, {32, 94.6, 81.2}, {60, 94.8, 92.0}};

/* The number of patients that is nearest in proportion; beyond the last the last. */
static const struct coverage *find_coverage(size_t patients) {
    const struct coverage *best = coverages;
    for (size_t i = 1; i < sizeof coverages / sizeof *coverages; i++)
        if (patients * patients >= coverages[i - 1].patients * coverages[i].patients) best = &coverages[i];
    return best;
}

double cc_interval_coverage(size_t patients) {
    return patients < 2 ? NAN : find_coverage(patients)->high_for_all;
}

double cc_interval_coverage_with_failures(size_t patients) {
    return patients < 2 ? NAN : find_coverage(patients)->with_failures;
}
