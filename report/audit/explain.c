/* report/audit/explain.c -- why a check does not hold: the printed numbers, what they should follow from, and
 * the arithmetic, in the unit that the table prints. */
#include "report/audit/explain.h"

#include <math.h>
#include <stdio.h>

enum { WORDS = 64 };

/* A cell as it is printed. */
static const char *shown(char out[WORDS], const cc_cell *cell) {
    snprintf(out, WORDS, "%.*f", cell->decimals, cell->value);
    return out;
}

/* A range of percent, in the unit of a column: "76.40 to 88.01", "0.7640 to 0.8801". */
static const char *range(char out[WORDS], const cc_sheet *s, int column, cc_range r, int decimals) {
    const double scale = s->columns[column].scale;
    if (scale > 1) decimals += 2;
    snprintf(out, WORDS, "%.*f to %.*f", decimals, r.low / scale, decimals, r.high / scale);
    return out;
}

/* "precision 83.2 and recall 93.3": a check's inputs with their values. */
static const char *inputs(char *out, size_t capacity, const cc_sheet *s, const cc_sheet_check *check) {
    size_t used = 0;
    out[0] = 0;
    for (int i = 0; i < check->input_count && used < capacity; i++) {
        char value[WORDS];
        const int c = check->inputs[i];
        used += (size_t)snprintf(out + used, capacity - used, "%s%s %s",
                                 i == 0                       ? ""
                                 : i + 1 < check->input_count ? ", "
                                                              : " and ",
                                 cc_score_kind_name(s->columns[c].kind),
                                 shown(value, cc_sheet_cell(s, check->row, c)));
    }
    return out;
}

/* A deviation larger than any scores with that mean have. */
static const char *explain_spread(const cc_sheet *s, const cc_sheet_check *check, const cc_allowed *allowed,
                                  cc_arena *arena) {
    char mean[WORDS], deviation[WORDS], cases[WORDS] = "whatever the number of cases, by n - 1 too";
    const cc_sheet_column *column = &s->columns[check->column];
    const int decimals = column->scale > 1 ? 4 : 2;
    if (s->table->cases) snprintf(cases, sizeof cases, "by n - 1 too, over %lld cases", s->table->cases);
    return cc_arena_format(
        arena,
        "%s is no standard deviation of scores with the mean %s: from 0 to %s they deviate by "
        "%.*f at most (Bhatia-Davis; %s)",
        shown(deviation, cc_sheet_deviation(s, check->row, check->column)),
        shown(mean, cc_sheet_cell(s, check->row, check->column)), column->scale > 1 ? "1" : "100 %", decimals,
        allowed->range[0].high / column->scale, cases);
}

/* A mean that no whole numbers have: its two neighbours are named. */
static const char *explain_whole(const cc_sheet *s, const cc_sheet_check *check, cc_arena *arena) {
    char value[WORDS];
    const cc_cell *cell = cc_sheet_cell(s, check->row, check->column);
    const double n = (double)s->table->cases, below = floor(cell->value * n), above = ceil(cell->value * n);
    return cc_arena_format(
        arena,
        "%s is no mean of whole numbers over %lld cases: %.0f/%lld is %.*f and %.0f/%lld is %.*f "
        "(GRIM)",
        shown(value, cell), s->table->cases, below, s->table->cases, cell->decimals + 1, below / n, above,
        s->table->cases, cell->decimals + 1, above / n);
}

/* One score of one kind of items has neighbours that can be named; several have not. */
static const char *explain_counts(const cc_sheet *s, const cc_sheet_check *check, cc_arena *arena) {
    char scores[512], items[128] = "";
    const cc_published_table *t = s->table;
    if (t->positives) snprintf(items, sizeof items, "%lld positive", t->positives);
    if (t->negatives) {
        const size_t used =
            t->positives ? (size_t)snprintf(items, sizeof items, "%lld positive and ", t->positives) : 0;
        snprintf(items + used, sizeof items - used, "%lld negative", t->negatives);
    }
    inputs(scores, sizeof scores, s, check);
    const int c = check->inputs[0];
    const double n = (double)(s->columns[c].kind == CC_COLUMN_RECALL ? t->positives : t->negatives);
    if (check->input_count > 1 ||
        (s->columns[c].kind != CC_COLUMN_RECALL && s->columns[c].kind != CC_COLUMN_SPECIFICITY))
        return cc_arena_format(arena, "no whole counts of %s items give %s%s", items,
                               check->input_count > 1 ? "together " : "", scores);
    const double whole = s->columns[c].scale > 1 ? 1 : 100;
    const double share = cc_sheet_cell(s, check->row, c)->value / whole * n;
    return cc_arena_format(arena, "no whole counts of %s items give %s: %.0f of %.0f is %.4g, %.0f is %.4g",
                           items, scores, floor(share), n, floor(share) / n * whole, ceil(share),
                           ceil(share) / n * whole);
}

const char *cc_sheet_explain(const cc_sheet *s, const cc_sheet_check *check, const cc_allowed *allowed,
                             cc_arena *arena) {
    char by[256], value[WORDS], pooled[WORDS], averaged[WORDS], first[WORDS], second[WORDS];
    const int c = check->column;
    const char *name = cc_score_kind_name(s->columns[c].kind), *column = s->table->columns[c];
    shown(value, cc_sheet_cell(s, check->row, c));
    inputs(by, sizeof by, s, check);
    range(pooled, s, c, allowed->range[0], 2);
    range(averaged, s, c, allowed->range[1], 2);
    range(first, s, c, allowed->range[0], 3);
    range(second, s, c, allowed->range[1], 3);
    switch (check->kind) {
    case CC_CHECK_F1:
        if (s->table->averaging == CC_AVERAGING_POOLED)
            return cc_arena_format(arena, "%s cannot be the %s of %s: pooled, as the table says, it is %s",
                                   value, name, by, pooled);
        return cc_arena_format(
            arena, "%s cannot be the %s of %s: pooled it is %s, averaged over patients or slices %s", value,
            name, by, pooled, averaged);
    case CC_CHECK_IOU:
    case CC_CHECK_IOU_OF_TWO:
        if (s->table->averaging == CC_AVERAGING_POOLED)
            return cc_arena_format(arena, "%s cannot be the %s of %s: pooled, as the table says, it is %s",
                                   value, name, by, pooled);
        return cc_arena_format(
            arena, "%s cannot be the %s of %s: pooled it is %s%s, averaged over cases %s%s", value, name, by,
            pooled, check->kind == CC_CHECK_IOU ? " (D / (2 - D))" : "", averaged,
            check->kind == CC_CHECK_IOU ? " (no less than D / (2 - D), no more than D)" : "");
    case CC_CHECK_ACCURACY:
        if (cc_sheet_is_averaged(s, check->row))
            return cc_arena_format(arena, "%s cannot be the mean accuracy of %s: it is %s", value, by,
                                   averaged);
        return cc_arena_format(
            arena,
            "%s cannot be the accuracy of %s: of the same counts it lies between the two, %s, whatever the "
            "prevalence "
            "(a mean over cases of unlike prevalence may not; `averaging: mean` states that)",
            value, by, pooled);
    case CC_CHECK_BALANCED:
        return cc_arena_format(arena, "%s is not the mean of %s: it is %s", value, by, pooled);
    case CC_CHECK_COMPLEMENT:
        return cc_arena_format(arena, "%s is not %s less %s: it is %s", value,
                               s->columns[c].scale > 1 ? "1" : "100 %", by, pooled);
    case CC_CHECK_SPREAD:
        return explain_spread(s, check, allowed, arena);
    case CC_CHECK_WHOLE:
        return explain_whole(s, check, arena);
    case CC_CHECK_COUNTS:
        return explain_counts(s, check, arena);
    case CC_CHECK_MEAN:
        return cc_arena_format(arena, "%s is not the mean of %s over the %zu rows: it is %s", value, column,
                               s->row_count, first);
    case CC_CHECK_DEVIATION:
        break;
    }
    return cc_arena_format(
        arena, "%s is not the standard deviation of %s over the %zu rows: by n - 1 it is %s, by n %s", value,
        column, s->row_count, first, second);
}
