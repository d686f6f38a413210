/* report/figures/reliability.h -- whether a table's nets mean the probabilities that they give. Private to
 * report. */
#ifndef CC_REPORT_FIGURES_RELIABILITY_H
#define CC_REPORT_FIGURES_RELIABILITY_H

#include "report/tables/table.h"

/* FOLDER/reliability-ID-KIND.png and .svg: the share of pixels that are true against the probability they
 * were given, with Brier score and ECE in the key, a line for each row, at most CC_FIGURE_COLOURS. Of the
 * pixels above 130 HU where every row has them, else of all. Nothing where no run stores it. CC_EIO where
 * gnuplot is missing or fails. */
cc_status cc_figure_reliability(const char *folder, const cc_table *table);

#endif
