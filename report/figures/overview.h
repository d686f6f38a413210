/* report/figures/overview.h -- the paper's figure 1: the method, drawn from a run's config. Private to
 * report. */
#ifndef CC_REPORT_FIGURES_OVERVIEW_H
#define CC_REPORT_FIGURES_OVERVIEW_H

#include "results/store.h"

/* FOLDER/figure-1-SUFFIX.png and .svg: the steps that the run's config has, none that it leaves out; nothing
 * where its config does not say its stage. CC_EIO gnuplot is missing or fails */
cc_status cc_figure_overview(const char *folder, const char *suffix, const cc_run *run);

#endif
