/* report/figures/options.h -- a table's score against an option that is a number. Private to report. */
#ifndef CC_REPORT_FIGURES_OPTIONS_H
#define CC_REPORT_FIGURES_OPTIONS_H

#include "report/tables/differences.h"

/* The first column's score against the option, with its 95 % interval and a point for each seed:
 * FOLDER/NAME.png (at 2x) and .svg. Where the rows differ in two options, a line for each level of the
 * second one, of at most CC_FIGURE_COLOURS levels; of two numbers the one with more levels is the axis.
 *
 * Rows of a search, where an option has a value of its own in most rows, are points without a line: a panel
 * for each option that is a number, coloured by the first one that is not.
 *
 * Nothing where the rows differ in no number, or otherwise in more options or in no grid
 * (report/tables/design.h). CC_EIO where gnuplot is missing or fails */
cc_status cc_figure_options(const char *folder, const char *name, const cc_table *table,
                            const cc_differences *differences);

#endif
