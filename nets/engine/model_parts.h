/* nets/engine/model_parts.h -- private to nets/engine: what a model is made of, for the units that share it.
 *
 * Memory is three flat ranges of float32 in the backend's memory, each parameter's slot at a multiple of 64
 * bytes: the trained values, their gradients (the same offsets) and the running statistics. The optimiser,
 * the gradient's norm and the moving average each go over a range in one call. Beside them lie the bf16
 * copies of the trained values that kernels of bf16 plans read (nets/engine/model_memory.h). */
#ifndef CC_NETS_ENGINE_MODEL_PARTS_H
#define CC_NETS_ENGINE_MODEL_PARTS_H

#include "nets/engine/backend.h"
#include "nets/engine/graph.h"
#include "nets/engine/spec.h"

struct cc_model {
    cc_net_spec spec;
    const cc_backend *backend;
    cc_graph *smallest; /* the net at its smallest size: names, shapes and roles of the parameters */
    int slot_count;
    cc_parameter_slot *slots; /* one a parameter, in the graph's order */

    float *values;     /* [trained_count]; NULL until the first plan has chosen the layouts */
    float *statistics; /* [statistic_count]; likewise */
    float *grads;      /* [trained_count]; NULL until a plan trains */
    size_t trained_count, statistic_count;

    /* bf16 copies, where the backend keeps them; NULL until a plan in bf16 needs them. */
    uint16_t *bf16;           /* [trained_count]: of all trained values, once a plan trains */
    uint16_t *inference_bf16; /* [inference_bf16_count]: before that, of those alone that kernels read */
    size_t inference_bf16_count;

    uint64_t version; /* of values and statistics: counts whatever may have changed them */
    uint64_t bf16_version, inference_bf16_version; /* the versions that the copies were rounded from */
};

#endif
