/* nets/engine/model.h -- a net's weights, and plans that run it at a given size.
 *
 * A model owns the parameters (values, gradients, running statistics) once; any number of plans (training at
 * batch 2, inference at batch 8, ...) share them. A plan takes its memory when it is made, in one piece,
 * reused where lifetimes allow; running it allocates nothing. One thread at a time uses a model and its
 * plans; kernels use OpenMP threads. */
#ifndef CC_NETS_ENGINE_MODEL_H
#define CC_NETS_ENGINE_MODEL_H

#include <stdbool.h>
#include "core/status.h"
#include "nets/engine/backend.h"
#include "nets/engine/graph.h"
#include "nets/engine/spec.h"

/* Builds the graph of a net for an input of n, height, width. The caller owns *out. CC_ECONFIG for a net that
 * does not exist, CC_EINVAL where the size does not suit it (the message says which multiple it needs). */
cc_status cc_net_build(cc_graph **out, const cc_net_spec *spec, int64_t n, int64_t height, int64_t width);
/* Height and width must be multiples of this; 0 (with the error set) for a net that does not exist. */
int cc_net_stride(const cc_net_spec *spec);

/* The name of net number `index`, from 0: "unet", "unet-bn", then "ENCODER:DECODER" of each encoder with each
 * decoder. False after the last. */
bool cc_net_name(char *out, size_t capacity, int index);
/* A net as the paper has it, one channel in and one class out, by such a name; an encoder alone has the
 * nearest decoder, and a U-Net may name its width and depth ("unet-bn:16x4"). Strings in *out are static.
 * CC_EUSAGE where there is none of that name. */
cc_status cc_net_find(cc_net_spec *out, const char *name);

typedef struct cc_model cc_model;
typedef struct cc_plan cc_plan;

/* `spec` is copied, its strings borrowed. */
cc_status cc_model_create(cc_model **out, const cc_net_spec *spec, const cc_backend *backend);
void cc_model_destroy(cc_model *model); /* after its plans */

const cc_backend *cc_model_backend(const cc_model *model);

int cc_model_parameter_count(const cc_model *model);
const cc_parameter *cc_model_parameter(const cc_model *model, int index);
int64_t cc_model_trained_values(const cc_model *model);

/* Plain values in PyTorch's order, parameter->count of them; usable once the model has a plan. get_gradient
 * is for trained parameters after a backward pass. */
cc_status cc_model_get(float *values, const cc_model *model, int index);
cc_status cc_model_set(cc_model *model, int index, const float *values);
cc_status cc_model_get_gradient(float *values, const cc_model *model, int index);

/* Every parameter and statistic, plain, one behind the other: value_count values. */
size_t cc_model_value_count(const cc_model *model);
cc_status cc_model_get_all(float *values, const cc_model *model);
cc_status cc_model_set_all(cc_model *model, const float *values);

/* He normal weights (He et al. 2015, eq. 10: variance 2/fan_in), biases 0, norms 1 and 0, from the stream
 * (seed, CC_PURPOSE_WEIGHTS, 0, parameter). */
cc_status cc_model_initialise(cc_model *model, uint64_t seed);

/* The trained parameters as one flat range, for the optimiser: values and gradients in the stored form. */
typedef struct cc_flat {
    float *values, *grads;
    void *bf16; /* the values rounded to bf16; NULL where the backend does not keep them */
    size_t count;
} cc_flat;
cc_flat cc_model_flat(const cc_model *model);
/* The running statistics likewise; without gradients. */
cc_flat cc_model_flat_statistics(const cc_model *model);
/* Whose value number `index` is, of the flat trained values and, behind them, the flat statistics. */
const cc_parameter *cc_model_flat_parameter(const cc_model *model, size_t index);
/* To be called by whoever writes to the flat values, before a plan runs again: inference plans keep what they
 * derive from them. */
void cc_model_changed(cc_model *model);

typedef struct cc_plan_options {
    int64_t n, height, width;
    bool training;  /* forward with batch statistics, and backward; else running statistics */
    cc_dtype dtype; /* of activations and their gradients; plans of one model may differ */
    bool tf32;      /* products of float32 may be rounded */
    cc_tuning tuning;
    const char
        *recorded; /* choices of an earlier plan of the same net and size, or NULL; goes before tuning */
    uint64_t seed; /* of what training draws */
    bool
        measured; /* the plan takes no memory: it can be asked what it would take (nets/engine/needs.h), and cannot
                      run */
} cc_plan_options;

/* CC_EUNSUPPORTED where the backend does not have the precision on this machine. Where `recorded` cannot be
 * done again: CC_EFORMAT for what is no such text, CC_EUNSUPPORTED for what this processor or version does
 * not have. */
cc_status cc_plan_create(cc_plan **out, cc_model *model, const cc_plan_options *options);
void cc_plan_destroy(cc_plan *plan);

const cc_graph *cc_plan_graph(const cc_plan *plan);
/* What was chosen, a line a pass: "node pass algorithm implementation ms"; a plan made from this text does
 * the same, to the byte, on the same processor with as many threads. Borrowed. */
const char *cc_plan_choices(const cc_plan *plan);
/* What runs pass number `pass` of a node; its names are NULL where there was no choice. */
cc_choice cc_plan_choice(const cc_plan *plan, int node, cc_pass pass);
/* Bytes the plan holds: activations, gradients of activations, scratch. */
size_t cc_plan_bytes(const cc_plan *plan);

/* Runs the net on plain float32 input [n][in_channels][height][width]; *logits (borrowed, plain
 * [n][classes][height][width]) stays until the plan runs again. */
cc_status cc_plan_forward(cc_plan *plan, const float *input, const float **logits);
/* The same in two parts, for a host that has other work: a backend that works apart runs between them.
 * `input` stays until `end`, the logits of which stay until the next `end`. */
cc_status cc_plan_begin(cc_plan *plan, const float *input);
cc_status cc_plan_end(cc_plan *plan, const float **logits);
/* The whole in the backend's memory, input and logits both; returns before it has run where the backend does.
 */
cc_status cc_plan_start_forward(cc_plan *plan, const float *input, const float **logits);
/* Which step the next passes belong to: with the plan's seed it names what training draws (0 at first). */
cc_status cc_plan_set_step(cc_plan *plan, int64_t step);
/* After a forward pass of a training plan: gradients of all trained parameters from those of the logits
 * (plain). */
cc_status cc_plan_backward(cc_plan *plan, const float *logits_gradient);
/* The same in the backend's memory. */
cc_status cc_plan_start_backward(cc_plan *plan, const float *logits_gradient);

/* An activation between a forward pass and the backward pass of a training plan, plain N,C,pixels. Only one
 * that a backward pass reads is still there: an input of a node whose op says CC_READS_INPUT. A backward pass
 * after `set` takes the values set for those of the forward pass. */
cc_status cc_plan_get_value(float *values, const cc_plan *plan, cc_value value);
cc_status cc_plan_set_value(cc_plan *plan, cc_value value, const float *values);

/* What one node of the graph has taken, its gradients' sums included. */
typedef struct cc_node_time {
    double forward_s, backward_s;
} cc_node_time;
/* From now on the plan adds up how long each node takes; a plan that was never asked does not look at the
 * clock. *out is borrowed, an entry a node, as long as the plan; all zero when this returns. */
cc_status cc_plan_time(const cc_node_time **out, cc_plan *plan);
/* Whether it was asked. */
bool cc_plan_is_timed(const cc_plan *plan);

#endif
