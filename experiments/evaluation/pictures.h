/* experiments/evaluation/pictures.h -- what a result holds for figures: example slices, and the method
 * step by step on one of them. The report draws; a run only keeps what drawing needs. */
#ifndef CC_EXPERIMENTS_EVALUATION_PICTURES_H
#define CC_EXPERIMENTS_EVALUATION_PICTURES_H

#include "experiments/evaluation/testing.h"

typedef struct cc_pictures { /* the arena owns all */
    const cc_run_example *examples;
    size_t example_count;
    const cc_run_panel *panels; /* of a run of stage 3 */
    size_t panel_count;
} cc_pictures;

/* The examples are predicted again. As cc_examples_make and cc_panels_make. */
cc_status cc_pictures_make(cc_pictures *out, const cc_test *test, const cc_predictor *predictor,
                           cc_arena *arena);

#endif
