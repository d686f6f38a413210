/* report/figures/gnuplot.h -- plots and pictures through gnuplot, a child process. Private to report.
 *
 * gnuplot reads and writes files in memory (core/memory_file.h) by names made here, so no name that comes
 * from a run file reaches a shell or a path, and no full disk a picture; labels are quoted. Colours are
 * Okabe & Ito's, which colour-blind readers tell apart. */
#ifndef CC_REPORT_FIGURES_GNUPLOT_H
#define CC_REPORT_FIGURES_GNUPLOT_H

#include "core/memory_file.h"
#include "report/text.h"

/* As many lines of one plot as colours tell apart. */
enum { CC_FIGURE_COLOURS = 8 };
extern const char *const cc_figure_palette[CC_FIGURE_COLOURS];

/* One gnuplot run. Its script names files by variables: `figure_png` and `figure_svg`, which it writes,
 * and the data by the names that they are given here. */
enum { CC_GNUPLOT_FILES = 256, CC_GNUPLOT_NAME_BYTES = 32 };
typedef struct cc_gnuplot {
    const char *folder; /* where the figure goes */
    struct {
        char name[CC_GNUPLOT_NAME_BYTES];
        cc_memory_file file;
    } files[CC_GNUPLOT_FILES];
    int file_count;
} cc_gnuplot;

void cc_gnuplot_begin(cc_gnuplot *plot, const char *folder); /* borrows the folder's name */
/* Adds data as the variable `name`. CC_EINVAL where there is too much of it; CC_EIO, CC_ENOMEM */
cc_status cc_gnuplot_data(cc_gnuplot *plot, const char *name, const cc_text *data);
/* Runs a script and saves what it drew as FOLDER/FIGURE.png and .svg. CC_EIO where gnuplot is missing or
 * fails, or a picture is not whole. */
cc_status cc_gnuplot_run(cc_gnuplot *plot, const char *figure, const cc_text *script);
/* Runs a body of commands twice, for the PNG at 2x and for the SVG, in the style that plots have in common
 * (axes at the left and below, "?" for a missing value); `setup` stands before both. Pixels of the SVG.
 * Errors as above. */
cc_status cc_gnuplot_draw(cc_gnuplot *plot, const char *figure, int width, int height, const char *setup,
                          const cc_text *body);
void cc_gnuplot_end(cc_gnuplot *plot);

/* A blank and a number, or the missing value. */
void cc_gnuplot_add_number(cc_text *out, double value);

#endif
