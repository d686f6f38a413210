/* nets/engine/model_memory.h -- private to nets/: the memory of a model's parameters, and their bf16 copies.
 *
 * Plans of a model share one set of values. Memory is taken when a plan first needs it and kept until the
 * model is destroyed: values and statistics for the first plan, gradients for the first that trains, bf16
 * copies for the first in bf16. */
#ifndef CC_NETS_ENGINE_MODEL_MEMORY_H
#define CC_NETS_ENGINE_MODEL_MEMORY_H

#include "nets/engine/model.h"

/* Takes what a plan of that kind needs and the model lacks, after the plan's kernels have described the
 * layouts of the slots. CC_ENOMEM. */
cc_status cc_model_place(cc_model *model, bool training, cc_dtype dtype);

/* The bytes that cc_model_place would take for a model that has nothing yet. */
typedef struct cc_model_bytes {
    size_t values; /* and statistics */
    size_t bf16;   /* copies */
    size_t gradients;
} cc_model_bytes;
cc_model_bytes cc_model_measure(cc_model *model, bool training, cc_dtype dtype);
/* The bytes that it has taken so far. */
size_t cc_model_held(const cc_model *model);

/* Rounds the values to their bf16 copies, where there are such and the values may have changed since. To be
 * called before a plan is started. */
cc_status cc_model_update_bf16(cc_model *model);
/* Says that the copies of all trained values are those of the present values: the optimiser writes both. */
void cc_model_mark_bf16_current(cc_model *model);

#endif
