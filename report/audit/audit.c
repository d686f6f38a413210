/* report/audit/audit.c -- runs the checks of every table and gathers what they find, what is not checked, and
 * what the file says beside its numbers.
 *
 * Tables are checked one by one (report/audit/sheet.h), then rows of different tables against each other,
 * then the counts of the text. The formulas are in metrics/rounding.h. */
#include "report/audit/audit.h"

#include <string.h>
#include "report/audit/explain.h"
#include "report/audit/mend.h"
#include "report/audit/sheet.h"
#include "report/text.h"

/* The audit as it grows. */
typedef struct audit {
    const cc_published *published;
    cc_arena *arena;
    cc_audit *out;
    size_t finding_capacity, note_capacity;
} audit;

/* An array of `count` with room for one more, in the arena; NULL where memory is out. */
static void *with_room(void *items, size_t count, size_t *capacity, size_t size, cc_arena *arena) {
    if (count < *capacity) return items;
    const size_t more = *capacity ? 2 * *capacity : 16;
    void *grown = cc_arena_get_array(arena, more, size);
    if (!grown) return NULL;
    if (count) memcpy(grown, items, count * size);
    *capacity = more;
    return grown;
}

/* A finding with room for its cells; NULL where memory is out. Good until the next one is added. */
static cc_audit_finding *add_finding(audit *a, int table, size_t cells) {
    cc_audit *out = a->out;
    cc_audit_finding *findings =
        with_room(out->findings, out->finding_count, &a->finding_capacity, sizeof *findings, a->arena);
    if (!findings) return NULL;
    out->findings = findings;
    cc_audit_finding *finding = &findings[out->finding_count];
    *finding = (cc_audit_finding){.table = table, .cell_count = cells};
    finding->cells = cc_arena_get_array(a->arena, cells + 1, sizeof *finding->cells);
    if (!finding->cells) return NULL;
    out->finding_count++;
    return finding;
}

/* Adds what a reader should know. */
static cc_status add_note(audit *a, int table, const char *row, const char *text) {
    cc_audit *out = a->out;
    cc_audit_note *notes = with_room(out->notes, out->note_count, &a->note_capacity, sizeof *notes, a->arena);
    if (!notes || !text) return CC_ENOMEM;
    out->notes = notes;
    notes[out->note_count++] = (cc_audit_note){table, row, text};
    return CC_OK;
}

/* "Table 4, Mean, precision"; NULL where memory is out. */
static const char *name_cell(audit *a, const cc_sheet *s, size_t row, int column) {
    return cc_arena_format(a->arena, "Table %d, %s, %s", s->table->id, cc_sheet_label(s, row),
                           s->table->columns[column]);
}

/* A finding for each score that is no percentage, or no fraction. */
static cc_status check_percentages(audit *a, const cc_sheet *s) {
    for (size_t r = 0; r < s->count; r++)
        for (int c = 0; c < s->column_count; c++) {
            const cc_cell *cell = cc_sheet_cell(s, r, c);
            if (!cell->there || !cc_sheet_is_score(s, c) || cc_sheet_is_sound(s, r, c)) continue;
            cc_audit_finding *f = add_finding(a, s->table->id, 1);
            if (!f || !(f->cells[0] = name_cell(a, s, r, c))) return CC_ENOMEM;
            const bool fraction = s->columns[c].scale > 1;
            f->has_interval = true;
            f->interval = (cc_range){0, fraction ? 1 : 100};
            f->reason = cc_arena_format(a->arena, "%.*f is no %s", cell->decimals, cell->value,
                                        fraction ? "fraction from 0 to 1" : "percentage");
            if (!f->reason) return CC_ENOMEM;
        }
    return CC_OK;
}

/* The cell that cannot be, then those that it should follow from. */
static cc_status name_cells(audit *a, cc_audit_finding *f, const cc_sheet *s, const cc_sheet_check *check) {
    const bool summary = check->kind == CC_CHECK_MEAN || check->kind == CC_CHECK_DEVIATION;
    const size_t first = check->kind == CC_CHECK_COUNTS ? 0 : 1; /* it is among its own inputs */
    f->cells[0] = name_cell(a, s, check->row, check->column);
    for (size_t i = 1; i < f->cell_count; i++)
        f->cells[i] = summary ? name_cell(a, s, i - 1, check->column)
                              : name_cell(a, s, check->row, check->inputs[i - first]);
    for (size_t i = 0; i < f->cell_count; i++)
        if (!f->cells[i]) return CC_ENOMEM;
    return CC_OK;
}

/* How many cells a finding of this check names. */
static size_t cells_of(const cc_sheet *s, const cc_sheet_check *check) {
    if (check->kind == CC_CHECK_MEAN || check->kind == CC_CHECK_DEVIATION) return 1 + s->row_count;
    return check->kind == CC_CHECK_COUNTS ? (size_t)check->input_count : 1 + (size_t)check->input_count;
}

/* Ranges are in percent; a table may print fractions. */
static cc_range in_unit(cc_range percent, double scale) {
    return (cc_range){percent.low / scale, percent.high / scale};
}

/* Notes how the F1 of a row may have been computed, whether it holds or not. */
static void add_reading(audit *a, const cc_sheet *s, const cc_sheet_check *check, const cc_allowed *allowed) {
    const cc_cell *cell = cc_sheet_cell(s, check->row, check->column);
    const cc_range *pooled = &allowed->range[0], *averaged = &allowed->range[1],
                   f1 = cc_sheet_range(s, check->row, check->column);
    const double scale = s->columns[check->column].scale;
    a->out->readings[a->out->reading_count++] = (cc_audit_reading){
        .table = s->table->id,
        .row = cc_sheet_label(s, check->row),
        .score = cc_score_kind_name(s->columns[check->column].kind),
        .units = scale > 1 ? "fraction" : "percent",
        .f1 = cell->value,
        .decimals = cell->decimals,
        .pooled = in_unit(*pooled, scale),
        .averaged = in_unit(*averaged, scale),
        .possible = cc_range_meet(f1, *pooled)     ? CC_AUDIT_F1_EITHER
                    : cc_range_meet(f1, *averaged) ? CC_AUDIT_F1_AVERAGED
                                                   : CC_AUDIT_F1_NEITHER,
    };
}

/* A finding for each check of a table that does not hold, with its reason and the smallest edit. */
static cc_status check_arithmetic(audit *a, cc_sheet *s) {
    cc_sheet_check *checks;
    size_t count;
    CC_TRY(cc_sheet_checks(&checks, &count, s, a->arena));
    for (size_t i = 0; i < count; i++) {
        const cc_sheet_check *check = &checks[i];
        cc_allowed allowed;
        const bool holds = cc_sheet_holds(s, check, &allowed);
        if (check->kind == CC_CHECK_F1) add_reading(a, s, check, &allowed);
        if (holds) continue;
        cc_audit_finding *f = add_finding(a, s->table->id, cells_of(s, check));
        if (!f) return CC_ENOMEM;
        CC_TRY(name_cells(a, f, s, check));
        /* what is averaged holds what is pooled; of a deviation n - 1 is the usual */
        const double scale = check->kind == CC_CHECK_WHOLE ? 1 : s->columns[check->column].scale;
        f->has_interval = check->kind != CC_CHECK_COUNTS;
        f->interval = in_unit(allowed.range[check->kind == CC_CHECK_DEVIATION ? 0 : 1], scale);
        f->reason = cc_sheet_explain(s, check, &allowed, a->arena);
        if (!f->reason) return CC_ENOMEM;
        CC_TRY(cc_sheet_mend(&f->edit, s, checks, count, i, a->arena));
    }
    return CC_OK;
}

/* --- what is checked, and what is not --- */

/* Adds one item to a list that is text: "a, b". */
static cc_status add_item(const char **list, const char *item, cc_arena *arena) {
    *list = (*list)[0] ? cc_arena_format(arena, "%s, %s", *list, item) : item;
    return *list && item ? CC_OK : CC_ENOMEM;
}

/* Says of a table what is checked under another name, for its range alone, or not at all. */
static cc_status list_columns(audit *a, cc_audit_table *out, const cc_sheet *s) {
    bool percent = false, fraction = false;
    for (int c = 0; c < s->column_count; c++) {
        const cc_sheet_column *column = &s->columns[c];
        const bool dice = column->kind == CC_COLUMN_DICE && s->at[CC_COLUMN_F1] < 0; /* one formula */
        const char *name = s->table->columns[c], *checked_as = dice ? "F1" : cc_score_kind_name(column->kind);
        if (column->mixed)
            CC_TRY(add_item(&out->mixed, name, a->arena));
        else if (column->kind == CC_COLUMN_OTHER && !column->whole)
            CC_TRY(add_item(&out->not_checked, name, a->arena));
        if (!cc_sheet_is_score(s, c)) continue;
        percent |= column->scale == 1;
        fraction |= column->scale > 1;
        if (!column->related) CC_TRY(add_item(&out->alone, name, a->arena));
        if (strcasecmp(name, checked_as) != 0)
            CC_TRY(
                add_item(&out->renamed, cc_arena_format(a->arena, "%s as %s", name, checked_as), a->arena));
    }
    for (size_t r = 0; r < s->count; r++)
        if (s->mixed_rows[r])
            CC_TRY(
                add_item(&out->mixed, cc_arena_format(a->arena, "row %s", cc_sheet_label(s, r)), a->arena));
    out->units = percent && fraction ? "mixed" : percent ? "percent" : fraction ? "fraction" : "none";
    return CC_OK;
}

const char *cc_audit_table_words(const cc_audit_table *t, cc_arena *arena) {
    const char *words = "";
    const struct {
        const char *list, *one, *many, *what;
    } parts[] = {
        {t->mixed, "", "",
         " may be percent or fractions, as not all scores lie within 0 to 1: not checked (state `units:`, or "
         "write %)"},
        {t->not_checked, "column ", "columns ",
         " not checked: no score that is known here, or one that is there twice"},
        {t->alone, "column ", "columns ",
         " checked for the range alone: no column stands beside it that it follows from"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts && words; i++) {
        if (!parts[i].list[0]) continue;
        words = cc_arena_format(arena, "%s%s%s%s%s", words, words[0] ? "; " : "",
                                strchr(parts[i].list, ',') ? parts[i].many : parts[i].one, parts[i].list,
                                parts[i].what);
    }
    return words;
}

const char *cc_audit_f1_words(cc_audit_f1 reading) {
    static const char *const words[] = {"either", "averaged only", "neither"};
    return words[reading];
}

/* Notes of the file, and F1 beside another Dice: one formula. */
static cc_status gather_notes(audit *a, const cc_sheet *s) {
    const int f1 = s->at[CC_COLUMN_F1], dice = s->at[CC_COLUMN_DICE];
    for (size_t i = 0; i < s->table->note_count; i++)
        CC_TRY(add_note(a, s->table->id, s->table->notes[i].label, s->table->notes[i].text));
    if (f1 < 0 || dice < 0 || !cc_sheet_is_score(s, f1) || !cc_sheet_is_score(s, dice)) return CC_OK;
    for (size_t r = 0; r < s->row_count; r++) {
        const cc_cell *x = cc_sheet_cell(s, r, f1), *y = cc_sheet_cell(s, r, dice);
        if (!x->there || !y->there || cc_range_meet(cc_sheet_range(s, r, f1), cc_sheet_range(s, r, dice)))
            continue;
        CC_TRY(add_note(
            a, s->table->id, cc_sheet_label(s, r),
            cc_arena_format(a->arena,
                            "F1 %.*f and Dice %.*f are one formula: they are of other items (lesions and "
                            "pixels), averaged in other ways, or one is wrong; precision and recall are "
                            "checked against F1, IoU against Dice",
                            x->decimals, x->value, y->decimals, y->value)));
        break; /* one row is enough */
    }
    return CC_OK;
}

/* --- rows that stand in several tables --- */

/* A row of some table. */
typedef struct entry {
    const cc_published_table *table;
    const cc_published_row *row;
    bool named; /* in a finding already */
} entry;

/* Three numbers or more, in columns of the same names: fewer are alike by chance. */
static bool same_numbers(const entry *a, const entry *b) {
    int numbers = 0;
    if (a->table->column_count != b->table->column_count) return false;
    for (int c = 0; c < a->table->column_count; c++) {
        const cc_published_cell *x = &a->row->cells[c], *y = &b->row->cells[c];
        if (x->has_value != y->has_value || x->value != y->value ||
            strcmp(a->table->columns[c], b->table->columns[c]) != 0)
            return false;
        numbers += x->has_value;
    }
    return numbers >= 3;
}

/* "f1, precision and recall (95.8, 97.9, 96.6)": a row's numbers behind their columns. */
static const char *name_numbers(audit *a, const entry *e) {
    cc_text text = {0};
    int left = 0, first = 1;
    for (int c = 0; c < e->table->column_count; c++) left += e->row->cells[c].has_value;
    for (int c = 0; c < e->table->column_count; c++) {
        if (!e->row->cells[c].has_value) continue;
        left--;
        cc_text_add(&text, "%s%s", first ? "" : left ? ", " : " and ", e->table->columns[c]);
        first = 0;
    }
    first = 1;
    for (int c = 0; c < e->table->column_count; c++) {
        const cc_published_cell *cell = &e->row->cells[c];
        if (!cell->has_value) continue;
        cc_text_add(&text, "%s%.*f", first ? " (" : ", ", cell->decimals, cell->value);
        first = 0;
    }
    cc_text_add(&text, ")");
    const char *copy = cc_text_check(&text) == CC_OK ? cc_arena_copy(a->arena, text.bytes) : NULL;
    cc_text_deinit(&text);
    return copy;
}

/* Names entries[first] and all later ones of the same numbers, if they are of more than one table. */
static cc_status name_group(audit *a, entry *entries, size_t count, size_t first) {
    const entry *one = &entries[first], *fold = NULL;
    size_t members = 0, k = 0;
    bool elsewhere = false;
    for (size_t i = first; i < count; i++) {
        if (!same_numbers(one, &entries[i])) continue;
        members++;
        entries[i].named = true;
        elsewhere |= entries[i].table != one->table;
        /* A table with a summary is one of folds: its row should be no headline result. */
        if (!fold && entries[i].table->summary_count) fold = &entries[i];
    }
    if (!elsewhere) return CC_OK;
    if (!fold) fold = one;
    cc_audit_finding *f = add_finding(a, fold->table->id, members);
    if (!f) return CC_ENOMEM;
    f->cells[k++] = cc_arena_format(a->arena, "Table %d, %s", fold->table->id, fold->row->label);
    for (size_t i = first; i < count; i++)
        if (&entries[i] != fold && same_numbers(one, &entries[i]))
            f->cells[k++] =
                cc_arena_format(a->arena, "Table %d, %s", entries[i].table->id, entries[i].row->label);
    for (size_t i = 0; i < members; i++)
        if (!f->cells[i]) return CC_ENOMEM;
    const char *numbers = name_numbers(a, one);
    if (!numbers) return CC_ENOMEM;
    f->reason = cc_arena_format(
        a->arena, "%zu rows have the same %s%s", members, numbers,
        fold->table->summary_count ? "; the first is one of the rows that its table sums up" : "");
    return f->reason ? CC_OK : CC_ENOMEM;
}

/* A finding for each set of rows that stand in several tables with the same numbers. */
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

/* A finding for each sum or product of the text that does not come out. */
static cc_status check_counts(audit *a) {
    for (size_t i = 0; i < a->published->count_count; i++) {
        const cc_published_count *count = &a->published->counts[i];
        double value = count->product ? 1 : 0;
        cc_text terms = {0};
        for (size_t t = 0; t < count->term_count; t++) {
            value = count->product ? value * count->terms[t] : value + count->terms[t];
            cc_text_add(&terms, "%s%.15g", t == 0 ? "" : count->product ? " x " : " + ", count->terms[t]);
        }
        /* Whole numbers are compared as such, to rounding of doubles. */
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

/* Readings and tables are as many as rows and tables can be. */
static cc_status make_room(audit *a) {
    cc_audit *out = a->out;
    size_t readings = 0;
    for (size_t t = 0; t < a->published->table_count; t++) {
        out->row_count += a->published->tables[t].row_count;
        readings += a->published->tables[t].row_count + a->published->tables[t].summary_count;
    }
    out->readings = cc_arena_get_array(a->arena, readings + 1, sizeof *out->readings);
    out->tables = cc_arena_get_array(a->arena, out->table_count + 1, sizeof *out->tables);
    return out->readings && out->tables ? CC_OK : CC_ENOMEM;
}

cc_status cc_audit_make(cc_audit *out, const cc_published *published, cc_arena *arena) {
    audit a = {.published = published, .arena = arena, .out = out};
    *out = (cc_audit){.source = published->source, .table_count = published->table_count};
    CC_TRY(make_room(&a));
    for (size_t t = 0; t < published->table_count; t++) {
        cc_sheet sheet;
        out->tables[t] = (cc_audit_table){
            .id = published->tables[t].id, .renamed = "", .alone = "", .not_checked = "", .mixed = ""};
        CC_TRY(cc_sheet_make(&sheet, &published->tables[t], arena));
        CC_TRY(check_percentages(&a, &sheet));
        CC_TRY(check_arithmetic(&a, &sheet));
        CC_TRY(list_columns(&a, &out->tables[t], &sheet));
        CC_TRY(gather_notes(&a, &sheet));
    }
    CC_TRY(check_equal_rows(&a));
    return check_counts(&a);
}
