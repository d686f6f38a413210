/* nets/engine/plan_types.h -- what a plan is asked for when it is built, and what it reports of a pass. */
#ifndef CC_NETS_ENGINE_PLAN_TYPES_H
#define CC_NETS_ENGINE_PLAN_TYPES_H

#include "nets/engine/model.h"

typedef struct cc_plan cc_plan;

typedef struct cc_plan_options {
    int64_t n, depth, height, width; /* depth: 0 for a net of images */
    bool training;  /* forward with batch statistics, and backward; else running statistics */
    cc_dtype dtype; /* of activations and their gradients; plans of one model may differ */
    bool tf32;      /* products of float32 may be rounded */
    cc_tuning tuning;
    /* cc_plan_choices of an earlier plan of the same net and size, to be repeated whatever `tuning` says, or
     * NULL. */
    const char *recorded;
    uint64_t seed; /* of what training draws */
    /* Every activation stays until the backward pass is over, whoever reads it: for checks. */
    bool keeps_values;
    /* The plan takes no memory and cannot run: it is asked what it would take (nets/engine/needs.h). */
    bool measured;
} cc_plan_options;

/* What one node of the graph has taken, the additions of its gradients included. */
typedef struct cc_node_time {
    double forward_s, backward_s;
} cc_node_time;

#endif
