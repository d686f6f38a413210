/* report/tables/cost.c -- options, runs and cost of a table's rows.
 *
 * A score is read beside what it took: a net that is better by a point may need ten times the hours or the
 * memory. */
#include "report/tables/cost.h"

#include <math.h>
#include <string.h>

enum { RUNS, PARAMETERS, GFLOP, HOURS, MEMORY, NUMBERS };

/* Puts what one row's runs took; `column` is the first of the numbers. */
static void put_cost(cc_listing *listing, size_t at, size_t column, const cc_table_row *row) {
    /* One net for all seeds and folds of a row. */
    const cc_report_run *first = row->runs[0];
    double seconds = 0, memory = 0;
    for (size_t r = 0; r < row->run_count; r++) {
        const cc_run_provenance *p = &row->runs[r]->provenance;
        if (p->seconds > 0) seconds += p->seconds;
        memory = fmax(memory, (double)p->peak_memory_bytes);
    }
    cc_listing_cell *runs = cc_listing_put(listing, at, column + RUNS, "%zu", row->run_count);
    cc_table_link_runs(runs, row);
    runs->every_run = true;
    /* What is 0 was not known when the run was written. */
    cc_listing_put_number(listing, at, column + PARAMETERS, "%.3g",
                          first->parameter_count > 0 ? 1e-6 * (double)first->parameter_count : NAN);
    cc_listing_put_number(listing, at, column + GFLOP, "%.3g",
                          first->multiply_adds > 0 ? 2e-9 * (double)first->multiply_adds : NAN);
    cc_listing_put_number(listing, at, column + HOURS, "%.3g", seconds > 0 ? seconds / 3600 : NAN);
    cc_listing_put_number(listing, at, column + MEMORY, "%.0f", memory > 0 ? memory / (1 << 20) : NAN);
}

cc_status cc_table_listing_cost(cc_listing *out, const cc_table *table, const cc_differences *differences,
                                cc_arena *arena) {
    static const char *const heads[NUMBERS] = {"runs", "parameters (millions)", "GFLOP a picture",
                                               "device-hours", "peak memory (MiB)"};
    const size_t keys =
        differences->key_count < CC_COST_OPTIONS_MAX ? differences->key_count : CC_COST_OPTIONS_MAX;
    CC_TRY(cc_listing_init(out, 1 + keys + NUMBERS, table->row_count, arena));
    out->id = table->spec->id;
    out->kind = table->kind;
    out->text_columns = 1 + keys;
    for (size_t k = 0; k < keys; k++) cc_listing_put_head(out, 1 + k, "%s", differences->keys[k]);
    for (size_t n = 0; n < NUMBERS; n++) cc_listing_put_head(out, 1 + keys + n, "%s", heads[n]);
    for (size_t r = 0; r < table->row_count; r++) {
        const cc_table_row *row = &table->rows[r];
        if (row->spec->source != CC_SOURCE_RUNS || row->run_count == 0) continue;
        cc_listing_put(out, out->rows, 0, "%s", row->spec->label);
        for (size_t k = 0; k < keys; k++) {
            /* [rows of the table][all options]: rows left out here count there. */
            const char *value = differences->values[r * differences->key_count + k];
            if (value) cc_listing_put(out, out->rows, 1 + k, "%s", value);
        }
        put_cost(out, out->rows++, 1 + keys, row);
    }
    bool ensembles = false;
    for (size_t r = 0; r < table->row_count; r++)
        for (size_t k = 0; k < table->rows[r].run_count; k++)
            ensembles = ensembles || strcmp(table->rows[r].runs[k]->stage, "ensemble") == 0;
    const size_t more = differences->key_count - keys;
    out->caption = cc_arena_format(
        arena,
        "%s Device-hours are the wall clock of all runs of a row; peak memory is the highest of them.%s%s",
        keys ? "The options that the rows differ in, and what their runs took."
             : "What the runs of each row took.",
        ensembles ? " An ensemble's numbers are those of all its members, each counted in full." : "",
        more ? cc_arena_format(arena, " Rows differ in %zu more options: see the runs' configs.", more) : "");
    return out->caption ? CC_OK : CC_ENOMEM;
}
