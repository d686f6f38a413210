/* report/figures/curves.h -- the training curves of a table's runs. Private to report. */
#ifndef CC_REPORT_FIGURES_CURVES_H
#define CC_REPORT_FIGURES_CURVES_H

#include "report/tables/table.h"

/* Loss and validation F1 by epoch of the runs of each row, at most CC_FIGURE_COLOURS rows: FOLDER/NAME.png
 * (at 2x) and .svg, which say how many rows and runs they leave out; nothing where no run has a history.
 * CC_EIO where gnuplot is missing or fails. */
cc_status cc_figure_curves(const char *folder, const char *name, const cc_table *table);

#endif
