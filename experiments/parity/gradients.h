/* experiments/parity/gradients.h -- the gradients of calcade-golden, and the search for the ReLU inputs near
 * zero that PyTorch took from the other side (experiments/parity/relu_kinks.h). */
#ifndef CC_EXPERIMENTS_PARITY_GRADIENTS_H
#define CC_EXPERIMENTS_PARITY_GRADIENTS_H

#include "experiments/parity/parity.h"
#include "nets/engine/plan.h"

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

/* One training pass that can be repeated. */
typedef struct cc_parity_pass {
    cc_plan *plan;
    cc_model *model;
    const float *input, *logits_gradient;
    double head_bound, norm_bound; /* of the gradients' relative errors */
    double near; /* what counts as zero: |input of a ReLU| over the root mean square of its layer's */
} cc_parity_pass;

enum { CC_PARITY_CROSSED_MAX = 8 };

/* Looks for at most CC_PARITY_CROSSED_MAX ReLU inputs near zero such that the gradients lie within their
 * bounds once these units are taken from the other side: each candidate, the closest first, is passed back on
 * its own; those are taken, one after the other, whose effect leaves the least error of the heads; and the
 * choice counts only if a pass with all of them meets both bounds. *crossed is their number, 0 where there is
 * no such choice; *units is how many were near. The model's gradients and `gradients` are then those of the
 * choice, else as before; its values stay. Changes no bound: where no choice of these units, of all that
 * there are, explains a difference, it stays. */
cc_status cc_parity_cross_kinks(size_t *crossed, size_t *units, cc_parity_gradients *gradients,
                                const cc_parity_pass *pass);

#endif
