/* nets/engine/model.h -- a net's weights, owned once and shared by the plans that run it
 * (nets/engine/plan.h).
 *
 * A parameter's values are stored as the kernels of the first plan want them, in the backend's memory; here
 * they are read and written plain, in PyTorch's order, on the host. */
#ifndef CC_NETS_ENGINE_MODEL_H
#define CC_NETS_ENGINE_MODEL_H

#include <stdbool.h>
#include "core/status.h"
#include "nets/engine/backend.h"
#include "nets/engine/graph.h"
#include "nets/engine/spec.h"

/* Builds the graph of a net for an input of n images of height x width (depth 0), or of n volumes. The caller
 * owns *out. CC_ECONFIG for a net that does not exist, CC_EINVAL where the size does not suit it (the message
 * says which multiple it needs), or where it takes images and volumes are meant, or the other way. */
cc_status cc_net_build(cc_graph **out, const cc_net_spec *spec, int64_t n, int64_t depth, int64_t height,
                       int64_t width);
/* Depth, height and width must be multiples of these; a depth of 0: the net takes images, of rank 4.
 * CC_ECONFIG for a net that does not exist. */
cc_status cc_net_stride(int64_t dhw[CC_SPATIAL_MAX], const cc_net_spec *spec);

/* The name of net number `index`, from 0: "unet", "dynunet:3d", ..., "ENCODER:DECODER" of each encoder with
 * each decoder, "deeplabv3plus:ENCODER". False after the last. */
bool cc_net_name(char *out, size_t capacity, int index);
/* A net as the paper has it, one channel in and one class out, by such a name; an encoder alone has the
 * nearest decoder, and a U-Net may name its width and depth ("unet-bn:16x4"). Strings in *out are static.
 * CC_EUSAGE where there is none of that name. */
cc_status cc_net_find(cc_net_spec *out, const char *name);

typedef struct cc_model cc_model;

/* `spec` is copied, its strings borrowed. */
cc_status cc_model_create(cc_model **out, const cc_net_spec *spec, const cc_backend *backend);
void cc_model_destroy(cc_model *model); /* after its plans; takes NULL */

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

/* He normal weights (He et al. 2015, eq. 10: variance 2 / fan_in), biases 0, norms 1 and 0, from the stream
 * (seed, CC_PURPOSE_WEIGHTS, 0, parameter); the last layer's bias, and that of each auxiliary output, is the
 * logit of spec.prior. */
cc_status cc_model_initialise(cc_model *model, uint64_t seed);

/* The trained parameters as one flat range, for the optimiser: in the stored form, in the backend's
 * memory. */
typedef struct cc_flat {
    float *values, *grads;
    void *bf16; /* the values rounded to bf16; NULL where the backend keeps no such copy */
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

#endif
