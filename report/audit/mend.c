/* report/audit/mend.c -- the smallest edit that mends a table.
 *
 * Edits are tried one by one on the sheet itself and undone: every other digit in every cell, every
 * exchange of two cells of a row or a column. An edit counts where the failed check holds and none fails that
 * held; of these the one is taken that leaves the fewest checks failing, then the smallest kind, then the
 * smallest change. */
#include "report/audit/mend.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct place {
    size_t row;
    int column;
} place;

/* In the order of how much is changed. */
typedef enum edit_kind { EDIT_DIGIT, EDIT_ROW, EDIT_COLUMN } edit_kind;

typedef struct edit {
    edit_kind kind;
    place at, with; /* with: the other cell of an exchange */
    double value;   /* EDIT_DIGIT: the new one */
} edit;

/* The search, with the best edit so far. */
typedef struct search {
    cc_sheet *sheet;
    const cc_sheet_check *checks;
    size_t count, target, failing;
    bool *holds; /* before any edit */
    bool found;
    edit best;
    size_t best_left;
    double best_change;
} search;

/* The cell at a place. */
static cc_cell *cell_at(const cc_sheet *sheet, place p) {
    return cc_sheet_cell(sheet, p.row, p.column);
}

/* Whether a check is of a column and its summary, not of a row. */
static bool is_of_summary(const cc_sheet_check *check) {
    return check->kind == CC_CHECK_MEAN || check->kind == CC_CHECK_DEVIATION;
}

/* Whether a check looks at a cell. */
static bool concerns(const cc_sheet *s, const cc_sheet_check *check, place p) {
    if (is_of_summary(check))
        return p.column == check->column && (p.row < s->row_count || p.row == check->row);
    bool among = p.column == check->column;
    for (int i = 0; i < check->input_count; i++) among |= p.column == check->inputs[i];
    return among && p.row == check->row;
}

/* Whether an edit may change the outcome of a check. */
static bool edit_concerns(const search *s, const cc_sheet_check *check, const edit *e) {
    const size_t rows = s->sheet->row_count;
    const bool summed = e->kind == EDIT_COLUMN && e->at.row < rows && e->with.row < rows;
    if (summed && is_of_summary(check)) return false; /* a column's order is nothing to its summary */
    return concerns(s->sheet, check, e->at) || concerns(s->sheet, check, e->with);
}

/* Puts an edit into the sheet; twice is undone, given the value that stood there. */
static void apply(cc_sheet *sheet, edit *e) {
    cc_cell *a = cell_at(sheet, e->at), *b = cell_at(sheet, e->with), old = *a;
    if (e->kind == EDIT_DIGIT) {
        a->value = e->value;
        e->value = old.value;
        return;
    }
    *a = *b;
    *b = old;
}

/* How many checks fail with the edit in place; SIZE_MAX where the target still does, or one that held. */
static size_t failing_after(const search *s, const edit *e) {
    cc_allowed allowed;
    size_t left = s->failing - 1;
    if (!cc_sheet_holds(s->sheet, &s->checks[s->target], &allowed)) return SIZE_MAX;
    for (size_t i = 0; i < s->count; i++) {
        if (i == s->target || !edit_concerns(s, &s->checks[i], e)) continue;
        const bool holds = cc_sheet_holds(s->sheet, &s->checks[i], &allowed);
        if (s->holds[i] && !holds) return SIZE_MAX;
        left -= !s->holds[i] && holds;
    }
    return left;
}

/* Tries one edit and keeps it where it is the best so far. */
static void try_edit(search *s, edit e) {
    if (!edit_concerns(s, &s->checks[s->target], &e)) return;
    const double change = e.kind == EDIT_DIGIT
                              ? fabs(e.value - cell_at(s->sheet, e.at)->value)
                              : fabs(cell_at(s->sheet, e.at)->value - cell_at(s->sheet, e.with)->value);
    apply(s->sheet, &e);
    const size_t left = failing_after(s, &e);
    apply(s->sheet, &e);
    if (left == SIZE_MAX) return;
    const bool better =
        !s->found || left < s->best_left ||
        (left == s->best_left &&
         (e.kind < s->best.kind || (e.kind == s->best.kind && change < s->best_change - 1e-9)));
    if (!better) return;
    s->found = true;
    s->best = e;
    s->best_left = left;
    s->best_change = change;
}

/* Tries every other digit in the place of each digit of a cell. */
static void try_digits(search *s, place p) {
    char text[64];
    const cc_cell *cell = cell_at(s->sheet, p);
    const int length = snprintf(text, sizeof text, "%.*f", cell->decimals, cell->value);
    for (int i = 0; i < length && length < (int)sizeof text; i++) {
        const char old = text[i];
        if (!isdigit((unsigned char)old)) continue;
        for (text[i] = '0'; text[i] <= '9'; text[i]++) {
            const double value = strtod(text, NULL);
            /* A leading zero would be another number of digits. */
            const bool longer = i == 0 && text[i] == '0' && isdigit((unsigned char)text[1]);
            if (text[i] != old && !longer && value * s->sheet->columns[p.column].scale <= 100)
                try_edit(s, (edit){.kind = EDIT_DIGIT, .at = p, .with = p, .value = value});
        }
        text[i] = old;
    }
}

/* Scores, and means of whole numbers: what is checked. */
static bool may_change(const cc_sheet *s, place p) {
    return cell_at(s, p)->there && s->columns[p.column].related && !s->columns[p.column].deviation;
}

/* Tries every edit of the sheet. */
static void try_all(search *s) {
    for (size_t r = 0; r < s->sheet->count; r++)
        for (int c = 0; c < s->sheet->column_count; c++) {
            const place p = {r, c};
            if (!may_change(s->sheet, p)) continue;
            try_digits(s, p);
            for (int d = c + 1; d < s->sheet->column_count; d++)
                if (may_change(s->sheet, (place){r, d}) &&
                    s->sheet->columns[c].scale == s->sheet->columns[d].scale)
                    try_edit(s, (edit){.kind = EDIT_ROW, .at = p, .with = {r, d}});
            for (size_t q = r + 1; q < s->sheet->count; q++)
                if (may_change(s->sheet, (place){q, c}))
                    try_edit(s, (edit){.kind = EDIT_COLUMN, .at = p, .with = {q, c}});
        }
}

/* What the edit does for the table as a whole. */
static const char *add_effect(const search *s, const char *change, cc_arena *arena) {
    cc_allowed allowed;
    size_t summaries = 0, hold = 0;
    edit e = s->best;
    apply(s->sheet, &e);
    for (size_t i = 0; i < s->count; i++) {
        if (!is_of_summary(&s->checks[i])) continue;
        summaries++;
        hold += cc_sheet_holds(s->sheet, &s->checks[i], &allowed);
    }
    apply(s->sheet, &e);
    const char *mends = cc_arena_format(arena, "%s; this mends %zu of the table's %zu findings", change,
                                        s->failing - s->best_left, s->failing);
    if (!mends || summaries == 0) return mends;
    return cc_arena_format(arena,
                           "%s, and %zu of its %zu means and standard deviations then follow from its rows",
                           mends, hold, summaries);
}

/* The best edit in words; NULL where memory is out. */
static const char *in_words(const search *s, cc_arena *arena) {
    const edit *e = &s->best;
    const char *const *columns = s->sheet->table->columns;
    const char *row = cc_sheet_label(s->sheet, e->at.row);
    const cc_cell *a = cell_at(s->sheet, e->at), *b = cell_at(s->sheet, e->with);
    const char *change =
        e->kind == EDIT_DIGIT
            ? cc_arena_format(arena, "%s of row \"%s\" read as %.*f, not %.*f", columns[e->at.column], row,
                              a->decimals, e->value, a->decimals, a->value)
        : e->kind == EDIT_ROW
            ? cc_arena_format(arena, "%s and %s of row \"%s\" exchanged (%.*f and %.*f)",
                              columns[e->at.column], columns[e->with.column], row, a->decimals, a->value,
                              b->decimals, b->value)
            : cc_arena_format(arena, "%s of row \"%s\" and of row \"%s\" exchanged (%.*f and %.*f)",
                              columns[e->at.column], row, cc_sheet_label(s->sheet, e->with.row), a->decimals,
                              a->value, b->decimals, b->value);
    if (!change || s->failing == 1) return change;
    return add_effect(s, change, arena);
}

cc_status cc_sheet_mend(const char **out, cc_sheet *sheet, const cc_sheet_check *checks, size_t count,
                        size_t target, cc_arena *arena) {
    cc_allowed allowed;
    *out = NULL;
    if (sheet->count > CC_SHEET_EDIT_ROWS_MAX || sheet->table->positives > CC_SHEET_EDIT_ITEMS_MAX ||
        sheet->table->negatives > CC_SHEET_EDIT_ITEMS_MAX)
        return CC_OK;
    search s = {.sheet = sheet, .checks = checks, .count = count, .target = target};
    s.holds = cc_arena_get_array(arena, count + 1, sizeof *s.holds);
    if (!s.holds) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        s.holds[i] = cc_sheet_holds(sheet, &checks[i], &allowed);
        s.failing += !s.holds[i];
    }
    try_all(&s);
    *out = s.found ? in_words(&s, arena) : NULL;
    return s.found && !*out ? CC_ENOMEM : CC_OK;
}
