/* report/figures/method.h -- the paper's figures 1 to 10, from what a run stores. Private to report. */
#ifndef CC_REPORT_FIGURES_METHOD_H
#define CC_REPORT_FIGURES_METHOD_H

#include "results/store.h"

/* Draws those figures that the run has pictures for: FOLDER/figure-N-SUFFIX.png and .svg.
 *   1  the steps of its config (report/figures/overview.h)
 *   2 matching, 3 union over slices, 4 opening, 5 box and region, 6 window, 7 pasted output: its panels
 *   8  three patients' slices of stage roi, with truth and prediction
 *   9  the slice of stage calcification with the most findings without truth (of equals, the most false
 *      pixels), those marked
 *   10 the slice of stage false_positive with the most findings taken away since stage calcification (of
 *      equals, the most pixels), those marked
 * and FOLDER/agatston-SUFFIX, the agreement of the Agatston scores, where two patients have them.
 * CC_EIO where gnuplot is missing or fails. */
cc_status cc_figure_method(const char *folder, const char *suffix, const cc_run *run);

#endif
