/* experiments/evaluation/examples.h -- the test slices that figures show. */
#ifndef CC_EXPERIMENTS_EVALUATION_EXAMPLES_H
#define CC_EXPERIMENTS_EVALUATION_EXAMPLES_H

#include "experiments/evaluation/testing.h"

typedef struct cc_example_choice {
    uint32_t *slices; /* ascending indices into the base; the arena owns them */
    size_t count;
} cc_example_choice;

/* At most results.examples test slices: of a run of stage 3 first those where it takes false pixels away, of
 * one of stage 2 the one with the most false pixels; then slices that hold truth. Each kind is spread evenly
 * over the test part. CC_ENOMEM; else as cc_slice_set_read. */
cc_status cc_examples_choose(cc_example_choice *out, const cc_test *test, cc_arena *arena);

/* Their images, HU as the dataset has them: of a run of stage 3 all of stage 2, then all of stage 3. They are
 * predicted again for their probabilities, which only those of the last stage have. Errors as
 * cc_testing_run; the arena owns *out. */
cc_status cc_examples_make(const cc_run_example **out, size_t *count, const cc_example_choice *choice,
                           const cc_test *test, const cc_predictor *predictor, cc_arena *arena);

#endif
