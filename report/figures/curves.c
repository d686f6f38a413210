/* report/figures/curves.c -- training curves: loss on the left, validation F1 on the right, a colour for
 * each row of the table.
 *
 * Dashed lines are of training, full ones of validation; a point marks the epoch whose weights were kept.
 * The runs of a row (seeds, folds) share its colour, so that their spread is seen as what it is. */
#include "report/figures/curves.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "report/figures/gnuplot.h"

/* Runs of a row that are drawn: gnuplot takes so many files. */
enum { ROWS_MAX = CC_FIGURE_COLOURS, RUNS_MAX = 24 };

/* The lines of one row. */
typedef struct curve {
    const char *label;
    const cc_report_run *runs[RUNS_MAX];
    int count;
} curve;

typedef struct figure {
    curve rows[ROWS_MAX];
    int count;
    size_t rows_found, runs_found, runs_drawn;
} figure;

/* The first rows of the table whose runs have a history, as many as there are colours, and the first runs
 * of each. */
static void collect(figure *f, const cc_table *table) {
    for (size_t r = 0; r < table->row_count; r++) {
        const cc_table_row *row = &table->rows[r];
        curve c = {.label = row->spec->label};
        size_t found = 0;
        for (size_t i = 0; i < row->run_count && row->spec->source == CC_SOURCE_RUNS; i++) {
            if (!row->runs[i]->epoch_count) continue;
            if (c.count < RUNS_MAX) c.runs[c.count++] = row->runs[i];
            found++;
        }
        /* Rows without a history are no lines, and none that is left out. */
        if (found == 0) continue;
        f->rows_found++;
        f->runs_found += found;
        if (f->count == ROWS_MAX) continue;
        f->runs_drawn += (size_t)c.count;
        f->rows[f->count++] = c;
    }
}

/* One row's histories, parted by blank lines, as columns: epoch, both losses, F1, and F1 again at the best
 * epoch. */
static cc_status write_curve(cc_gnuplot *plot, int number, const curve *c) {
    char name[32];
    cc_text data = {0};
    for (int r = 0; r < c->count; r++) {
        const cc_report_run *run = c->runs[r];
        for (size_t i = 0; i < run->epoch_count; i++) {
            const cc_run_epoch *e = &run->epochs[i];
            cc_text_add(&data, "%lld", (long long)e->epoch);
            cc_gnuplot_add_number(&data, e->train_loss);
            cc_gnuplot_add_number(&data, e->validation_loss);
            cc_gnuplot_add_number(&data, 100 * e->validation_f1);
            cc_gnuplot_add_number(&data, e->epoch == run->best_epoch ? 100 * e->validation_f1 : NAN);
            cc_text_add(&data, "\n");
        }
        cc_text_add(&data, "\n");
    }
    snprintf(name, sizeof name, "curve%d", number);
    cc_status status = cc_gnuplot_data(plot, name, &data);
    cc_text_deinit(&data);
    return status;
}

/* The row's label; of several runs, how many. */
static void add_title(cc_text *script, const curve *c) {
    char text[256];
    if (c->count == 1)
        snprintf(text, sizeof text, "%s", c->label);
    else
        snprintf(text, sizeof text, "%s (%d runs)", c->label, c->count);
    cc_text_add(script, " title ");
    cc_text_add_gnuplot(script, text);
}

/* Pixels of the SVG: both panels, and right of them a key that holds the longest label. */
static int width_of(const figure *f) {
    size_t longest = 0;
    for (int i = 0; i < f->count; i++) {
        const size_t length = strlen(f->rows[i].label) + (f->rows[i].count > 1 ? strlen(" (24 runs)") : 0);
        if (length > longest) longest = length;
    }
    /* A letter takes about 8 pixels; the panels and the key's samples end at 900. */
    const int width = 900 + 8 * (int)(longest < 100 ? longest : 100);
    return width > 1100 ? width : 1100;
}

/* Both panels. */
static void add_panels(cc_text *script, const figure *f) {
    /* The panels keep their place in pixels, whatever the width. */
    const double width = width_of(f);
    cc_text_add(script,
                "set multiplot layout 1,2 margins %.5f,%.5f,0.2,0.9 spacing %.5f\nset ylabel 'Loss'\n"
                "set yrange [0:*]\nset key outside top center horizontal\nplot ",
                94 / width, 814 / width, 94 / width);
    for (int i = 0; i < f->count; i++) {
        /* Many lines of one colour are thinner. */
        const double line = f->rows[i].count > 1 ? 1.2 : 2;
        cc_text_add(script,
                    "curve%d using 1:2 with lines lc rgb '%s' dt 2 lw %g notitle, "
                    "curve%d using 1:3 with lines lc rgb '%s' lw %g notitle, ",
                    i, cc_figure_palette[i], line, i, cc_figure_palette[i], line);
    }
    cc_text_add(script, "NaN with lines lc rgb '#444444' dt 2 lw 2 title 'training', "
                        "NaN with lines lc rgb '#444444' lw 2 title 'validation'\n");
    cc_text_add(script,
                "set ylabel 'Validation F1-score, pooled (%%)'\nset yrange [0:100]\n"
                "set key at screen %.5f,0.9 left top vertical Left reverse\nplot ",
                836 / width);
    for (int i = 0; i < f->count; i++) {
        cc_text_add(script, "curve%d using 1:4 with lines lc rgb '%s' lw %g", i, cc_figure_palette[i],
                    f->rows[i].count > 1 ? 1.2 : 2.);
        add_title(script, &f->rows[i]);
        cc_text_add(script, ", curve%d using 1:5 with points lc rgb '%s' pt 7 ps 1 notitle, ", i,
                    cc_figure_palette[i]);
    }
    cc_text_add(script, "NaN with points lc rgb '#444444' pt 7 ps 1 title 'best epoch (kept)'");
    /* What is left out is said. */
    if (f->runs_drawn < f->runs_found)
        cc_text_add(script,
                    ", NaN with points lc rgb '#ffffff' pt 0 title 'shown: %d of %zu rows, %zu of %zu runs'",
                    f->count, f->rows_found, f->runs_drawn, f->runs_found);
    cc_text_add(script, "\nunset multiplot\n");
}

/* Data, panels, gnuplot. */
static cc_status draw(cc_gnuplot *plot, const char *name, const figure *f) {
    cc_status status = CC_OK;
    cc_text body = {0};
    char setup[256];
    int64_t last = 2; /* epoch */
    for (int i = 0; i < f->count; i++) CC_CHECK(write_curve(plot, i, &f->rows[i]));
    for (int i = 0; i < f->count; i++)
        for (int r = 0; r < f->rows[i].count; r++) {
            const cc_report_run *run = f->rows[i].runs[r];
            if (run->epochs[run->epoch_count - 1].epoch > last)
                last = run->epochs[run->epoch_count - 1].epoch;
        }
    snprintf(setup, sizeof setup,
             "set grid ytics lc rgb '#dddddd' lw 1 dt 1\nset xlabel 'Epoch'\nset xrange [1:%lld]\n"
             "set key samplen 3 spacing 1.2\nset xtics %s\n",
             (long long)last, last > 12 ? "autofreq" : "1");
    add_panels(&body, f);
    status = cc_gnuplot_draw(plot, name, width_of(f), 420, setup, &body);
done:
    cc_text_deinit(&body);
    return status;
}

cc_status cc_figure_curves(const char *folder, const char *name, const cc_table *table) {
    figure f = {.count = 0};
    cc_gnuplot plot;
    collect(&f, table);
    if (f.count == 0) return CC_OK;
    cc_gnuplot_begin(&plot, folder);
    cc_status status = draw(&plot, name, &f);
    cc_gnuplot_end(&plot);
    return status;
}
