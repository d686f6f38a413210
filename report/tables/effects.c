/* report/tables/effects.c -- main effects: what one option changes, averaged over the other options.
 *
 * Each level is compared with a reference level, cell by cell with all other options equal, so that a
 * difference is due to this option alone. A patient's difference is its mean over the cells; patients are
 * what is permuted and what the interval is over (metrics/paired.h). */
#include "report/tables/effects.h"

#include <math.h>
#include <string.h>
#include "metrics/statistics.h"
#include "report/tables/patients.h"

/* One level of one option. */
typedef struct effect {
    const cc_design_option *option;
    size_t level, reference;
    /* The rows of its cells, and those that differ from them in the level alone. */
    const cc_table_row **rows, **matched;
    size_t cells, cells_in_grid;
    double mean, matched_mean; /* of the rows' values and of the matched ones', percent; NaN: no cell */
    bool seeds_matched;
    size_t patients;         /* that all cells have in common; 0: not compared */
    cc_paired_result result; /* of scores from 0 to 1 */
    double p_adjusted;
} effect;

/* --- which cells are compared --- */

/* The level of the baseline's row, else the first one. */
static size_t find_reference(const cc_design_option *option, const cc_table *table) {
    const char *baseline = table->spec->baseline;
    for (size_t r = 0; r < table->row_count && baseline; r++)
        if (option->level_of[r] != CC_DESIGN_NONE && strcmp(table->rows[r].spec->label, baseline) == 0)
            return option->level_of[r];
    return 0;
}

/* The cells of an effect, and the means of their values. */
static cc_status gather_cells(effect *out, const cc_table *table, const cc_design *design, size_t option,
                              cc_arena *arena) {
    const cc_score score = table->spec->columns[0];
    out->rows = cc_arena_get_array(arena, design->row_count + 1, sizeof *out->rows);
    out->matched = cc_arena_get_array(arena, design->row_count + 1, sizeof *out->matched);
    if (!out->rows || !out->matched) return CC_ENOMEM;
    out->cells_in_grid = 1;
    for (size_t o = 0; o < design->option_count; o++)
        if (o != option) out->cells_in_grid *= design->options[o].level_count;
    for (size_t r = 0; r < design->row_count; r++) {
        if (out->option->level_of[r] != out->level) continue;
        const size_t other = cc_design_match(design, r, option, out->reference);
        if (other == CC_DESIGN_NONE) continue;
        /* A row without a value is no cell: its difference is not known. */
        const cc_table_row *a = &table->rows[r], *b = &table->rows[other];
        const double value = cc_table_estimate(table, a)->value.value[score];
        const double matched = cc_table_estimate(table, b)->value.value[score];
        if (isnan(value) || isnan(matched)) continue;
        out->mean += 100 * value;
        out->matched_mean += 100 * matched;
        out->rows[out->cells] = a;
        out->matched[out->cells++] = b;
    }
    /* Without a cell: 0/0, not a number. */
    out->mean /= (double)out->cells;
    out->matched_mean /= (double)out->cells;
    return CC_OK;
}

/* --- differences by patient --- */

/* Whether all rows of an effect have the same seeds. */
static bool same_seeds(const effect *e) {
    const cc_table_row *first = e->rows[0];
    for (size_t c = 0; c < 2 * e->cells; c++) {
        const cc_table_row *row = c < e->cells ? e->rows[c] : e->matched[c - e->cells];
        if (row->seed_count != first->seed_count ||
            memcmp(row->seeds, first->seeds, first->seed_count * sizeof *first->seeds) != 0)
            return false;
    }
    return true;
}

/* Compares an effect's cells with their matches, patient by patient: differences[seeds][patients], each the
 * mean over the cells. Where a seed is missing somewhere there is one line, of each cell's mean over the
 * seeds that it has. */
static cc_status compare(effect *e, cc_score score, cc_arena *arena) {
    const char *const *names;
    size_t patients;
    const cc_table_row **all = cc_arena_get_array(arena, 2 * e->cells, sizeof *all);
    if (!all) return CC_ENOMEM;
    memcpy(all, e->rows, e->cells * sizeof *all);
    memcpy(all + e->cells, e->matched, e->cells * sizeof *all);
    CC_TRY(cc_table_common_patients(&names, &patients, all, 2 * e->cells, score, arena));
    if (patients == 0) return CC_OK;

    /* Seeds are lines of their own only where each cell has all of them: then line s is one seed
     * everywhere. */
    cc_table_pairs *pairs = cc_arena_get_array(arena, e->cells, sizeof *pairs);
    if (!pairs) return CC_ENOMEM;
    e->seeds_matched = same_seeds(e);
    for (size_t c = 0; c < e->cells; c++) {
        CC_TRY(cc_table_pair(&pairs[c], e->rows[c], e->matched[c], names, patients, score, arena));
        e->seeds_matched &= pairs[c].seeds_matched && pairs[c].seeds == e->rows[0]->seed_count;
    }
    const size_t lines = e->seeds_matched ? pairs[0].seeds : 1;
    double *differences = cc_arena_get_array(arena, lines * patients, sizeof *differences);
    if (!differences) return CC_ENOMEM;
    for (size_t c = 0; c < e->cells; c++)
        for (size_t s = 0; s < pairs[c].seeds; s++)
            for (size_t p = 0; p < patients; p++)
                differences[(e->seeds_matched ? s : 0) * patients + p] +=
                    pairs[c].differences[s * patients + p] * (double)lines /
                    (double)(e->cells * pairs[c].seeds);
    e->patients = patients;
    return cc_paired_compare(&e->result, differences, lines, patients);
}

/* All levels of all options, compared, with Holm's p. */
static cc_status make_effects(effect *effects, size_t *count, size_t *tests, const cc_table *table,
                              const cc_design *design, cc_arena *arena) {
    *count = *tests = 0;
    for (size_t o = 0; o < design->option_count; o++)
        for (size_t l = 0; l < design->options[o].level_count; l++) {
            effect *e = &effects[(*count)++];
            const cc_design_option *option = &design->options[o];
            *e = (effect){.option = option, .level = l, .reference = find_reference(option, table)};
            CC_TRY(gather_cells(e, table, design, o, arena));
            if (e->level != e->reference && e->cells) CC_TRY(compare(e, table->spec->columns[0], arena));
            *tests += e->patients > 0;
        }
    /* Holm's method over all comparisons of the table, whichever option they are of. */
    double *p = cc_arena_get_array(arena, *tests + 1, sizeof *p);
    size_t at = 0;
    if (!p) return CC_ENOMEM;
    for (const effect *e = effects; e < effects + *count; e++)
        if (e->patients) p[at++] = e->result.p;
    if (*tests) CC_TRY(cc_statistics_holm(p, p, *tests));
    at = 0;
    for (effect *e = effects; e < effects + *count; e++) e->p_adjusted = e->patients ? p[at++] : NAN;
    return CC_OK;
}

/* --- listings --- */

/* A line for readers. */
static void put_effect(cc_listing *out, const effect *e) {
    const size_t at = out->rows++;
    size_t column = 0;
    out->rules[at] = at > 0 && e->level == 0;
    cc_listing_put(out, at, column++, "%s", e->option->name);
    cc_listing_put(out, at, column++, "%s", e->option->levels[e->level]);
    cc_listing_put_number(out, at, column++, "%.1f", e->mean);
    if (e->level == e->reference) {
        /* Nothing is missing here. */
        for (size_t c = column; c < out->columns; c++) cc_listing_at(out, at, c)->text = "";
        cc_listing_put(out, at, column + 1, "reference");
        return;
    }
    cc_listing_put_number(out, at, column++, "%.1f", e->matched_mean);
    if (e->patients) {
        cc_listing_cell *cell = cc_listing_put(out, at, column, "%+.1f", 100 * e->result.mean);
        if (!isnan(e->result.low)) {
            cell->tail =
                cc_arena_format(out->arena, "[%+.1f, %+.1f]", 100 * e->result.low, 100 * e->result.high);
            out->failed |= !cell->tail;
        }
        cc_listing_put_number(out, at, column + 1, e->p_adjusted < 0.001 ? "%.0e" : "%.3f", e->p_adjusted);
        cc_listing_put(out, at, column + 3, "%zu", e->patients);
        if (e->seeds_matched) cc_listing_put(out, at, column + 4, "%zu", e->result.seeds);
    }
    cc_listing_put(out, at, column + 2, "%zu of %zu", e->cells, e->cells_in_grid);
}

/* What so few patients leave open, and what is not compared. */
static void add_notes(cc_listing *out, const effect *effects, size_t count, size_t tests) {
    bool unmatched = false, of_seeds = false;
    double least = INFINITY;
    for (const effect *e = effects; e < effects + count; e++) {
        if (e->patients) least = fmin(least, e->result.p_least);
        unmatched |= e->patients && !e->seeds_matched;
        of_seeds |= e->p_adjusted < 0.05 && e->result.low <= 0 && e->result.high >= 0;
        if (e->level == e->reference || e->patients) continue;
        cc_notes_add(&out->notes, "%s = %s: not compared: %s.", e->option->name, e->option->levels[e->level],
                     e->cells ? "its cells and those of the reference have no patient in common"
                              : "no run of the reference has the same other options");
    }
    /* Holm multiplies the smallest p by the number of comparisons. */
    if (isfinite(least) && least * (double)tests > 0.05)
        cc_notes_add(
            &out->notes,
            "So few patients cannot resolve an effect here: the smallest p that they can reach is %.3f, "
            "after Holm's adjustment for %zu comparisons %.3f.",
            least, tests, fmin(1, least * (double)tests));
    if (of_seeds)
        cc_notes_add(&out->notes, "A p below 0.05 beside an interval that holds 0: these seeds differ in all "
                                  "likelihood, but other seeds may not. It takes more seeds to tell.");
    if (unmatched)
        cc_notes_add(&out->notes,
                     "Seeds: a dash where the cells compared have no seed in common; each patient's mean "
                     "over the seeds of each cell is compared then.");
}

/* The table for readers. */
static cc_status fill_shown(cc_listing *out, const cc_table *table, const effect *effects, size_t count,
                            size_t tests, cc_arena *arena) {
    const cc_spec *spec = table->spec;
    static const char *const heads[] = {"option", "level", "", "", "", "p", "cells", "patients", "seeds"};
    CC_TRY(cc_listing_init(out, sizeof heads / sizeof *heads, count, arena));
    out->text_columns = 2;
    out->id = cc_arena_format(arena, "effects-%s", spec->id);
    out->kind = table->kind;
    out->title = cc_arena_format(arena, "%s: main effect of each option", spec->title);
    const char *means = cc_arena_format(arena, "%%, %s, %s", cc_table_average_words(spec->convention.average),
                                        cc_table_empty_words(spec->convention.empty));
    if (!means) return CC_ENOMEM;
    out->caption = cc_arena_format(
        arena,
        "What each option changes in %s, averaged over the other options. Means: of the table's values "
        "with that level, and with the reference level and the same other options (%s); cells: the "
        "combinations of other options that have both. Difference: patient by patient, the mean over cells "
        "and seeds, with its 95 %% interval over patients and seeds. p: all patterns of the patients' signs, "
        "the seeds as they are, with Holm's adjustment for %zu comparisons. Where one option's effect "
        "depends on another, a mean over both hides it.",
        cc_score_heading(spec->columns[0]), means, tests);
    if (!out->id || !out->title || !out->caption) return CC_ENOMEM;
    for (size_t c = 0; c < out->columns; c++) cc_listing_put_head(out, c, "%s", heads[c]);
    cc_listing_put_head(out, 2, "mean %s (%%)", cc_score_word(spec->columns[0]));
    cc_listing_put_head(out, 3, "mean of the reference (%%)");
    cc_listing_put_head(out, 4, "difference (points)");
    for (const effect *e = effects; e < effects + count; e++) put_effect(out, e);
    add_notes(out, effects, count, tests);
    return CC_OK;
}

/* The same for programs. */
static cc_status fill_data(cc_listing *out, const cc_table *table, const effect *effects, size_t count,
                           cc_arena *arena) {
    static const char *const heads[] = {"option",
                                        "level",
                                        "reference",
                                        "score",
                                        "mean_percent",
                                        "reference_mean_percent",
                                        "difference_points",
                                        "low",
                                        "high",
                                        "p",
                                        "p_holm",
                                        "p_least",
                                        "cohen_dz",
                                        "rank_biserial",
                                        "detectable_points",
                                        "cells",
                                        "cells_in_grid",
                                        "patients",
                                        "seeds"};
    CC_TRY(cc_listing_init(out, sizeof heads / sizeof *heads, count, arena));
    out->text_columns = 4;
    for (size_t c = 0; c < out->columns; c++) cc_listing_put_head(out, c, "%s", heads[c]);
    for (const effect *e = effects; e < effects + count; e++) {
        const cc_paired_result *r = &e->result;
        /* Scores are from 0 to 1, the columns in percent points. */
        const double numbers[] = {100 * r->mean, 100 * r->low,     100 * r->high,
                                  r->p,          e->p_adjusted,    r->p_least,
                                  r->effect,     r->rank_biserial, 100 * r->detectable};
        const size_t at = out->rows++;
        size_t column = 0;
        cc_listing_put(out, at, column++, "%s", e->option->name);
        cc_listing_put(out, at, column++, "%s", e->option->levels[e->level]);
        cc_listing_put(out, at, column++, "%s", e->option->levels[e->reference]);
        cc_listing_put(out, at, column++, "%s", cc_score_name(table->spec->columns[0]));
        cc_listing_put_number(out, at, column++, "%.6f", e->mean);
        cc_listing_put_number(out, at, column++, "%.6f", e->matched_mean);
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
            cc_listing_put_number(out, at, column++, "%.6f", e->patients ? numbers[n] : NAN);
        cc_listing_put(out, at, column++, "%zu", e->cells);
        cc_listing_put(out, at, column++, "%zu", e->cells_in_grid);
        if (e->patients) cc_listing_put(out, at, column, "%zu", e->patients);
        if (e->seeds_matched) cc_listing_put(out, at, column + 1, "%zu", r->seeds);
    }
    out->id = cc_arena_format(arena, "effects-%s", table->spec->id);
    out->kind = table->kind;
    return out->id ? CC_OK : CC_ENOMEM;
}

cc_status cc_table_listing_effects(cc_listing *out, cc_listing *data, const cc_table *table,
                                   const cc_design *design, cc_arena *arena) {
    size_t count = 0, tests = 0;
    *out = *data = (cc_listing){0};
    if (design->option_count < 2 || !design->is_grid || table->spec->column_count == 0) return CC_OK;
    for (size_t o = 0; o < design->option_count; o++) count += design->options[o].level_count;
    effect *effects = cc_arena_get_array(arena, count, sizeof *effects);
    if (!effects) return CC_ENOMEM;
    CC_TRY(make_effects(effects, &count, &tests, table, design, arena));
    if (tests == 0) return CC_OK;
    CC_TRY(fill_shown(out, table, effects, count, tests, arena));
    return fill_data(data, table, effects, count, arena);
}
