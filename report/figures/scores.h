/* report/figures/scores.h -- a table's F1 as plots. Private to report. */
#ifndef CC_REPORT_FIGURES_SCORES_H
#define CC_REPORT_FIGURES_SCORES_H

#include "report/tables/table.h"

/* FOLDER/scores-ID-KIND.png and .svg, and sizes-, thresholds- and patients-ID-KIND (report/figures/plots.h),
 * under the table's convention. Nothing where no row has a run. CC_EIO where gnuplot is missing or fails. */
cc_status cc_figure_scores(const char *folder, const cc_table *table);

#endif
