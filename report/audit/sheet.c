#include "report/audit/sheet.h"

#include <math.h>
#include <string.h>

static int column_of(const cc_published *published, const char *name) {
    for (int c = 0; c < CC_PUBLISHED_COLUMNS; c++)
        if (strcmp(published->columns[c], name) == 0) return c;
    return -1;
}

static void copy_rows(cc_cell (*cells)[CC_PUBLISHED_COLUMNS], const cc_published_row *rows, size_t count) {
    for (size_t r = 0; r < count; r++)
        for (int c = 0; c < CC_PUBLISHED_COLUMNS; c++)
            cells[r][c] = (cc_cell){rows[r].percent[c], rows[r].decimals[c]};
}

cc_status cc_sheet_make(cc_sheet *out, const cc_published *published, const cc_published_table *table,
                        cc_arena *arena) {
    cc_sheet s = {.published = published,
                  .table = table,
                  .row_count = table->row_count,
                  .count = table->row_count + table->summary_count,
                  .f1 = column_of(published, "f1"),
                  .precision = column_of(published, "precision"),
                  .recall = column_of(published, "recall")};
    s.cells = cc_arena_get_array(arena, s.count + 1, sizeof *s.cells);
    s.scratch = cc_arena_get_array(arena, s.row_count + 1, sizeof *s.scratch);
    if (!s.cells || !s.scratch) return CC_ENOMEM;
    copy_rows(s.cells, table->rows, table->row_count);
    copy_rows(s.cells + s.row_count, table->summary, table->summary_count);
    *out = s;
    return CC_OK;
}

const char *cc_sheet_label(const cc_sheet *sheet, size_t row) {
    return row < sheet->row_count ? sheet->table->rows[row].label
                                  : sheet->table->summary[row - sheet->row_count].label;
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

static bool is_percentage(cc_cell cell) {
    return cell.value >= 0 && cell.value <= 100;
}

static bool row_is_sound(const cc_sheet *s, size_t row) {
    return is_percentage(s->cells[row][0]) && is_percentage(s->cells[row][1]) &&
           is_percentage(s->cells[row][2]);
}

static bool column_is_sound(const cc_sheet *s, int column) {
    for (size_t r = 0; r < s->row_count; r++)
        if (!is_percentage(s->cells[r][column])) return false;
    return s->row_count > 0;
}

cc_status cc_sheet_checks(cc_sheet_check **out, size_t *count, const cc_sheet *sheet, cc_arena *arena) {
    cc_sheet_check *checks =
        cc_arena_get_array(arena, CC_PUBLISHED_COLUMNS * sheet->count + 1, sizeof *checks);
    cc_check_kind kind;
    size_t made = 0;
    if (!checks) return CC_ENOMEM;
    if (sheet->f1 >= 0 && sheet->precision >= 0 && sheet->recall >= 0)
        for (size_t r = 0; r < sheet->row_count; r++)
            if (row_is_sound(sheet, r)) checks[made++] = (cc_sheet_check){CC_CHECK_F1, r, sheet->f1};
    for (int c = 0; c < CC_PUBLISHED_COLUMNS; c++) {
        const bool sound = column_is_sound(sheet, c);
        for (size_t r = sheet->row_count; r < sheet->count && sound; r++)
            if (is_percentage(sheet->cells[r][c]) && summary_kind(&kind, cc_sheet_label(sheet, r)))
                checks[made++] = (cc_sheet_check){kind, r, c};
    }
    *out = checks;
    *count = made;
    return CC_OK;
}

cc_range cc_cell_range(cc_cell cell) {
    return cc_range_printed(cell.value, cell.decimals);
}

/* A percentage's range does not leave 0 to 100. */
static cc_range percentage(cc_cell cell) {
    const cc_range r = cc_cell_range(cell);
    return (cc_range){fmax(r.low, 0), fmin(r.high, 100)};
}

static cc_allowed what_allows(const cc_sheet *s, const cc_sheet_check *check) {
    if (check->kind == CC_CHECK_F1) {
        const cc_range precision = percentage(s->cells[check->row][s->precision]);
        const cc_range recall = percentage(s->cells[check->row][s->recall]);
        return (cc_allowed){{cc_range_f1_pooled(precision, recall), cc_range_f1_averaged(precision, recall)}};
    }
    for (size_t r = 0; r < s->row_count; r++) s->scratch[r] = percentage(s->cells[r][check->column]);
    if (check->kind == CC_CHECK_MEAN) {
        const cc_range mean = cc_range_mean(s->scratch, s->row_count);
        return (cc_allowed){{mean, mean}};
    }
    const cc_range by_n = cc_range_deviation(s->scratch, s->row_count, false);
    const double n = (double)s->row_count, more = n > 1 ? sqrt(n / (n - 1)) : 1;
    return (cc_allowed){{{by_n.low * more, by_n.high * more}, by_n}};
}

bool cc_sheet_holds(const cc_sheet *sheet, const cc_sheet_check *check, cc_allowed *allowed) {
    const cc_range printed = cc_cell_range(sheet->cells[check->row][check->column]);
    *allowed = what_allows(sheet, check);
    return cc_range_meet(printed, allowed->range[0]) || cc_range_meet(printed, allowed->range[1]);
}
