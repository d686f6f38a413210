/* report/tables/listing.c -- heads, cells and notes of a listing, in an arena.
 *
 * Formatting may run out of memory in any cell: it is remembered, and cc_listing_check reports it, so that
 * those who fill tables need not ask cell by cell. */
#include "report/tables/listing.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* printf into the arena; NULL where memory is out. */
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

cc_status cc_listing_init(cc_listing *out, size_t columns, size_t rows, cc_arena *arena) {
    *out = (cc_listing){.id = "",
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

cc_listing_cell *cc_listing_at(cc_listing *listing, size_t row, size_t column) {
    assert(column < listing->columns);
    return &listing->cells[row * listing->columns + column];
}

cc_listing_cell *cc_listing_put(cc_listing *listing, size_t row, size_t column, const char *format, ...) {
    va_list args;
    cc_listing_cell *cell = cc_listing_at(listing, row, column);
    va_start(args, format);
    cell->text = format_text(listing->arena, format, args);
    va_end(args);
    listing->failed |= !cell->text;
    return cell;
}

cc_listing_cell *cc_listing_put_number(cc_listing *listing, size_t row, size_t column, const char *format,
                                       double value) {
    cc_listing_cell *cell = cc_listing_at(listing, row, column);
    if (isnan(value)) return cell;
    cell->text = cc_arena_format(listing->arena, format, value);
    listing->failed |= !cell->text;
    return cell;
}

cc_listing_cell *cc_listing_put_count(cc_listing *listing, size_t row, size_t column, double value) {
    /* Sums of thirds are whole but for rounding. */
    const bool whole = fabs(value - round(value)) < 1e-6;
    return cc_listing_put_number(listing, row, column, whole ? "%.0f" : "%.1f", whole ? round(value) : value);
}

void cc_listing_put_head(cc_listing *listing, size_t column, const char *format, ...) {
    va_list args;
    assert(column < listing->columns);
    va_start(args, format);
    const char *text = format_text(listing->arena, format, args);
    va_end(args);
    listing->failed |= !text;
    listing->heads[column] = text ? text : "";
}

void cc_listing_label(char out[32], const cc_listing *listing) {
    unsigned number;
    int used = 0;
    /* Nothing may follow the number: "table1b" has a title alone. */
    out[0] = 0;
    if (sscanf(listing->id, "table%u%n", &number, &used) == 1 && listing->id[used] == 0)
        snprintf(out, 32, "Table %u", number);
}

cc_status cc_listing_check(const cc_listing *listing) {
    return listing->failed || listing->notes.failed ? cc_fail_memory("a table", 0) : CC_OK;
}
