/* report/figures/stages.h -- figures from the test slices that a run stores. Private to report. */
#ifndef CC_REPORT_FIGURES_STAGES_H
#define CC_REPORT_FIGURES_STAGES_H

#include "results/store.h"

/* The paper's figures 8 to 10: see report/figures/method.h. */
cc_status cc_figure_stages(const char *folder, const char *suffix, const cc_run *run);

#endif
