/* report/figures/reliability.c -- the reliability curve of each row of a table, from the sums by bins that
 * runs store (metrics/calibration.h): the bins of a row's runs are added up, as their pixels would be. */
#include "report/figures/reliability.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "metrics/calibration.h"
#include "report/figures/gnuplot.h"
#include "report/figures/plots.h"

static const char dense_pixels[] = "above_130_hu", all_pixels[] = "all";

/* The bins of one run and one set of pixels; bins 0: it has none. */
static cc_calibration bins_of(const cc_report_run *run, const char *set) {
    cc_calibration c = {0};
    for (size_t i = 0; i < run->calibration_count; i++) {
        const cc_run_calibration *row = &run->calibration[i];
        if (strcmp(row->pixels_of, set) != 0 || c.bins == CC_CALIBRATION_BINS_MAX) continue;
        c.bin[c.bins++] = (cc_calibration_bin){row->pixels, row->truth, row->probability, row->squared_error};
    }
    return c;
}

/* Those of a row's runs together, as many as the first that has any. */
static cc_calibration sum_row(const cc_table_row *row, const char *set) {
    cc_calibration sum = {0};
    for (size_t r = 0; r < row->run_count && row->spec->source == CC_SOURCE_RUNS; r++) {
        const cc_calibration one = bins_of(row->runs[r], set);
        if (sum.bins == 0)
            sum = one;
        else if (one.bins == sum.bins)
            (void)cc_calibration_merge(&sum, &one); /* fails for another number of bins alone */
    }
    return sum;
}

/* Whether every row that has bins has those of the pixels above 130 HU. */
static bool all_are_dense(const cc_table *table) {
    for (size_t r = 0; r < table->row_count; r++)
        if (sum_row(&table->rows[r], all_pixels).bins && !sum_row(&table->rows[r], dense_pixels).bins)
            return false;
    return true;
}

static cc_status draw(const char *folder, const cc_table *table, cc_arena *arena) {
    char name[512];
    size_t count = 0;
    const bool dense = all_are_dense(table);
    cc_plot_bins *items = cc_arena_get_array(arena, CC_FIGURE_COLOURS, sizeof *items);
    if (!items) return CC_ENOMEM;
    for (size_t r = 0; r < table->row_count && count < CC_FIGURE_COLOURS; r++) {
        const cc_calibration sum = sum_row(&table->rows[r], dense ? dense_pixels : all_pixels);
        const cc_calibration_scores s = cc_calibration_score(&sum);
        if (isnan(s.brier)) continue; /* not stored, or of no pixel */
        /* The curve's points, in percent: mean probabilities, then shares of truth; the key has the
         * scores. */
        double *points = cc_arena_get_array(arena, 2 * (size_t)sum.bins, sizeof *points);
        cc_plot_bins *item = &items[count++];
        item->label =
            cc_arena_format(arena, "%s: Brier %.4f, ECE %.4f", table->rows[r].spec->label, s.brier, s.ece);
        if (!points || !item->label) return CC_ENOMEM;
        item->predicted = points;
        item->observed = points + sum.bins;
        item->count = (size_t)sum.bins;
        for (int b = 0; b < sum.bins; b++) {
            cc_calibration_point(&points[b], &points[sum.bins + b], &sum, b);
            points[b] *= 100;
            points[sum.bins + b] *= 100;
        }
    }
    snprintf(name, sizeof name, "reliability-%s-%s", table->spec->id, table->kind);
    return cc_plot_reliability(folder, name, dense ? "pixels above 130 HU" : "all pixels", items, count);
}

cc_status cc_figure_reliability(const char *folder, const cc_table *table) {
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a figure", 0);
    cc_status status = draw(folder, table, arena);
    cc_arena_destroy(arena);
    return status;
}
