/* report/tables/compare.c -- notes on rows against each other, patient by patient: Wilcoxon's signed-rank
 * test of the best row against the others, Holm-adjusted over the table's rows, and the paper's claims with
 * intervals of the mean difference.
 *
 * Only patients that both rows tested count. Folds test different patients and are not compared. */
#include "report/tables/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "metrics/paired.h"
#include "metrics/statistics.h"

/* The paired scores of two rows. */
typedef struct pairs {
    double *a, *b, *difference;
    size_t count;
} pairs;

/* The patients of two rows, both sorted by name, joined in one walk; those without a score in either are left
 * out. */
static cc_status pair_rows(pairs *out, const cc_table_row *a, const cc_table_row *b, cc_score score,
                           cc_arena *arena) {
    double *values = cc_arena_get_array(arena, a->patient_count + 1, 3 * sizeof *values);
    if (!values) return CC_ENOMEM;
    *out = (pairs){values, values + a->patient_count, values + 2 * a->patient_count, 0};
    for (size_t i = 0, k = 0; i < a->patient_count && k < b->patient_count;) {
        int order = strcmp(a->patients[i].name, b->patients[k].name);
        double x = a->patients[i].scores.value[score], y = b->patients[k].scores.value[score];
        if (order == 0 && !isnan(x) && !isnan(y)) {
            out->a[out->count] = x;
            out->b[out->count] = y;
            out->difference[out->count++] = x - y;
        }
        /* Past the smaller name; past both where they are one. */
        i += order <= 0;
        k += order >= 0;
    }
    return CC_OK;
}

/* "p = 0.023", "p < 0.001". */
static void format_p(char out[32], double p) {
    if (p < 0.001)
        snprintf(out, 32, "p < 0.001");
    else
        snprintf(out, 32, "p = %.3f", p);
}

/* --- the best row against the others --- */

/* A row against the best one. */
typedef struct contest {
    const cc_table_row *row;
    double p;
    size_t pairs;
} contest;

/* Tests the best row against every other row of runs, on the table's first column. */
static cc_status test_rows(contest *out, size_t *count, const cc_table *table, const cc_table_row *best,
                           cc_arena *arena) {
    cc_score score = table->spec->columns[0];
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++) {
        pairs paired;
        if (row == best || row->spec->source != CC_SOURCE_RUNS || row->run_count == 0) continue;
        CC_TRY(pair_rows(&paired, best, row, score, arena));
        if (paired.count == 0) continue;
        contest *c = &out[(*count)++];
        *c = (contest){.row = row, .pairs = paired.count};
        CC_TRY(cc_statistics_wilcoxon(&c->p, paired.a, paired.b, paired.count, CC_WILCOXON_AUTO));
    }
    return CC_OK;
}

/* One note with every test's adjusted p. */
static cc_status note_contests(cc_table *table, const cc_table_row *best, const contest *contests,
                               size_t count, cc_arena *arena) {
    char list[4096] = "", p[32];
    size_t used = 0;
    double *adjusted = cc_arena_get_array(arena, count, sizeof *adjusted);
    if (!adjusted) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) adjusted[i] = contests[i].p;
    CC_TRY(cc_statistics_holm(adjusted, adjusted, count));
    for (size_t i = 0; i < count && used < sizeof list - 1; i++) {
        format_p(p, adjusted[i]);
        int length = snprintf(list + used, sizeof list - used, "%s%s %s (%zu patients)", i ? "; " : "",
                              contests[i].row->spec->label, p, contests[i].pairs);
        used += length > 0 ? (size_t)length : 0;
    }
    cc_notes_add(&table->notes,
                 "%s by patient, Wilcoxon's signed-rank test against the first-ranked row (%s), Holm over "
                 "the table's rows: %s.",
                 cc_score_heading(table->spec->columns[0]), best->spec->label, list);
    return CC_OK;
}

/* The first-ranked row against the others. */
static cc_status compare_best(cc_table *table, cc_arena *arena) {
    size_t count = 0;
    const cc_table_row *best = cc_table_best(table, table->spec->columns[0], NULL);
    contest *contests = cc_arena_get_array(arena, table->row_count + 1, sizeof *contests);
    if (!contests) return CC_ENOMEM;
    if (!best || table->spec->rows[0].fold) return CC_OK; /* folds test different patients */
    CC_TRY(test_rows(contests, &count, table, best, arena));
    return count ? note_contests(table, best, contests, count, arena) : CC_OK;
}

/* --- claims --- */

/* The row of a label that has runs, or NULL. */
static const cc_table_row *find_row(const cc_table *table, const char *label) {
    for (size_t r = 0; r < table->row_count; r++)
        if (strcmp(table->rows[r].spec->label, label) == 0 && table->rows[r].run_count)
            return &table->rows[r];
    return NULL;
}

/* Settled where the interval of the mean difference leaves out zero and the signed-rank test agrees: an
 * interval of very few patients leaves out zero all too easily. */
static const char *judge(double low, double high, double p, bool higher) {
    if (!(p < 0.05) || (low <= 0 && high >= 0)) return "not resolved by so few patients";
    return (low > 0) == higher ? "holds" : "does not hold";
}

/* Adds what becomes of one claim; nothing where a row of it has no run. */
static cc_status check_claim(cc_table *table, const cc_spec_claim *claim, cc_arena *arena) {
    cc_paired_result result;
    char p_text[32];
    pairs paired;
    const cc_table_row *a = find_row(table, claim->a);
    if (!a) return CC_OK;
    const cc_table_row *b = claim->b ? find_row(table, claim->b) : cc_table_best(table, claim->score, a);
    if (!b) return CC_OK;
    CC_TRY(pair_rows(&paired, a, b, claim->score, arena));
    /* No interval of one patient. */
    if (paired.count < 2) {
        cc_notes_add(&table->notes, "Claim: \"%s\": not resolved by so few patients (%zu).", claim->text,
                     paired.count);
        return CC_OK;
    }
    CC_TRY(cc_paired_compare(&result, paired.difference, 1, paired.count));
    format_p(p_text, result.p);
    cc_notes_add(&table->notes,
                 "Claim: \"%s\": %s. %s of %s minus %s, by patient: %+.1f [%+.1f, %+.1f], %zu patients, "
                 "sign-flip permutation %s.",
                 claim->text, judge(result.low, result.high, result.p, claim->higher),
                 cc_score_heading(claim->score), a->spec->label, b->spec->label, 100 * result.mean,
                 100 * result.low, 100 * result.high, paired.count, p_text);
    return CC_OK;
}

cc_status cc_table_compare(cc_table *table, cc_arena *arena) {
    CC_TRY(compare_best(table, arena));
    for (size_t i = 0; i < table->spec->claim_count; i++)
        CC_TRY(check_claim(table, &table->spec->claims[i], arena));
    return table->notes.failed ? CC_ENOMEM : CC_OK;
}
