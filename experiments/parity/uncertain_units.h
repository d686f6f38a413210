/* experiments/parity/uncertain_units.h -- units of which float32 does not know where their gradient goes:
 * ReLU inputs so close to zero that their sign is not sure, and windows of max pools whose two largest values
 * differ by rounding.
 *
 * There a net has several one-sided derivatives (a ReLU 0 and 1, a leaky one its slope and 1, a max pool its
 * whole gradient in one place or in the other), and its gradient is a set: two right implementations, whose
 * sums round differently, may differ by what one such unit passes back. The gradient that another
 * implementation took is found by giving such units the other side. Distances come from float64 arithmetic on
 * the activations, statistics and parameters that the plan holds. */
#ifndef CC_EXPERIMENTS_PARITY_UNCERTAIN_UNITS_H
#define CC_EXPERIMENTS_PARITY_UNCERTAIN_UNITS_H

#include "nets/engine/plan.h"

typedef struct cc_uncertain_unit {
    int node;        /* of the plan's graph: a ReLU, a norm with one, a max pool */
    int64_t unit;    /* index into its output, plain */
    int input;       /* of the node, the one that the unit comes from ... */
    int64_t at;      /* ... and the index there */
    double distance; /* |input of the ReLU|, or how far a window's largest value lies above another one, over
                        the root mean square of those of its node */
    float other;     /* the value of the input there that puts the unit on its other side */
} cc_uncertain_unit;

enum { CC_UNCERTAIN_UNITS_MAX = 96 };

typedef struct cc_uncertain_units {
    /* Closest first; a unit whose side float64 cannot tell stands here twice, once for each side. */
    cc_uncertain_unit items[CC_UNCERTAIN_UNITS_MAX];
    size_t count;
    size_t units; /* within the bound, those that found no room included */
} cc_uncertain_units;

/* After a forward pass of a training plan that keeps its values, before the backward one: the units whose
 * distance is at most `bound`. CC_ENOMEM. */
cc_status cc_uncertain_units_find(cc_uncertain_units *out, const cc_plan *plan, const cc_model *model,
                                  double bound);

/* In the same place: the backward pass will take the other side of that unit. The input of a ReLU moves by
 * twice its distance, the value that a max pool passed over to just above the largest; nothing else does.
 * CC_ENOMEM. */
cc_status cc_uncertain_unit_flip(cc_plan *plan, const cc_uncertain_unit *unit);

#endif
