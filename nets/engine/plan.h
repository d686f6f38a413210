/* nets/engine/plan.h -- private to nets/: what a model and its plans share. */
#ifndef CC_NETS_ENGINE_PLAN_H
#define CC_NETS_ENGINE_PLAN_H

#include "nets/engine/model.h"

struct cc_model {
    cc_net_spec spec;
    const cc_backend *backend;
    cc_graph *names; /* a graph of the smallest size, for the parameters */
    int slot_count;
    cc_parameter_slot *slots; /* one a parameter, in the graph's order */
    float *values, *statistics,
        *grads;               /* of all trained parameters; of all statistics; NULL until a plan needs them */
    uint16_t *bf16;           /* the trained values in bf16, where a plan that trains wants that ... */
    uint16_t *inference_bf16; /* ... and before, those alone that kernels read, one behind the other */
    size_t trained_count, statistic_count; /* floats in them, once a plan has chosen the layouts */
    size_t inference_bf16_count;
    uint64_t bf16_version, inference_bf16_version; /* the version that they are of */
    uint64_t version; /* of the values and statistics: counts whatever may have changed them */
};

/* Places what the slots' layouts ask for (first plan), gradients where `training` (first such plan) and the
 * bf16 where the backend keeps them in plans of that dtype. */
cc_status cc_model_place(cc_model *model, bool training, cc_dtype dtype);
/* What that takes. */
typedef struct cc_model_bytes {
    size_t values, bf16, gradients; /* values: with statistics */
} cc_model_bytes;
cc_model_bytes cc_model_measure(cc_model *model, bool training, cc_dtype dtype);
/* What of it has been taken. */
size_t cc_model_held(const cc_model *model);
/* Of cc_plan_bytes: what kernels use within one call, and what passes between the host and the backend. */
size_t cc_plan_scratch_bytes(const cc_plan *plan);
size_t cc_plan_io_bytes(const cc_plan *plan);
/* Rounds the values to the bf16, where there are such and the values may have changed since. To be called
 * before a plan is started. */
cc_status cc_model_update_bf16(cc_model *model);
/* To be called by whoever has kept the bf16 in step with the values. */
void cc_model_mark_bf16_current(cc_model *model);

#endif
