/* report/figures/curves.c -- training curves: loss on the left, validation F1 on the right, a colour for each
 * run.
 *
 * Dashed lines are of training, full ones of validation; a point marks the epoch whose weights were kept. */
#include "report/figures/curves.h"

#include <math.h>
#include <stdio.h>
#include "report/figures/gnuplot.h"

enum { RUNS_MAX = CC_FIGURE_COLOURS };

/* One line of the figure. */
typedef struct curve {
    const cc_report_run *run;
    const char *label;
    bool alone; /* the only run of its row */
} curve;

/* The first runs of the table that have a history, as many as there are colours. */
static int collect(curve *curves, const cc_table *table) {
    int count = 0;
    for (size_t r = 0; r < table->row_count; r++)
        for (size_t i = 0; i < table->rows[r].run_count && count < RUNS_MAX; i++)
            if (table->rows[r].spec->source == CC_SOURCE_RUNS && table->rows[r].runs[i]->epoch_count)
                curves[count++] = (curve){table->rows[r].runs[i], table->rows[r].spec->label,
                                          table->rows[r].run_count == 1};
    return count;
}

/* A number for gnuplot; '?' is its missing value here. */
static void add_number(cc_text *out, double value) {
    if (isfinite(value))
        cc_text_add(out, " %.9g", value);
    else
        cc_text_add(out, " ?");
}

/* One run's history as columns: epoch, both losses, F1, and F1 again at the best epoch. */
static cc_status write_curve(cc_gnuplot *plot, int number, const cc_report_run *run) {
    char name[32];
    cc_text data = {0};
    for (size_t i = 0; i < run->epoch_count; i++) {
        const cc_run_epoch *e = &run->epochs[i];
        cc_text_add(&data, "%lld", (long long)e->epoch);
        add_number(&data, e->train_loss);
        add_number(&data, e->validation_loss);
        add_number(&data, 100 * e->validation_f1);
        add_number(&data, e->epoch == run->best_epoch ? 100 * e->validation_f1 : NAN);
        cc_text_add(&data, "\n");
    }
    snprintf(name, sizeof name, "curve%d", number);
    cc_status status = cc_gnuplot_data(plot, name, &data);
    cc_text_deinit(&data);
    return status;
}

/* The row's label, with fold and seed where the row has several runs. */
static void add_title(cc_text *script, const curve *c) {
    char text[256];
    if (c->alone)
        snprintf(text, sizeof text, "%s", c->label);
    else if (c->run->fold)
        snprintf(text, sizeof text, "%s, fold %lld, seed %lld", c->label, (long long)c->run->fold,
                 (long long)c->run->seed);
    else
        snprintf(text, sizeof text, "%s, seed %lld", c->label, (long long)c->run->seed);
    cc_text_add(script, " title ");
    cc_text_add_gnuplot(script, text);
}

/* Both panels; drawn once for each file format. */
static void add_panels(cc_text *script, const curve *curves, int count) {
    cc_text_add(script, "set multiplot layout 1,2 margins 0.085,0.74,0.2,0.9 spacing 0.085\nset ylabel "
                        "'Loss'\nset yrange [0:*]\n"
                        "set key outside top center horizontal\nplot ");
    for (int i = 0; i < count; i++)
        cc_text_add(script,
                    "curve%d using 1:2 with lines lc rgb '%s' dt 2 lw 2 notitle, "
                    "curve%d using 1:3 with lines lc rgb '%s' lw 2 notitle, ",
                    i, cc_figure_palette[i], i, cc_figure_palette[i]);
    cc_text_add(script, "NaN with lines lc rgb '#444444' dt 2 lw 2 title 'training', "
                        "NaN with lines lc rgb '#444444' lw 2 title 'validation'\n");
    cc_text_add(script, "set ylabel 'Validation F1-score, pooled (%%)'\nset yrange [0:100]\n"
                        "set key at screen 0.76,0.9 left top vertical Left reverse\nplot ");
    for (int i = 0; i < count; i++) {
        cc_text_add(script, "curve%d using 1:4 with lines lc rgb '%s' lw 2", i, cc_figure_palette[i]);
        add_title(script, &curves[i]);
        cc_text_add(script, ", curve%d using 1:5 with points lc rgb '%s' pt 7 ps 1 notitle, ", i,
                    cc_figure_palette[i]);
    }
    cc_text_add(script,
                "NaN with points lc rgb '#444444' pt 7 ps 1 title 'best epoch (kept)'\nunset multiplot\n");
}

/* The whole script: PNG at twice the size, then SVG. */
static void add_script(cc_text *script, const curve *curves, int count) {
    int64_t last = 2;
    for (int i = 0; i < count; i++) {
        int64_t epoch = curves[i].run->epochs[curves[i].run->epoch_count - 1].epoch;
        if (epoch > last) last = epoch;
    }
    cc_text_add(script,
                "set datafile missing '?'\nset encoding utf8\nset border 3 lw 1 lc rgb '#444444'\n"
                "set tics nomirror out textcolor rgb '#222222'\nset grid ytics lc rgb '#dddddd' lw 1 dt 1\n"
                "set xlabel 'Epoch'\nset xrange [1:%lld]\nset key samplen 3 spacing 1.2\n"
                "set xtics %s\n",
                (long long)last, last > 12 ? "autofreq" : "1");
    cc_text_add(script, "set terminal pngcairo noenhanced size 2200,840 font 'DejaVu Sans,20' linewidth 2 "
                        "pointscale 2 rounded\n"
                        "set output figure_png\n");
    add_panels(script, curves, count);
    cc_text_add(script,
                "set output\nset terminal svg noenhanced size 1100,420 font 'DejaVu Sans,13' linewidth 1\n"
                "set output figure_svg\n");
    add_panels(script, curves, count);
    cc_text_add(script, "set output\n");
}

/* Data, script, gnuplot. */
static cc_status draw(cc_gnuplot *plot, const char *name, const curve *curves, int count) {
    cc_status status = CC_OK;
    cc_text script = {0};
    for (int i = 0; i < count; i++) CC_CHECK(write_curve(plot, i, curves[i].run));
    add_script(&script, curves, count);
    status = cc_gnuplot_run(plot, name, &script);
done:
    cc_text_deinit(&script);
    return status;
}

cc_status cc_figure_curves(const char *folder, const char *name, const cc_table *table) {
    curve curves[RUNS_MAX];
    cc_gnuplot plot;
    int count = collect(curves, table);
    if (count == 0) return CC_OK;
    cc_gnuplot_begin(&plot, folder);
    cc_status status = draw(&plot, name, curves, count);
    cc_gnuplot_end(&plot);
    return status;
}
