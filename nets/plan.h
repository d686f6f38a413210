/* nets/plan.h -- private to nets/: what a model and its plans share. */
#ifndef CC_NETS_PLAN_H
#define CC_NETS_PLAN_H

#include "nets/model.h"

struct cc_model {
    cc_net_spec spec;
    const cc_backend *backend;
    cc_graph *names; /* a graph of the smallest size, for the parameters */
    int slot_count;
    cc_parameter_slot *slots; /* one a parameter, in the graph's order */
    float *values, *statistics,
        *grads; /* of all trained parameters; of all statistics; NULL until a plan needs them */
    size_t trained_count, statistic_count; /* floats in them, once a plan has chosen the layouts */
    uint64_t version; /* of the values and statistics: counts whatever may have changed them */
};

/* Places what the slots' layouts ask for (first plan), and gradients where `training` (first such plan). */
cc_status cc_model_place(cc_model *model, bool training);

#endif
