#include "report/figures/scores.h"

#include <math.h>
#include <stdio.h>
#include "report/figures/plots.h"

static bool is_shown(const cc_table_row *row) {
    return row->spec->source != CC_SOURCE_SD && row->spec->source != CC_SOURCE_BACKGROUND;
}

static cc_status make_item(cc_plot_score *out, const cc_table *table, const cc_table_row *row,
                           cc_arena *arena) {
    const cc_estimate *e = cc_table_estimate(table, row);
    const bool interval = row->run_count && e->has_interval[CC_SCORE_F1];
    double *patients = cc_arena_get_array(arena, row->patient_count + 1, sizeof *patients);
    if (!patients) return CC_ENOMEM;
    for (size_t p = 0; p < row->patient_count; p++)
        patients[p] = 100 * row->patients[p].scores.value[CC_SCORE_F1];
    *out = (cc_plot_score){.label = row->spec->label,
                           .value = row->run_count ? 100 * e->value.value[CC_SCORE_F1] : NAN,
                           .low = interval ? 100 * e->low.value[CC_SCORE_F1] : NAN,
                           .high = interval ? 100 * e->high.value[CC_SCORE_F1] : NAN,
                           .published = row->published[CC_SCORE_F1],
                           .parameters = row->spec->source == CC_SOURCE_RUNS && row->run_count
                                             ? row->runs[0]->parameter_count
                                             : 0,
                           .patients = patients,
                           .patient_count = row->patient_count};
    return CC_OK;
}

static cc_status draw(const char *folder, const cc_table *table, cc_arena *arena) {
    char name[512];
    size_t count = 0, with_runs = 0;
    cc_plot_score *items = cc_arena_get_array(arena, table->row_count + 1, sizeof *items);
    if (!items) return CC_ENOMEM;
    for (size_t r = 0; r < table->row_count; r++) {
        if (!is_shown(&table->rows[r])) continue;
        CC_TRY(make_item(&items[count], table, &table->rows[r], arena));
        with_runs += isfinite(items[count++].value);
    }
    if (with_runs == 0) return CC_OK;
    snprintf(name, sizeof name, "scores-%s-%s", table->spec->id, table->kind);
    CC_TRY(cc_plot_scores(folder, name, cc_table_head(CC_SCORE_F1), items, count));
    snprintf(name, sizeof name, "patients-%s-%s", table->spec->id, table->kind);
    return cc_plot_patients(folder, name, cc_table_head(CC_SCORE_F1), items, count);
}

cc_status cc_figure_scores(const char *folder, const cc_table *table) {
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a figure", 0);
    cc_status status = draw(folder, table, arena);
    cc_arena_destroy(arena);
    return status;
}
