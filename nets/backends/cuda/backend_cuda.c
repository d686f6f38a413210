/* nets/backends/cuda/backend_cuda.c -- the CUDA backend: cuDNN and kernels of our own for convolutions,
 * kernels of our own for the rest, whole steps recorded as graphs. What has run on a GPU, and what on the
 * host with stand-ins for CUDA's libraries alone, is told in README.md beside this file. */
#ifdef CC_HAVE_CUDA
#include "nets/backends/cuda/cudnn.h"
#include "nets/backends/cuda/device.h"
#include "nets/backends/cuda/elementwise.h"
#include "nets/backends/cuda/clip.h"
#include "nets/backends/cuda/training.h"
#include "nets/ops/ops.h"

#define X(name) extern const cc_kernel cc_##name##_cuda;
CC_OPS(X)
#undef X

static const cc_kernel *kernel_of(const cc_op *op) {
#define X(name)                                                                                              \
    if (op == &cc_op_##name) return &cc_##name##_cuda;
    CC_OPS(X)
#undef X
    return NULL;
}

/* Tensor cores multiply bf16 and rounded float32 from Ampere on. Where there is no device, plans are measured
 * alone, or say what is missing. */
static bool has_tf32(void) {
    int capability = cc_cuda_capability();
    return capability == 0 || capability >= 80;
}

static bool has(cc_dtype dtype) {
    return dtype == CC_F32 || has_tf32();
}

/* No flags to set: denormals cost a GPU no time. */
static void enter(void) {}

static const cc_arithmetic arithmetic = {.has_loss = cc_cuda_has_loss,
                                         .has_optimizer = cc_cuda_has_optimizer,
                                         .loss_bytes = cc_cuda_loss_bytes,
                                         .loss = cc_cuda_loss,
                                         .clip = cc_cuda_clip,
                                         .derive = cc_cuda_derive,
                                         .optimise = cc_cuda_optimise,
                                         .average = cc_cuda_average,
                                         .round_to_bf16 = cc_cuda_round_to_bf16};

const cc_backend cc_backend_cuda = {
    .name = "cuda",
    .describe = cc_cudnn_describe,
    .device = cc_cuda_device,
    .kernel_of = kernel_of,
    .has = has,
    .has_tf32 = has_tf32,
    .add = cc_cuda_add,
    .to_blocked = cc_cuda_to_blocked,
    .from_blocked = cc_cuda_from_blocked,
    .enter = enter,
    .channels_last = true,
    .store = &cc_storage_cuda,
    .arithmetic = &arithmetic,
    .run = cc_cuda_run,
    .forget = cc_cuda_forget,
};
#else
typedef int cc_backend_cuda_is_absent;
#endif
