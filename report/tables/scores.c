/* report/tables/scores.c -- a table of scores as it is shown, and with every convention. Every number is in
 * percent. */
#include "report/tables/scores.h"

#include <math.h>
#include <stdio.h>

enum {
    FULL_TEXTS = 5,   /* before a full row's numbers */
    LAST_COLUMNS = 11 /* behind its scores */
};

/* Cells of a score: its value and, beside the paper, the paper's and the difference. */
static size_t cells_of(const cc_table *table) {
    return table->beside_paper ? 3 : 1;
}

void cc_table_put_value(cc_listing *listing, size_t at, size_t column, const cc_table *table,
                        const cc_table_row *row, cc_score score) {
    const cc_estimate *estimate = cc_table_estimate(table, row);
    cc_listing_cell *cell =
        cc_listing_put_number(listing, at, column, "%.1f", 100 * estimate->value.value[score]);
    /* Nothing is missing in a row that the paper alone fills. */
    if (row->spec->source == CC_SOURCE_PUBLISHED) cell->text = "";
    if (!cell->text || !row->run_count) return;
    cc_table_link_runs(cell, row);
    /* Bold says "best of several": of one row it would say nothing. Folds do not compete, and equal rows are
     * all bold. */
    const cc_table_row *best = cc_table_best(table, score, NULL);
    bool contest = best && cc_table_best(table, score, best);
    cell->strong = contest && row->spec->source == CC_SOURCE_RUNS && !row->spec->fold &&
                   estimate->value.value[score] == cc_table_estimate(table, best)->value.value[score];
    char interval[64] = "", n[40] = "";
    if (estimate->has_interval[score])
        snprintf(interval, sizeof interval, "[%.1f, %.1f]", 100 * estimate->low.value[score],
                 100 * estimate->high.value[score]);
    /* The caption states the table's n; a cell over others says so. */
    if (row->patient_count && (row->other_patients || estimate->patients[score] != table->patient_count))
        snprintf(n, sizeof n, "(n = %zu)", estimate->patients[score]);
    if (!interval[0] && !n[0]) return;
    cell->tail = cc_arena_format(listing->arena, "%s%s%s", interval, interval[0] && n[0] ? " " : "", n);
    listing->failed |= !cell->tail;
}

/* A row as it is shown. */
static void put_row(cc_listing *listing, size_t at, const cc_table *table, const cc_table_row *row) {
    cc_listing_put(listing, at, 0, "%s", row->spec->label)->tail =
        row->other_patients ? "(other patients)" : NULL;
    for (int c = 0; c < table->spec->column_count; c++) {
        cc_score score = table->spec->columns[c];
        size_t column = 1 + cells_of(table) * (size_t)c;
        double value = 100 * cc_table_estimate(table, row)->value.value[score], paper = row->published[c];
        cc_table_put_value(listing, at, column, table, row, score);
        if (!table->beside_paper) continue;
        /* What the paper does not have is not missing here. */
        cc_listing_put_number(listing, at, column + 1, "%.1f", paper);
        cc_listing_cell *difference = cc_listing_put_number(listing, at, column + 2, "%+.1f", value - paper);
        if (isnan(paper)) cc_listing_at(listing, at, column + 1)->text = difference->text = "";
        if (row->spec->source == CC_SOURCE_PUBLISHED) difference->text = "";
    }
}

/* A line above the first row of each other source: summaries, baselines. */
static bool starts_group(const cc_table *table, size_t r) {
    static const int groups[] = {[CC_SOURCE_RUNS] = 0, [CC_SOURCE_PUBLISHED] = 1,  [CC_SOURCE_MEAN] = 2,
                                 [CC_SOURCE_SD] = 2,   [CC_SOURCE_BACKGROUND] = 3, [CC_SOURCE_BASELINE] = 3};
    return r > 0 && groups[table->rows[r].spec->source] != groups[table->rows[r - 1].spec->source];
}

/* "n = 7 patients, ...": whom the scores are over. Empty of a table without runs. */
static const char *word_patients(const cc_table *table, cc_arena *arena) {
    if (table->patient_count == 0) return "";
    if (table->folds)
        return cc_arena_format(arena, "; n = %zu patients of all folds, each row over its own",
                               table->patient_count);
    return cc_arena_format(arena, "; n = %zu patients, the same in every cell that names no other n",
                           table->patient_count);
}

/* What the interval is, and how often such intervals hold the true mean at the number of patients of one
 * fold of the first row. */
static const char *word_interval(const cc_table *table, cc_arena *arena) {
    size_t patients = 0;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count && patients == 0; row++)
        if (row->spec->source == CC_SOURCE_RUNS && row->run_count)
            patients =
                cc_table_estimate(table, row)->patients[table->spec->columns[0]] / cc_table_fold_count(row);
    const double coverage = cc_interval_coverage(patients),
                 failures = cc_interval_coverage_with_failures(patients);
    const char *covers = "";
    if (!isnan(coverage))
        covers = cc_arena_format(
            arena,
            " (simulated with n = %zu, such intervals hold the true mean in %.0f %%; where one "
            "patient in twenty fails altogether, in %.0f %%)",
            patients, coverage, failures);
    return covers ? cc_arena_format(arena, "the 95 %% interval by %s%s", cc_interval_method(), covers) : NULL;
}

/* How seeds and folds weigh, where a row has several. */
static const char *word_runs(const cc_table *table) {
    for (size_t r = 0; r < table->row_count; r++)
        if (table->rows[r].spec->source == CC_SOURCE_RUNS && table->rows[r].run_count > 1)
            return " A row of several runs is the mean over its folds of the mean over each fold's seeds.";
    return "";
}

/* Title and caption: the convention is part of the caption. */
static cc_status name_listing(cc_listing *listing, const cc_table *table) {
    const cc_spec *spec = table->spec;
    const char *patients = word_patients(table, listing->arena),
               *interval = word_interval(table, listing->arena);
    if (!patients || !interval) return CC_ENOMEM;
    cc_table_name_listing(listing, table);
    listing->caption = cc_arena_format(
        listing->arena, "%s Scores in %%: %s, %s%s; in brackets %s; the best in bold.%s%s Kind of runs: %s.",
        spec->caption, cc_table_average_words(spec->convention.average),
        cc_table_empty_words(spec->convention.empty), patients, interval, word_runs(table),
        table->beside_paper && spec->embedded ? " The paper does not state its convention." : "",
        table->kind);
    return listing->caption ? CC_OK : CC_ENOMEM;
}

cc_status cc_table_listing(cc_listing *out, const cc_table *table, cc_arena *arena) {
    const cc_spec *spec = table->spec;
    CC_TRY(cc_listing_init(out, 1 + cells_of(table) * (size_t)spec->column_count, table->row_count, arena));
    CC_TRY(name_listing(out, table));
    for (int c = 0; c < spec->column_count; c++) {
        size_t column = 1 + cells_of(table) * (size_t)c;
        cc_listing_put_head(out, column, "%s (%%)", cc_score_heading(spec->columns[c]));
        if (!table->beside_paper) continue;
        cc_listing_put_head(out, column + 1, spec->embedded ? "paper" : "published");
        cc_listing_put_head(out, column + 2, "difference");
    }
    out->rows = table->row_count;
    for (size_t r = 0; r < table->row_count; r++) {
        put_row(out, r, table, &table->rows[r]);
        out->rules[r] = starts_group(table, r);
    }
    return CC_OK;
}

/* --- all conventions, for programs --- */

/* Columns are only ever added behind those that there are: whoever reads the file by places goes on
 * reading. So the convention that came last stands behind the first ones, and all else behind that. */
static bool is_early(int empty) {
    return empty != CC_EMPTY_WITH_TRUTH;
}

/* "f1_patient_mean_empty_skip" */
static const char *name_column(cc_listing *listing, cc_score score, int average, int empty) {
    const char *name = cc_arena_format(listing->arena, "%s_%s_empty_%s", cc_score_name(score),
                                       cc_average_name((cc_average)average), cc_empty_name((cc_empty)empty));
    listing->failed |= !name;
    return name ? name : "";
}

/* The heads of the CSV: every column says its score, convention and unit. */
static void put_full_heads(cc_listing *listing, const cc_spec *spec) {
    static const char *const texts[] = {"table", "kind", "row", "experiment", "variant", "fold", "runs"};
    static const char *const last[] = {"seeds",
                                       "folds",
                                       "table_patients",
                                       "other_patients",
                                       "without_truth_patients",
                                       "without_truth_specificity_percent",
                                       "without_truth_false_lesions_a_scan",
                                       "p_against_reference",
                                       "first_of_resamples_percent",
                                       "rank_low",
                                       "rank_high"};
    size_t column = 0;
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        cc_listing_put_head(listing, column++, "%s", texts[t]);
    for (int c = 0; c < spec->column_count; c++)
        cc_listing_put_head(listing, column++, "paper_%s_percent", cc_score_name(spec->columns[c]));
    for (int early = 1; early >= 0; early--)
        for (int a = 0; a < CC_AVERAGES; a++)
            for (int e = 0; e < CC_EMPTIES; e++)
                for (int c = 0; c < spec->column_count && is_early(e) == early; c++) {
                    const char *name = name_column(listing, spec->columns[c], a, e);
                    cc_listing_put_head(listing, column++, "%s_percent", name);
                    cc_listing_put_head(listing, column++, "%s_low", name);
                    cc_listing_put_head(listing, column++, "%s_high", name);
                }
    for (int c = 0; c < spec->column_count; c++) {
        const char *name =
            name_column(listing, spec->columns[c], spec->convention.average, spec->convention.empty);
        cc_listing_put_head(listing, column++, "%s_bca_low", name);
        cc_listing_put_head(listing, column++, "%s_bca_high", name);
    }
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            for (int c = 0; c < spec->column_count; c++)
                cc_listing_put_head(listing, column++, "%s_patients",
                                    name_column(listing, spec->columns[c], a, e));
    for (size_t t = 0; t < LAST_COLUMNS; t++) cc_listing_put_head(listing, column++, "%s", last[t]);
}

/* A value and its interval, six decimals. */
static void put_estimate(cc_listing *listing, size_t row, size_t column, const cc_estimate *estimate,
                         cc_score score) {
    bool interval = estimate->has_interval[score];
    cc_listing_put_number(listing, row, column, "%.6f", 100 * estimate->value.value[score]);
    cc_listing_put_number(listing, row, column + 1, "%.6f",
                          interval ? 100 * estimate->low.value[score] : NAN);
    cc_listing_put_number(listing, row, column + 2, "%.6f",
                          interval ? 100 * estimate->high.value[score] : NAN);
}

/* What was added to a row of the CSV: BCa intervals, n of every score, seeds, folds, patients without
 * truth, p against the baseline or first-ranked row, ranks. */
static void put_added(cc_listing *listing, size_t at, size_t column, const cc_table *table,
                      const cc_table_row *row) {
    const cc_spec *spec = table->spec;
    const cc_estimate *shown = cc_table_estimate(table, row);
    for (int c = 0; c < spec->column_count; c++) {
        const bool interval = shown->has_interval[spec->columns[c]];
        cc_listing_put_number(listing, at, column++, "%.6f",
                              interval ? 100 * shown->bca_low.value[spec->columns[c]] : NAN);
        cc_listing_put_number(listing, at, column++, "%.6f",
                              interval ? 100 * shown->bca_high.value[spec->columns[c]] : NAN);
    }
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            for (int c = 0; c < spec->column_count; c++, column++)
                if (row->patient_count)
                    cc_listing_put(listing, at, column, "%zu",
                                   row->estimates[a][e].patients[spec->columns[c]]);
    if (!row->patient_count) return;
    const cc_table_without_truth *without = &row->without_truth;
    cc_listing_put(listing, at, column++, "%zu", row->seed_count);
    cc_listing_put(listing, at, column++, "%zu", cc_table_fold_count(row));
    cc_listing_put(listing, at, column++, "%zu", table->patient_count);
    cc_listing_put(listing, at, column++, "%d", row->other_patients);
    cc_listing_put(listing, at, column++, "%zu", without->patients);
    cc_listing_put_number(listing, at, column++, "%.6f", 100 * without->specificity);
    cc_listing_put_number(listing, at, column++, "%.6f", without->false_lesions);
    cc_listing_put_number(listing, at, column++, "%.6f", row->p_reference);
    cc_listing_put_number(listing, at, column++, "%.3f", 100 * row->first_share);
    cc_listing_put_number(listing, at, column++, "%g", row->rank_low);
    cc_listing_put_number(listing, at, column++, "%g", row->rank_high);
}

/* A row of the CSV. */
static void put_full_row(cc_listing *listing, size_t at, const cc_table *table, const cc_table_row *row) {
    const cc_spec *spec = table->spec;
    const char *texts[FULL_TEXTS] = {spec->id, table->kind, row->spec->label,
                                     row->spec->experiment ? row->spec->experiment : "",
                                     row->spec->variant ? row->spec->variant : ""};
    size_t column = 0;
    for (; column < FULL_TEXTS; column++) cc_listing_put(listing, at, column, "%s", texts[column]);
    cc_listing_put(listing, at, column++, "%lld", row->spec->fold);
    cc_listing_put(listing, at, column++, "%zu", row->run_count);
    for (int c = 0; c < spec->column_count; c++)
        cc_listing_put_number(listing, at, column++, "%.6f", row->published[c]);
    for (int early = 1; early >= 0; early--)
        for (int a = 0; a < CC_AVERAGES; a++)
            for (int e = 0; e < CC_EMPTIES; e++)
                for (int c = 0; c < spec->column_count && is_early(e) == early; c++, column += 3)
                    put_estimate(listing, at, column, &row->estimates[a][e], spec->columns[c]);
    put_added(listing, at, column, table, row);
}

cc_status cc_table_listing_full(cc_listing *out, const cc_table *table, cc_arena *arena) {
    const size_t scores = (size_t)table->spec->column_count, conventions = CC_AVERAGES * CC_EMPTIES;
    /* Of a score: the paper's; value, low, high and n of each convention; BCa. */
    CC_TRY(cc_listing_init(out, FULL_TEXTS + 2 + scores * (1 + 4 * conventions + 2) + LAST_COLUMNS,
                           table->row_count, arena));
    out->text_columns = FULL_TEXTS;
    put_full_heads(out, table->spec);
    out->rows = table->row_count;
    for (size_t r = 0; r < table->row_count; r++) put_full_row(out, r, table, &table->rows[r]);
    return CC_OK;
}
