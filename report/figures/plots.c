/* report/figures/plots.c -- plots of scores, each a body of gnuplot commands over one block of data.
 *
 * A body is run twice, for PNG and for SVG, in the same style. Numbers that are not known are '?', gnuplot's
 * missing value here; axes of percent hold what is shown, in steps of 5, and never leave 0 to 100. */
#include "report/figures/plots.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/sorted.h"
#include "metrics/statistics.h"
#include "report/figures/gnuplot.h"

#define BLUE   "#0072B2"
#define ORANGE "#D55E00"
#define GREY   "#444444"

/* What these plots have beside the common style. */
static const char setup[] = "set grid lc rgb '#dddddd' lw 1 dt 1\n"
                            "set key top right samplen 2 spacing 1.2 Left reverse\n";

/* Writes the data, draws the body, and frees both. */
static cc_status finish(const char *folder, const char *name, int width, int height, cc_text *data,
                        cc_text *body) {
    cc_gnuplot plot;
    cc_gnuplot_begin(&plot, folder);
    cc_status status = cc_gnuplot_data(&plot, "data", data);
    if (status == CC_OK) status = cc_gnuplot_draw(&plot, name, width, height, setup, body);
    cc_gnuplot_end(&plot);
    cc_text_deinit(data);
    cc_text_deinit(body);
    return status;
}

/* Variants from the top down, their labels at the left. */
static void add_label_axis(cc_text *body, const cc_plot_score *items, size_t count) {
    cc_text_add(body, "set yrange [%g:-0.5]\nset ytics (", (double)count - 0.5);
    for (size_t i = 0; i < count; i++) {
        cc_text_add(body, "%s", i ? ", " : "");
        cc_text_add_gnuplot_tic(body, items[i].label);
        cc_text_add(body, " %zu", i);
    }
    cc_text_add(body, ")\n");
}

/* The label of the x axis: a score's name and what follows it. */
static void add_x_label(cc_text *body, const char *score, const char *rest) {
    char label[128];
    snprintf(label, sizeof label, "%s%s", score, rest);
    cc_text_add(body, "set xlabel ");
    cc_text_add_gnuplot(body, label);
    cc_text_add(body, "\n");
}

/* An axis of percent that holds the values, and no more than there can be. */
typedef struct percent_axis {
    double low, high;
} percent_axis;

/* Extends an axis to the multiple of 5 that leaves room for a value. */
static void widen_percent(percent_axis *axis, double value) {
    if (!isfinite(value)) return;
    axis->low = fmin(axis->low, fmax(0, 5 * floor((value - 1) / 5)));
    axis->high = fmax(axis->high, fmin(100, 5 * ceil((value + 1) / 5)));
}

/* Sets the range of an axis, 'x' or 'y', where it holds anything. */
static void add_percent_axis(cc_text *body, char which, percent_axis axis) {
    if (axis.low < axis.high) cc_text_add(body, "set %crange [%g:%g]\n", which, axis.low, axis.high);
}

/* Of a plot with a line for each variant. */
static int height_of(size_t count) {
    return 150 + 40 * (int)(count < 40 ? count : 40);
}

cc_status cc_plot_scores(const char *folder, const char *name, const char *score, const cc_plot_score *items,
                         size_t count) {
    cc_text data = {0}, body = {0};
    size_t published = 0;
    percent_axis axis = {100, 0};
    if (count == 0) return CC_OK;
    for (size_t i = 0; i < count; i++) {
        const cc_plot_score *p = &items[i];
        /* Without an interval the bars have no length. */
        const double values[] = {p->value, isfinite(p->low) ? p->low : p->value,
                                 isfinite(p->high) ? p->high : p->value, p->published};
        cc_text_add(&data, "%zu", i);
        for (int k = 0; k < 4; k++) {
            cc_gnuplot_add_number(&data, values[k]);
            widen_percent(&axis, values[k]);
        }
        cc_text_add(&data, "\n");
        published += isfinite(p->published);
    }
    cc_text_add(&body, "set key outside top center horizontal\n");
    add_percent_axis(&body, 'x', axis);
    add_label_axis(&body, items, count);
    add_x_label(&body, score, " (%)");
    cc_text_add(&body, "plot data using 2:1:3:4 with xerrorbars pt 7 ps 0.9 lw 1.6 lc rgb '" BLUE
                       "' title '95 %% interval'");
    if (published)
        cc_text_add(&body, ", data using 5:1 with points pt 4 ps 1 lc rgb '" ORANGE "' title 'paper'");
    return finish(folder, name, 640, height_of(count), &data, &body);
}

/* Whether a threshold is 0.5, at which masks are made. */
static bool is_half(double threshold) {
    return fabs(threshold - 0.5) < 1e-9;
}

/* A colour and a shape for each of several lines or points. */
static const char *colour_of(size_t i) {
    return cc_figure_palette[i % CC_FIGURE_COLOURS];
}
static int shape_of(size_t i) {
    static const int shapes[] = {7, 5, 9, 11, 13, 6, 4, 8};
    return shapes[i % (sizeof shapes / sizeof *shapes)];
}

/* The logarithmic axis of one measure of size. */
typedef struct size_axis {
    const char *label;
    int column; /* of the data */
    double low, high;
    size_t known;
} size_axis;

/* Extends an axis by one variant, where both of its numbers are known. */
static void widen(size_axis *axis, double size, double value) {
    if (!(size > 0) || !isfinite(value)) return;
    axis->low = axis->known ? fmin(axis->low, size) : size;
    axis->high = axis->known ? fmax(axis->high, size) : size;
    axis->known++;
}

/* Round sizes within the axis: as many to a decade as it has room for. */
static void add_size_tics(cc_text *body, double low, double high) {
    static const double steps[] = {1, 1.5, 2, 3, 4, 5, 7};
    /* 1, 10, 100 over many decades; 1, 2, 4, 7 and finer over few. */
    const int stride = high / low > 300 ? 7 : high / low > 5 ? 2 : 1;
    const char *comma = "";
    cc_text_add(body, "set xtics (");
    for (double decade = 1e-9; decade < 1e9; decade *= 10)
        for (int s = 0; s < 7; s += stride) {
            const double at = decade * steps[s];
            if (at < low || at > high) continue;
            cc_text_add(body, "%s'%.6g' %.9g", comma, at, at);
            comma = ", ";
        }
    cc_text_add(body, ")\n");
}

/* One panel of score against size. */
static void add_size_panel(cc_text *body, const size_axis *axis, const cc_plot_score *items, size_t count) {
    const double low = axis->low / 1.4, high = axis->high * 1.4;
    add_size_tics(body, low, high);
    cc_text_add(body, "set xlabel '%s'\nset xrange [%.9g:%.9g]\nplot ", axis->label, low, high);
    for (size_t i = 0; i < count; i++) {
        cc_text_add(body,
                    "%sdata every ::%zu::%zu using %d:2:3:4 with yerrorbars pt %d ps 1.1 lw 1.4 lc rgb '%s'",
                    i ? ", " : "", i, i, axis->column, shape_of(i), colour_of(i));
        cc_text_add(body, " title ");
        cc_text_add_gnuplot(body, items[i].label);
    }
    cc_text_add(body, "\nunset key\nunset ylabel\n");
}

cc_status cc_plot_sizes(const char *folder, const char *name, const char *score, const cc_plot_score *items,
                        size_t count) {
    cc_text data = {0}, body = {0};
    percent_axis axis = {100, 0};
    size_axis axes[] = {{"parameters (millions)", 5, 0, 0, 0}, {"GFLOP of one picture", 6, 0, 0, 0}};
    for (size_t i = 0; i < count; i++) {
        const cc_plot_score *p = &items[i];
        const double values[] = {p->value, isfinite(p->low) ? p->low : p->value,
                                 isfinite(p->high) ? p->high : p->value, p->parameters, p->gflop};
        cc_text_add(&data, "%zu", i);
        for (int k = 0; k < 5; k++) cc_gnuplot_add_number(&data, values[k]);
        for (int k = 0; k < 3; k++) widen_percent(&axis, p->parameters > 0 || p->gflop > 0 ? values[k] : NAN);
        cc_text_add(&data, "\n");
        widen(&axes[0], p->parameters, p->value);
        widen(&axes[1], p->gflop, p->value);
    }
    const int panels = (axes[0].known > 1) + (axes[1].known > 1);
    if (panels == 0) {
        cc_text_deinit(&data);
        return CC_OK;
    }
    const double width = 360 * panels + 260;
    cc_text_add(&body,
                "set multiplot layout 1,%d margins %.4f,%.4f,0.22,0.95 spacing %.4f\nset logscale x\n"
                "set key at screen %.4f,0.95 left top Left reverse vertical samplen 1\nset ylabel ",
                panels, 70 / width, (360 * panels - 10) / width, 60 / width, (360 * panels + 5) / width);
    cc_text_add_gnuplot(&body, score);
    cc_text_add(&body, " offset 1,0\n");
    add_percent_axis(&body, 'y', axis);
    for (int a = 0; a < 2; a++)
        if (axes[a].known > 1) add_size_panel(&body, &axes[a], items, count);
    cc_text_add(&body, "unset multiplot");
    return finish(folder, name, (int)width, 360, &data, &body);
}

/* Where an axis begins that shows all that stands at threshold 0.5 and what is near. */
static double start_of_cuts(const cc_plot_cut *items, size_t count) {
    double low = 80;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < items[i].count; k++)
            if (is_half(items[i].thresholds[k]))
                low = fmin(low, fmin(items[i].precision[k], items[i].recall[k]));
    return fmax(0, 10 * floor(low / 10 - 1));
}

cc_status cc_plot_cuts(const char *folder, const char *name, const cc_plot_cut *items, size_t count) {
    cc_text data = {0}, body = {0};
    const size_t shown = count < CC_FIGURE_COLOURS ? count : CC_FIGURE_COLOURS;
    if (count == 0) return CC_OK;
    const double low = start_of_cuts(items, shown);
    cc_text_add(
        &body,
        "set xlabel 'recall (%%)'\nset ylabel 'precision (%%)'\nset key outside right top vertical Left "
        "reverse\nset xrange [%g:100]\nset yrange [%g:100]\nset size square\nplot ",
        low, low);
    for (size_t i = 0; i < shown; i++) {
        for (size_t k = 0; k < items[i].count; k++) {
            cc_gnuplot_add_number(&data, items[i].recall[k]);
            cc_gnuplot_add_number(&data, items[i].precision[k]);
            cc_gnuplot_add_number(&data, is_half(items[i].thresholds[k]) ? items[i].precision[k] : NAN);
            cc_text_add(&data, "\n");
        }
        cc_text_add(&data, "\n\n");
        cc_text_add(&body, "data index %zu using 1:2 with lines lw 2 lc rgb '%s' title ", i, colour_of(i));
        cc_text_add_gnuplot(&body, items[i].label);
        cc_text_add(&body, ", data index %zu using 1:3 with points pt %d ps 1.1 lc rgb '%s' notitle, ", i,
                    shape_of(i), colour_of(i));
    }
    cc_text_add(&body, "NaN with points pt 7 ps 1.1 lc rgb '" GREY "' title 'threshold 0.5'");
    return finish(folder, name, 720, 440, &data, &body);
}

cc_status cc_plot_reliability(const char *folder, const char *name, const char *pixels,
                              const cc_plot_bins *items, size_t count) {
    cc_text data = {0}, body = {0};
    const size_t shown = count < CC_FIGURE_COLOURS ? count : CC_FIGURE_COLOURS;
    if (count == 0) return CC_OK;
    add_x_label(&body, "mean predicted probability (%), ", pixels);
    cc_text_add(&body, "set ylabel 'pixels that are true (%%)'\nset xrange [0:100]\nset yrange [0:100]\n"
                       "set key outside bottom center vertical maxcols 1 Left reverse\n"
                       "plot x with lines dt 2 lw 1.5 lc rgb '" GREY "' title 'as many as predicted', ");
    for (size_t i = 0; i < shown; i++) {
        for (size_t k = 0; k < items[i].count; k++) {
            if (isnan(items[i].predicted[k])) continue; /* the line goes on to the next bin that has pixels */
            cc_gnuplot_add_number(&data, items[i].predicted[k]);
            cc_gnuplot_add_number(&data, items[i].observed[k]);
            cc_text_add(&data, "\n");
        }
        cc_text_add(&data, "\n\n");
        cc_text_add(&body, "data index %zu using 1:2 with linespoints lw 2 pt %d ps 0.9 lc rgb '%s' title ",
                    i, shape_of(i), colour_of(i));
        cc_text_add_gnuplot(&body, items[i].label);
        cc_text_add(&body, "%s", i + 1 < shown ? ", " : "\n");
    }
    return finish(folder, name, 620, 480 + 22 * (int)shown, &data, &body);
}

/* NaN where there is none, or memory is out. */
static double median_of(const double *values, size_t count) {
    double *sorted = malloc((count + 1) * sizeof *sorted), median = NAN;
    size_t used = 0;
    if (!sorted) return NAN;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) sorted[used++] = values[i];
    cc_sorted_numbers(sorted, used);
    if (used) median = 0.5 * (sorted[(used - 1) / 2] + sorted[used / 2]);
    free(sorted);
    return median;
}

cc_status cc_plot_patients(const char *folder, const char *name, const char *score,
                           const cc_plot_score *items, size_t count) {
    cc_text data = {0}, body = {0};
    size_t points = 0;
    percent_axis axis = {100, 0};
    for (size_t i = 0; i < count; i++)
        for (size_t p = 0; p < items[i].patient_count; p++) {
            /* Spread by the golden ratio, so that equal scores do not hide each other. */
            cc_text_add(&data, "%.4f", (double)i + 0.36 * (fmod(0.618034 * (double)(p + 1), 1) - 0.5));
            cc_gnuplot_add_number(&data, items[i].patients[p]);
            cc_text_add(&data, "\n");
            widen_percent(&axis, items[i].patients[p]);
            points += isfinite(items[i].patients[p]);
        }
    if (points == 0) {
        cc_text_deinit(&data);
        return CC_OK;
    }
    add_label_axis(&body, items, count);
    for (size_t i = 0; i < count; i++) {
        const double median = median_of(items[i].patients, items[i].patient_count);
        if (isfinite(median))
            cc_text_add(&body,
                        "set arrow from first %.9g,%g to first %.9g,%g nohead front lw 2.4 lc rgb '" ORANGE
                        "'\n",
                        median, (double)i - 0.3, median, (double)i + 0.3);
    }
    add_x_label(&body, score, " of each test patient (%)");
    add_percent_axis(&body, 'x', axis);
    cc_text_add(&body, "set key outside top center horizontal\n"
                       "plot data using 2:1 with points pt 7 ps 0.7 lc rgb '" BLUE "' title 'patient', "
                       "NaN with lines lw 2.4 lc rgb '" ORANGE "' title 'median'\nunset arrow");
    return finish(folder, name, 640, height_of(count), &data, &body);
}

/* --- a score against an option --- */

/* Whether values lie so far apart that a straight scale would crowd the small ones. */
static bool is_wide(double low, double high) {
    return low > 0 && high > 20 * low;
}

/* The range of an option's values on the x axis, with a twentieth of room at both ends. */
static void add_value_range(cc_text *body, double low, double high) {
    const bool wide = is_wide(low, high);
    const double margin = wide ? pow(high / low, 0.05) : 0.05 * (high - low);
    cc_text_add(body, "%sset xrange [%.9g:%.9g]\n", wide ? "set logscale x\n" : "",
                wide ? low / margin : low - margin, wide ? high * margin : high + margin);
}

/* The x axis of an option: its values, rising, each once. */
typedef struct option_axis {
    double *values;
    size_t count;
    bool logarithmic;
} option_axis;

/* Gathers the values of all lines; CC_ENOMEM. The caller frees them. */
static cc_status gather_values(option_axis *out, const cc_plot_line *lines, size_t count) {
    size_t total = 0, kept = 0;
    for (size_t i = 0; i < count; i++) total += lines[i].count;
    *out = (option_axis){.values = malloc((total + 1) * sizeof *out->values)};
    if (!out->values) return cc_fail_memory("a figure", 0);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < lines[i].count; k++) out->values[out->count++] = lines[i].points[k].x;
    cc_sorted_numbers(out->values, out->count);
    for (size_t i = 0; i < out->count; i++)
        if (kept == 0 || out->values[i] > out->values[kept - 1]) out->values[kept++] = out->values[i];
    out->count = kept;
    out->logarithmic = kept && is_wide(out->values[0], out->values[kept - 1]);
    return CC_OK;
}

/* Where a value lies between the first and the last, 0 to 1, as the axis has it. */
static double place_of(const option_axis *axis, double x) {
    const double first = axis->values[0], last = axis->values[axis->count - 1];
    return axis->logarithmic ? log(x / first) / log(last / first) : (x - first) / (last - first);
}

/* The range, and a tic at each value that was studied; a label that would run into the one before it is
 * left out. */
static void add_option_axis(cc_text *body, const option_axis *axis) {
    double free_from = -1;
    add_value_range(body, axis->values[0], axis->values[axis->count - 1]);
    cc_text_add(body, "set xtics (");
    for (size_t i = 0; i < axis->count; i++) {
        char text[32];
        const double place = place_of(axis, axis->values[i]);
        /* A digit takes about a sixtieth of the narrowest plot. */
        const double half = 0.5 * (double)(snprintf(text, sizeof text, "%.6g", axis->values[i]) + 1) / 60;
        const bool shown = place - half >= free_from;
        cc_text_add(body, "%s'%s' %.9g", i ? ", " : "", shown ? text : "", axis->values[i]);
        if (shown) free_from = place + half;
    }
    cc_text_add(body, ")\n");
}

/* A line's three blocks of data: the curve, the band (parted where a point has no interval), the seeds. */
static void add_option_line(cc_text *data, percent_axis *axis, const cc_plot_line *line) {
    for (size_t k = 0; k < line->count; k++) {
        cc_text_add(data, "%.9g %.9g\n", line->points[k].x, line->points[k].value);
        widen_percent(axis, line->points[k].value);
    }
    cc_text_add(data, "? ?\n\n\n");
    for (size_t k = 0; k < line->count; k++) {
        const cc_plot_point *p = &line->points[k];
        if (isfinite(p->low) && isfinite(p->high))
            cc_text_add(data, "%.9g %.9g %.9g\n", p->x, p->low, p->high);
        else
            cc_text_add(data, "\n");
        widen_percent(axis, p->low);
        widen_percent(axis, p->high);
    }
    cc_text_add(data, "? ? ?\n\n\n");
    for (size_t k = 0; k < line->count; k++)
        for (size_t s = 0; s < line->points[k].seed_count; s++) {
            cc_text_add(data, "%.9g %.9g\n", line->points[k].x, line->points[k].seeds[s]);
            widen_percent(axis, line->points[k].seeds[s]);
        }
    cc_text_add(data, "? ?\n\n\n");
}

cc_status cc_plot_options(const char *folder, const char *name, const char *option, const char *score,
                          const char *title, const cc_plot_line *lines, size_t count) {
    cc_text data = {0}, body = {0};
    percent_axis axis = {100, 0};
    option_axis x;
    size_t seeds = 0;
    if (count > CC_FIGURE_COLOURS) count = CC_FIGURE_COLOURS;
    CC_TRY(gather_values(&x, lines, count));
    if (x.count > 1) add_option_axis(&body, &x);
    free(x.values);
    if (x.count < 2) return CC_OK;
    cc_text_add(&body, title ? "set key outside right top vertical Left reverse\nset key title "
                             : "set key outside top center horizontal\n");
    if (title) {
        cc_text_add_gnuplot(&body, title);
        cc_text_add(&body, " left\n");
    }
    add_x_label(&body, option, "");
    cc_text_add(&body, "set ylabel ");
    cc_text_add_gnuplot(&body, score);
    cc_text_add(&body, "\n");
    for (size_t i = 0; i < count; i++) add_option_line(&data, &axis, &lines[i]);
    add_percent_axis(&body, 'y', axis);

    /* Bands first, then seeds, then the curves: what is fainter lies below. */
    cc_text_add(&body, "plot ");
    for (size_t i = 0; i < count; i++)
        cc_text_add(
            &body,
            "data index %zu using 1:2:3 with filledcurves fc rgb '%s' fs transparent solid 0.16 noborder "
            "notitle, ",
            3 * i + 1, colour_of(i));
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < lines[i].count; k++) seeds += lines[i].points[k].seed_count;
        /* The first two digits of eight are transparency. */
        cc_text_add(&body, "data index %zu using 1:2 with points pt 7 ps 0.5 lc rgb '#90%s' notitle, ",
                    3 * i + 2, colour_of(i) + 1);
    }
    for (size_t i = 0; i < count; i++) {
        cc_text_add(&body, "data index %zu using 1:2 with linespoints lw 2 pt %d ps 1 lc rgb '%s' title ",
                    3 * i, shape_of(i), colour_of(i));
        cc_text_add_gnuplot(&body, lines[i].label ? lines[i].label : "mean");
        cc_text_add(&body, ", ");
    }
    if (seeds)
        cc_text_add(&body, "NaN with points pt 7 ps 0.5 lc rgb '#90%s' title 'one seed', ",
                    title ? "444444" : colour_of(0) + 1);
    cc_text_add(&body, "NaN with boxes fc rgb '%s' fs transparent solid 0.16 noborder title '95 %% interval'",
                title ? GREY : colour_of(0));
    return finish(folder, name, title ? 720 : 640, 400, &data, &body);
}

/* --- a score against each option of a search --- */

/* A distance between tics, 1, 2 or 5 times a power of ten, that cuts a range into two to five parts. */
static double tic_step(double range) {
    const double power = pow(10, floor(log10(range)));
    return power * (range < 2 * power ? 0.5 : range < 5 * power ? 1 : 2);
}

/* The x axis of a panel: its range, and gnuplot's own tics, as the values are too many for one each. */
static void add_panel_axis(cc_text *body, const cc_plot_panel *panel, size_t count) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(panel->x[i])) continue;
        low = fmin(low, panel->x[i]);
        high = fmax(high, panel->x[i]);
    }
    cc_text_add(body, "unset logscale x\nset xtics auto\nset format x '%s'\n",
                is_wide(low, high) ? "%.0e" : "%g");
    if (high > low) add_value_range(body, low, high);
    /* Few enough that labels do not meet. */
    if (!is_wide(low, high) && high > low) cc_text_add(body, "set xtics %.9g\n", tic_step(high - low));
    add_x_label(body, panel->option, "");
}

cc_status cc_plot_search(const char *folder, const char *name, const char *score, const cc_plot_samples *s) {
    cc_text data = {0}, body = {0};
    percent_axis axis = {100, 0};
    const size_t colours = s->level_count ? s->level_count : 1, panel_count = s->panel_count;
    if (panel_count == 0) return CC_OK;
    /* A block for each colour: value, ends of the interval, and x in each panel. */
    for (size_t l = 0; l < colours; l++) {
        for (size_t i = 0; i < s->count; i++) {
            const cc_plot_score *p = &s->items[i];
            if (!isfinite(p->value) || (s->level_count && s->level_of[i] != l)) continue;
            const bool interval = isfinite(p->low) && isfinite(p->high);
            const double values[] = {p->value, interval ? p->low : p->value, interval ? p->high : p->value};
            for (int k = 0; k < 3; k++) {
                cc_gnuplot_add_number(&data, values[k]);
                widen_percent(&axis, values[k]);
            }
            for (size_t k = 0; k < panel_count; k++) cc_gnuplot_add_number(&data, s->panels[k].x[i]);
            cc_text_add(&data, "\n");
        }
        cc_text_add(&data, "? ? ?\n\n\n");
    }
    const size_t columns = panel_count < 3 ? panel_count : 3, rows = (panel_count + columns - 1) / columns;
    cc_text_add(&body,
                "set multiplot layout %zu,%zu\nset tmargin %d\nset key outside top center horizontal\n", rows,
                columns, s->level_count ? 4 : 1);
    add_percent_axis(&body, 'y', axis);
    for (size_t k = 0; k < panel_count; k++) {
        add_panel_axis(&body, &s->panels[k], s->count);
        if (k % columns == 0) {
            cc_text_add(&body, "set ylabel ");
            cc_text_add_gnuplot(&body, score);
            cc_text_add(&body, "\n");
        } else {
            cc_text_add(&body, "unset ylabel\n");
        }
        /* The key of the colours stands above the first panel; all leave as much room. */
        if (k > 0) {
            cc_text_add(&body, "unset key\n");
        } else if (s->title) {
            cc_text_add(&body, "set key title ");
            cc_text_add_gnuplot(&body, s->title);
            cc_text_add(&body, "\n");
        }
        cc_text_add(&body, "plot ");
        for (size_t l = 0; l < colours; l++) {
            cc_text_add(&body,
                        "%sdata index %zu using %zu:1:2:3 with yerrorbars pt %d ps 0.8 lw 1 lc rgb '%s' ",
                        l ? ", " : "", l, 4 + k, shape_of(l), colour_of(l));
            cc_text_add(&body, s->level_count ? "title " : "notitle");
            if (s->level_count) cc_text_add_gnuplot(&body, s->levels[l]);
        }
        cc_text_add(&body, "\n");
    }
    cc_text_add(&body, "unset multiplot\nset format x\n");
    const int width = panel_count == 1 ? 640 : panel_count == 2 ? 800 : 1080;
    return finish(folder, name, width, 40 + 340 * (int)rows, &data, &body);
}

/* A line across, and what it is, right of the plot. */
static void add_line(cc_text *body, const char *what, double y, int dash) {
    cc_text_add(
        body,
        "set arrow from graph 0, first %.9g to graph 1, first %.9g nohead lw 1.6 dt %d lc rgb '" ORANGE "'\n"
        "set label '%s %.1f' at graph 1.015, first %.9g left textcolor rgb '" ORANGE "'\n",
        y, y, dash, what, y, y);
}

cc_status cc_plot_agreement(const char *folder, const char *name, const char *quantity, const double *truth,
                            const double *prediction, size_t count) {
    cc_text data = {0}, body = {0};
    double mean, sd, most = 0, widest = 1e-3, *differences = malloc((count + 1) * sizeof *differences);
    if (!differences) return cc_fail_memory("a figure", (count + 1) * sizeof *differences);
    for (size_t i = 0; i < count; i++) {
        differences[i] = prediction[i] - truth[i];
        cc_text_add(&data, "%.9g %.9g\n", 0.5 * (truth[i] + prediction[i]), differences[i]);
    }
    cc_status status = count < 2 ? CC_OK : cc_statistics_mean_sd(&mean, &sd, differences, count);
    for (size_t i = 0; i < count && status == CC_OK && count > 1; i++) {
        most = fmax(most, fabs(differences[i] - mean));
        widest = fmax(widest, 0.5 * (truth[i] + prediction[i]));
    }
    free(differences);
    if (status != CC_OK || count < 2) {
        cc_text_deinit(&data);
        return status;
    }
    /* Limits of agreement: mean difference +- 1.96 standard deviations (Bland and Altman). */
    const double reach = 1.15 * fmax(fmax(most, 1.96 * sd), 1e-3);
    add_x_label(&body, quantity, ", mean of truth and prediction");
    cc_text_add(
        &body,
        "set ylabel 'prediction - truth'\nset xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset rmargin 20\n"
        "set xzeroaxis lc rgb '#888888' lw 1\n",
        -0.03 * widest, 1.06 * widest, mean - reach, mean + reach);
    add_line(&body, "mean", mean, 1);
    add_line(&body, "+1.96 SD", mean + 1.96 * sd, 2);
    add_line(&body, "-1.96 SD", mean - 1.96 * sd, 2);
    cc_text_add(&body, "plot data using 1:2 with points pt 7 ps 0.9 lc rgb '" BLUE
                       "' notitle\nunset arrow\nunset label");
    return finish(folder, name, 680, 480, &data, &body);
}
