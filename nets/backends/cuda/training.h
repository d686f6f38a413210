/* nets/backends/cuda/training.h -- private to nets/: the members of that name of cc_arithmetic, on the
 * device. */
#ifndef CC_NETS_BACKENDS_CUDA_TRAINING_H
#define CC_NETS_BACKENDS_CUDA_TRAINING_H

#ifdef __cplusplus
extern "C" {
#endif

#include "nets/engine/backend.h"

bool cc_cuda_has_loss(const char *type);
bool cc_cuda_has_optimizer(const char *type);
cc_status cc_cuda_clip(float *grads, size_t count, double max_norm, void *scratch);
void cc_cuda_derive(cc_step_constants *pace, const cc_optimizer_spec *spec);
cc_status cc_cuda_optimise(const cc_optimizer_spec *spec, const cc_step_constants *pace, float *params,
                           const float *grads, float *state, void *half, size_t count, const double *loss);

size_t cc_cuda_loss_bytes(const cc_loss_spec *spec, cc_loss_shape shape);
cc_status cc_cuda_loss(double *value, float *gradient, const cc_loss_spec *spec, const float *logits,
                       const float *target, cc_loss_shape shape, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
