/* report/audit/sheet.c -- from a published table to cells of known unit, and the checks that its columns call
 * for. The mathematics of each is in metrics/rounding.h and metrics/whole_counts.h. */
#include "report/audit/sheet.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "metrics/whole_counts.h"

cc_cell *cc_sheet_cell(const cc_sheet *s, size_t row, int column) {
    return &s->cells[row * (size_t)s->column_count + (size_t)column];
}

cc_cell *cc_sheet_deviation(const cc_sheet *s, size_t row, int column) {
    return &s->deviations[row * (size_t)s->column_count + (size_t)column];
}

/* A row of the table, or of its summary behind them. */
static const cc_published_row *row_of(const cc_sheet *s, size_t row) {
    return row < s->row_count ? &s->table->rows[row] : &s->table->summary[row - s->row_count];
}

const char *cc_sheet_label(const cc_sheet *s, size_t row) {
    return row_of(s, row)->label;
}

bool cc_sheet_is_score(const cc_sheet *s, int column) {
    const cc_sheet_column *c = &s->columns[column];
    return c->kind != CC_COLUMN_OTHER && !c->deviation && !c->mixed;
}

/* What a summary row says it is, by its label; false where that is neither. */
static bool summary_kind(cc_check_kind *out, const char *label) {
    static const char *const deviations[] = {"deviation", "std", "sd"};
    static const char *const means[] = {"mean", "average", "avg"};
    for (size_t i = 0; i < sizeof deviations / sizeof *deviations; i++)
        if (strcasestr(label, deviations[i])) {
            *out = CC_CHECK_DEVIATION;
            return true;
        }
    *out = CC_CHECK_MEAN;
    for (size_t i = 0; i < sizeof means / sizeof *means; i++)
        if (strcasestr(label, means[i])) return true;
    return false;
}

/* Whether the cells of a row are scores, not deviations of scores. */
static bool holds_scores(const cc_sheet *s, size_t row) {
    cc_check_kind kind;
    return row < s->row_count || !summary_kind(&kind, cc_sheet_label(s, row)) || kind == CC_CHECK_MEAN;
}

/* --- units --- */

/* How many of some scores lie within 0 to 1, beyond, and beyond what can be a slip in a fraction. */
typedef struct sizes {
    size_t small, large, far, positive;
} sizes;

/* Counts one cell by its size. */
static void measure(sizes *out, const cc_cell *cell) {
    if (!cell->there) return;
    out->small += fabs(cell->value) <= 1;
    out->large += fabs(cell->value) > 1;
    out->far += fabs(cell->value) > 1.5;
    out->positive += cell->value > 0;
}

/* Fractions: none lies far beyond 1, and not most do beyond 1 at all. */
static bool are_fractions(const sizes *of) {
    return of->small + of->large > 0 && of->far == 0 && of->small >= of->large;
}

/* Whether a column says percent in its head or in any cell. */
static bool states_percent(const cc_sheet *s, int column) {
    if (cc_score_column_of(s->table->columns[column]).percent) return true;
    for (size_t r = 0; r < s->count; r++)
        if (row_of(s, r)->cells[column].percent) return true;
    return false;
}

/* What a table does not state of its units is read off its scores: all within 0 to 1 are fractions. Where
 * only some columns, or some rows, are so, it is not known what they are. */
static void settle_units(cc_sheet *s) {
    sizes all = {0}, of_column[CC_PUBLISHED_COLUMNS_MAX] = {{0}};
    bool open[CC_PUBLISHED_COLUMNS_MAX] = {false};
    for (int c = 0; c < s->column_count; c++) {
        s->columns[c].scale = s->table->units == CC_UNITS_FRACTION ? 100 : 1;
        if (s->table->units == CC_UNITS_UNSTATED && states_percent(s, c)) continue;
        open[c] = s->table->units == CC_UNITS_UNSTATED && cc_sheet_is_score(s, c);
        for (size_t r = 0; r < s->count && open[c]; r++) {
            if (!holds_scores(s, r)) continue;
            measure(&of_column[c], cc_sheet_cell(s, r, c));
            measure(&all, cc_sheet_cell(s, r, c));
        }
    }
    for (int c = 0; c < s->column_count; c++) {
        if (!open[c]) continue;
        if (are_fractions(&all))
            s->columns[c].scale = 100;
        else
            s->columns[c].mixed = are_fractions(&of_column[c]) && of_column[c].positive > 0;
    }
    for (size_t r = 0; r < s->count; r++) {
        sizes of_row = {0};
        for (int c = 0; c < s->column_count; c++)
            if (open[c] && !s->columns[c].mixed && s->columns[c].scale == 1)
                measure(&of_row, cc_sheet_cell(s, r, c));
        s->mixed_rows[r] = holds_scores(s, r) && of_row.positive > 1 && of_row.large == 0;
    }
}

/* --- cells --- */

/* Scores by the columns' names; of two columns of one score the first is checked. */
static void name_columns(cc_sheet *s) {
    for (int kind = 0; kind < CC_COLUMN_KINDS; kind++) s->at[kind] = -1;
    for (int c = 0; c < s->column_count; c++) {
        const cc_score_column name = cc_score_column_of(s->table->columns[c]);
        cc_sheet_column *column = &s->columns[c];
        *column =
            (cc_sheet_column){.whole = s->table->whole[c] && s->table->cases, .deviation = name.deviation};
        if (name.deviation || name.kind == CC_COLUMN_OTHER || s->at[name.kind] >= 0) continue;
        column->kind = name.kind;
        s->at[name.kind] = c;
    }
    for (int c = 0; c < s->column_count; c++) { /* deviations after scores: they may stand before them */
        const cc_score_column name = cc_score_column_of(s->table->columns[c]);
        if (!name.deviation) continue;
        const int of = name.of_column_before ? c - 1 : s->at[name.kind];
        if (of >= 0 && cc_sheet_is_score(s, of))
            s->columns[c].kind = s->columns[of].kind;
        else
            s->columns[c].deviation = false; /* of nothing that is known */
    }
}

/* Takes the printed numbers; a column of deviations goes beside the scores that it belongs to. */
static void copy_cells(cc_sheet *s) {
    for (size_t r = 0; r < s->count; r++)
        for (int c = 0; c < s->column_count; c++) {
            const cc_published_cell *from = &row_of(s, r)->cells[c];
            const cc_sheet_column *column = &s->columns[c];
            *cc_sheet_cell(s, r, c) = (cc_cell){from->has_value, from->value, from->decimals};
            if (from->has_deviation)
                *cc_sheet_deviation(s, r, c) = (cc_cell){true, from->deviation, from->deviation_decimals};
            if (column->deviation && from->has_value)
                *cc_sheet_deviation(s, r, s->at[column->kind]) = (cc_cell){true, from->value, from->decimals};
        }
}

cc_status cc_sheet_make(cc_sheet *out, const cc_published_table *table, cc_arena *arena) {
    cc_sheet s = {.table = table,
                  .column_count = table->column_count,
                  .row_count = table->row_count,
                  .count = table->row_count + table->summary_count};
    const size_t cells = s.count * (size_t)s.column_count + 1;
    s.cells = cc_arena_get_array(arena, cells, sizeof *s.cells);
    s.deviations = cc_arena_get_array(arena, cells, sizeof *s.deviations);
    s.columns = cc_arena_get_array(arena, (size_t)s.column_count + 1, sizeof *s.columns);
    s.mixed_rows = cc_arena_get_array(arena, s.count + 1, sizeof *s.mixed_rows);
    s.scratch = cc_arena_get_array(arena, s.row_count + 1, sizeof *s.scratch);
    if (!s.cells || !s.deviations || !s.columns || !s.mixed_rows || !s.scratch) return CC_ENOMEM;
    memset(s.deviations, 0, cells * sizeof *s.deviations);
    name_columns(&s);
    copy_cells(&s);
    settle_units(&s);
    *out = s;
    return CC_OK;
}

/* What a printed cell stands for, in percent. */
static cc_range scaled_range(cc_cell cell, double scale) {
    const cc_range r = cc_range_printed(cell.value, cell.decimals);
    return (cc_range){r.low * scale, r.high * scale};
}

cc_range cc_sheet_range(const cc_sheet *s, size_t row, int column) {
    return scaled_range(*cc_sheet_cell(s, row, column), s->columns[column].scale);
}

/* A score's range does not leave 0 to 100. */
static cc_range score_range(const cc_sheet *s, size_t row, int column) {
    const cc_range r = cc_sheet_range(s, row, column);
    return (cc_range){fmax(r.low, 0), fmin(r.high, 100)};
}

bool cc_sheet_is_sound(const cc_sheet *s, size_t row, int column) {
    const cc_cell *cell = cc_sheet_cell(s, row, column);
    const double percent = cell->value * s->columns[column].scale;
    return cell->there && percent >= 0 && percent <= 100 + 1e-9;
}

bool cc_sheet_is_averaged(const cc_sheet *s, size_t row) {
    bool averaged = s->table->averaging == CC_AVERAGING_MEAN || row >= s->row_count;
    for (int c = 0; c < s->column_count; c++) averaged |= cc_sheet_deviation(s, row, c)->there;
    return averaged;
}

/* --- which checks a table calls for --- */

/* The checks as they are listed. */
typedef struct builder {
    cc_sheet *sheet;
    cc_sheet_check *checks;
    size_t count;
} builder;

/* A check of a score by up to two others of its row, where all three are there and sound. */
static void add(builder *b, cc_check_kind kind, size_t row, cc_score_kind of, cc_score_kind by,
                cc_score_kind and_by) {
    const int *at = b->sheet->at, columns[] = {at[of], at[by], at[and_by]};
    cc_sheet_check check = {.kind = kind, .row = row, .column = at[of]};
    for (int i = 0; i < 3; i++) {
        if (i == 2 && and_by == CC_COLUMN_OTHER) break;
        if (columns[i] < 0 || !cc_sheet_is_score(b->sheet, columns[i]) ||
            !cc_sheet_is_sound(b->sheet, row, columns[i]))
            return;
        if (i > 0) check.inputs[check.input_count++] = columns[i];
    }
    b->checks[b->count++] = check;
}

/* All scores of the row that so many positive and negative items make steps of. */
static void add_counts(builder *b, size_t row) {
    static const cc_score_kind of_both[] = {CC_COLUMN_ACCURACY, CC_COLUMN_BALANCED_ACCURACY, CC_COLUMN_NPV},
                               of_positives[] = {CC_COLUMN_RECALL, CC_COLUMN_PRECISION, CC_COLUMN_F1,
                                                 CC_COLUMN_DICE, CC_COLUMN_IOU};
    const cc_sheet *s = b->sheet;
    const long long p = s->table->positives, n = s->table->negatives;
    cc_sheet_check check = {.kind = CC_CHECK_COUNTS, .row = row};
    for (int kind = 1; kind < CC_COLUMN_KINDS; kind++) {
        bool counted = n && kind == CC_COLUMN_SPECIFICITY;
        for (int i = 0; i < 3; i++) counted |= p && n && kind == (int)of_both[i];
        for (int i = 0; i < 5; i++) counted |= p && kind == (int)of_positives[i];
        const int c = s->at[kind];
        if (counted && c >= 0 && cc_sheet_is_score(s, c) && cc_sheet_is_sound(s, row, c) &&
            check.input_count < CC_CHECK_INPUTS_MAX)
            check.inputs[check.input_count++] = c;
    }
    if (check.input_count == 0) return;
    check.column = check.inputs[0];
    b->checks[b->count++] = check;
}

/* Lists the checks of one row. */
static void add_row(builder *b, size_t row) {
    const cc_sheet *s = b->sheet;
    /* One formula: the F1 column is checked against precision and recall, the Dice column against IoU, and
     * either stands in for the other. */
    const cc_score_kind f1 = s->at[CC_COLUMN_F1] >= 0 ? CC_COLUMN_F1 : CC_COLUMN_DICE,
                        dice = s->at[CC_COLUMN_DICE] >= 0 ? CC_COLUMN_DICE : CC_COLUMN_F1;
    add(b, CC_CHECK_F1, row, f1, CC_COLUMN_PRECISION, CC_COLUMN_RECALL);
    const size_t before = b->count;
    add(b, CC_CHECK_IOU, row, CC_COLUMN_IOU, dice, CC_COLUMN_OTHER);
    /* An IoU follows from Dice; without one, from precision and recall. */
    if (b->count == before)
        add(b, CC_CHECK_IOU_OF_TWO, row, CC_COLUMN_IOU, CC_COLUMN_PRECISION, CC_COLUMN_RECALL);
    add(b, CC_CHECK_ACCURACY, row, CC_COLUMN_ACCURACY, CC_COLUMN_RECALL, CC_COLUMN_SPECIFICITY);
    add(b, CC_CHECK_BALANCED, row, CC_COLUMN_BALANCED_ACCURACY, CC_COLUMN_RECALL, CC_COLUMN_SPECIFICITY);
    add(b, CC_CHECK_COMPLEMENT, row, CC_COLUMN_FPR, CC_COLUMN_SPECIFICITY, CC_COLUMN_OTHER);
    add(b, CC_CHECK_COMPLEMENT, row, CC_COLUMN_FNR, CC_COLUMN_RECALL, CC_COLUMN_OTHER);
    add(b, CC_CHECK_COMPLEMENT, row, CC_COLUMN_FDR, CC_COLUMN_PRECISION, CC_COLUMN_OTHER);
    if ((s->table->positives || s->table->negatives) && !cc_sheet_is_averaged(s, row)) add_counts(b, row);
    for (int c = 0; c < s->column_count; c++) {
        if (cc_sheet_is_score(s, c) && cc_sheet_is_sound(s, row, c) && cc_sheet_deviation(s, row, c)->there)
            b->checks[b->count++] = (cc_sheet_check){.kind = CC_CHECK_SPREAD, .row = row, .column = c};
        if (s->columns[c].whole && cc_sheet_cell(s, row, c)->there)
            b->checks[b->count++] = (cc_sheet_check){.kind = CC_CHECK_WHOLE, .row = row, .column = c};
    }
}

/* A mean and a deviation in the summary of rows that are not printed: as one cell with both. */
static void pair_summary(cc_sheet *s) {
    cc_check_kind kind;
    size_t mean = SIZE_MAX;
    for (size_t r = s->row_count; r < s->count; r++)
        if (summary_kind(&kind, cc_sheet_label(s, r)) && kind == CC_CHECK_MEAN && mean == SIZE_MAX) mean = r;
    for (size_t r = s->row_count; r < s->count && mean != SIZE_MAX; r++)
        for (int c = 0; c < s->column_count && summary_kind(&kind, cc_sheet_label(s, r)); c++)
            if (kind == CC_CHECK_DEVIATION && cc_sheet_cell(s, r, c)->there &&
                !cc_sheet_deviation(s, mean, c)->there)
                *cc_sheet_deviation(s, mean, c) = *cc_sheet_cell(s, r, c);
}

/* Whether every row has a score in this column, within 0 to 100 %. */
static bool column_is_sound(const cc_sheet *s, int column) {
    for (size_t r = 0; r < s->row_count; r++)
        if (!cc_sheet_is_sound(s, r, column)) return false;
    return s->row_count > 0 && cc_sheet_is_score(s, column);
}

/* Lists the checks of the summary against the rows above it. */
static void add_summary(builder *b) {
    cc_sheet *s = b->sheet;
    cc_check_kind kind;
    for (int c = 0; c < s->column_count; c++) {
        const bool sound = column_is_sound(s, c);
        for (size_t r = s->row_count; r < s->count && sound; r++)
            if (cc_sheet_is_sound(s, r, c) && summary_kind(&kind, cc_sheet_label(s, r)))
                b->checks[b->count++] = (cc_sheet_check){.kind = kind, .row = r, .column = c};
    }
    if (s->row_count > 0) return;
    pair_summary(s);
    for (size_t r = 0; r < s->count; r++)
        if (summary_kind(&kind, cc_sheet_label(s, r)) && kind == CC_CHECK_MEAN) add_row(b, r);
}

cc_status cc_sheet_checks(cc_sheet_check **out, size_t *count, cc_sheet *sheet, cc_arena *arena) {
    /* of a row: at most eight of its scores, and for each column a spread and a mean of whole numbers */
    const size_t most = (8 + 2 * (size_t)sheet->column_count) * sheet->count;
    builder b = {.sheet = sheet, .checks = cc_arena_get_array(arena, most + 1, sizeof(cc_sheet_check))};
    if (!b.checks) return CC_ENOMEM;
    for (size_t r = 0; r < sheet->row_count; r++)
        if (!sheet->mixed_rows[r]) add_row(&b, r);
    add_summary(&b);
    for (size_t i = 0; i < b.count; i++) {
        sheet->columns[b.checks[i].column].related = true;
        for (int k = 0; k < b.checks[i].input_count; k++)
            sheet->columns[b.checks[i].inputs[k]].related = true;
    }
    *out = b.checks;
    *count = b.count;
    return CC_OK;
}

/* --- whether they hold --- */

/* Whether whole counts give all scores of the row at once. */
static bool counts_hold(const cc_sheet *s, const cc_sheet_check *check) {
    static const int counted[CC_COLUMN_KINDS] = {[CC_COLUMN_RECALL] = CC_COUNTED_SENSITIVITY,
                                                 [CC_COLUMN_SPECIFICITY] = CC_COUNTED_SPECIFICITY,
                                                 [CC_COLUMN_PRECISION] = CC_COUNTED_PRECISION,
                                                 [CC_COLUMN_NPV] = CC_COUNTED_NPV,
                                                 [CC_COLUMN_ACCURACY] = CC_COUNTED_ACCURACY,
                                                 [CC_COLUMN_BALANCED_ACCURACY] = CC_COUNTED_BALANCED_ACCURACY,
                                                 [CC_COLUMN_F1] = CC_COUNTED_F1,
                                                 [CC_COLUMN_DICE] = CC_COUNTED_F1,
                                                 [CC_COLUMN_IOU] = CC_COUNTED_IOU};
    cc_counted_row row = {.positives = s->table->positives, .negatives = s->table->negatives};
    if (row.negatives == 0) row.negatives = INT_MAX; /* not stated: any */
    for (int i = 0; i < check->input_count; i++) {
        const cc_score_kind kind = s->columns[check->inputs[i]].kind;
        if (row.given[counted[kind]]) continue; /* F1 and Dice may be of other items */
        row.given[counted[kind]] = true;
        row.range[counted[kind]] = score_range(s, check->row, check->inputs[i]);
    }
    return cc_whole_counts_possible(&row);
}

/* The two readings of a row's scores; a table that states it pools has the one. */
static cc_allowed both(cc_range pooled, cc_range averaged, cc_published_averaging stated) {
    if (stated == CC_AVERAGING_POOLED) averaged = pooled;
    return (cc_allowed){{pooled, averaged}};
}

/* The range that a check's inputs leave for its cell. */
static cc_allowed what_allows(const cc_sheet *s, const cc_sheet_check *check) {
    cc_range x = {0, 100}, y = {0, 100}, only;
    const cc_published_averaging stated = s->table->averaging;
    if (check->input_count > 0) x = score_range(s, check->row, check->inputs[0]);
    if (check->input_count > 1) y = score_range(s, check->row, check->inputs[1]);
    switch (check->kind) {
    case CC_CHECK_F1:
        return both(cc_range_f1_pooled(x, y), cc_range_f1_averaged(x, y), stated);
    case CC_CHECK_IOU:
        return both(cc_range_iou_pooled(x), cc_range_iou_averaged(x), stated);
    case CC_CHECK_IOU_OF_TWO:
        return both(cc_range_iou_of_pooled(x, y), cc_range_iou_of_averaged(x, y), stated);
    case CC_CHECK_ACCURACY: /* means over cases of unlike prevalence must be stated to be believed */
        return both(cc_range_accuracy_pooled(x, y), cc_range_accuracy_averaged(x, y),
                    cc_sheet_is_averaged(s, check->row) ? CC_AVERAGING_MEAN : CC_AVERAGING_POOLED);
    case CC_CHECK_BALANCED:
        only = (cc_range){0.5 * (x.low + y.low), 0.5 * (x.high + y.high)};
        break;
    case CC_CHECK_COMPLEMENT:
        only = (cc_range){100 - x.high, 100 - x.low};
        break;
    case CC_CHECK_SPREAD:
        only = cc_range_deviation_of_mean(score_range(s, check->row, check->column), s->table->cases);
        break;
    case CC_CHECK_WHOLE: {
        const double n = (double)s->table->cases, value = cc_sheet_cell(s, check->row, check->column)->value;
        only = (cc_range){floor(value * n) / n, ceil(value * n) / n};
        break;
    }
    case CC_CHECK_COUNTS:
        only = (cc_range){0, 100};
        break;
    default:
        for (size_t r = 0; r < s->row_count; r++) s->scratch[r] = score_range(s, r, check->column);
        if (check->kind == CC_CHECK_MEAN) {
            only = cc_range_mean(s->scratch, s->row_count);
            break;
        }
        const cc_range by_n = cc_range_deviation(s->scratch, s->row_count, false);
        /* By n - 1 it is larger than by n by sqrt(n / (n - 1)). */
        const double n = (double)s->row_count, more = n > 1 ? sqrt(n / (n - 1)) : 1;
        return (cc_allowed){{{by_n.low * more, by_n.high * more}, by_n}};
    }
    return (cc_allowed){{only, only}};
}

bool cc_sheet_holds(const cc_sheet *s, const cc_sheet_check *check, cc_allowed *allowed) {
    const cc_cell *cell = cc_sheet_cell(s, check->row, check->column);
    cc_range printed = cc_sheet_range(s, check->row, check->column);
    *allowed = what_allows(s, check);
    if (check->kind == CC_CHECK_COUNTS) return counts_hold(s, check);
    if (check->kind == CC_CHECK_WHOLE)
        return cc_range_holds_mean_of_whole(cc_range_printed(cell->value, cell->decimals), s->table->cases);
    if (check->kind == CC_CHECK_SPREAD)
        printed =
            scaled_range(*cc_sheet_deviation(s, check->row, check->column), s->columns[check->column].scale);
    return cc_range_meet(printed, allowed->range[0]) || cc_range_meet(printed, allowed->range[1]);
}
