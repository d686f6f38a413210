/* nets/backends/cuda/clip.h -- private to nets/: gradient clipping on the device. */
#ifndef CC_NETS_BACKENDS_CUDA_CLIP_H
#define CC_NETS_BACKENDS_CUDA_CLIP_H

#ifdef __cplusplus
extern "C" {
#endif

#include "nets/engine/backend.h"

/* As cc_arithmetic.clip. */
cc_status cc_cuda_clip(float *grads, size_t count, double max_norm, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
