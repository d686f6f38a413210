/* report/figures/examples.h -- what runs store of their test slices, as pictures. Private to report. */
#ifndef CC_REPORT_FIGURES_EXAMPLES_H
#define CC_REPORT_FIGURES_EXAMPLES_H

#include "report/runs.h"

/* Of each variant's first run with stored examples FOLDER/examples-EXPERIMENT-VARIANT-....png and .svg, CT
 * with the outlines of truth and prediction, and the figures of the method (report/figures/method.h): other
 * seeds and folds would fill a page with much the same. At most CC_FIGURE_EXAMPLES variants; a warning says
 * what is left out. */
enum { CC_FIGURE_EXAMPLES = 32 };
cc_status cc_figure_examples(const char *folder, const cc_report_runs *runs);

#endif
