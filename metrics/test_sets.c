/* metrics/test_sets.c -- runs sorted into folds and seeds, their rows read once into patients, and what
 * each patient adds to a score under a convention. */
#include "metrics/test_sets.h"

#include <math.h>
#include <stdlib.h>

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
static cc_status group_runs(cc_test_sets *s, const cc_sample *runs, size_t run_count) {
    int64_t *seeds = cc_arena_get_array(s->arena, run_count + 1, sizeof *seeds);
    s->run_count = run_count;
    s->runs = cc_arena_get_array(s->arena, run_count + 1, sizeof *s->runs);
    s->folds = cc_arena_get_array(s->arena, run_count + 1, sizeof *s->folds);
    s->seeds = cc_arena_get_array(s->arena, run_count + 1, sizeof *s->seeds);
    s->in_runs = cc_arena_get_array(s->arena, run_count + 1, sizeof *s->in_runs);
    s->shares = cc_arena_get_array(s->arena, run_count + 1, sizeof *s->shares);
    if (!seeds || !s->runs || !s->folds || !s->seeds || !s->in_runs || !s->shares) return CC_ENOMEM;
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
        cc_test_fold *f = &s->folds[s->fold_count - 1];
        f->runs++;
        f->seeds += next || s->runs[r]->seed != s->runs[r - 1]->seed;
        s->seeds[r] = f->seeds - 1;
    }
    return CC_OK;
}

/* Adds one slice to its patient. */
static cc_status add_slice(cc_test_patient *c, const cc_counts *counts) {
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

/* Reads a fold's rows. `places` gives each patient's number in the fold, SIZE_MAX: none yet. */
static cc_status read_fold(cc_test_sets *s, cc_test_fold *f, size_t *places) {
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
        s->in_runs[r] = cc_arena_get_array(s->arena, f->patients + 1, sizeof **s->in_runs);
        s->shares[r] = cc_arena_get_array(s->arena, f->patients + 1, sizeof **s->shares);
        if (!s->in_runs[r] || !s->shares[r]) return CC_ENOMEM;
        for (size_t i = 0; i < s->runs[r]->count; i++)
            CC_TRY(
                add_slice(&s->in_runs[r][places[s->runs[r]->rows[i].patient]], &s->runs[r]->rows[i].counts));
    }
    return CC_OK;
}

cc_status cc_test_sets_read(cc_test_sets *s, const cc_sample *runs, size_t run_count, cc_arena *arena) {
    *s = (cc_test_sets){.arena = arena};
    CC_TRY(group_runs(s, runs, run_count));
    size_t *places = cc_arena_get_array(s->arena, (size_t)s->patients + 1, sizeof *places);
    if (!places) return CC_ENOMEM;
    for (size_t f = 0; f < s->fold_count; f++) CC_TRY(read_fold(s, &s->folds[f], places));
    return CC_OK;
}

/* --- a convention's shares --- */

/* N and D of a patient in a run under a convention. */
static void share_patient(cc_share *out, const cc_test_patient *c, cc_convention convention) {
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

/* Pooled counts that are 0/0 as a whole: every patient stands for the value that this takes. A test set
 * without truth has no score where only items with truth count. */
static void settle_pooled(cc_test_sets *s, const cc_test_fold *f, size_t r, cc_empty empty) {
    int64_t truth = 0;
    for (size_t p = 0; p < f->patients; p++) truth += s->in_runs[r][p].counts.tp + s->in_runs[r][p].counts.fn;
    for (int k = 0; k < CC_SCORES; k++) {
        double whole = 0;
        for (size_t p = 0; p < f->patients; p++) whole += s->shares[r][p].denominator[k];
        const bool none = empty == CC_EMPTY_WITH_TRUTH && truth == 0;
        for (size_t p = 0; p < f->patients && (none || !(whole > 0)); p++) {
            const bool counts = !none && s->in_runs[r][p].here && !isnan(cc_empty_value(empty));
            s->shares[r][p].denominator[k] = counts;
            s->shares[r][p].numerator[k] = counts ? cc_empty_value(empty) : 0;
        }
    }
}

void cc_test_sets_share(cc_test_sets *s, cc_convention convention) {
    for (const cc_test_fold *f = s->folds; f < s->folds + s->fold_count; f++)
        for (size_t r = f->first; r < f->first + f->runs; r++) {
            for (size_t p = 0; p < f->patients; p++)
                share_patient(&s->shares[r][p], &s->in_runs[r][p], convention);
            if (convention.average == CC_AVERAGE_POOLED) settle_pooled(s, f, r, convention.empty);
        }
}
