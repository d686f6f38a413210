/* experiments/parity/flip_search.h -- the search for the units (ReLUs near zero, near ties of max pools)
 * that a fixture's gradient took the other way (experiments/parity/uncertain_units.h says why there may be
 * such). */
#ifndef CC_EXPERIMENTS_PARITY_FLIP_SEARCH_H
#define CC_EXPERIMENTS_PARITY_FLIP_SEARCH_H

#include "experiments/parity/gradients.h"

/* One training pass that can be repeated. */
typedef struct cc_parity_pass {
    cc_plan *plan;
    cc_model *model;
    const float *input, *logits_gradient;
    double head_bound, norm_bound; /* of the gradients' relative errors */
    double near; /* what counts as zero: of a ReLU's input, or between two values that a max pool chooses
                    from, over the root mean square of its layer's */
} cc_parity_pass;

enum { CC_PARITY_FLIPPED_MAX = 8 };

/* Looks for at most CC_PARITY_FLIPPED_MAX such units such that the gradients lie within their
 * bounds once these units are taken from the other side: each candidate, the closest first, is passed back on
 * its own; those are taken, one after the other, whose effect leaves the least error of the heads; and the
 * choice counts only if a pass with all of them meets both bounds. *flipped is their number, 0 where there is
 * no such choice; *units is how many were near. The model's gradients and `gradients` are then those of the
 * choice, else as before; its values stay. Changes no bound: where no choice of these units, of all that
 * there are, explains a difference, it stays. */
cc_status cc_parity_flip_search(size_t *flipped, size_t *units, cc_parity_gradients *gradients,
                                const cc_parity_pass *pass);

#endif
