/* report/figure.h -- pictures through gnuplot. Private to report.
 *
 * gnuplot runs in a folder of its own with fixed file names, so no name that comes from a run file reaches a
 * shell or a path; labels are quoted. Colours are Okabe & Ito's, which colour-blind readers tell apart. */
#ifndef CC_REPORT_FIGURE_H
#define CC_REPORT_FIGURE_H

#include "report/table.h"
#include "report/text.h"

/* Loss and validation F1 by epoch of every run of the table: FOLDER/NAME.png (at 2x) and .svg; nothing where
 * no run has a history. CC_EIO where gnuplot is missing or fails. */
cc_status cc_figure_curves(const char *folder, const char *name, const cc_table *table);

/* Of each run with stored examples FOLDER/examples-EXPERIMENT-VARIANT-....png and .svg, CT with the outlines
 * of truth and prediction, and the figures of the method (report/figures/method.h). At most
 * CC_FIGURE_EXAMPLES runs. */
enum { CC_FIGURE_EXAMPLES = 32 };
cc_status cc_figure_examples(const char *folder, const cc_report_runs *runs);

/* As many lines of one plot as colours tell apart. */
enum { CC_FIGURE_COLOURS = 8 };
extern const char *const cc_figure_palette[CC_FIGURE_COLOURS];

/* A folder of its own for one gnuplot run, inside `folder`. */
typedef struct cc_gnuplot {
    char folder[4096]; /* where the figure goes */
    char work[4096];   /* where gnuplot runs: data files and "script" */
} cc_gnuplot;

cc_status cc_gnuplot_begin(cc_gnuplot *plot, const char *folder);
/* Writes a data file of the plot. */
cc_status cc_gnuplot_data(const cc_gnuplot *plot, const char *file, const cc_text *data);
/* Runs a script. */
cc_status cc_gnuplot_run(const cc_gnuplot *plot, const cc_text *script);
/* Gives a file that the script wrote its final name in the figures' folder. */
cc_status cc_gnuplot_keep(const cc_gnuplot *plot, const char *file, const char *name);
/* Removes the work folder. */
void cc_gnuplot_end(cc_gnuplot *plot);

#endif
