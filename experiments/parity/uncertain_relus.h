/* experiments/parity/uncertain_relus.h -- ReLU inputs so close to zero that float32 does not know their sign.
 *
 * At zero a ReLU has two one-sided derivatives, 0 and 1, and a net's gradient is a set: two right
 * implementations, whose sums round differently, may differ by what one such unit passes back. The gradient
 * that another implementation took is found by giving such units the other side. Distances come from float64
 * arithmetic on the activations, statistics and parameters that the plan holds. */
#ifndef CC_EXPERIMENTS_PARITY_UNCERTAIN_RELUS_H
#define CC_EXPERIMENTS_PARITY_UNCERTAIN_RELUS_H

#include "nets/engine/plan.h"

typedef struct cc_uncertain_relu {
    int node;        /* of the plan's graph: a ReLU, or a batch norm with one */
    int64_t unit;    /* index into its output, plain */
    int input;       /* of the node, the one that the unit comes from ... */
    int64_t at;      /* ... and the index there */
    double distance; /* |input of the ReLU| over the root mean square of those of its node */
    float other;     /* the value of the input there that puts the unit on its other side */
} cc_uncertain_relu;

enum { CC_UNCERTAIN_RELUS_MAX = 96 };

typedef struct cc_uncertain_relus {
    /* Closest first; a unit whose side float64 cannot tell stands here twice, once for each side. */
    cc_uncertain_relu items[CC_UNCERTAIN_RELUS_MAX];
    size_t count;
    size_t units; /* within the bound, those that found no room included */
} cc_uncertain_relus;

/* After a forward pass of a training plan, before the backward one: the ReLU inputs whose distance is at most
 * `bound`. CC_ENOMEM. */
cc_status cc_uncertain_relus_find(cc_uncertain_relus *out, const cc_plan *plan, const cc_model *model,
                                  double bound);

/* In the same place: the backward pass will take the other side of that unit. That input
 * moves by twice its distance; nothing else does. CC_ENOMEM. */
cc_status cc_uncertain_relu_flip(cc_plan *plan, const cc_uncertain_relu *relu);

#endif
