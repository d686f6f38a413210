/* experiments/evaluation/panels.h -- the method at work on one test patient: the paper's figures 2 to 7. */
#ifndef CC_EXPERIMENTS_EVALUATION_PANELS_H
#define CC_EXPERIMENTS_EVALUATION_PANELS_H

#include "experiments/evaluation/examples.h"

/* Of a run of stage 3 (else none): of the first chosen slice that stage 3 looked at, or the first test slice
 * it looked at, else of the first test slice. Figures whose step the run leaves out are left out. The arena
 * owns *out. CC_ENOMEM; else as cc_slice_set_read. */
cc_status cc_panels_make(const cc_run_panel **out, size_t *count, const cc_example_choice *choice,
                         const cc_test *test, cc_arena *arena);

#endif
