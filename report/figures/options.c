/* report/figures/options.c -- the rows of a matrix as curves: a learning rate, a width or a share of the
 * data on the x axis, the score on the y axis. The samples of a search are points, a panel for each option: a
 * line from one to the next would show the other options' changes as this one's. */
#include "report/figures/options.h"

#include <math.h>
#include <stdio.h>
#include "report/figures/gnuplot.h"
#include "report/figures/plots.h"
#include "report/tables/design.h"

/* The option of the x axis and that of the lines (NULL: one line); false where the design is no such
 * figure. */
static bool choose(const cc_design_option **axis, const cc_design_option **lines, const cc_design *design) {
    const cc_design_option *a = &design->options[0], *b = &design->options[1];
    *axis = *lines = NULL;
    if (!design->is_grid || design->option_count > 2) return false;
    if (design->option_count == 1) {
        *axis = a;
        return a->numbers != NULL;
    }
    const bool second = b->numbers && (!a->numbers || b->level_count > a->level_count);
    *axis = second ? b : a;
    *lines = second ? a : b;
    return (*axis)->numbers && (*lines)->level_count <= CC_FIGURE_COLOURS;
}

/* The score of each seed of a row, the mean over its runs of that seed (its folds); none of one seed. */
static cc_status score_seeds(const double **out, size_t *count, const cc_table *table,
                             const cc_table_row *row, cc_arena *arena) {
    const cc_score score = table->spec->columns[0];
    double *values = cc_arena_get_array(arena, row->run_count + 1, sizeof *values);
    if (!values) return CC_ENOMEM;
    *count = 0;
    *out = values;
    for (size_t r = 0; r < row->run_count; r++) {
        double sum = 0, runs = 0;
        bool seen = false;
        for (size_t s = 0; s < r; s++) seen |= row->runs[s]->seed == row->runs[r]->seed;
        for (size_t s = r; s < row->run_count && !seen; s++) {
            cc_scores scores;
            const cc_report_run *run = row->runs[s];
            if (run->seed != row->runs[r]->seed) continue;
            CC_TRY(cc_scores_average(&scores, run->rows, run->slice_count, table->spec->convention));
            if (isnan(scores.value[score])) continue;
            sum += 100 * scores.value[score];
            runs++;
        }
        if (runs > 0) values[(*count)++] = sum / runs;
    }
    if (*count == 1) *count = 0;
    return CC_OK;
}

/* The points of one line: the rows with that level of the second option, by rising x. */
static cc_status make_line(cc_plot_line *out, const cc_table *table, const cc_design_option *axis,
                           const cc_design_option *lines, size_t level, cc_arena *arena) {
    const cc_score score = table->spec->columns[0];
    cc_plot_point *points = cc_arena_get_array(arena, axis->level_count, sizeof *points);
    if (!points) return CC_ENOMEM;
    *out = (cc_plot_line){.label = lines ? lines->levels[level] : NULL, .points = points};
    for (size_t x = 0; x < axis->level_count; x++)
        for (size_t r = 0; r < table->row_count; r++) {
            const cc_table_row *row = &table->rows[r];
            if (axis->level_of[r] != x || (lines && lines->level_of[r] != level)) continue;
            const cc_estimate *e = cc_table_estimate(table, row);
            const bool interval = e->has_interval[score];
            if (isnan(e->value.value[score])) continue;
            cc_plot_point *p = &points[out->count++];
            *p = (cc_plot_point){.x = axis->numbers[x],
                                 .value = 100 * e->value.value[score],
                                 .low = interval ? 100 * e->low.value[score] : NAN,
                                 .high = interval ? 100 * e->high.value[score] : NAN};
            CC_TRY(score_seeds(&p->seeds, &p->seed_count, table, row, arena));
        }
    return CC_OK;
}

/* Whether the rows are samples of a search: of some number most rows have a value of their own. Four of them
 * tell, where the rows are no grid; of one option alone, more than a line is read from. */
static bool is_search(const cc_design *design) {
    if (design->is_grid && design->option_count > 1) return false;
    const size_t least = design->is_grid ? CC_FIGURE_COLOURS + 1 : 4;
    bool searched = false;
    for (size_t o = 0; o < design->option_count; o++) {
        const cc_design_option *option = &design->options[o];
        searched |=
            option->numbers && option->level_count >= least && 2 * option->level_count >= design->row_count;
    }
    return searched;
}

/* A panel for each number that the rows differ in. */
static cc_status draw_search(const char *folder, const char *name, const cc_table *table,
                             const cc_design *design, const char *label, cc_arena *arena) {
    const cc_score score = table->spec->columns[0];
    const cc_design_option *colours = NULL;
    cc_plot_panel panels[CC_PLOT_PANELS];
    size_t panel_count = 0, count = 0;
    cc_plot_score *items = cc_arena_get_array(arena, table->row_count + 1, sizeof *items);
    size_t *rows = cc_arena_get_array(arena, table->row_count + 1, 2 * sizeof *rows);
    if (!items || !rows) return CC_ENOMEM;
    size_t *level_of = rows + table->row_count + 1;
    for (size_t r = 0; r < table->row_count; r++) {
        if (design->options[0].level_of[r] == CC_DESIGN_NONE) continue;
        const cc_estimate *e = cc_table_estimate(table, &table->rows[r]);
        const bool interval = e->has_interval[score];
        items[count] = (cc_plot_score){.value = 100 * e->value.value[score],
                                       .low = interval ? 100 * e->low.value[score] : NAN,
                                       .high = interval ? 100 * e->high.value[score] : NAN};
        rows[count++] = r;
    }
    for (size_t o = 0; o < design->option_count; o++) {
        const cc_design_option *option = &design->options[o];
        if (!option->numbers && !colours && option->level_count <= CC_FIGURE_COLOURS) colours = option;
        /* Two values of a number are no axis. */
        if (!option->numbers || option->level_count < 3 || panel_count == CC_PLOT_PANELS) continue;
        double *x = cc_arena_get_array(arena, count + 1, sizeof *x);
        if (!x) return CC_ENOMEM;
        for (size_t i = 0; i < count; i++) x[i] = option->numbers[option->level_of[rows[i]]];
        panels[panel_count++] = (cc_plot_panel){option->name, x};
    }
    for (size_t i = 0; colours && i < count; i++) level_of[i] = colours->level_of[rows[i]];
    const cc_plot_samples samples = {.items = items,
                                     .count = count,
                                     .panels = panels,
                                     .panel_count = panel_count,
                                     .title = colours ? colours->name : NULL,
                                     .levels = colours ? colours->levels : NULL,
                                     .level_count = colours ? colours->level_count : 0,
                                     .level_of = level_of};
    return cc_plot_search(folder, name, label, &samples);
}

static cc_status draw(const char *folder, const char *name, const cc_table *table, const cc_design *design,
                      cc_arena *arena) {
    const cc_design_option *axis, *lines;
    char label[128];
    if (table->spec->column_count == 0) return CC_OK;
    snprintf(label, sizeof label, "%s (%%), %s", cc_score_heading(table->spec->columns[0]),
             cc_table_average_words(table->spec->convention.average));
    if (is_search(design)) return draw_search(folder, name, table, design, label, arena);
    if (!choose(&axis, &lines, design)) return CC_OK;
    const size_t count = lines ? lines->level_count : 1;
    cc_plot_line *items = cc_arena_get_array(arena, count, sizeof *items);
    if (!items) return CC_ENOMEM;
    for (size_t l = 0; l < count; l++) CC_TRY(make_line(&items[l], table, axis, lines, l, arena));
    return cc_plot_options(folder, name, axis->name, label, lines ? lines->name : NULL, items, count);
}

cc_status cc_figure_options(const char *folder, const char *name, const cc_table *table,
                            const cc_differences *differences) {
    cc_design design;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a figure", 0);
    cc_status status = cc_design_find(&design, table, differences, arena);
    if (status == CC_OK) status = draw(folder, name, table, &design, arena);
    cc_arena_destroy(arena);
    return status;
}
