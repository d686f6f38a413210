/* nets/engine/plan_memory.h -- private to nets/engine: a plan's buffers, their lifetimes and their places. */
#ifndef CC_NETS_ENGINE_PLAN_MEMORY_H
#define CC_NETS_ENGINE_PLAN_MEMORY_H

#include "nets/engine/plan_parts.h"

/* How many buffers a plan of plan->count nodes may have. */
int cc_plan_memory_buffer_count(const cc_plan *plan);
/* Fills grad_wanted, first_writer and input_gradients: which gradients are computed, and in which order they
 * are added up. To be called before kernels are planned. */
void cc_plan_memory_find_gradients(cc_plan *plan);
/* From the planned kernels' layouts and wishes: how long each buffer lives, and its place. Sets plan->bytes.
 * CC_ENOMEM. */
cc_status cc_plan_memory_place(cc_plan *plan);

/* Values of a blocked activation, those of the filling channels included. */
size_t cc_plan_memory_value_count(const cc_plan *plan, cc_value value);
/* Bytes of a value in plain float32. */
size_t cc_plan_memory_plain_bytes(const cc_plan *plan, cc_value value);
/* The same of all outputs of the net together. */
size_t cc_plan_memory_logits_bytes(const cc_plan *plan);
size_t cc_plan_memory_scratch_bytes(const cc_plan *plan);

/* Where buffers lie, once plan->memory is there; NULL for those of no bytes. */
void *cc_plan_memory_at(const cc_plan *plan, int buffer);
void *cc_plan_memory_value(const cc_plan *plan, cc_value value);
void *cc_plan_memory_gradient(const cc_plan *plan, cc_value value);
/* cc_task.saved, held and scratch. */
void *cc_plan_memory_saved(const cc_plan *plan, int node);
void *cc_plan_memory_held(const cc_plan *plan, int node);
void *cc_plan_memory_scratch(const cc_plan *plan);

#endif
