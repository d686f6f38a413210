/* metrics/interval.c -- scores of several runs, their intervals over seeds x patients, and BCa beside them.
 *
 * Every score of a run, under any convention, is a ratio N/D of sums over patients: of a score's numerators and
 * denominators where pixels are pooled (F1: 2 tp over 2 tp + fp + fn), else of the scores and of how many there
 * are. Rows are read once into what all conventions need of a patient in a run (a cell); a convention turns cells
 * into shares of N and D. From the shares come the value, the variance (by pseudo-values, which for a mean are the
 * patients' scores themselves: Tukey, Ann. Math. Statist. 29 (1958), 614) and each resample. */
#include "metrics/interval.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include "core/arena.h"
#include "core/rng.h"
#include "metrics/distributions.h"
#include "metrics/resampling.h"

/* One patient in one run: counts, and of the slices' scores what each way to treat 0/0 needs. */
typedef struct cell {
    cc_counts counts;
    bool here;                               /* has a slice in this run */
    double sum[CC_SCORES], known[CC_SCORES]; /* over slices: scores that are not 0/0, and their number */
    double true_sum[CC_SCORES], true_known[CC_SCORES]; /* the same of slices with truth */
    double empty[CC_SCORES];                           /* slices that are 0/0 */
} cell;

/* N and D of each score of one patient in one run. */
typedef struct share {
    double numerator[CC_SCORES], denominator[CC_SCORES];
} share;

/* Runs of one fold, those of one seed together. Patients of a fold are numbered anew, from 0. */
typedef struct fold {
    size_t first, runs, seeds, patients;
    uint32_t *members; /* [patients] their numbers in the samples */
} fold;

typedef struct study {
    const cc_sample **runs; /* [run_count] by fold, then seed */
    size_t run_count, fold_count, seed_count;
    uint32_t patients; /* numbers are below this */
    fold *folds;
    cell **cells;   /* [run][patient of its fold] */
    share **shares; /* the same, of the convention at hand */
    size_t *seeds;  /* [run] its seed's place in its fold */
    cc_arena *arena;
} study;

/* --- reading rows --- */

static int by_fold_and_seed(const void *a, const void *b) {
    const cc_sample *x = *(const cc_sample *const *)a, *y = *(const cc_sample *const *)b;
    if (x->fold != y->fold) return x->fold < y->fold ? -1 : 1;
    if (x->seed != y->seed) return x->seed < y->seed ? -1 : 1;
    return x < y ? -1 : x > y; /* those of one array, in their order */
}

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Sorts runs into folds and counts what is distinct. */
static cc_status group_runs(study *s, const cc_sample *runs, size_t run_count) {
    int64_t *seeds = cc_arena_get_array(s->arena, run_count + 1, sizeof *seeds);
    s->run_count = run_count;
    s->runs = cc_arena_get_array(s->arena, run_count + 1, sizeof *s->runs);
    s->folds = cc_arena_get_array(s->arena, run_count + 1, sizeof *s->folds);
    s->seeds = cc_arena_get_array(s->arena, run_count + 1, sizeof *s->seeds);
    s->cells = cc_arena_get_array(s->arena, run_count + 1, sizeof *s->cells);
    s->shares = cc_arena_get_array(s->arena, run_count + 1, sizeof *s->shares);
    if (!seeds || !s->runs || !s->folds || !s->seeds || !s->cells || !s->shares) return CC_ENOMEM;
    for (size_t r = 0; r < run_count; r++) {
        s->runs[r] = &runs[r];
        seeds[r] = runs[r].seed;
        for (size_t i = 0; i < runs[r].count; i++)
            if (runs[r].rows[i].patient >= s->patients) s->patients = runs[r].rows[i].patient + 1;
    }
    qsort(s->runs, run_count, sizeof *s->runs, by_fold_and_seed);
    qsort(seeds, run_count, sizeof *seeds, by_number);
    for (size_t r = 0; r < run_count; r++) {
        s->seed_count += r == 0 || seeds[r] != seeds[r - 1];
        const bool next = r == 0 || s->runs[r]->fold != s->runs[r - 1]->fold;
        if (next) s->folds[s->fold_count++].first = r;
        fold *f = &s->folds[s->fold_count - 1];
        f->runs++;
        f->seeds += next || s->runs[r]->seed != s->runs[r - 1]->seed;
        s->seeds[r] = f->seeds - 1;
    }
    return CC_OK;
}

/* Adds one slice to its patient's cell. */
static cc_status add_slice(cell *c, const cc_counts *counts) {
    cc_scores scores = {{0}};
    CC_TRY(cc_scores_from_counts(&scores, counts, CC_EMPTY_SKIP));
    cc_counts_add(&c->counts, counts);
    c->here = true;
    const bool truth = counts->tp + counts->fn > 0;
    for (int k = 0; k < CC_SCORES; k++) {
        if (isnan(scores.value[k])) {
            c->empty[k]++;
            continue;
        }
        c->sum[k] += scores.value[k];
        c->known[k]++;
        c->true_sum[k] += truth ? scores.value[k] : 0;
        c->true_known[k] += truth;
    }
    return CC_OK;
}

/* Reads a fold's rows into cells. `places` gives each patient's number in the fold, SIZE_MAX: none yet. */
static cc_status read_fold(study *s, fold *f, size_t *places) {
    for (uint32_t p = 0; p < s->patients; p++) places[p] = SIZE_MAX;
    f->members = cc_arena_get_array(s->arena, (size_t)s->patients + 1, sizeof *f->members);
    if (!f->members) return CC_ENOMEM;
    for (size_t r = f->first; r < f->first + f->runs; r++)
        for (size_t i = 0; i < s->runs[r]->count; i++) {
            const uint32_t p = s->runs[r]->rows[i].patient;
            if (places[p] != SIZE_MAX) continue;
            f->members[f->patients] = p;
            places[p] = f->patients++;
        }
    for (size_t r = f->first; r < f->first + f->runs; r++) {
        s->cells[r] = cc_arena_get_array(s->arena, f->patients + 1, sizeof **s->cells);
        s->shares[r] = cc_arena_get_array(s->arena, f->patients + 1, sizeof **s->shares);
        if (!s->cells[r] || !s->shares[r]) return CC_ENOMEM;
        for (size_t i = 0; i < s->runs[r]->count; i++)
            CC_TRY(add_slice(&s->cells[r][places[s->runs[r]->rows[i].patient]], &s->runs[r]->rows[i].counts));
    }
    return CC_OK;
}

static cc_status read_study(study *s, const cc_sample *runs, size_t run_count) {
    CC_TRY(group_runs(s, runs, run_count));
    size_t *places = cc_arena_get_array(s->arena, (size_t)s->patients + 1, sizeof *places);
    if (!places) return CC_ENOMEM;
    for (size_t f = 0; f < s->fold_count; f++) CC_TRY(read_fold(s, &s->folds[f], places));
    return CC_OK;
}

/* --- a convention's shares --- */

/* N and D of a cell under a convention. */
static void share_cell(share *out, const cell *c, cc_convention convention) {
    const cc_confusion cells = cc_counts_cells(&c->counts);
    const bool with_truth = convention.empty == CC_EMPTY_WITH_TRUTH;
    for (int k = 0; k < CC_SCORES; k++) {
        double *n = &out->numerator[k], *d = &out->denominator[k];
        *n = *d = 0;
        if (!c->here) continue;
        if (convention.average == CC_AVERAGE_POOLED) {
            cc_score_terms(n, d, (cc_score)k, &cells);
        } else if (convention.average == CC_AVERAGE_PATIENT) {
            const double score = cc_score_ratio((cc_score)k, &cells, convention.empty);
            *n = isnan(score) ? 0 : score;
            *d = !isnan(score);
        } else {
            const bool counted = convention.empty == CC_EMPTY_ZERO || convention.empty == CC_EMPTY_ONE;
            *n = (with_truth ? c->true_sum[k] : c->sum[k]) +
                 (convention.empty == CC_EMPTY_ONE ? c->empty[k] : 0);
            *d = (with_truth ? c->true_known[k] : c->known[k]) + (counted ? c->empty[k] : 0);
        }
    }
}

/* Pooled counts that are 0/0 as a whole: every patient stands for the value that this takes. A test set without
 * truth has no score where only items with truth count. */
static void settle_pooled(study *s, const fold *f, size_t r, cc_empty empty) {
    int64_t truth = 0;
    for (size_t p = 0; p < f->patients; p++) truth += s->cells[r][p].counts.tp + s->cells[r][p].counts.fn;
    for (int k = 0; k < CC_SCORES; k++) {
        double whole = 0;
        for (size_t p = 0; p < f->patients; p++) whole += s->shares[r][p].denominator[k];
        const bool none = empty == CC_EMPTY_WITH_TRUTH && truth == 0;
        for (size_t p = 0; p < f->patients && (none || !(whole > 0)); p++) {
            const bool counts = !none && s->cells[r][p].here && !isnan(cc_empty_value(empty));
            s->shares[r][p].denominator[k] = counts;
            s->shares[r][p].numerator[k] = counts ? cc_empty_value(empty) : 0;
        }
    }
}

static void share_all(study *s, cc_convention convention) {
    for (const fold *f = s->folds; f < s->folds + s->fold_count; f++)
        for (size_t r = f->first; r < f->first + f->runs; r++) {
            for (size_t p = 0; p < f->patients; p++)
                share_cell(&s->shares[r][p], &s->cells[r][p], convention);
            if (convention.average == CC_AVERAGE_POOLED) settle_pooled(s, f, r, convention.empty);
        }
}

/* --- value and variance of one score --- */

/* One fold's table of a score: pseudo-values y[seed][patient], the mean over the seed's runs; NaN: none. */
typedef struct grid {
    double *y, *used;    /* [seeds][patients] */
    double *mean, *runs; /* [seeds] the seed's score, NaN: none, and how many runs have it */
    size_t seeds;        /* with a score */
    double value;        /* their mean; NaN: none */
} grid;

/* What the variance of the value is made of: mean squares as parts of it, with their degrees of freedom. */
typedef struct variance_parts {
    double variance, weight; /* weight: sum of part^2 / degrees of freedom, for Satterthwaite */
} variance_parts;

static void add_part(variance_parts *sum, double part, double sign, double df) {
    sum->variance += sign * part;
    if (df > 0) sum->weight += part * part / df;
}

/* Fills the grid of fold f and score k. A run's pseudo-value of a patient is n score - (n - 1) score without him. */
static void fill_grid(grid *g, const study *s, const fold *f, int k) {
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
            /* Without him; of one patient alone there is no such score, and he stands for it. */
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

static cc_status get_room(workspace *out, score_spread *spread, const study *s) {
    size_t most = 0;
    out->grids = cc_arena_get_array(s->arena, s->fold_count + 1, sizeof *out->grids);
    out->influence = cc_arena_get_array(s->arena, (size_t)s->patients + 1, sizeof *out->influence);
    out->folds = cc_arena_get_array(s->arena, (size_t)s->patients + 1, sizeof *out->folds);
    if (!out->grids || !out->influence || !out->folds) return CC_ENOMEM;
    for (size_t i = 0; i < s->fold_count; i++) {
        const fold *f = &s->folds[i];
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

/* Adds seeds' and the rest's mean squares of one fold to the parts, and the patients' influences on the value (of
 * `folds` folds) to theirs. Returns how many patients of the fold have the score. `centre` is added to each patient's
 * deviation: 0 within folds, what the fold lies above the value where folds are joined. */
static size_t spread_fold(variance_parts *seeds, workspace *room, const grid *g, const fold *f, double folds,
                          double centre) {
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
    /* The parts of the variance of the fold's mean: of seeds, less what patients x seeds alone explain. No effect of
     * seeds is seen where that is more. */
    const double df = cells - (double)patients - s + 1, of_seeds = between / (s * (s - 1) * folds * folds);
    const double of_rest = df > 0 ? fmax(0, rest) / (cells * df * folds * folds) : 0;
    if (of_seeds > of_rest) {
        add_part(seeds, of_seeds, 1, s - 1);
        add_part(seeds, of_rest, -1, df);
    }
    return patients;
}

/* Means of each seed of a grid become those of its pseudo-values, and `runs` the number of patients that they are
 * over: for ratios of sums the two means differ a little, and deviations are from their own. */
static void centre_grid(grid *g, const fold *f) {
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

/* Value, variance and degrees of freedom of score k. Patients vary within their folds; where a fold has fewer than
 * two of them, or a patient lies in several folds, folds are joined into one stratum, in which they vary about the
 * value itself. */
static void spread_score(score_spread *out, workspace *room, const study *s, int k) {
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
        const fold *f = &s->folds[i];
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
    variance_parts all = {0, 0};
    double *influences = out->influences[k];
    size_t count = 0;
    for (size_t i = 0; i < s->fold_count; i++) {
        const fold *f = &s->folds[i];
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
    out->df = all.weight > 0 ? all.variance * all.variance / all.weight : NAN;
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

/* Each score of a run whose patient p is taken weights[p] times. */
static void score_weighted(double out[CC_SCORES], const share *shares, const uint32_t *weights,
                           size_t patients, double nothing) {
    share sum = {{0}, {0}};
    for (size_t p = 0; p < patients; p++) {
        if (weights[p] == 0) continue;
        for (int k = 0; k < CC_SCORES; k++) {
            sum.numerator[k] += weights[p] * shares[p].numerator[k];
            sum.denominator[k] += weights[p] * shares[p].denominator[k];
        }
    }
    for (int k = 0; k < CC_SCORES; k++)
        out[k] = sum.denominator[k] > 0 ? sum.numerator[k] / sum.denominator[k] : nothing;
}

/* The scores of one resample: in each fold patients and seeds are drawn, each with replacement. */
static void resample(double out[CC_SCORES], const study *s, uint32_t *weights, uint32_t *seed_weights,
                     double nothing, cc_rng *rng) {
    double sum[CC_SCORES] = {0}, folds[CC_SCORES] = {0};
    for (const fold *f = s->folds; f < s->folds + s->fold_count; f++) {
        double of_fold[CC_SCORES] = {0}, runs[CC_SCORES] = {0}, scores[CC_SCORES];
        cc_resampling_draw(weights, f->patients, rng);
        if (f->seeds > 1)
            cc_resampling_draw(seed_weights, f->seeds, rng);
        else
            seed_weights[0] = 1;
        for (size_t r = f->first; r < f->first + f->runs; r++) {
            const uint32_t weight = seed_weights[s->seeds[r]];
            if (weight == 0) continue;
            score_weighted(scores, s->shares[r], weights, f->patients, nothing);
            for (int k = 0; k < CC_SCORES; k++) {
                if (isnan(scores[k])) continue;
                of_fold[k] += weight * scores[k];
                runs[k] += weight;
            }
        }
        for (int k = 0; k < CC_SCORES; k++) {
            if (!(runs[k] > 0)) continue;
            sum[k] += of_fold[k] / runs[k];
            folds[k]++;
        }
    }
    for (int k = 0; k < CC_SCORES; k++) out[k] = folds[k] > 0 ? sum[k] / folds[k] : NAN;
}

/* BCa of every score of an estimate. Resample i has the random numbers of its own number, so that it does not depend
 * on the others. */
static cc_status set_bca(cc_estimate *out, const study *s, const score_spread *spread, cc_empty empty,
                         int resamples) {
    const size_t count = (size_t)resamples;
    double *values = cc_arena_get_array(s->arena, CC_SCORES * count, sizeof *values);
    uint32_t *weights = cc_arena_get_array(s->arena, (size_t)s->patients + s->run_count + 1, sizeof *weights);
    size_t used[CC_SCORES] = {0};
    if (!values || !weights) return CC_ENOMEM;
    for (int i = 0; i < resamples; i++) {
        cc_rng rng = cc_rng_init(0, CC_PURPOSE_BOOTSTRAP, 0, (uint64_t)i);
        double scores[CC_SCORES];
        resample(scores, s, weights, weights + s->patients, cc_empty_value(empty), &rng);
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
static cc_status estimate(cc_estimate *out, study *s, workspace *room, score_spread *spread,
                          cc_convention convention, int resamples) {
    *out = (cc_estimate){.folds = s->fold_count, .seeds = s->seed_count};
    share_all(s, convention);
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
    study s = {.arena = cc_arena_create()};
    if (!s.arena) return cc_fail_memory("an interval", 0);
    workspace room;
    score_spread spread;
    cc_estimate made;
    cc_status status = CC_OK;
    CC_CHECK(read_study(&s, runs, run_count));
    CC_CHECK(get_room(&room, &spread, &s));
    CC_CHECK(estimate(&made, &s, &room, &spread, convention, resamples));
    *out = made;
done:
    cc_arena_destroy(s.arena);
    return status;
}

cc_status cc_estimate_make_all(cc_estimate out[CC_AVERAGES][CC_EMPTIES], const cc_sample *runs,
                               size_t run_count, cc_convention shown, int resamples) {
    assert(resamples >= 0);
    study s = {.arena = cc_arena_create()};
    if (!s.arena) return cc_fail_memory("intervals", 0);
    workspace room;
    score_spread spread;
    cc_estimate made[CC_AVERAGES][CC_EMPTIES];
    cc_status status = CC_OK;
    CC_CHECK(read_study(&s, runs, run_count));
    CC_CHECK(get_room(&room, &spread, &s));
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            CC_CHECK(estimate(&made[a][e], &s, &room, &spread, (cc_convention){(cc_average)a, (cc_empty)e},
                              a == (int)shown.average && e == (int)shown.empty ? resamples : 0));
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++) out[a][e] = made[a][e];
done:
    cc_arena_destroy(s.arena);
    return status;
}

const char *cc_interval_method(void) {
    return "Student's t on the logit scale over seeds and patients, stratified by fold";
}

double cc_interval_coverage(size_t patients) {
    (void)patients;
    return NAN;
}
