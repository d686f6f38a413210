/* report/tables/scores.c -- a table of scores as it is shown, and with every convention. Every number is in
 * percent. */
#include "report/tables/scores.h"

#include <math.h>

enum { FULL_TEXTS = 5 }; /* before a full row's numbers */

/* Cells of a score: its value and, beside the paper, the paper's and the difference. */
static size_t cells_of(const cc_table *table) {
    return table->beside_paper ? 3 : 1;
}

/* A number links to the runs that it comes from. */
static void link_runs(cc_listing_cell *cell, const cc_table_row *row) {
    cell->runs = row->runs;
    cell->run_count = row->run_count;
}

/* A score with its interval behind it, in bold where it is the best of several. */
static void put_value(cc_listing *listing, size_t at, size_t column, const cc_table *table,
                      const cc_table_row *row, cc_score score) {
    const cc_estimate *estimate = cc_table_estimate(table, row);
    cc_listing_cell *cell =
        cc_listing_put_number(listing, at, column, "%.1f", 100 * estimate->value.value[score]);
    /* Nothing is missing in a row that the paper alone fills. */
    if (row->spec->source == CC_SOURCE_PUBLISHED) cell->text = "";
    if (!cell->text || !row->run_count) return;
    link_runs(cell, row);
    /* Bold says "best of several": of one row it would say nothing. Folds do not compete, and equal rows are
     * all bold. */
    const cc_table_row *best = cc_table_best(table, score, NULL);
    bool contest = best && cc_table_best(table, score, best);
    cell->strong = contest && row->spec->source == CC_SOURCE_RUNS && !row->spec->fold &&
                   estimate->value.value[score] == cc_table_estimate(table, best)->value.value[score];
    if (!estimate->has_interval[score]) return;
    cell->tail = cc_arena_format(listing->arena, "[%.1f, %.1f]", 100 * estimate->low.value[score],
                                 100 * estimate->high.value[score]);
    listing->failed |= !cell->tail;
}

/* A row as it is shown. */
static void put_row(cc_listing *listing, size_t at, const cc_table *table, const cc_table_row *row) {
    cc_listing_put(listing, at, 0, "%s", row->spec->label);
    for (int c = 0; c < table->spec->column_count; c++) {
        cc_score score = table->spec->columns[c];
        size_t column = 1 + cells_of(table) * (size_t)c;
        double value = 100 * cc_table_estimate(table, row)->value.value[score], paper = row->published[c];
        put_value(listing, at, column, table, row, score);
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

/* Title and caption: the convention is part of the caption. */
static cc_status name_listing(cc_listing *listing, const cc_table *table) {
    const cc_spec *spec = table->spec;
    listing->id = spec->id;
    listing->kind = table->kind;
    listing->title = spec->title;
    listing->notes = table->notes;
    listing->caption = cc_arena_format(
        listing->arena,
        "%s Scores in %%: %s, %s; in brackets the 95 %% interval by bootstrap over patients; the best in "
        "bold.%s Kind of runs: %s.",
        spec->caption, cc_table_average_words(spec->convention.average),
        cc_table_empty_words(spec->convention.empty),
        table->beside_paper && spec->embedded ? " The paper does not state its convention." : "", table->kind);
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

/* The heads of the CSV: every column says its score, convention and unit. */
static void put_full_heads(cc_listing *listing, const cc_spec *spec) {
    static const char *const texts[] = {"table", "kind", "row", "experiment", "variant", "fold", "runs"};
    size_t column = 0;
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        cc_listing_put_head(listing, column++, "%s", texts[t]);
    for (int c = 0; c < spec->column_count; c++)
        cc_listing_put_head(listing, column++, "paper_%s_percent", cc_score_name(spec->columns[c]));
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            for (int c = 0; c < spec->column_count; c++) {
                const char *score = cc_score_name(spec->columns[c]),
                           *average = cc_average_name((cc_average)a), *empty = cc_empty_name((cc_empty)e);
                cc_listing_put_head(listing, column++, "%s_%s_empty_%s_percent", score, average, empty);
                cc_listing_put_head(listing, column++, "%s_%s_empty_%s_low", score, average, empty);
                cc_listing_put_head(listing, column++, "%s_%s_empty_%s_high", score, average, empty);
            }
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
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            for (int c = 0; c < spec->column_count; c++, column += 3)
                put_estimate(listing, at, column, &row->estimates[a][e], spec->columns[c]);
}

cc_status cc_table_listing_full(cc_listing *out, const cc_table *table, cc_arena *arena) {
    const size_t scores = (size_t)table->spec->column_count;
    CC_TRY(cc_listing_init(out, FULL_TEXTS + 2 + scores * (1 + 3 * CC_AVERAGES * CC_EMPTIES),
                           table->row_count, arena));
    out->text_columns = FULL_TEXTS;
    put_full_heads(out, table->spec);
    out->rows = table->row_count;
    for (size_t r = 0; r < table->row_count; r++) put_full_row(out, r, table, &table->rows[r]);
    return CC_OK;
}
