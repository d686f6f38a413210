/* nets/backends/cuda/elementwise.h -- private to nets/: what the CUDA backend does value by value. Pointers
 * are the device's. */
#ifndef CC_NETS_BACKENDS_CUDA_ELEMENTWISE_H
#define CC_NETS_BACKENDS_CUDA_ELEMENTWISE_H

#ifdef __cplusplus
extern "C" {
#endif

#include "nets/engine/backend.h"

/* The members of that name of cc_backend and cc_arithmetic; a block is all channels. */
void cc_cuda_add(void *dst, const void *src, size_t count, cc_dtype dtype);
void cc_cuda_to_blocked(void *blocked, const float *plain, const cc_shape *shape, int64_t block,
                        cc_dtype dtype);
void cc_cuda_from_blocked(float *plain, const void *blocked, const cc_shape *shape, int64_t block,
                          cc_dtype dtype);
cc_status cc_cuda_round_to_bf16(void *bf16_copy, const float *values, size_t count);
cc_status cc_cuda_average(cc_averaging how, float *a, float *w, size_t count, double decay);

/* float32 of bf16. */
void cc_cuda_widen(float *values, const void *bf16_copy, int64_t count);

#ifdef __cplusplus
}
#endif

#endif
