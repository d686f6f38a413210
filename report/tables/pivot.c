/* report/tables/pivot.c -- a matrix of two options as a table of rows and columns: what one option does at
 * each level of the other is seen at a glance, where a list of variants hides it. */
#include "report/tables/pivot.h"

#include <math.h>
#include "report/tables/scores.h"

/* The two options as they are laid out. */
typedef struct layout {
    const cc_table *table;
    const cc_design_option *down, *across;
} layout;

/* The row with these two levels, or NULL. */
static const cc_table_row *row_at(const layout *l, size_t down, size_t across) {
    for (size_t r = 0; r < l->table->row_count; r++)
        if (l->down->level_of[r] == down && l->across->level_of[r] == across) return &l->table->rows[r];
    return NULL;
}

/* The table for readers. */
static cc_status fill_shown(cc_listing *out, const layout *l, cc_arena *arena) {
    const cc_spec *spec = l->table->spec;
    size_t missing = 0;
    CC_TRY(cc_listing_init(out, 1 + l->across->level_count, l->down->level_count, arena));
    out->id = cc_arena_format(arena, "pivot-%s", spec->id);
    out->kind = l->table->kind;
    out->title = cc_arena_format(arena, "%s: %s by %s", spec->title, l->down->name, l->across->name);
    out->caption =
        cc_arena_format(arena,
                        "%s in %%, %s, %s, n = %zu patients; in brackets the 95 %% interval; the best in "
                        "bold. Rows: %s; columns: %s.",
                        cc_score_heading(spec->columns[0]), cc_table_average_words(spec->convention.average),
                        cc_table_empty_words(spec->convention.empty), l->table->patient_count, l->down->name,
                        l->across->name);
    if (!out->id || !out->title || !out->caption) return CC_ENOMEM;
    /* A head says option and level, so that no column needs the caption to be understood. */
    cc_listing_put_head(out, 0, "%s", l->down->name);
    for (size_t a = 0; a < l->across->level_count; a++)
        cc_listing_put_head(out, 1 + a, "%s = %s", l->across->name, l->across->levels[a]);
    out->rows = l->down->level_count;
    for (size_t d = 0; d < out->rows; d++) {
        cc_listing_put(out, d, 0, "%s", l->down->levels[d]);
        for (size_t a = 0; a < l->across->level_count; a++) {
            const cc_table_row *row = row_at(l, d, a);
            if (row) cc_table_put_value(out, d, 1 + a, l->table, row, spec->columns[0]);
            missing += !row;
        }
    }
    if (missing)
        cc_notes_add(&out->notes, "Combinations without a run: %zu of %zu.", missing,
                     l->down->level_count * l->across->level_count);
    return CC_OK;
}

/* The heads for programs: every number's says its score, convention and unit. */
static void put_data_heads(cc_listing *out, const layout *l) {
    const cc_spec *spec = l->table->spec;
    const char *average = cc_average_name(spec->convention.average),
               *empty = cc_empty_name(spec->convention.empty);
    size_t column = 0;
    cc_listing_put_head(out, column++, "%s", l->down->name);
    cc_listing_put_head(out, column++, "%s", l->across->name);
    cc_listing_put_head(out, column++, "row");
    cc_listing_put_head(out, column++, "runs");
    for (int c = 0; c < spec->column_count; c++) {
        const char *score = cc_score_name(spec->columns[c]);
        cc_listing_put_head(out, column++, "%s_%s_empty_%s_percent", score, average, empty);
        cc_listing_put_head(out, column++, "%s_%s_empty_%s_low", score, average, empty);
        cc_listing_put_head(out, column++, "%s_%s_empty_%s_high", score, average, empty);
    }
}

/* The lines for programs. */
static cc_status fill_data(cc_listing *out, const layout *l, cc_arena *arena) {
    enum { TEXTS = 3 };
    const cc_spec *spec = l->table->spec;
    CC_TRY(cc_listing_init(out, TEXTS + 1 + 3 * (size_t)spec->column_count, l->table->row_count, arena));
    out->text_columns = TEXTS;
    put_data_heads(out, l);
    for (size_t cell = 0; cell < l->down->level_count * l->across->level_count; cell++) {
        /* Row by row, as the table is read. */
        const size_t d = cell / l->across->level_count, a = cell % l->across->level_count;
        const cc_table_row *row = row_at(l, d, a);
        size_t column = 0;
        /* A combination without a run is no line: it would be all blanks. */
        if (!row) continue;
        cc_listing_put(out, out->rows, column++, "%s", l->down->levels[d]);
        cc_listing_put(out, out->rows, column++, "%s", l->across->levels[a]);
        cc_listing_put(out, out->rows, column++, "%s", row->spec->label);
        cc_listing_put(out, out->rows, column++, "%zu", row->run_count);
        const cc_estimate *e = cc_table_estimate(l->table, row);
        for (int c = 0; c < spec->column_count; c++, column += 3) {
            const cc_score score = spec->columns[c];
            const bool interval = e->has_interval[score];
            cc_listing_put_number(out, out->rows, column, "%.6f", 100 * e->value.value[score]);
            cc_listing_put_number(out, out->rows, column + 1, "%.6f",
                                  interval ? 100 * e->low.value[score] : NAN);
            cc_listing_put_number(out, out->rows, column + 2, "%.6f",
                                  interval ? 100 * e->high.value[score] : NAN);
        }
        out->rows++;
    }
    out->id = cc_arena_format(arena, "pivot-%s", spec->id);
    out->kind = l->table->kind;
    return out->id ? CC_OK : CC_ENOMEM;
}

cc_status cc_table_listing_pivot(cc_listing *out, cc_listing *data, const cc_table *table,
                                 const cc_design *design, cc_arena *arena) {
    *out = *data = (cc_listing){0};
    if (design->option_count != 2 || !design->is_grid || table->spec->column_count == 0) return CC_OK;
    /* A narrow table is easier to read and to print than a wide one. */
    const bool turned = design->options[1].level_count > design->options[0].level_count;
    const layout l = {table, &design->options[turned], &design->options[!turned]};
    CC_TRY(fill_shown(out, &l, arena));
    return fill_data(data, &l, arena);
}
