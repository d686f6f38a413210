/* report/figures/scores.c -- the F1-score of a table's rows as plots: with intervals, against the size of the
 * net, patient by patient, and precision against recall over all thresholds. */
#include "report/figures/scores.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "report/figures/gnuplot.h"
#include "report/figures/plots.h"

/* Deviations and the prediction that marks nothing are no points of a plot. */
static bool is_shown(const cc_table_row *row) {
    return row->spec->source != CC_SOURCE_SD && row->spec->source != CC_SOURCE_BACKGROUND;
}

/* Published values are stored by column of the table; NaN where it has no column of F1. */
static double published_f1(const cc_table *table, const cc_table_row *row) {
    for (int c = 0; c < table->spec->column_count; c++)
        if (table->spec->columns[c] == CC_SCORE_F1) return row->published[c];
    return NAN;
}

/* A row as a point: its value, interval, published value, size and patients, in percent. */
static cc_status make_item(cc_plot_score *out, const cc_table *table, const cc_table_row *row,
                           cc_arena *arena) {
    const cc_estimate *e = cc_table_estimate(table, row);
    const cc_report_run *known = row->spec->source == CC_SOURCE_RUNS && row->run_count ? row->runs[0] : NULL;
    const bool interval = row->run_count && e->has_interval[CC_SCORE_F1];
    double *patients = cc_arena_get_array(arena, row->patient_count + 1, sizeof *patients);
    if (!patients) return CC_ENOMEM;
    for (size_t p = 0; p < row->patient_count; p++)
        patients[p] = 100 * row->patients[p].scores.value[CC_SCORE_F1];
    *out = (cc_plot_score){
        .label = row->spec->label,
        .value = row->run_count ? 100 * e->value.value[CC_SCORE_F1] : NAN,
        .low = interval ? 100 * e->low.value[CC_SCORE_F1] : NAN,
        .high = interval ? 100 * e->high.value[CC_SCORE_F1] : NAN,
        .published = published_f1(table, row),
        .parameters = known && known->parameter_count > 0 ? 1e-6 * (double)known->parameter_count : NAN,
        .gflop = known && known->multiply_adds > 0 ? 2e-9 * (double)known->multiply_adds : NAN,
        .patients = patients,
        .patient_count = row->patient_count};
    return CC_OK;
}

/* --- precision against recall --- */

/* The scores of one run, cut at threshold k. Counts of slices are not known there: the mean over slices gives
 * way to that over patients. */
static cc_status score_cut(cc_scores *out, const cc_report_run *run, size_t k, cc_convention convention,
                           cc_count_row *rows) {
    const cc_run_cuts *cuts = &run->cuts;
    if (convention.average == CC_AVERAGE_SLICE) convention.average = CC_AVERAGE_PATIENT;
    for (size_t p = 0; p < run->patient_count; p++) {
        const cc_run_patient *patient = &run->patient_rows[p];
        /* Truth does not depend on the threshold: fn and tn follow from the patient's own sums. */
        const int64_t tp = cuts->tp[p * cuts->count + k], fp = cuts->fp[p * cuts->count + k];
        rows[p] = (cc_count_row){(uint32_t)p,
                                 {tp, fp, patient->tp + patient->fn - tp, patient->fp + patient->tn - fp}};
    }
    return cc_scores_average(out, rows, run->patient_count, convention);
}

/* Only curves over the same thresholds have a mean. */
static bool same_thresholds(const cc_run_cuts *a, const cc_run_cuts *b) {
    return a->count == b->count &&
           memcmp(a->thresholds, b->thresholds, a->count * sizeof *a->thresholds) == 0;
}

/* Adds one run's precision and recall, in percent, at each threshold. */
static cc_status add_cuts(double *precision, double *recall, const cc_report_run *run, double weight,
                          cc_convention convention, cc_arena *arena) {
    cc_count_row *rows = cc_arena_get_array(arena, run->patient_count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t k = 0; k < run->cuts.count; k++) {
        cc_scores scores;
        CC_TRY(score_cut(&scores, run, k, convention, rows));
        precision[k] += weight * 100 * scores.value[CC_SCORE_PRECISION];
        recall[k] += weight * 100 * scores.value[CC_SCORE_RECALL];
    }
    return CC_OK;
}

/* The mean over folds of the mean over seeds, of the row's runs that were cut as the first of them was. */
static cc_status make_cut(cc_plot_cut *out, const cc_table *table, const cc_table_row *row, cc_arena *arena) {
    const cc_run_cuts *first = &row->runs[0]->cuts;
    double *precision = cc_arena_get_array(arena, first->count, sizeof *precision), used = 0,
           *recall = cc_arena_get_array(arena, first->count, sizeof *recall);
    if (!precision || !recall) return CC_ENOMEM;
    for (size_t r = 0; r < row->run_count; r++) {
        const double weight = cc_table_run_weight(row, row->runs[r]);
        if (!same_thresholds(&row->runs[r]->cuts, first)) continue;
        CC_TRY(add_cuts(precision, recall, row->runs[r], weight, table->spec->convention, arena));
        used += weight;
    }
    for (size_t k = 0; k < first->count; k++) {
        precision[k] /= used;
        recall[k] /= used;
    }
    *out = (cc_plot_cut){row->spec->label, first->thresholds, precision, recall, first->count};
    return CC_OK;
}

/* Precision against recall of every row whose runs store counts by threshold. */
static cc_status draw_cuts(const char *folder, const cc_table *table, cc_arena *arena) {
    char name[512];
    size_t count = 0;
    cc_plot_cut *items = cc_arena_get_array(arena, table->row_count + 1, sizeof *items);
    if (!items) return CC_ENOMEM;
    for (size_t r = 0; r < table->row_count; r++) {
        const cc_table_row *row = &table->rows[r];
        if (row->spec->source == CC_SOURCE_RUNS && row->run_count && row->runs[0]->cuts.count)
            CC_TRY(make_cut(&items[count++], table, row, arena));
    }
    snprintf(name, sizeof name, "thresholds-%s-%s", table->spec->id, table->kind);
    return cc_plot_cuts(folder, name, items, count);
}

/* All plots of one table; none where no row has a run. */
static cc_status draw(const char *folder, const cc_table *table, cc_arena *arena) {
    char name[512], axis[64];
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
    CC_TRY(cc_plot_scores(folder, name, cc_score_heading(CC_SCORE_F1), items, count));
    snprintf(name, sizeof name, "sizes-%s-%s", table->spec->id, table->kind);
    snprintf(axis, sizeof axis, "%s (%%)", cc_score_heading(CC_SCORE_F1));
    CC_TRY(cc_plot_sizes(folder, name, axis, items, count));
    CC_TRY(draw_cuts(folder, table, arena));
    snprintf(name, sizeof name, "patients-%s-%s", table->spec->id, table->kind);
    return cc_plot_patients(folder, name, cc_score_heading(CC_SCORE_F1), items, count);
}

cc_status cc_figure_scores(const char *folder, const cc_table *table) {
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a figure", 0);
    cc_status status = draw(folder, table, arena);
    cc_arena_destroy(arena);
    return status;
}
