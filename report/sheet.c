#include "report/sheet.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *format_text(cc_arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : cc_arena_get(arena, (size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

void cc_notes_add(cc_notes *notes, const char *format, ...) {
    va_list args;
    if (notes->count == notes->capacity) {
        size_t wider = notes->capacity ? 2 * notes->capacity : 16;
        const char **grown = cc_arena_get_array(notes->arena, wider, sizeof *grown);
        if (!grown) {
            notes->failed = true;
            return;
        }
        if (notes->count) memcpy(grown, notes->items, notes->count * sizeof *grown);
        notes->items = grown;
        notes->capacity = wider;
    }
    va_start(args, format);
    const char *text = format_text(notes->arena, format, args);
    va_end(args);
    if (text)
        notes->items[notes->count++] = text;
    else
        notes->failed = true;
}

cc_status cc_sheet_init(cc_sheet *out, size_t columns, size_t rows, cc_arena *arena) {
    *out = (cc_sheet){.id = "",
                      .kind = "",
                      .title = "",
                      .caption = "",
                      .columns = columns,
                      .text_columns = 1,
                      .arena = arena,
                      .notes = {.arena = arena}};
    out->heads = cc_arena_get_array(arena, columns + 1, sizeof *out->heads);
    out->rules = cc_arena_get_array(arena, rows + 1, sizeof *out->rules);
    out->cells = cc_arena_get_array(arena, (rows + 1) * columns, sizeof *out->cells);
    if (!out->heads || !out->rules || !out->cells) return CC_ENOMEM;
    for (size_t c = 0; c < columns; c++) out->heads[c] = "";
    return CC_OK;
}

cc_cell *cc_sheet_cell(cc_sheet *sheet, size_t row, size_t column) {
    assert(column < sheet->columns);
    return &sheet->cells[row * sheet->columns + column];
}

cc_cell *cc_sheet_put(cc_sheet *sheet, size_t row, size_t column, const char *format, ...) {
    va_list args;
    cc_cell *cell = cc_sheet_cell(sheet, row, column);
    va_start(args, format);
    cell->text = format_text(sheet->arena, format, args);
    va_end(args);
    sheet->failed |= !cell->text;
    return cell;
}

cc_cell *cc_sheet_put_number(cc_sheet *sheet, size_t row, size_t column, const char *format, double value) {
    cc_cell *cell = cc_sheet_cell(sheet, row, column);
    if (isnan(value)) return cell;
    cell->text = cc_arena_format(sheet->arena, format, value);
    sheet->failed |= !cell->text;
    return cell;
}

void cc_sheet_put_head(cc_sheet *sheet, size_t column, const char *format, ...) {
    va_list args;
    assert(column < sheet->columns);
    va_start(args, format);
    const char *text = format_text(sheet->arena, format, args);
    va_end(args);
    sheet->failed |= !text;
    sheet->heads[column] = text ? text : "";
}

cc_status cc_sheet_check(const cc_sheet *sheet) {
    return sheet->failed || sheet->notes.failed ? cc_fail_memory("a table", 0) : CC_OK;
}
