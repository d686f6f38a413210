#include "report/audit/audit.h"

#include <string.h>
#include "report/audit/sheet.h"

typedef struct audit {
    const cc_published *published;
    cc_arena *arena;
    cc_audit *out;
} audit;

/* A finding with room for its cells; NULL where memory is out. */
static cc_audit_finding *add_finding(audit *a, int table, size_t cells) {
    cc_audit_finding *finding = &a->out->findings[a->out->finding_count];
    *finding = (cc_audit_finding){.table = table, .cell_count = cells};
    finding->cells = cc_arena_get_array(a->arena, cells + 1, sizeof *finding->cells);
    if (!finding->cells) return NULL;
    a->out->finding_count++;
    return finding;
}

static const char *name_cell(audit *a, const cc_sheet *s, size_t row, int column) {
    return cc_arena_format(a->arena, "Table %d, %s, %s", s->table->id, cc_sheet_label(s, row),
                           s->published->columns[column]);
}

static cc_status check_percentages(audit *a, const cc_sheet *s) {
    for (size_t r = 0; r < s->count; r++)
        for (int c = 0; c < CC_PUBLISHED_COLUMNS; c++) {
            const cc_cell *cell = &s->cells[r][c];
            if (cell->value >= 0 && cell->value <= 100) continue;
            cc_audit_finding *f = add_finding(a, s->table->id, 1);
            if (!f || !(f->cells[0] = name_cell(a, s, r, c))) return CC_ENOMEM;
            f->has_interval = true;
            f->interval = (cc_range){0, 100};
            f->reason = cc_arena_format(a->arena, "%.*f is no percentage", cell->decimals, cell->value);
            if (!f->reason) return CC_ENOMEM;
        }
    return CC_OK;
}

static const char *explain(audit *a, const cc_sheet *s, const cc_sheet_check *check,
                           const cc_allowed *allowed) {
    const cc_cell *cells = s->cells[check->row], *cell = &cells[check->column];
    const cc_range *x = &allowed->range[0], *y = &allowed->range[1];
    const char *column = s->published->columns[check->column];
    if (check->kind == CC_CHECK_F1)
        return cc_arena_format(a->arena,
                               "%.*f cannot be the F1 of precision %.*f and recall %.*f: pooled it is "
                               "%.2f to %.2f, averaged over patients or slices %.2f to %.2f",
                               cell->decimals, cell->value, cells[s->precision].decimals,
                               cells[s->precision].value, cells[s->recall].decimals, cells[s->recall].value,
                               x->low, x->high, y->low, y->high);
    if (check->kind == CC_CHECK_MEAN)
        return cc_arena_format(a->arena, "%.*f is not the mean of %s over the %zu rows: it is %.3f to %.3f",
                               cell->decimals, cell->value, column, s->row_count, x->low, x->high);
    return cc_arena_format(a->arena,
                           "%.*f is not the standard deviation of %s over the %zu rows: by n - 1 it is "
                           "%.3f to %.3f, by n %.3f to %.3f",
                           cell->decimals, cell->value, column, s->row_count, x->low, x->high, y->low,
                           y->high);
}

/* The cell that cannot be, then those that it should follow from. */
static cc_status name_cells(audit *a, cc_audit_finding *f, const cc_sheet *s, const cc_sheet_check *check) {
    f->cells[0] = name_cell(a, s, check->row, check->column);
    for (size_t i = 1; i < f->cell_count; i++)
        f->cells[i] = check->kind != CC_CHECK_F1
                          ? name_cell(a, s, i - 1, check->column)
                          : name_cell(a, s, check->row, i == 1 ? s->precision : s->recall);
    for (size_t i = 0; i < f->cell_count; i++)
        if (!f->cells[i]) return CC_ENOMEM;
    return CC_OK;
}

static void add_reading(audit *a, const cc_sheet *s, size_t row, const cc_allowed *allowed) {
    const cc_cell cell = s->cells[row][s->f1];
    const cc_range *pooled = &allowed->range[0], *averaged = &allowed->range[1], f1 = cc_cell_range(cell);
    a->out->readings[a->out->reading_count++] = (cc_audit_reading){
        .table = s->table->id,
        .row = cc_sheet_label(s, row),
        .f1 = cell.value,
        .decimals = cell.decimals,
        .pooled = *pooled,
        .averaged = *averaged,
        .possible = cc_range_meet(f1, *pooled)     ? CC_AUDIT_F1_EITHER
                    : cc_range_meet(f1, *averaged) ? CC_AUDIT_F1_AVERAGED
                                                   : CC_AUDIT_F1_NEITHER,
    };
}

static cc_status check_arithmetic(audit *a, cc_sheet *s) {
    cc_sheet_check *checks;
    size_t count;
    CC_TRY(cc_sheet_checks(&checks, &count, s, a->arena));
    for (size_t i = 0; i < count; i++) {
        const cc_sheet_check *check = &checks[i];
        const bool of_f1 = check->kind == CC_CHECK_F1;
        cc_allowed allowed;
        const bool holds = cc_sheet_holds(s, check, &allowed);
        if (of_f1) add_reading(a, s, check->row, &allowed);
        if (holds) continue;
        cc_audit_finding *f = add_finding(a, s->table->id, of_f1 ? 3 : 1 + s->row_count);
        if (!f) return CC_ENOMEM;
        CC_TRY(name_cells(a, f, s, check));
        f->has_interval = true;
        f->interval = allowed.range[of_f1]; /* what is averaged holds what is pooled; n - 1 is the usual */
        f->reason = explain(a, s, check, &allowed);
        if (!f->reason) return CC_ENOMEM;
        if (s->count <= CC_AUDIT_EDIT_ROWS_MAX)
            CC_TRY(cc_sheet_mend(&f->edit, s, checks, count, i, a->arena));
    }
    return CC_OK;
}

/* --- rows that stand in several tables --- */

typedef struct entry {
    const cc_published_table *table;
    const cc_published_row *row;
    bool named; /* in a finding already */
} entry;

static bool same_numbers(const cc_published_row *a, const cc_published_row *b) {
    for (int c = 0; c < CC_PUBLISHED_COLUMNS; c++)
        if (a->percent[c] != b->percent[c]) return false;
    return true;
}

/* Names entries[first] and all later ones of the same numbers, if they are of more than one table. */
static cc_status name_group(audit *a, entry *entries, size_t count, size_t first) {
    const entry *one = &entries[first], *fold = NULL;
    size_t members = 0, k = 0;
    bool elsewhere = false;
    for (size_t i = first; i < count; i++) {
        if (!same_numbers(one->row, entries[i].row)) continue;
        members++;
        entries[i].named = true;
        elsewhere |= entries[i].table != one->table;
        if (!fold && entries[i].table->summary_count) fold = &entries[i];
    }
    if (!elsewhere) return CC_OK;
    if (!fold) fold = one;
    cc_audit_finding *f = add_finding(a, fold->table->id, members);
    if (!f) return CC_ENOMEM;
    f->cells[k++] = cc_arena_format(a->arena, "Table %d, %s", fold->table->id, fold->row->label);
    for (size_t i = first; i < count; i++)
        if (&entries[i] != fold && same_numbers(one->row, entries[i].row))
            f->cells[k++] =
                cc_arena_format(a->arena, "Table %d, %s", entries[i].table->id, entries[i].row->label);
    for (size_t i = 0; i < members; i++)
        if (!f->cells[i]) return CC_ENOMEM;
    const double *v = one->row->percent;
    const int *d = one->row->decimals;
    const char *const *columns = a->published->columns;
    f->reason = cc_arena_format(
        a->arena, "%zu rows have the same %s, %s and %s (%.*f, %.*f, %.*f)%s", members, columns[0],
        columns[1], columns[2], d[0], v[0], d[1], v[1], d[2], v[2],
        fold->table->summary_count ? "; the first is one of the rows that its table sums up" : "");
    return f->reason ? CC_OK : CC_ENOMEM;
}

static cc_status check_equal_rows(audit *a) {
    entry *entries = cc_arena_get_array(a->arena, a->out->row_count + 1, sizeof *entries);
    size_t count = 0;
    if (!entries) return CC_ENOMEM;
    for (size_t t = 0; t < a->published->table_count; t++) {
        const cc_published_table *table = &a->published->tables[t];
        for (size_t r = 0; r < table->row_count; r++)
            entries[count++] = (entry){table, &table->rows[r], false};
    }
    for (size_t i = 0; i < count; i++)
        if (!entries[i].named) CC_TRY(name_group(a, entries, count, i));
    return CC_OK;
}

/* --- counts --- */

static cc_status check_counts(audit *a) {
    for (size_t i = 0; i < a->published->count_count; i++) {
        const cc_published_count *count = &a->published->counts[i];
        double value = count->product ? 1 : 0;
        cc_text terms = {0};
        for (size_t t = 0; t < count->term_count; t++) {
            value = count->product ? value * count->terms[t] : value + count->terms[t];
            cc_text_add(&terms, "%s%.15g", t == 0 ? "" : count->product ? " x " : " + ", count->terms[t]);
        }
        if (cc_range_meet((cc_range){value, value}, (cc_range){count->equals, count->equals})) {
            cc_text_deinit(&terms);
            continue;
        }
        cc_audit_finding *f = add_finding(a, 0, 1);
        if (f) {
            f->cells[0] = count->what;
            f->has_interval = true;
            f->interval = (cc_range){value, value};
            f->reason =
                count->term_count == 1
                    ? cc_arena_format(a->arena, "%s is not %.15g", terms.bytes, count->equals)
                    : cc_arena_format(a->arena, "%s = %.15g, not %.15g", terms.bytes, value, count->equals);
        }
        cc_status status = cc_text_check(&terms);
        cc_text_deinit(&terms);
        if (status != CC_OK || !f || !f->reason) return CC_ENOMEM;
    }
    return CC_OK;
}

static cc_status make_room(audit *a) {
    size_t findings = a->published->count_count, rows = 0;
    for (size_t t = 0; t < a->published->table_count; t++) {
        const cc_published_table *table = &a->published->tables[t];
        rows += table->row_count;
        findings +=
            5 * table->row_count + 6 * table->summary_count; /* percentages, F1, equal rows; summary */
    }
    a->out->row_count = rows;
    a->out->findings = cc_arena_get_array(a->arena, findings + 1, sizeof *a->out->findings);
    a->out->readings = cc_arena_get_array(a->arena, rows + 1, sizeof *a->out->readings);
    return a->out->findings && a->out->readings ? CC_OK : CC_ENOMEM;
}

cc_status cc_audit_make(cc_audit *out, const cc_published *published, cc_arena *arena) {
    audit a = {.published = published, .arena = arena, .out = out};
    *out = (cc_audit){.source = published->source, .table_count = published->table_count};
    CC_TRY(make_room(&a));
    for (size_t t = 0; t < published->table_count; t++) {
        cc_sheet sheet;
        CC_TRY(cc_sheet_make(&sheet, published, &published->tables[t], arena));
        CC_TRY(check_percentages(&a, &sheet));
        CC_TRY(check_arithmetic(&a, &sheet));
    }
    CC_TRY(check_equal_rows(&a));
    return check_counts(&a);
}
