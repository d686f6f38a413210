/* experiments/parity/gradients.h -- the gradients of calcade-golden: what a fixture expects, and what a model
 * has. */
#ifndef CC_EXPERIMENTS_PARITY_GRADIENTS_H
#define CC_EXPERIMENTS_PARITY_GRADIENTS_H

#include "experiments/parity/parity.h"
#include "nets/engine/model.h"

/* Of the parameters in the fixture's order: the first values of each as one vector, and the norms. All memory
 * is the fixture's. */
typedef struct cc_parity_gradients {
    const cc_fixture *fixture;
    const cc_model *model;
    size_t parameter_count, head_count;
    int *parameters; /* indices into the model */
    size_t *lengths; /* of each head */
    double *want, *want_norms, *got, *got_norms;
    float *room; /* for the longest parameter */
} cc_parity_gradients;

/* What the fixture expects; CC_EFORMAT where the model has no such parameter, or of another shape. */
cc_status cc_parity_gradients_read(cc_parity_gradients *out, const cc_fixture *fixture,
                                   const cc_model *model);
/* What the model has, after a backward pass. */
cc_status cc_parity_gradients_take(cc_parity_gradients *gradients);

#endif
