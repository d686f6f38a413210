/* report/tables/compare.c -- notes on rows against each other, on the table's first column: tests against
 * the baseline or the first-ranked row, and the stability of ranks.
 *
 * The first-ranked row is the one that chance has favoured most; whether it is the best is asked of all
 * others at once (max-T, metrics/paired.h). A baseline is named beforehand, so that each row is tested
 * against it by itself and Holm keeps the level for all of them. */
#include "report/tables/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "metrics/ranking.h"
#include "metrics/statistics.h"
#include "report/tables/patients.h"

static const double level = 0.05;

/* Rows of runs that are compared with one of them, which is not among them. */
typedef struct field {
    const cc_table_row *first;
    const cc_table_row **rows;
    size_t count;
} field;

/* All rows of runs that share patients with the first. */
static cc_status find_field(field *out, const cc_table *table, const cc_table_row *first, cc_arena *arena) {
    const char *const *names;
    size_t common;
    *out = (field){first, cc_arena_get_array(arena, table->row_count + 1, sizeof *out->rows), 0};
    if (!out->rows) return CC_ENOMEM;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++) {
        if (row == first || row->spec->source != CC_SOURCE_RUNS || row->run_count == 0) continue;
        CC_TRY(cc_table_common_patients(&names, &common, (const cc_table_row *[]){first, row}, 2,
                                        table->spec->columns[0], arena));
        if (common) out->rows[out->count++] = row;
    }
    return CC_OK;
}

/* Appends "; LABEL ..." to a list in a note, as its entry `at`. */
static cc_status append(const char **list, size_t at, cc_arena *arena, const char *label, const char *what) {
    if (at == CC_TABLE_NAMED_MAX) *list = cc_arena_format(arena, "%s; more rows in the CSV", *list);
    if (at < CC_TABLE_NAMED_MAX)
        *list = cc_arena_format(arena, "%s%s%s %s", *list, at ? "; " : "", label, what);
    return *list ? CC_OK : CC_ENOMEM;
}

/* The table's own row of one that is borrowed from it. */
static cc_table_row *own_row(cc_table *table, const cc_table_row *row) {
    return &table->rows[row - table->rows];
}

/* "p = 0.023", "p < 0.001". */
static void format_p(char out[32], double p) {
    snprintf(out, 32, p < 0.001 ? "p < 0.001" : "p = %.3f", p);
}

/* Every row against the baseline, each on the patients that the two have in common. */
static cc_status compare_baseline(cc_table *table, const field *f, cc_arena *arena) {
    const cc_score score = table->spec->columns[0];
    const char *list = "";
    double *p = cc_arena_get_array(arena, f->count + 1, sizeof *p);
    cc_paired_result *results = cc_arena_get_array(arena, f->count + 1, sizeof *results);
    if (!p || !results) return CC_ENOMEM;
    /* A row that shares fewer patients with the baseline does not take them from the others. */
    for (size_t i = 0; i < f->count; i++) {
        const char *const *names;
        size_t common;
        cc_table_pairs pairs;
        CC_TRY(cc_table_common_patients(&names, &common, (const cc_table_row *[]){f->rows[i], f->first}, 2,
                                        score, arena));
        CC_TRY(cc_table_pair(&pairs, f->rows[i], f->first, names, common, score, arena));
        CC_TRY(cc_paired_compare(&results[i], pairs.differences, pairs.seeds, pairs.patients));
        p[i] = results[i].p;
    }
    CC_TRY(cc_statistics_holm(p, p, f->count));
    for (size_t i = 0; i < f->count; i++) {
        const cc_paired_result *r = &results[i];
        char what[160], interval[64] = "", p_text[32];
        format_p(p_text, p[i]);
        if (!isnan(r->low))
            snprintf(interval, sizeof interval, " [%+.1f, %+.1f]", 100 * r->low, 100 * r->high);
        snprintf(what, sizeof what, "%+.1f%s %s (n = %zu)", 100 * r->mean, interval, p_text, r->patients);
        CC_TRY(append(&list, i, arena, f->rows[i]->spec->label, what));
        own_row(table, f->rows[i])->p_reference = p[i];
    }
    cc_notes_add(&table->notes,
                 "%s minus that of the baseline row (%s), in points with the 95 %% interval over patients "
                 "and seeds; exact "
                 "sign-flip permutation test, p adjusted by Holm over the rows: %s.",
                 cc_score_heading(score), f->first->spec->label, list);
    return CC_OK;
}

/* The first-ranked row against all others, on the patients that all of them have in common. */
static cc_status compare_best(cc_table *table, const field *f, const char *const *names, size_t patients,
                              cc_arena *arena) {
    const cc_score score = table->spec->columns[0];
    const char *list = "", *few = "";
    double *differences = cc_arena_get_array(arena, f->count * patients, sizeof *differences);
    double *adjusted = cc_arena_get_array(arena, f->count, sizeof *adjusted);
    if (!differences || !adjusted) return CC_ENOMEM;
    /* [rows][patients], of means over seeds: a pattern of signs turns a patient round in all rows at once. */
    for (size_t i = 0; i < f->count; i++) {
        cc_table_pairs pairs;
        CC_TRY(cc_table_pair(&pairs, f->first, f->rows[i], names, patients, score, arena));
        for (size_t k = 0; k < pairs.seeds * patients; k++)
            differences[i * patients + k % patients] += pairs.differences[k] / (double)pairs.seeds;
    }
    CC_TRY(cc_paired_max_t(adjusted, differences, f->count, patients));
    for (size_t i = 0; i < f->count; i++) {
        char p_text[32];
        format_p(p_text, adjusted[i]);
        CC_TRY(append(&list, i, arena, f->rows[i]->spec->label, p_text));
        own_row(table, f->rows[i])->p_reference = adjusted[i];
    }
    /* Two of 2^n patterns of signs are the most extreme ones. */
    if (ldexp(2, -(int)(patients < 64 ? patients : 64)) > level)
        few = " So few patients cannot reach 0.05, whatever they show.";
    cc_notes_add(&table->notes,
                 "%s of the first-ranked row (%s) against the others, n = %zu patients, exact permutation "
                 "test adjusted for "
                 "all rows (max-T): %s.%s",
                 cc_score_heading(score), f->first->spec->label, patients, list, few);
    return CC_OK;
}

/* How often each row is first when patients are drawn anew. */
static cc_status note_ranks(cc_table *table, const field *f, const char *const *names, size_t patients,
                            cc_arena *arena) {
    const cc_score score = table->spec->columns[0];
    const size_t rows = f->count + 1;
    const char *list = "";
    double *scores = cc_arena_get_array(arena, rows * patients, sizeof *scores);
    double *numbers = cc_arena_get_array(arena, 3 * rows, sizeof *numbers);
    if (!scores || !numbers) return CC_ENOMEM;
    /* The first-ranked row is row 0 here. */
    double *first = numbers, *low = numbers + rows, *high = numbers + 2 * rows;
    for (size_t r = 0; r < rows; r++) {
        const cc_table_row *row = r ? f->rows[r - 1] : f->first;
        for (size_t p = 0; p < patients; p++)
            scores[r * patients + p] =
                row->patients[cc_table_patient_find(row, names[p])].scores.value[score];
    }
    CC_TRY(cc_ranking_stability(first, low, high, scores, rows, patients, CC_BOOTSTRAP_RESAMPLES));
    for (size_t r = 0; r < rows; r++) {
        char what[96];
        cc_table_row *row = own_row(table, r ? f->rows[r - 1] : f->first);
        snprintf(what, sizeof what, "%.0f %%, ranks %g to %g", 100 * first[r], low[r], high[r]);
        CC_TRY(append(&list, r, arena, row->spec->label, what));
        row->first_share = first[r];
        row->rank_low = low[r];
        row->rank_high = high[r];
    }
    cc_notes_add(&table->notes,
                 "Ranks when the patients are drawn anew (%d resamples): how often a row is first, and 95 %% "
                 "of its ranks: "
                 "%s. The probability that the first-ranked row is not the best: %.0f %%.",
                 CC_BOOTSTRAP_RESAMPLES, list, 100 * (1 - first[0]));
    return CC_OK;
}

cc_status cc_table_compare(cc_table *table, cc_arena *arena) {
    field best, baseline;
    const char *const *names;
    size_t patients;
    const char *named = table->spec->baseline;
    const cc_table_row *first = cc_table_best(table, table->spec->columns[0], NULL);
    const cc_table_row *reference = named ? cc_table_row_find(table, named) : NULL;
    if (table->folds || !first) return CC_OK;
    if (reference) {
        CC_TRY(find_field(&baseline, table, reference, arena));
        if (baseline.count) CC_TRY(compare_baseline(table, &baseline, arena));
    }
    CC_TRY(find_field(&best, table, first, arena));
    if (best.count == 0) return CC_OK;

    /* Ranks and max-T are over patients that every row has. */
    const cc_table_row **all = cc_arena_get_array(arena, best.count + 1, sizeof *all);
    if (!all) return CC_ENOMEM;
    all[0] = first;
    memcpy(all + 1, best.rows, best.count * sizeof *all);
    CC_TRY(cc_table_common_patients(&names, &patients, all, best.count + 1, table->spec->columns[0], arena));
    if (patients == 0) return CC_OK;
    if (!reference) CC_TRY(compare_best(table, &best, names, patients, arena));
    CC_TRY(note_ranks(table, &best, names, patients, arena));
    return table->notes.failed ? CC_ENOMEM : CC_OK;
}
